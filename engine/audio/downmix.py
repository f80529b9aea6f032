"""All channels as one."""

from __future__ import annotations

import numpy as np

from engine.audio.waveform import Waveform


def downmix(waveform: Waveform) -> Waveform:
    """The mean of the channels, which is what a mono model hears of a clip.

    The mean never passes full scale and asks nothing about the order of the channels. What is in
    opposite phase in two channels is not in it.

    Args:
        waveform: any number of channels.

    Returns:
        C = 1; a mono clip comes back as it is.
    """
    if waveform.n_channels == 1:
        return waveform
    mean = waveform.samples.mean(axis=0, keepdims=True, dtype=np.float64)
    return Waveform(samples=mean.astype(np.float32), sample_rate_hz=waveform.sample_rate_hz)
