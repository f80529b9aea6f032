"""Levels and balance, on signals whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio import Waveform
from engine.audio.balance import channel_gains, level_match, placed, split_bands
from engine.audio.downmix import downmix

_RATE_HZ = 32_000


def _noise(seed: int = 0, n_samples: int = 32_000) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(n_samples)


def _tone(hz: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(32_000) / _RATE_HZ)


def test_the_level_is_the_ratio_of_what_both_hold() -> None:
    match = level_match(_noise(), 0.7 * _noise(), max_gain_db=6.0)
    assert match.gain_db == pytest.approx(-20 * math.log10(0.7))
    assert not match.limited


@pytest.mark.parametrize(("factor", "gain_db"), [(0.1, 6.0), (10.0, -6.0)])
def test_the_level_goes_no_further_than_its_limit(factor: float, gain_db: float) -> None:
    assert level_match(_noise(), factor * _noise(), max_gain_db=6.0) == (gain_db, True)


def test_silence_tells_no_level() -> None:
    silence = np.zeros(100)
    for source, patch in ((silence, _noise()), (_noise(), silence), (silence[:0], silence[:0])):
        assert level_match(source, patch, max_gain_db=6.0) == (0.0, False)


@pytest.mark.parametrize(
    ("left", "right", "gains"),
    [
        (_noise(), _noise(), [1, 1]),
        (_noise(), 0 * _noise(), [2, 0]),
        (_noise(), 0.5 * _noise(), [1 / 0.75, 0.5 / 0.75]),
        (_noise(), _noise(1), [2**0.5, 2**0.5]),
    ],
)
def test_a_channel_gets_its_share_of_the_energy(
    left: np.ndarray, right: np.ndarray, gains: list[float]
) -> None:
    found = channel_gains(np.stack([left, right]), _RATE_HZ)
    assert found is not None
    np.testing.assert_allclose(found, [gains, gains], atol=0.15)  # few periods below 200 Hz
    np.testing.assert_allclose(found[1], gains, atol=0.02)


def test_channels_that_cancel_out_get_no_more_than_one_alone_would() -> None:
    around = np.stack([_noise(), -0.9 * _noise()])
    found = channel_gains(around, _RATE_HZ)
    assert found is not None and np.all(found <= 2)


def test_silence_and_pure_width_tell_no_balance() -> None:
    assert channel_gains(np.zeros((2, 1_000)), _RATE_HZ) is None
    assert channel_gains(np.stack([_noise(), -_noise()]), _RATE_HZ) is None
    assert channel_gains(np.zeros((2, 0)), _RATE_HZ) is None


def test_an_lfe_gets_only_bass() -> None:
    bass, melody = _tone(60), _tone(1_000)
    front = bass + melody
    gains = channel_gains(np.stack([front, front, front, bass, front, front]), _RATE_HZ)
    assert gains is not None
    spread = placed(melody, gains, _RATE_HZ)
    assert np.std(spread[3]) < 0.01 * np.std(spread[0])
    low = placed(bass, gains, _RATE_HZ)
    assert np.std(low[3]) == pytest.approx(np.std(low[0]), rel=0.02)


def test_a_band_that_is_silent_has_the_gains_of_the_other() -> None:
    gains = channel_gains(np.stack([_tone(2_000), 0.5 * _tone(2_000)]), _RATE_HZ)
    assert gains is not None
    np.testing.assert_allclose(gains[0], gains[1])


def test_what_is_placed_with_its_own_gains_has_the_sources_energy() -> None:
    stereo = np.stack([_noise(), 0.3 * _noise(1)])
    gains = channel_gains(stereo, _RATE_HZ)
    assert gains is not None
    spread = placed(stereo.mean(axis=0), gains, _RATE_HZ)
    np.testing.assert_allclose(np.std(spread, axis=1), np.std(stereo, axis=1), rtol=0.01)


@pytest.mark.parametrize("rate_hz", [100, 1_000, 8_000, 192_000])
@pytest.mark.parametrize("n_samples", [1, 2, 40, 5_000])
def test_the_bands_add_up_to_the_samples(rate_hz: int, n_samples: int) -> None:
    samples = np.stack([_noise(0, n_samples), _noise(1, n_samples)])
    low, high = split_bands(samples, rate_hz)
    np.testing.assert_allclose(low + high, samples, atol=1e-12)


def test_a_downmix_is_the_mean_and_a_mono_clip_itself() -> None:
    samples = np.array([[0.5, 1.0], [-0.5, 0.5]], np.float32)
    mixed = downmix(Waveform(samples=samples, sample_rate_hz=8_000))
    assert mixed.samples.tolist() == [[0.0, 0.75]]
    assert downmix(mixed) is mixed
