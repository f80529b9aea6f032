"""Loudness, true peaks, and levels that respect them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio import (
    Waveform,
    integrated_lufs,
    limit_peak,
    normalise_loudness,
    true_peak_db,
)
from engine.errors import AudioError


def _tone(amplitude: float, *, duration_s: float = 3.0, channels: int = 1) -> Waveform:
    times = np.arange(round(48_000 * duration_s)) / 48_000
    tone = amplitude * np.sin(2 * np.pi * 997 * times)
    return Waveform(samples=np.tile(tone.astype(np.float32), (channels, 1)), sample_rate_hz=48_000)


def _between_samples() -> Waveform:
    """A quarter-rate tone whose samples all miss its crests by 45 degrees."""
    phase = np.pi / 2 * np.arange(48_000) + np.pi / 4
    return Waveform(samples=np.sin(phase).astype(np.float32)[None], sample_rate_hz=48_000)


def test_a_997_hz_tone_has_the_loudness_of_the_standard() -> None:
    # BS.1770-4: a full-scale 997 Hz sine in one front channel reads -3.01 LKFS.
    assert integrated_lufs(_tone(1.0)) == pytest.approx(-3.01, abs=0.1)


def test_the_lfe_of_5_1_does_not_count() -> None:
    loud_lfe = np.zeros((6, 48_000), np.float32)
    loud_lfe[3] = _tone(1.0, duration_s=1.0).samples[0]
    assert integrated_lufs(Waveform(samples=loud_lfe, sample_rate_hz=48_000)) is None


def test_more_than_six_channels_are_refused() -> None:
    with pytest.raises(AudioError, match="8 channels; expected up to six"):
        integrated_lufs(_tone(0.1, channels=8))


@pytest.mark.parametrize("duration_s", [0.05, 0.39, 0.5])
def test_short_clips_have_a_loudness_too(duration_s: float) -> None:
    assert integrated_lufs(_tone(1.0, duration_s=duration_s)) == pytest.approx(-3.01, abs=0.5)


def test_true_peaks_lie_between_samples() -> None:
    waveform = _between_samples()
    assert 20 * math.log10(waveform.peak) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_db(waveform) == pytest.approx(0.0, abs=0.3)


def test_normalising_reaches_the_target_when_the_ceiling_allows_it() -> None:
    levelled = normalise_loudness(_tone(0.01), target_lufs=-14.0)
    assert integrated_lufs(levelled.waveform) == pytest.approx(-14.0, abs=0.01)
    assert levelled.gain_db == pytest.approx(-14.0 - (-43.01), abs=0.1)
    assert not levelled.limited


def test_normalising_stops_at_the_ceiling_and_says_so() -> None:
    click = np.zeros((1, 96_000), np.float32)
    click[0, 48_000:48_010] = 0.5
    levelled = normalise_loudness(Waveform(samples=click, sample_rate_hz=48_000))
    assert levelled.limited
    assert true_peak_db(levelled.waveform) == pytest.approx(-1.0, abs=0.01)
    assert levelled.true_peak_db == pytest.approx(-1.0)


def test_silence_is_left_as_it_is() -> None:
    silence = Waveform(samples=np.zeros((2, 48_000), np.float32), sample_rate_hz=48_000)
    for levelled in (normalise_loudness(silence), limit_peak(silence)):
        assert levelled.waveform is silence
        assert (levelled.gain_db, levelled.limited) == (0.0, False)
    assert integrated_lufs(silence) is None


def test_a_peak_below_the_ceiling_changes_nothing() -> None:
    quiet = _tone(0.5)
    levelled = limit_peak(quiet)
    assert levelled.waveform is quiet
    assert (levelled.gain_db, levelled.limited) == (0.0, False)


def test_a_peak_over_full_scale_is_turned_down_to_the_ceiling_and_says_so() -> None:
    loud = _tone(1.5)
    before = loud.samples.copy()
    levelled = limit_peak(loud, ceiling_db=-1.0)
    assert levelled.limited and levelled.gain_db == pytest.approx(-1 - 3.52, abs=0.05)
    assert true_peak_db(levelled.waveform) == pytest.approx(-1.0, abs=0.01)
    np.testing.assert_array_equal(loud.samples, before)


@pytest.mark.parametrize("seed", range(20))
def test_a_peak_brought_to_full_scale_is_not_over_it(seed: int) -> None:
    amplitude = 1 + np.random.default_rng(seed).random()
    assert limit_peak(_tone(amplitude, duration_s=0.1), ceiling_db=0.0).waveform.peak <= 1.0
