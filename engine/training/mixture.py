"""What share of training goes where: openings, levels, and the two objectives.

Hybrid-MAGNeT draws the boundary between the left-to-right opening and the parallel rest evenly
over the clip, the level evenly too, and takes a flat mean. A small model on a small budget
gains from training in the situations that it is used in: short openings or none, and more of
the coarsest level. The defaults here are the published choice; studio-mini's deviate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.model.config import ModelConfig
from engine.model.language_model import LanguageModel
from engine.model.layout import first_row
from engine.training.objectives import Draw, Task, draw_spans


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Shares of the hybrid objective.

    Args:
        no_opening: share of examples without an opening, in [0, 1].
        short_opening: share of examples whose opening is at most `short_frames`; the rest
            have one of any length.
        short_frames: frames.
        stages: weight of each level in the draw; None: equal.
        parallel_weight: weight of a parallel position against a left-to-right one.
        levels: weight of a position of each level in the loss; None: equal. The finest levels
            are nearly unpredictable, and their gradient is mostly noise.

    Raises:
        ValueError: shares that exceed 1.
    """

    no_opening: float = 0.0
    short_opening: float = 0.0
    short_frames: int = 100
    stages: Sequence[float] | None = None
    parallel_weight: float = 1.0
    levels: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.no_opening < 0 or self.short_opening < 0:
            raise ValueError(f"shares must not be negative: {self}")
        if self.no_opening + self.short_opening > 1:
            raise ValueError(f"the shares of openings exceed 1: {self}")


def draw_mixed(
    batch_size: int,
    n_frames: int,
    config: ModelConfig,
    mixture: Mixture,
    generator: torch.Generator,
) -> Draw:
    """Make the random choices of a batch of the hybrid, by the shares of a mixture.

    Returns:
        As `engine.training.objectives.draw`, which it equals in distribution for `Mixture()`.
    """
    weights = torch.tensor(mixture.stages or [1.0] * config.n_levels)
    stage = torch.multinomial(weights, batch_size, replacement=True, generator=generator)
    rate = torch.cos(torch.rand(batch_size, generator=generator) * (math.pi / 2))
    kind = torch.rand(batch_size, generator=generator)
    place = torch.rand(batch_size, generator=generator)
    short = min(mixture.short_frames + 1, n_frames)
    boundary = torch.where(kind < mixture.no_opening + mixture.short_opening, short, n_frames)
    boundary = (place * boundary).long().clamp(max=n_frames - 1)
    boundary = boundary.masked_fill(kind < mixture.no_opening, 0)
    first_free = (boundary - stage).clamp(min=0)
    masked = draw_spans(first_free, rate, n_frames, config.span_len, generator)
    return Draw(stage=stage, boundary=boundary, masked=masked)


@dataclass(frozen=True, kw_only=True)
class Entropies:
    """Cross-entropy in nats of every position that counts, in one order.

    Args:
        values: [M] float32, differentiable.
        level: [M] int64, whose head scored it.
        parallel: [M] bool, masked and seen from both sides; False: left to right.
    """

    values: Tensor
    level: Tensor
    parallel: Tensor

    def weighted_mean(self, mixture: Mixture) -> Tensor:
        """The scalar to minimise: the mean by the weights of a mixture."""
        weight = torch.where(self.parallel, mixture.parallel_weight, 1.0)
        if mixture.levels is not None:
            weight = weight * torch.tensor(mixture.levels)[self.level]
        return (self.values * weight).sum() / weight.sum()

    def sums(self, n_levels: int) -> tuple[Tensor, Tensor]:
        """Sums and counts by kind and level, detached: two times [2, K], left to right first."""
        cell = self.parallel.long() * n_levels + self.level
        total = torch.zeros(2 * n_levels, dtype=torch.float64)
        total.index_add_(0, cell, self.values.detach().double())
        count = torch.bincount(cell, minlength=2 * n_levels)
        return total.view(2, -1), count.view(2, -1)


def entropies(model: LanguageModel, task: Task, text: Tensor, text_mask: Tensor) -> Entropies:
    """Run the model and score the task's positions; only those reach the heads.

    Args:
        model: the language model.
        task: from `engine.training.objectives.prepare`.
        text: [B, P, text width].
        text_mask: [B, P] bool; a row of False drops the condition.
    """
    hidden = model(task.columns, text, task.attend, text_mask)
    scored = task.left_to_right | task.in_parallel
    values, levels, parallel = [], [], []
    for level in range(task.targets.shape[1]):
        example, frame = scored[:, level].nonzero(as_tuple=True)
        rows = hidden[example, frame + first_row(level, model.config)]
        target = task.targets[example, level, frame]
        logits = model.logits(rows, level).float()
        values.append(F.cross_entropy(logits, target, reduction="none"))
        levels.append(torch.full_like(frame, level))
        parallel.append(task.in_parallel[example, level, frame])
    return Entropies(
        values=torch.cat(values), level=torch.cat(levels), parallel=torch.cat(parallel)
    )
