"""How the share of masked spans, the temperature and the guidance change within one level.

Everything here runs on the host before the first forward pass: the counts depend on no data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from engine.decode.requests import LOWEST_TEMPERATURE, MaskSchedule, SamplingOptions

NO_GUIDANCE_WITHIN = 1e-6
"""A weight this close to 1 is 1. The release's last weight is 1 - 4e-7, which is cos(pi/2) in
32 bits and not a wish for guidance; the null half then costs half of the step for nothing."""


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """What one refinement step will use.

    Args:
        step, total_steps: position within the level, 0-based.
        share: of the spans, masked when the step begins; 1 at the first.
        n_masked: the same as a number of spans (nonoverlap) or frames (stride1), >= 1.
        temperature: >= `LOWEST_TEMPERATURE`.
        cfg_coef: guidance weight; exactly 1.0 where no null half is needed.
    """

    step: int
    total_steps: int
    share: float
    n_masked: int
    temperature: float
    cfg_coef: float


def mask_share(progress: float) -> float:
    """cos(pi/2 * progress): everything at 0, nothing at 1.

    Computed in 32 bits as in the release, because the integer part is taken of products that
    are whole numbers on paper: cos(60 deg) * 166 spans is 83 there, and 82 in the release.

    Args:
        progress: in [0, 1].

    Source: equation 3.
    """
    x = torch.tensor(progress, dtype=torch.float32)
    return float(torch.cos(x * math.pi * 0.5))


def progress_of_steps(schedule: MaskSchedule, total_steps: int) -> list[float]:
    """Where each step stands between 0 (all masked) and 1 (nothing masked).

    The release spreads the steps over [0, 1], so that its last one has nothing left to do and
    re-masks one span; the paper stops one step earlier.

    Source: equation 3 (paper, counted from i = 0).
    """
    n_points = total_steps + 1 if schedule is MaskSchedule.PAPER else total_steps
    return torch.linspace(0, 1, n_points, dtype=torch.float32)[:total_steps].tolist()


def count_masked(share: float, n_free: int) -> int:
    """How many of `n_free` spans stay masked: at least one, so that every step does something."""
    return max(int(torch.tensor(share, dtype=torch.float32) * n_free), 1)


def temperature_at(step: int, total_steps: int, *, start: float, anneal: bool) -> float:
    """The temperature of a step: `start` falling in a line to 0 at the last one.

    The first step already uses start * (s - 1) / s, and a level of a single step is all but
    greedy: the release's choice.
    """
    if not anneal:
        return start
    return max(start * (total_steps - 1 - step) / total_steps, LOWEST_TEMPERATURE)


def guidance_at(share: float, *, start: float, end: float) -> float:
    """The guidance weight: `start` while all is masked, `end` when nothing is.

    Source: equation 6.
    """
    weight = share * start + (1 - share) * end
    return 1.0 if abs(weight - 1) < NO_GUIDANCE_WITHIN else weight


def plan_level(options: SamplingOptions, total_steps: int, n_free: int) -> tuple[StepPlan, ...]:
    """All the steps of one level.

    Args:
        total_steps: >= 1; may exceed `n_free` (the last spans are then drawn again).
        n_free: spans (nonoverlap) or frames (stride1) that may be drawn, >= 1.
    """
    shares = [mask_share(x) for x in progress_of_steps(options.schedule, total_steps)]
    return tuple(
        StepPlan(
            step=step,
            total_steps=total_steps,
            share=share,
            n_masked=count_masked(share, n_free),
            temperature=temperature_at(
                step, total_steps, start=options.temperature, anneal=options.anneal_temperature
            ),
            cfg_coef=guidance_at(share, start=options.cfg_start, end=options.cfg_end),
        )
        for step, share in enumerate(shares)
    )
