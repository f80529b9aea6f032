"""The waveform value: what it takes, what it tells."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio import Waveform
from engine.errors import AudioError


def test_it_tells_its_shape_length_and_level() -> None:
    waveform = Waveform(
        samples=np.array([[0.5, -0.5, 0.5, -0.5], [0.5, 0.5, 0.5, -0.75]], np.float32),
        sample_rate_hz=8,
    )
    assert (waveform.n_channels, waveform.n_samples, waveform.duration_s) == (2, 4, 0.5)
    assert waveform.peak == 0.75
    assert waveform.rms_db == pytest.approx(10 * math.log10((7 * 0.25 + 0.5625) / 8))


def test_silence_has_a_peak_of_zero_and_a_level_of_minus_infinity() -> None:
    silence = Waveform(samples=np.zeros((1, 3), np.float32), sample_rate_hz=8)
    assert (silence.peak, silence.rms_db) == (0.0, -math.inf)


def test_its_samples_cannot_be_changed_and_the_callers_array_stays_writeable() -> None:
    samples = np.zeros((1, 3), np.float32)
    waveform = Waveform(samples=samples, sample_rate_hz=8)
    with pytest.raises(ValueError, match="read-only"):
        waveform.samples[0, 0] = 1.0
    assert samples.flags.writeable


@pytest.mark.parametrize(
    ("samples", "came"),
    [
        (np.zeros(3, np.float32), "float32 of shape"),
        (np.zeros((1, 3), np.float64), "float64"),
        (np.zeros((1, 3), np.int16), "int16"),
        ([[0.0]], "a list"),
        (np.zeros((1, 0), np.float32), r"\[1, 0\]"),
        (np.zeros((0, 3), np.float32), r"\[0, 3\]"),
        (np.array([[0, np.nan, np.inf]], np.float32), "2 of 3 samples are NaN or infinite"),
    ],
)
def test_what_is_no_sound_is_refused_by_what_it_is(samples: object, came: str) -> None:
    with pytest.raises(AudioError, match=came):
        Waveform(samples=samples, sample_rate_hz=8)  # type: ignore[arg-type]


def test_a_rate_below_one_is_refused() -> None:
    with pytest.raises(AudioError, match="0 Hz"):
        Waveform(samples=np.zeros((1, 3), np.float32), sample_rate_hz=0)
