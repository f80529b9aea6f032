"""Which frames of a level are drawn in a step: the two arrangements of spans, as one interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from engine.decode import spans
from engine.decode.requests import SamplingOptions, SpanArrangement, SpanScore
from engine.decode.spans import Region

ScoreSpans = Callable[[Tensor, Tensor], Tensor]

SCORES: dict[SpanScore, ScoreSpans] = {
    SpanScore.MAX: spans.score_max,
    SpanScore.PROD: spans.score_prod,
}


class Selection(NamedTuple):
    """The frames of one step.

    `masked` bool [B, T]: where tokens will be written.
    `positions` int64 [B, M]: frames at which the model is asked, all of `masked` among them;
    None: everywhere.
    `slots` int64 [B, M]: the frames that take the answers; T for an answer that nobody needs
    (M is the same for all rows, so a span that is short still has L positions).
    """

    masked: Tensor
    positions: Tensor | None = None
    slots: Tensor | None = None


class Arrangement(Protocol):
    """Spans over the free frames of one level; `n_free` is what the schedule counts."""

    n_free: int

    def first(self, n_variations: int) -> Selection:
        """Everything that is free."""
        ...

    def again(self, probability: Tensor, masked: Tensor, n_masked: int) -> Selection:
        """What to mask again.

        Args:
            probability: float32 [B, T] of the tokens sampled in this step.
            masked: bool [B, T]; where this step sampled.
            n_masked: spans or frames wanted, from the step's plan.
        """
        ...


class Nonoverlap:
    """Spans side by side; one that is fixed is never masked again.

    Args:
        keep: bool [T], True where a token is given.
        regions: frames to cut into spans. Free regions alone: no span reaches into kept frames.
            The whole clip: the release's grid, on which a span may straddle the edge of a prompt.
        span_len: frames of a span.
        score: `score_max` or `score_prod`.
    """

    def __init__(
        self, keep: Tensor, regions: Sequence[Region], span_len: int, score: ScoreSpans
    ) -> None:
        kept = keep.tolist()
        pieces = [s for s in spans.cut_spans(regions, span_len) if not all(kept[slice(*s)])]
        self._table = spans.frame_table(pieces, span_len, len(kept)).to(keep.device)
        self._member = self._table < len(kept)
        self._positions = torch.where(self._member, self._table, self._table[:, :1])
        self._all_frames = self._table[self._member]
        self._keep = keep
        self._score = score
        self.n_free = len(pieces)

    def first(self, n_variations: int) -> Selection:
        masked = (~self._keep).expand(n_variations, -1)
        if len(self._all_frames) == len(self._keep):
            return Selection(masked)
        frames = self._all_frames.expand(n_variations, -1)
        return Selection(masked, frames, frames)

    def again(self, probability: Tensor, masked: Tensor, n_masked: int) -> Selection:
        scores = self._score(probability[:, self._positions], self._member)
        was_masked = masked[:, self._positions].any(-1)
        worst = spans.worst_spans(scores.masked_fill(~was_masked, spans.FIXED_SCORE), n_masked)
        slots = self._table[worst].flatten(1)
        return Selection(self._mark(slots), self._positions[worst].flatten(1), slots)

    def _mark(self, slots: Tensor) -> Tensor:
        shape = (len(slots), len(self._keep) + 1)
        marked = torch.zeros(shape, dtype=torch.bool, device=slots.device)
        return marked.scatter_(1, slots, True)[:, :-1] & ~self._keep


class Stride1:
    """Spans at every frame, overlapping: closer to how the model was trained.

    Tokens fixed earlier can be masked again when that is what it takes to reach the count.
    `Nonoverlap` explains the arguments.
    """

    def __init__(self, keep: Tensor, regions: Sequence[Region], span_len: int) -> None:
        pieces = spans.sliding_spans(regions, span_len)
        self._table = spans.frame_table(pieces, span_len, len(keep)).to(keep.device)
        self._member = self._table < len(keep)
        self._positions = torch.where(self._member, self._table, self._table[:, :1])
        self._keep = keep
        # Not the masked frames alone: how many these are differs from variation to variation,
        # and a row padded to its neighbours' length would draw other numbers than it does alone.
        self._free = (~keep).nonzero()[:, 0]
        self.n_free = len(self._free)

    def first(self, n_variations: int) -> Selection:
        return self._select((~self._keep).expand(n_variations, -1))

    def again(self, probability: Tensor, masked: Tensor, n_masked: int) -> Selection:
        token_score = (-probability.log()).masked_fill(~masked, spans.FIXED_SCORE)
        scores = spans.sum_over_span(token_score[:, self._positions], self._member)
        covered = spans.cover_frames(scores, self._table, len(self._keep), n_masked)
        return self._select(covered & ~self._keep)

    def _select(self, masked: Tensor) -> Selection:
        if self.n_free == len(self._keep):
            return Selection(masked)
        frames = self._free.expand(len(masked), -1)
        return Selection(masked, frames, frames)


def arrange(
    keep: Tensor, *, options: SamplingOptions, span_len: int, straddle: bool = False
) -> Arrangement:
    """Lay spans over one level.

    Args:
        keep: bool [T]; at least one frame is free.
        options: arrangement and score.
        span_len: frames of a span.
        straddle: spans lie on the grid of the whole clip and may hold kept frames, whose
            probability under the model then enters the score: the release. Else each free region
            has its own spans and only free frames count.
    """
    regions = [(0, len(keep))] if straddle else spans.free_regions(keep.tolist())
    if options.arrangement is SpanArrangement.STRIDE1 and span_len > 1:
        return Stride1(keep, regions, span_len)
    # A lone token is its span's surest: its order is that of -log p, where small p stay apart.
    score = SCORES[options.span_score] if span_len > 1 else spans.score_prod
    return Nonoverlap(keep, regions, span_len, score)
