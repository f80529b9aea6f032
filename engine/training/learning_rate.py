"""How long to train, and the learning rate on the way: functions of progress in [0, 1]."""

from __future__ import annotations

import math
from dataclasses import dataclass

FINAL_SHARE = 0.02


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When to stop: after so many minutes of training, or after so many steps.

    Minutes suit a machine of unknown speed: the learning rate has fallen when they are over.
    Time counts only while training and is saved, so that a resumed run continues its schedule.

    Args:
        minutes: or None.
        steps: or None.

    Raises:
        ValueError: not exactly one is given, or it is not above 0.
    """

    minutes: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.minutes, self.steps) if value is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(f"give minutes or steps, above 0: {self}")

    def progress(self, step: int, elapsed_s: float) -> float:
        """Share used, in [0, 1], after `step` steps and `elapsed_s` seconds of training."""
        if self.steps is not None:
            return min(step / self.steps, 1.0)
        assert self.minutes is not None
        return min(elapsed_s / (60 * self.minutes), 1.0)


def learning_rate_share(progress: float, step: int, warmup_steps: int) -> float:
    """Share of the peak: a linear rise over the first steps, times half a cosine to 2 %.

    Args:
        progress: in [0, 1].
        step: 0-based number of the step.
        warmup_steps: steps of the rise; 0: none.
    """
    rise = min((step + 1) / warmup_steps, 1.0) if warmup_steps else 1.0
    fall = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * progress))
    return rise * fall
