"""Beats: right on clicks, honest about noise and silence."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.audio import Waveform
from engine.audio.beats import Beats, find_beats
from engine.errors import AudioError, RequestError

_RATE_HZ = 32_000
_FIRST_S = 0.3


def _clicks(tempo_bpm: float, *, duration_s: float = 12.0, rate_hz: int = _RATE_HZ) -> Waveform:
    """A burst of noise on each beat, over a little noise."""
    rng = np.random.default_rng(0)
    samples = 1e-4 * rng.standard_normal(round(duration_s * rate_hz))
    length = round(0.03 * rate_hz)
    burst = 0.2 * rng.standard_normal(length) * np.exp(-np.linspace(0, 6, length))
    for time_s in _click_times(tempo_bpm, duration_s):
        start = round(time_s * rate_hz)
        samples[start : start + length] += burst
    return Waveform(samples=samples.astype(np.float32)[None], sample_rate_hz=rate_hz)


def _click_times(tempo_bpm: float, duration_s: float) -> np.ndarray:
    return np.arange(_FIRST_S, duration_s - 0.05, 60 / tempo_bpm)


def _noise(seed: int, duration_s: float) -> Waveform:
    samples = 0.1 * np.random.default_rng(seed).standard_normal(round(duration_s * _RATE_HZ))
    return Waveform(samples=samples.astype(np.float32)[None], sample_rate_hz=_RATE_HZ)


@pytest.mark.parametrize("tempo_bpm", [60, 70, 90, 100, 120, 128, 140, 160, 174])
def test_the_tempo_of_clicks_is_right_within_one_percent(tempo_bpm: int) -> None:
    found = find_beats(_clicks(tempo_bpm))
    assert found.tempo_bpm == pytest.approx(tempo_bpm, rel=0.01)
    assert found.confidence > 0.7


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_beats_and_onsets_lie_on_the_clicks_within_one_codec_frame(rate_hz: int) -> None:
    clicks = _clicks(120, rate_hz=rate_hz)
    found, clicked = find_beats(clicks), _click_times(120, 12.0)
    for times_s in (found.beats_s, found.onsets_s):
        assert len(times_s) >= len(clicked) - 3
        distances = np.abs(np.asarray(times_s)[:, None] - clicked).min(axis=1)
        assert distances.max() <= 0.02


def test_several_channels_are_heard_as_one() -> None:
    mono = _clicks(120)
    stereo = Waveform(samples=np.tile(mono.samples, (2, 1)), sample_rate_hz=_RATE_HZ)
    assert find_beats(stereo) == find_beats(mono)


def _with_chords(clicks: Waveform, tempo_bpm: float) -> Waveform:
    """Clicks with another chord from the second of every four on."""
    samples, rate_hz = clicks.samples.copy(), clicks.sample_rate_hz
    starts = [round(each * rate_hz) for each in _click_times(tempo_bpm, clicks.duration_s)[1::4]]
    for number, (start, stop) in enumerate(pairwise([*starts, clicks.n_samples])):
        root_hz = (262, 392, 349, 220)[number % 4]
        times = np.arange(stop - start) / rate_hz
        for ratio in (1, 5 / 4, 3 / 2):
            samples[0, start:stop] += 0.05 * np.sin(2 * np.pi * root_hz * ratio * times)
    return Waveform(samples=samples, sample_rate_hz=rate_hz)


def test_bars_start_where_the_chord_changes() -> None:
    found = find_beats(_with_chords(_clicks(120), 120))
    distances = np.abs(np.asarray(found.downbeats_s)[:, None] - _click_times(120, 12.0)[1::4])
    assert distances.min(axis=1).max() <= 0.02
    assert found.downbeat_confidence > 0.5


def test_beats_that_are_all_alike_tell_no_bars() -> None:
    assert find_beats(_clicks(120)).downbeat_confidence < 0.05


@pytest.mark.parametrize("duration_s", [1.5, 4.0, 15.0])
@pytest.mark.parametrize("seed", range(3))
def test_noise_has_next_to_no_confidence(seed: int, duration_s: float) -> None:
    found = find_beats(_noise(seed, duration_s))
    assert found.confidence < 0.25
    assert found.downbeat_confidence < 0.1


@pytest.mark.parametrize("level", [0.0, 0.5])
@pytest.mark.parametrize("n_samples", [1, 100, 31_999, 96_000])
def test_silence_and_moments_have_no_beats(level: float, n_samples: int) -> None:
    samples = np.full((1, n_samples), level, np.float32)
    found = find_beats(Waveform(samples=samples, sample_rate_hz=_RATE_HZ))
    assert found == Beats(
        tempo_bpm=None,
        beats_s=(),
        confidence=0.0,
        downbeats_s=(),
        downbeat_confidence=0.0,
        onsets_s=found.onsets_s,
        beats_per_bar=4,
        duration_s=n_samples / _RATE_HZ,
    )


def test_a_clip_over_the_limit_is_refused() -> None:
    with pytest.raises(AudioError, match="601 s long; expected at most 600 s"):
        find_beats(Waveform(samples=np.zeros((1, 601), np.float32), sample_rate_hz=1))


@pytest.mark.parametrize("beats_per_bar", [0, 13])
def test_impossible_bars_are_refused(beats_per_bar: int) -> None:
    with pytest.raises(RequestError, match="1 to 12"):
        find_beats(_noise(0, 1.5), beats_per_bar=beats_per_bar)
