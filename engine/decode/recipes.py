"""Which tokens an edit keeps: masks as plain functions, to be joined with `&` and `|`.

All give bool [K, T], True where a token is kept. "Periodic" and "around beats" are the prompts of
VampNet (arXiv 2307.04686): some moments of the clip stay, and the model fills what is between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from engine.decode.checks import require, require_number, require_whole
from engine.decode.spans import Region


def keep_outside(
    regions: Iterable[Region], n_frames: int, n_levels: int, levels: Sequence[int] | None = None
) -> Tensor:
    """Keep all but some regions, in some levels.

    Args:
        regions: frames (first, stop) to write anew, in [0, T]; they may overlap.
        n_frames: T.
        n_levels: K.
        levels: to write anew; None: all.

    Raises:
        RequestError: a region or level that is not there.
    """
    keep = torch.ones(n_levels, n_frames, dtype=torch.bool)
    for level in range(n_levels) if levels is None else levels:
        require_whole("a level", level, 0, n_levels - 1)
        for first, stop in regions:
            inside = 0 <= first <= stop <= n_frames
            require("a region", (first, stop), inside, f"frames from 0 to {n_frames}")
            keep[level, first:stop] = False
    return keep


def keep_periodic(period: int, n_frames: int, n_levels: int, *, width: int = 1) -> Tensor:
    """Keep `width` frames of every `period`.

    Args:
        period: in frames, >= 1. width: 1 to `period`.
    """
    require_whole("the period", period, 1)
    require_whole("the width", width, 1, period)
    return (torch.arange(n_frames) % period < width).expand(n_levels, -1).clone()


def keep_around(
    moments: Sequence[int], n_frames: int, n_levels: int, *, before: int = 0, after: int = 1
) -> Tensor:
    """Keep the frames around some moments, such as beats or onsets.

    Args:
        moments: frames, in [0, T]. before, after: frames kept on each side, >= 0.
    """
    require_whole("the frames before", before, 0)
    require_whole("the frames after", after, 0)
    keep = torch.zeros(n_levels, n_frames, dtype=torch.bool)
    for moment in moments:
        require_whole("a moment", moment, 0, n_frames)
        keep[:, max(moment - before, 0) : moment + after] = True
    return keep


def keep_share(
    share: float, n_frames: int, n_levels: int, generator: torch.Generator, *, span_len: int = 3
) -> Tensor:
    """Keep a share of the clip's spans by chance: 1 - the strength of a variation.

    Args:
        share: in [0, 1]; of the spans, rounded down, so that below 1 some are left to write.
        generator: chooses them; on the CPU.
        span_len: frames of a span, as the model masks them; all levels keep the same ones.
    """
    require_number("the share", share, 0, 1)
    n_spans = -(-n_frames // span_len)
    kept = torch.zeros(n_spans, dtype=torch.bool)
    n_kept = int(share * n_spans + 1e-9)  # 1 - 0.7 is a little less than 0.3
    kept[torch.randperm(n_spans, generator=generator)[:n_kept]] = True
    return kept.repeat_interleave(span_len)[:n_frames].expand(n_levels, -1).clone()
