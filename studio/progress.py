"""How far a run is and how long it will still take, from the steps that have finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from engine.decode.records import DecodeStep, Phase

RECENT_STEPS = 8
"""Steps of a kind whose mean is its cost: follows a device that slows down, ignores one hiccup."""

Kind = tuple[Phase, bool]
"""Phase, and whether a level above the first is refined (its context, so its cost, differs)."""


def kind_of(step: DecodeStep) -> Kind:
    """The kind of step that shares a cost with its like."""
    return step.phase, step.stage > 0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What the finished steps of a run cost, in seconds, by kind.

    Args:
        expected: what a step of a kind was expected to cost, for kinds not seen yet.
        elapsed_s: what the finished steps took.
        costs: the most recent durations of each kind.
    """

    expected: Mapping[Kind, float] = field(default_factory=dict)
    elapsed_s: float = 0.0
    costs: Mapping[Kind, tuple[float, ...]] = field(default_factory=dict)

    def after(self, step: DecodeStep, duration_s: float) -> Pace:
        """The pace with one more finished step."""
        kind = kind_of(step)
        recent = (*self.costs.get(kind, ()), duration_s)[-RECENT_STEPS:]
        return replace(
            self,
            elapsed_s=self.elapsed_s + duration_s,
            costs={**self.costs, kind: recent},
        )

    def remaining_s(self, left: Mapping[Kind, int]) -> float:
        """Seconds that the steps still to come will take.

        Args:
            left: how many steps of each kind are to come.

        Returns:
            The sum of the measured costs. A kind that has never run costs what was expected, times
            how much dearer the kinds that did run were than expected (a busy device slows all).
        """
        return sum(n * self._cost_s(kind) for kind, n in left.items() if n)

    def _cost_s(self, kind: Kind) -> float:
        if kind in self.costs:
            return fmean(self.costs[kind])
        measured = {seen: fmean(costs) for seen, costs in self.costs.items()}
        compared = [seen for seen in measured if self.expected.get(seen)]
        if kind not in self.expected:
            return fmean(measured.values()) if measured else 0.0
        if not compared:
            return self.expected[kind]
        dearer = sum(measured[s] for s in compared) / sum(self.expected[s] for s in compared)
        return self.expected[kind] * dearer


def steps_left(step: DecodeStep, steps: Sequence[int]) -> dict[Kind, int]:
    """How many steps of each kind follow a step.

    Args:
        step: the one just finished.
        steps: refinements of each level, in every window; empty: all is written left to right.
    """
    total = step.count - step.index - 1
    if not steps:
        return {(Phase.OPENING, False): total}
    opening, first, finer = 0, 0, 0
    within = step.total_steps - step.step - 1
    if step.phase is Phase.OPENING:
        opening = within
    elif step.stage == 0:
        first, finer = within, sum(steps[1:])
    else:
        finer = within + sum(steps[step.stage + 1 :])
    # What is left then is the refinement of whole windows.
    windows = max(0, total - opening - first - finer)
    first += round(windows * steps[0] / sum(steps))
    return {
        (Phase.OPENING, False): opening,
        (Phase.PARALLEL, False): first,
        (Phase.PARALLEL, True): total - opening - first,
    }


def fraction_done(pace: Pace, left: Mapping[Kind, int]) -> float:
    """The share of the time that has passed, in [0, 1]."""
    total = pace.elapsed_s + pace.remaining_s(left)
    return pace.elapsed_s / total if total else 0.0


def spoken_duration(seconds: float) -> str:
    """A duration in words short enough for a button: `under 1 s`, `12 s`, `2 min 5 s`."""
    if seconds < 1:
        return "under 1 s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def spoken_memory(memory_bytes: int) -> str:
    """An amount of memory: `640 MB`, `2.1 GB`."""
    if memory_bytes < 1_000_000_000:
        return f"{max(1, round(memory_bytes / 1e6))} MB"
    return f"{memory_bytes / 1e9:.1f} GB"
