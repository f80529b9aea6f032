"""Another sample rate for the same sound."""

from __future__ import annotations

import numpy as np
import soxr

from engine.audio.waveform import Waveform
from engine.errors import AudioError


def resample(waveform: Waveform, sample_rate_hz: int) -> Waveform:
    """The same sound at another rate, by soxr at its very high quality.

    Args:
        waveform: any number of channels.
        sample_rate_hz: the rate wanted, 1 or more.

    Returns:
        N becomes N * to / from, rounded to the nearest whole number, halves up. At the same
        rate: the waveform itself.

    Raises:
        AudioError: an impossible rate, or a clip so short that nothing would be left.
    """
    if sample_rate_hz == waveform.sample_rate_hz:
        return waveform
    if sample_rate_hz < 1:
        raise AudioError(
            f"the sample rate wanted is {sample_rate_hz} Hz",
            expected="at least 1 Hz",
            advice="Ask for a usual rate, such as 44100",
        )
    resampled = soxr.resample(
        np.ascontiguousarray(waveform.samples.T),
        waveform.sample_rate_hz,
        sample_rate_hz,
        quality="VHQ",
    )
    return Waveform(samples=np.ascontiguousarray(resampled.T), sample_rate_hz=sample_rate_hz)
