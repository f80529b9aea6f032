"""Masked generation: each level starts all masked and is refined until every span is fixed.

Source: figure 4 of the paper; the released code where the two differ (`MaskSchedule`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.decode.arrangements import Arrangement, Selection, arrange
from engine.decode.grid import Grid
from engine.decode.guidance import guide
from engine.decode.predictor import Predictor
from engine.decode.records import DecodeStep, Phase
from engine.decode.requests import SamplingOptions
from engine.decode.rescoring import Rescoring
from engine.decode.sampling import Drawn, Noise, draw
from engine.decode.schedules import StepPlan, plan_level
from engine.errors import RequestError


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """One level: where its spans lie and what each step uses."""

    stage: int
    arrangement: Arrangement
    steps: tuple[StepPlan, ...]


def plan_stages(
    keep: Tensor, *, options: SamplingOptions, span_len: int, straddle: bool = False
) -> tuple[StagePlan, ...]:
    """Decide everything that needs no model.

    Args:
        keep: bool [K, T]; a level that is kept throughout has no steps.
        options: how tokens are drawn; `options.span_len` wins over `span_len`.
        span_len: the model's own.
        straddle: see `arrangements.arrange`.

    Raises:
        RequestError: `options.steps` does not name as many levels as there are.
    """
    if len(options.steps) != len(keep):
        raise RequestError(
            f"steps are given for {len(options.steps)} codebook levels",
            expected=f"{len(keep)} numbers, one for each level of the model",
            advice="Give one number of steps per level",
        )
    span_len = options.span_len or span_len
    arrangements = {
        stage: arrange(row, options=options, span_len=span_len, straddle=straddle)
        for stage, row in enumerate(keep)
        if not bool(row.all())
    }
    return tuple(
        StagePlan(
            stage=stage,
            arrangement=arrangement,
            steps=plan_level(options, options.steps[stage], arrangement.n_free),
        )
        for stage, arrangement in arrangements.items()
    )


def count_steps(stages: Sequence[StagePlan]) -> int:
    """How many records `parallel_steps` will yield."""
    return sum(len(stage.steps) for stage in stages)


def parallel_steps(
    predictor: Predictor,
    grid: Grid,
    stages: Sequence[StagePlan],
    *,
    options: SamplingOptions,
    noise: Noise | None,
    rescoring: Rescoring | None = None,
    done: int = 0,
) -> Generator[DecodeStep, None, None]:
    """Refine level after level, coarsest first.

    Args:
        predictor: the model with its prompt bound.
        grid: tokens known so far.
        stages: from `plan_stages` for the same kept tokens.
        options: filters of the draws.
        noise: None is greedy.
        rescoring: who else judges the tokens; None: nobody.
        done: records yielded before, by an opening.

    Yields:
        One record per step.

    Raises:
        DeviceError: a model gave numbers that are not finite.
    """
    index, count = done, done + count_steps(stages)
    for stage in stages:
        for plan, refined, rescored in _refine(predictor, grid, stage, options, noise, rescoring):
            grid = refined
            yield grid.record(
                Phase.PARALLEL,
                stage=stage.stage,
                step=plan.step,
                total_steps=plan.total_steps,
                index=index,
                count=count,
                temperature=plan.temperature,
                cfg_coef=plan.cfg_coef,
                rescored=rescored,
            )
            index += 1


def _refine(
    predictor: Predictor,
    grid: Grid,
    stage: StagePlan,
    options: SamplingOptions,
    noise: Noise | None,
    rescoring: Rescoring | None,
) -> Iterator[tuple[StepPlan, Grid, Tensor | None]]:
    """Each step's plan, the grid after it, and what a rescorer thought of its tokens."""
    selection, judged = stage.arrangement.first(len(grid.codes)), None
    for plan in stage.steps:
        drawn = _draw_stage(predictor, grid, stage.stage, selection, plan, options, noise)
        grid = _write_stage(grid, stage.stage, selection.masked, drawn)
        if plan.step + 1 == plan.total_steps:
            grid.require_finite(judged)
            yield plan, grid, None
            return
        probability, rescored = drawn.probability, None
        if rescoring is not None and rescoring.is_due(stage.stage, plan.step):
            judged = _rescore(rescoring, grid, stage.stage, selection)
            probability = rescoring.mix(probability, judged)
            # A span may reach into frames that are kept or final; only new tokens are recorded.
            rescored = judged.masked_fill(~selection.masked, 0)
        n_masked = stage.steps[plan.step + 1].n_masked
        selection = stage.arrangement.again(probability, selection.masked, n_masked)
        grid = grid.mask_again(stage.stage, selection.masked)
        yield plan, grid, rescored


def _rescore(rescoring: Rescoring, grid: Grid, stage: int, selection: Selection) -> Tensor:
    """What the rescorer thinks of the level's tokens, [B, T]; 0 where it was not asked."""
    other = rescoring.probability(grid.codes, stage, selection.positions)
    if selection.slots is None:
        return other
    return _spread(other, selection.slots, grid.codes.shape[-1])


def _draw_stage(
    predictor: Predictor,
    grid: Grid,
    stage: int,
    selection: Selection,
    plan: StepPlan,
    options: SamplingOptions,
    noise: Noise | None,
) -> Drawn:
    """Tokens and probabilities as [B, T]; 0 where the model was not asked."""
    n_frames = grid.codes.shape[-1]
    logits = predictor.predict(
        grid.seen_at(stage), stage, positions=selection.positions, guided=plan.cfg_coef != 1.0
    )
    drawn = draw(
        guide(logits, plan.cfg_coef),
        temperature=plan.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        noise=noise,
        positions=selection.positions,
        score_after_top_k=options.as_released,
    )
    if selection.slots is None:
        return drawn
    return Drawn(*(_spread(each, selection.slots, n_frames) for each in drawn))


def _spread(values: Tensor, slots: Tensor, n_frames: int) -> Tensor:
    """[B, M] to [B, T]; slot T is cut off again."""
    spread = values.new_zeros(len(slots), n_frames + 1)
    return spread.scatter_(1, slots, values)[:, :-1]


def _write_stage(grid: Grid, stage: int, masked: Tensor, drawn: Drawn) -> Grid:
    levels = torch.arange(grid.codes.shape[1], device=masked.device)[:, None]
    where = (levels == stage) & masked[:, None]
    return grid.write(where, drawn.tokens[:, None], drawn.probability[:, None])
