"""Another rate, the same sound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio import Waveform, resample
from engine.errors import AudioError


def _tone(sample_rate_hz: int, n_samples: int, hz: float = 440.0) -> Waveform:
    times = np.arange(n_samples) / sample_rate_hz
    tone = 0.5 * np.sin(2 * np.pi * hz * times)
    return Waveform(
        samples=np.stack([tone, -tone]).astype(np.float32), sample_rate_hz=sample_rate_hz
    )


@pytest.mark.parametrize("to_hz", [8_000, 16_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("n_samples", [32_000, 32_001, 7_777])
def test_the_length_is_the_nearest_whole_number(to_hz: int, n_samples: int) -> None:
    resampled = resample(_tone(32_000, n_samples), to_hz)
    assert resampled.n_samples == math.floor(n_samples * to_hz / 32_000 + 0.5)


def test_a_tone_stays_the_same_tone_in_every_channel() -> None:
    resampled, direct = resample(_tone(32_000, 32_000), 44_100), _tone(44_100, 44_100)
    middle = slice(2_000, -2_000)
    np.testing.assert_allclose(resampled.samples[:, middle], direct.samples[:, middle], atol=1e-4)


def test_the_same_rate_gives_the_same_waveform() -> None:
    waveform = _tone(32_000, 100)
    assert resample(waveform, 32_000) is waveform


def test_an_impossible_rate_is_refused() -> None:
    with pytest.raises(AudioError, match="0 Hz"):
        resample(_tone(32_000, 100), 0)


def test_a_clip_too_short_for_the_new_rate_is_refused() -> None:
    with pytest.raises(AudioError, match="at least one"):
        resample(_tone(192_000, 1), 1_000)
