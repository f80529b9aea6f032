"""At which level, and how much in which channel, a mono patch fits into its surroundings."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating[Any]]

_SILENCE_RMS = 1e-3
"""-60 dB of full scale. A ratio of levels below it would be one of noise floors."""

_CROSSOVER_HZ = 200
"""Above all that belongs into an LFE channel (120 Hz), so that it gets no more than bass."""

_FILTER_ORDER = 4
"""Run forwards and backwards: 120 Hz is 35 dB down in the upper band."""


class LevelMatch(NamedTuple):
    """By how much a patch is turned up, and whether the limit has made that less."""

    gain_db: float
    limited: bool


def level_match(source: Samples, patch: Samples, *, max_gain_db: float) -> LevelMatch:
    """The gain that makes one sound as loud as another.

    Args:
        source: [n] what is kept, mixed to mono; full scale is 1.
        patch: [m] what a codec has made.
        max_gain_db: >= 0; the gain goes no further than this, up or down.

    Returns:
        The ratio of their root mean squares; 0 dB where one of them is silent (below -60 dB of
        full scale) or there are no surroundings.
    """
    levels = _rms(source), _rms(patch)
    if is_silent(source) or is_silent(patch):
        return LevelMatch(0.0, False)
    wanted_db = 20 * math.log10(levels[0] / levels[1])
    gain_db = max(-max_gain_db, min(max_gain_db, wanted_db))
    return LevelMatch(gain_db, gain_db != wanted_db)


def is_silent(samples: Samples) -> bool:
    """Below -60 dB of full scale."""
    return _rms(samples) < _SILENCE_RMS


def channel_gains(around: Samples, sample_rate_hz: int) -> NDArray[np.float64] | None:
    """How loud each channel is beside the mean of all channels, in two bands.

    A ratio of energies has no sign: a patch gets the middle of the picture, moved and scaled,
    with one polarity in all channels. A difference between channels (width) is not made up.
    The largest is at most C, which is the ratio of the only channel with sound; more means that
    channels cancel each other out, and all gains are made smaller by the same factor.

    Args:
        around: [C, n] of the source; full scale is 1.
        sample_rate_hz: its rate.

    Returns:
        [2, C], below and above 200 Hz. A band in which the mean is silent (below -60 dB of full
        scale) has the other's gains; None where both are.
    """
    found = [_gains(band) for band in split_bands(around, sample_rate_hz)]
    usable = [gains for gains in found if gains is not None]
    return np.stack([usable[0] if each is None else each for each in found]) if usable else None


def placed(patch: Samples, gains: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """A mono patch in every channel.

    Args:
        patch: [n].
        gains: [2, C] as from `channel_gains`.
        sample_rate_hz: of the patch.

    Returns:
        [C, n].
    """
    low, high = split_bands(patch[None], sample_rate_hz)
    return np.asarray(gains[0][:, None] * low + gains[1][:, None] * high)


def split_bands(
    samples: Samples, sample_rate_hz: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Below and above 200 Hz, without a delay; the two add up to the samples.

    Args:
        samples: [C, n].
        sample_rate_hz: of the samples; at 400 Hz or less all is below.
    """
    # Here, not above: half a second that a reader of files need not wait for.
    from scipy.signal import butter, sosfiltfilt

    whole = samples.astype(np.float64)
    n_samples = whole.shape[1]
    if n_samples == 0 or sample_rate_hz <= 2 * _CROSSOVER_HZ:
        return whole, np.zeros_like(whole)
    sections = butter(_FILTER_ORDER, _CROSSOVER_HZ, fs=sample_rate_hz, output="sos")
    one_period = sample_rate_hz // _CROSSOVER_HZ
    low = np.asarray(sosfiltfilt(sections, whole, padlen=min(one_period, n_samples - 1)))
    return low, whole - low


def _gains(band: NDArray[np.float64]) -> NDArray[np.float64] | None:
    mean_rms = _rms(band.mean(axis=0))
    if mean_rms < _SILENCE_RMS:
        return None
    gains = np.sqrt(np.mean(np.square(band), axis=1)) / mean_rms
    return gains * min(1.0, len(band) / float(gains.max()))


def _rms(samples: Samples) -> float:
    return math.sqrt(float(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
