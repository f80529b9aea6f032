"""How loud a clip is, and the same clip at another level."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np

from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.errors import AudioError

_BLOCK_S = 0.4
"""The gating block of ITU-R BS.1770-4."""

_OVERSAMPLING = 4
"""BS.1770-4, annex 2: enough for peaks between samples to show within 0.6 dB."""


@dataclass(frozen=True, kw_only=True)
class Levelled:
    """A clip at another level, with what was done to it.

    Args:
        waveform: the same samples times one constant.
        gain_db: that constant; 0 where nothing was changed.
        true_peak_db: of the result; -inf for silence.
        limited: True where the ceiling made the result quieter than it would have been.
    """

    waveform: Waveform
    gain_db: float
    true_peak_db: float
    limited: bool


def integrated_lufs(waveform: Waveform) -> float | None:
    """The loudness of the whole clip (ITU-R BS.1770-4), in LUFS.

    A clip shorter than the standard's block of 400 ms is measured as one block. Of six channels
    the fourth (LFE in 5.1) is left out, as the standard asks.

    Returns:
        None where the clip is silent or below the standard's gate of -70 LUFS.

    Raises:
        AudioError: more than six channels, for which the standard has no weights.
    """
    # Here, not above: it imports scipy, which a reader of files need not wait for.
    import pyloudnorm

    samples = waveform.samples.astype(np.float64)
    if waveform.n_channels > 6:
        raise AudioError(
            f"the clip has {waveform.n_channels} channels",
            expected="up to six, to measure loudness",
            advice="Mix it down to stereo first",
        )
    if waveform.n_channels == 6:
        samples = np.delete(samples, 3, axis=0)
    block_s = min(_BLOCK_S, waveform.duration_s)
    meter = pyloudnorm.Meter(waveform.sample_rate_hz, block_size=block_s)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no block: silence
        lufs = float(meter.integrated_loudness(samples.T))
    return lufs if math.isfinite(lufs) else None


def true_peak_db(waveform: Waveform) -> float:
    """The highest level between samples too, in dB of full scale; -inf for silence."""
    oversampled = resample(waveform, _OVERSAMPLING * waveform.sample_rate_hz)
    # The samples themselves count too: a filter's ripple may pass just under them.
    return _db(max(oversampled.peak, waveform.peak))


def normalise_loudness(
    waveform: Waveform, *, target_lufs: float = -14.0, ceiling_db: float = -1.0
) -> Levelled:
    """The clip at a wanted loudness, or as near as the ceiling for true peaks allows.

    Args:
        waveform: any clip; a silent one comes back as it is.
        target_lufs: -14 is what streaming services play at.
        ceiling_db: highest true peak, in dB of full scale.

    Raises:
        AudioError: more than six channels.
    """
    lufs, peak_db = integrated_lufs(waveform), true_peak_db(waveform)
    wanted_db = 0.0 if lufs is None else target_lufs - lufs
    return _levelled(waveform, peak_db, wanted_db, ceiling_db)


def limit_peak(waveform: Waveform, *, ceiling_db: float = -1.0) -> Levelled:
    """The clip turned down until its true peak is at the ceiling; if it is already, as it is.

    A model's output may pass full scale, which a file in whole numbers cannot hold.
    """
    return _levelled(waveform, true_peak_db(waveform), 0.0, ceiling_db)


def _levelled(waveform: Waveform, peak_db: float, wanted_db: float, ceiling_db: float) -> Levelled:
    gain_db = min(wanted_db, ceiling_db - peak_db)
    if gain_db != 0.0:
        # Rounded towards zero, so that a peak brought to a ceiling of 0 dB stays within 1.
        factor = np.nextafter(np.float32(10 ** (gain_db / 20)), np.float32(0))
        scaled = waveform.samples * factor
        waveform = Waveform(samples=scaled, sample_rate_hz=waveform.sample_rate_hz)
    return Levelled(
        waveform=waveform,
        gain_db=gain_db,
        true_peak_db=peak_db + gain_db,
        limited=gain_db < wanted_db,
    )


def _db(magnitude: float) -> float:
    return 20 * math.log10(magnitude) if magnitude > 0 else -math.inf
