"""The hybrid: an opening written left to right, the rest by masked refinement."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from torch import Tensor

from engine.decode.autoregressive import (
    OpeningPlan,
    opening_steps,
    plan_ragged,
    plan_rectangle,
    row_of_cell,
)
from engine.decode.grid import Grid
from engine.decode.parallel import StagePlan, count_steps, parallel_steps, plan_stages
from engine.decode.predictor import Opening, Predictor
from engine.decode.records import DecodeStep
from engine.decode.requests import PromptRows, SamplingOptions
from engine.decode.rescoring import Rescoring
from engine.decode.sampling import Noise


@dataclass(frozen=True, kw_only=True)
class HybridPlan:
    """The opening, the levels after it, and how many rows of these are causal."""

    opening: OpeningPlan
    stages: tuple[StagePlan, ...]
    boundary: int

    @property
    def n_steps(self) -> int:
        """How many records there will be."""
        return self.opening.n_steps + count_steps(self.stages)


def plan_hybrid(
    keep: Tensor,
    opening_frames: int,
    *,
    options: SamplingOptions,
    span_len: int,
    straddle: bool = False,
    foreign_opener: bool = False,
) -> HybridPlan:
    """Decide everything that needs no model.

    Frames given at the start are an opening that is there already: the opening goes on after
    them, and is not run at all if they reach as far as it would.

    Args:
        keep: bool [K, T] given tokens.
        opening_frames: t, in [0, T]; 0 is purely parallel. `PromptRows.RAGGED` stops after t
            rows, where level k has t - k frames; the others go on until all levels have t.
        options: how tokens are drawn; `prompt_rows` is the hand-over.
        span_len: the model's own.
        straddle: see `arrangements.arrange`; always so with `PromptRows.BRANCH`.
        foreign_opener: another model writes the opening; it finishes all its levels.
    """
    n_given = _given_frames(keep)
    n_written = opening_frames if opening_frames > n_given else 0
    ragged = options.prompt_rows is PromptRows.RAGGED and not foreign_opener
    plan = plan_ragged(keep, n_written) if ragged else plan_rectangle(keep, n_written)
    branch = options.prompt_rows is PromptRows.BRANCH
    stages = plan_stages(
        keep | plan.writes, options=options, span_len=span_len, straddle=straddle or branch
    )
    boundary = 0 if branch else max(opening_frames, n_given)
    return HybridPlan(opening=plan, stages=stages, boundary=boundary)


def hybrid_steps(
    predictor: Predictor,
    grid: Grid,
    plan: HybridPlan,
    *,
    options: SamplingOptions,
    noise: Noise | None,
    opener: Predictor | None = None,
    rescoring: Rescoring | None = None,
    hide_early: bool = True,
) -> Generator[DecodeStep, None, None]:
    """Write the opening, then refine what is left.

    Args:
        predictor: the model with its prompt bound.
        grid: tokens known so far.
        plan: from `plan_hybrid` for the same kept tokens.
        options: how tokens are drawn.
        noise: None is greedy.
        opener: another model that writes the opening; None: the predictor, a hybrid.
        rescoring: who else judges the tokens of the parallel part.
        hide_early: see `_early`; never with `PromptRows.SEMI` and `BRANCH`.
    """
    opening = None
    if plan.opening.n_steps:
        opening = (opener or predictor).open(len(grid.codes), plan.opening.n_rows)
        grid = yield from opening_steps(
            opening,
            grid,
            plan.opening,
            options=options,
            noise=noise,
            still_to_come=count_steps(plan.stages),
        )
    if hide_early and (opener or options.prompt_rows is PromptRows.RAGGED):
        causal = plan.boundary if predictor.writes_left_to_right else 0
        grid = grid.hiding(_early(grid.keep[0], causal))
    yield from parallel_steps(
        _after_opening(predictor, plan.boundary, None if opener else opening),
        grid,
        plan.stages,
        options=options,
        noise=noise,
        rescoring=rescoring,
        done=plan.opening.n_steps,
    )


def _after_opening(predictor: Predictor, boundary: int, opening: Opening | None) -> Predictor:
    """The predictor of the parallel part: a hybrid keeps the rows of the opening causal."""
    if not boundary or not predictor.writes_left_to_right:
        return predictor
    return predictor.after(opening, boundary) if opening else predictor.with_boundary(boundary)


def _early(keep: Tensor, boundary: int) -> Tensor:
    """Kept tokens that the model must not see before their level's turn: bool [K, T].

    In training all levels above the current one were masked, but for what the causal rows before
    the boundary see: level k up to frame boundary - k.
    """
    return keep & (row_of_cell(keep) >= boundary)


def _given_frames(keep: Tensor) -> int:
    """How many frames at the start are kept in every level."""
    return int(keep.all(0).long().cumprod(0).sum())
