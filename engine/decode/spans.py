"""Spans: where they lie among the free frames, how they are scored, which ones are masked again.

Plain functions without state. `arrangements` puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Region = tuple[int, int]
"""Frames from the first number up to, and not including, the second."""

FIXED_SCORE = -1e4
"""Score of a token that is final: far below any other, so that it is masked again last. Finite,
since a stride1 span may hold both kinds and is ranked by their sum."""


def free_regions(keep: Sequence[bool]) -> list[Region]:
    """The runs of frames that are not kept, in order."""
    edges = [i for i in range(len(keep) + 1) if _kept(keep, i - 1) != _kept(keep, i)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def goes_on(keep: Tensor) -> bool:
    """Whether some level of bool [K, T] has kept tokens after free ones: none of it can be written
    left to right."""
    return bool((keep[:, 1:] & ~keep[:, :-1]).any())


def cut_spans(regions: Sequence[Region], span_len: int) -> list[Region]:
    """Non-overlapping spans: each region cut from its start; the last span is what is left."""
    return [
        (start, min(start + span_len, stop))
        for first, stop in regions
        for start in range(first, stop, span_len)
    ]


def sliding_spans(regions: Sequence[Region], span_len: int) -> list[Region]:
    """Overlapping spans: one at every frame; a region shorter than a span is one span."""
    return [
        (start, min(start + span_len, stop))
        for first, stop in regions
        for start in range(first, max(stop - span_len, first) + 1)
    ]


def frame_table(spans: Sequence[Region], span_len: int, n_frames: int) -> Tensor:
    """The frames of each span: int64 [U, span_len], `n_frames` where a span is shorter."""
    rows = [
        [frame if frame < stop else n_frames for frame in range(start, start + span_len)]
        for start, stop in spans
    ]
    return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), span_len)


def score_max(probability: Tensor, member: Tensor) -> Tensor:
    """1 - the probability of the span's most likely token.

    Args:
        probability: float32 [..., U, L] of the sampled tokens.
        member: bool [U, L]; False beyond the end of a shorter span.

    Returns:
        float32 [..., U]; high scores are masked again.

    Source: section 3.2.
    """
    return 1 - probability.masked_fill(~member, 0).amax(-1)


def score_prod(probability: Tensor, member: Tensor) -> Tensor:
    """-log of the probability of all the span's tokens together.

    Shapes as for `score_max`. A shorter span is scored as if it went on alike: the sum is scaled
    to L tokens, or spans would be fixed for being short.
    """
    return sum_over_span(-probability.log(), member)


def sum_over_span(values: Tensor, member: Tensor) -> Tensor:
    """Sum [..., U, L] over L, scaled to L tokens where a span is shorter."""
    longer_by = member.shape[-1] / member.sum(-1)
    return values.masked_fill(~member, 0).sum(-1) * longer_by


def worst_spans(scores: Tensor, n: int) -> Tensor:
    """The `n` spans with the highest scores, in order of time: int64 [B, n].

    Equal scores are common (late in a level many spans are certain): the earlier span goes
    first, on every device.
    """
    ranked = torch.sort(scores, dim=-1, descending=True, stable=True).indices
    return ranked[..., :n].sort(dim=-1).values


def cover_frames(scores: Tensor, table: Tensor, n_frames: int, n_masked: int) -> Tensor:
    """Mask the worst overlapping spans until they cover about `n_masked` frames.

    How many spans that takes is searched by halving, in the release's own way: it ends with the
    last number tried, which need not be the best, and halves round to even.

    Args:
        scores: float32 [B, U]; the highest are masked.
        table: int64 [U, L] frames of each span, `n_frames` as filler.
        n_masked: wanted number of masked frames, >= 1.

    Returns:
        bool [B, n_frames].
    """
    order = torch.sort(scores, dim=-1, descending=True, stable=True).indices
    rank = torch.empty_like(order).scatter_(1, order, _ascending(order))
    covered_by = _first_rank_per_frame(rank, table, n_frames)
    n_spans = _search_count(covered_by, span_len=table.shape[1], n_masked=n_masked)
    return covered_by < n_spans[:, None]


def _search_count(covered_by: Tensor, *, span_len: int, n_masked: int) -> Tensor:
    """The number of spans to take, [B]: all rows search at once, without asking the device."""
    n_masked = max(n_masked, span_len)
    low = torch.full_like(covered_by[:, 0], n_masked // span_len)
    high = torch.full_like(low, n_masked - (span_len - 1))
    middle = _half(low, high)
    taken = middle
    for _ in range(n_masked.bit_length() + 1):
        searching = (low < middle) & (middle < high)
        taken = torch.where(searching, middle, taken)
        too_many = (covered_by < taken[:, None]).sum(-1) > n_masked
        high = torch.where(searching & too_many, middle, high)
        low = torch.where(searching & ~too_many, middle, low)
        middle = _half(low, high)
    return taken


def _first_rank_per_frame(rank: Tensor, table: Tensor, n_frames: int) -> Tensor:
    """[B, n_frames]: how many spans come before the first one that covers a frame."""
    n_rows, n_spans = rank.shape
    first = rank.new_full((n_rows, n_frames + 1), n_spans + n_frames)
    frames = table.flatten().expand(n_rows, -1)
    ranks = rank.repeat_interleave(table.shape[1], dim=1)
    return first.scatter_reduce(1, frames, ranks, "amin")[:, :n_frames]


def _half(low: Tensor, high: Tensor) -> Tensor:
    return ((low + high) / 2).round().to(low.dtype)


def _ascending(like: Tensor) -> Tensor:
    return torch.arange(like.shape[1], device=like.device).expand_as(like)


def _kept(keep: Sequence[bool], frame: int) -> bool:
    return not 0 <= frame < len(keep) or keep[frame]
