"""The hybrid: an opening written left to right, the rest by masked refinement."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from torch import Tensor

from engine.decode.autoregressive import (
    OpeningPlan,
    opening_steps,
    plan_ragged,
    plan_rectangle,
)
from engine.decode.grid import Grid
from engine.decode.parallel import StagePlan, count_steps, parallel_steps, plan_stages
from engine.decode.predictor import Predictor
from engine.decode.records import DecodeStep
from engine.decode.requests import PromptRows, SamplingOptions
from engine.decode.sampling import Noise


def plan_opening(keep: Tensor, n_frames: int, prompt_rows: PromptRows) -> OpeningPlan:
    """The rows of an opening of `n_frames` frames.

    Args:
        keep: bool [K, T] given tokens.
        n_frames: length t of the opening in [0, T]. `RAGGED` stops after t rows, where level k
            has t - k frames; the others go on until all levels have t.
        prompt_rows: how the opening is handed over.
    """
    if prompt_rows is PromptRows.RAGGED:
        return plan_ragged(keep, n_frames)
    return plan_rectangle(keep, n_frames)


def hybrid_steps(
    predictor: Predictor,
    grid: Grid,
    *,
    opening_frames: int,
    options: SamplingOptions,
    noise: Noise | None,
    straddle: bool = False,
) -> Generator[DecodeStep, None, None]:
    """Write the opening, then refine what is left.

    Frames given at the start are an opening that is there already: the opening goes on after
    them, and is not run at all if they reach as far as it would.

    Args:
        predictor: a hybrid model with its prompt bound.
        grid: tokens known so far.
        opening_frames: t, in [0, T]; 0 is purely parallel.
        options: how tokens are drawn; `prompt_rows` is the hand-over.
        noise: None is greedy.
        straddle: see `arrangements.arrange`; always so with `PromptRows.BRANCH`.
    """
    keep = grid.keep[0]
    n_given = _given_frames(keep)
    n_written = opening_frames if opening_frames > n_given else 0
    plan = plan_opening(keep, n_written, options.prompt_rows)
    branch = options.prompt_rows is PromptRows.BRANCH
    stages = plan_stages(
        keep | plan.writes,
        options=options,
        span_len=predictor.span_len,
        straddle=straddle or branch,
    )
    boundary = 0 if branch else max(opening_frames, n_given)
    return _opening_then_rest(predictor, grid, plan, stages, boundary, options, noise)


def _given_frames(keep: Tensor) -> int:
    """How many frames at the start are kept in every level."""
    return int(keep.all(0).long().cumprod(0).sum())


def _opening_then_rest(
    predictor: Predictor,
    grid: Grid,
    plan: OpeningPlan,
    stages: Sequence[StagePlan],
    boundary: int,
    options: SamplingOptions,
    noise: Noise | None,
) -> Generator[DecodeStep, None, None]:
    if plan.n_rows:
        opening = predictor.open(len(grid.codes), plan.n_rows)
        grid = yield from opening_steps(
            opening,
            grid,
            plan,
            options=options,
            noise=noise,
            still_to_come=count_steps(stages),
        )
        predictor = predictor.after(opening, boundary) if boundary else predictor
    elif boundary:
        predictor = predictor.with_boundary(boundary)
    yield from parallel_steps(
        predictor, grid, stages, options=options, noise=noise, done=plan.n_steps
    )
