"""Left-to-right writing under the delay layout: the opening of the hybrid, and the baseline.

Row r of the sequence scores level k at frame r - k, and column r + 1 takes what row r wrote.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.decode.grid import Grid
from engine.decode.guidance import guide
from engine.decode.predictor import Opening, Predictor
from engine.decode.records import DecodeStep, Phase
from engine.decode.requests import SamplingOptions
from engine.decode.sampling import Drawn, Noise, draw

_ROWS_BETWEEN_CHECKS = 50
"""A second of music: numbers that are not finite are noticed then, and not after the whole clip."""


@dataclass(frozen=True, kw_only=True)
class OpeningPlan:
    """What is written left to right.

    Args:
        writes: bool [K, T]; the cells to write.
        n_rows: rows to run; those that write nothing only feed what is given, and those
            before the first that writes are fed at once.
        writing_rows: rows that write something.
    """

    writes: Tensor
    n_rows: int
    writing_rows: frozenset[int]

    @property
    def first_row(self) -> int:
        """The first row that writes something."""
        return min(self.writing_rows)

    @property
    def n_steps(self) -> int:
        """How many records `opening_steps` will yield."""
        return len(self.writing_rows)


def plan_rectangle(keep: Tensor, n_frames: int) -> OpeningPlan:
    """All levels up to frame `n_frames`: n_frames + K - 1 rows.

    Args:
        keep: bool [K, T]; kept cells are fed, not written.
        n_frames: in [0, T].
    """
    within = torch.arange(keep.shape[1], device=keep.device) < n_frames
    return _plan(keep, within.expand(keep.shape), n_frames + len(keep) - 1 if n_frames else 0)


def plan_ragged(keep: Tensor, n_rows: int) -> OpeningPlan:
    """The first `n_rows` rows, so that level k has n_rows - k frames: the training situation."""
    return _plan(keep, row_of_cell(keep) < n_rows, n_rows)


def opening_steps(
    opening: Opening,
    grid: Grid,
    plan: OpeningPlan,
    *,
    options: SamplingOptions,
    noise: Noise | None,
    still_to_come: int = 0,
) -> Generator[DecodeStep, None, Grid]:
    """Write row after row.

    Args:
        opening: the model, started and not yet fed.
        grid: tokens known so far.
        plan: rows to write, at least one.
        options: the `opening_` fields are used, and `greedy` through `noise`.
        noise: None is greedy.
        still_to_come: records that will follow those of the opening.

    Yields:
        One record per row that writes something.

    Returns:
        The grid at the end.

    Raises:
        DeviceError: the model gave numbers that are not finite.
    """
    step, begin = 0, plan.first_row
    if begin:
        opening.feed(torch.stack([_column(grid, row) for row in range(begin)], dim=-1))
    for row in range(begin, plan.n_rows):
        drawn = _draw_row(opening, _column(grid, row), options, noise)
        if row in plan.writing_rows:
            where = plan.writes & (row_of_cell(plan.writes) == row)
            tokens, probability = drawn.tokens[..., None], drawn.probability[..., None]
            grid = grid.write(where, tokens, probability).keeping(where)
            yield grid.record(
                Phase.OPENING,
                stage=0,
                step=step,
                total_steps=plan.n_steps,
                index=step,
                count=plan.n_steps + still_to_come,
                temperature=options.opening_temperature,
                cfg_coef=options.opening_cfg,
            )
            step += 1
            if step % _ROWS_BETWEEN_CHECKS == 0:
                grid.require_finite()
    grid.require_finite()
    return grid


def _plan(keep: Tensor, reach: Tensor, n_rows: int) -> OpeningPlan:
    writes = reach & ~keep
    writing_rows = frozenset(row_of_cell(keep)[writes].tolist())
    return OpeningPlan(writes=writes, n_rows=n_rows, writing_rows=writing_rows)


def row_of_cell(keep: Tensor) -> Tensor:
    """[K, T]: level + frame, the row whose logits score the cell."""
    levels = torch.arange(keep.shape[0], device=keep.device)
    return levels[:, None] + torch.arange(keep.shape[1], device=keep.device)


def _column(grid: Grid, column: int) -> Tensor:
    """[B, K]: level k's token of frame column - k - 1, the mask id where there is none."""
    n_levels, n_frames = grid.codes.shape[1:]
    frames = [column - level - 1 for level in range(n_levels)]
    parts = [
        grid.codes[:, level, frame]
        if 0 <= frame < n_frames
        else torch.full_like(grid.codes[:, 0, 0], grid.mask_id)
        for level, frame in enumerate(frames)
    ]
    return torch.stack(parts, dim=1)


def _draw_row(
    opening: Opening, column: Tensor, options: SamplingOptions, noise: Noise | None
) -> Drawn:
    logits = opening.advance(column, guided=options.opening_cfg != 1.0)
    return draw(
        guide(logits, options.opening_cfg),
        temperature=options.opening_temperature,
        top_p=None,
        top_k=options.opening_top_k,
        noise=noise,
    )


def autoregressive_steps(
    predictor: Predictor,
    grid: Grid,
    plan: OpeningPlan,
    *,
    options: SamplingOptions,
    noise: Noise | None,
) -> Generator[DecodeStep, None, None]:
    """Write the whole clip left to right: T + K - 1 rows, so that every level has all T frames.

    Args:
        predictor: the model with its prompt bound.
        grid: tokens known so far.
        plan: from `plan_rectangle` for the same kept tokens and all T frames.
        options, noise: as for `opening_steps`.
    """
    if plan.n_steps:
        opening = predictor.open(len(grid.codes), plan.n_rows)
        yield from opening_steps(opening, grid, plan, options=options, noise=noise)
