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

from engine.model.config import ModelConfig
from engine.training.objectives import Draw, draw_spans


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Shares of the hybrid objective.

    Args:
        blank: share of examples with which parallel decoding begins: the coarsest level, every
            frame masked. Only here is the text all that there is to go by; other draws come near
            it once in fifty examples, too rarely for a short run to learn what words mean.
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

    blank: float = 0.0
    no_opening: float = 0.0
    short_opening: float = 0.0
    short_frames: int = 100
    stages: Sequence[float] | None = None
    parallel_weight: float = 1.0
    levels: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if min(self.blank, self.no_opening, self.short_opening) < 0:
            raise ValueError(f"shares must not be negative: {self}")
        if self.blank + self.no_opening + self.short_opening > 1:
            raise ValueError(f"the shares exceed 1: {self}")


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
    weights = torch.tensor(mixture.stages or [1.0] * config.n_levels, dtype=torch.float32)
    stage = torch.multinomial(weights, batch_size, replacement=True, generator=generator)
    rate = torch.cos(torch.rand(batch_size, generator=generator) * (math.pi / 2))
    kind = torch.rand(batch_size, generator=generator)
    place = torch.rand(batch_size, generator=generator)
    blank = kind < mixture.blank
    stage = stage.masked_fill(blank, 0)
    no_opening = kind < mixture.blank + mixture.no_opening
    is_short = kind < mixture.blank + mixture.no_opening + mixture.short_opening
    longest = torch.where(is_short, min(mixture.short_frames + 1, n_frames), n_frames)
    boundary = (place * longest).long().clamp(max=n_frames - 1).masked_fill(no_opening, 0)
    first_free = (boundary - stage).clamp(min=0)
    masked = draw_spans(first_free, rate, n_frames, config.span_len, generator)
    return Draw(stage=stage, boundary=boundary, masked=masked | blank[:, None])
