"""Sources cut, given room and put together: samples are copied, never computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.audio.source import Source
from engine.errors import AudioError


def cut(source: Source, start: int, stop: int) -> Source:
    """The samples from `start` up to, and without, `stop`; a view, not a copy.

    Raises:
        AudioError: no samples, or some that are not there.
    """
    if not 0 <= start < stop <= source.n_samples:
        raise AudioError(
            f"the piece is samples {start:,} to {stop:,}",
            expected=f"at least one, between 0 and {source.n_samples:,}",
            advice="Choose a piece inside of the clip",
        )
    return replace(source, samples=source.samples[:, start:stop])


def padded(source: Source, before: int, after: int) -> Source:
    """The source with silence around it.

    Args:
        source: what stays as it is.
        before: samples, >= 0. after: samples, >= 0.
    """
    if before == 0 and after == 0:
        return source
    samples = np.pad(source.samples, ((0, 0), (before, after)))
    return replace(source, samples=samples)


def pasted(source: Source, piece: Source, at_sample: int) -> Source:
    """The source with other samples in one place.

    Args:
        source: what is around the piece.
        piece: of the same rate, depth and channels.
        at_sample: where its first sample goes, >= 0.

    Raises:
        AudioError: a piece of another kind, or one that reaches beyond the source.
    """
    if _kind(piece) != _kind(source) or not 0 <= at_sample <= source.n_samples - piece.n_samples:
        raise AudioError(
            f"the piece has {_kind(piece)}, {piece.n_samples:,} samples from {at_sample:,} on",
            expected=f"{_kind(source)}, inside of {source.n_samples:,} samples",
            advice="Put together what belongs together",
        )
    samples = source.samples.copy()
    samples[:, at_sample : at_sample + piece.n_samples] = piece.samples
    return replace(source, samples=samples)


def _kind(source: Source) -> str:
    rate, depth = source.sample_rate_hz, source.depth.value
    return f"{source.n_channels} channels of {depth} at {rate} Hz"
