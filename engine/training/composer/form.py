"""Form: which roles play in each bar, how strongly, and where drums fill or crash."""

from dataclasses import dataclass

import numpy as np

ROLES = ("lead", "chords", "pad", "arp", "bass", "drums")
FORMS = ("steady", "intro", "build and drop", "breakdown", "crescendo")


@dataclass(frozen=True, kw_only=True)
class BarPlan:
    """One bar: the roles that play, a velocity scale, and what the drummer adds."""

    roles: frozenset[str]
    intensity: float = 1.0
    fill: bool = False
    crash: bool = False
    roll: bool = False


def plan_form(
    form: str, *, bars: int, phrase_bars: int, main_role: str, rng: np.random.Generator
) -> tuple[BarPlan, ...]:
    """Plan a form over bars.

    The main role plays in every bar and drums rest in at most two, so that what the facts say of
    a clip stays audible in every crop of it.

    Args:
        form: one of `FORMS`.
        bars: bars to plan.
        phrase_bars: bars of a phrase; its last bar may hold a fill.
        main_role: the role of the main instrument.
        rng: random generator.

    Returns:
        One plan per bar.
    """
    everyone = frozenset(ROLES)
    backing = frozenset({main_role, "chords", "pad", "arp"})
    fills = rng.random(bars) < 0.7
    plans = []
    for bar in range(bars):
        last = bar % phrase_bars == phrase_bars - 1
        first = bar > 0 and bar % phrase_bars == 0
        plan = BarPlan(roles=everyone, fill=bool(last and fills[bar]), crash=first)
        plans.append(plan)
    if form == "intro":
        plans[0] = BarPlan(roles=backing, intensity=0.85)
        if bars > 6 and rng.random() < 0.5:
            plans[1] = BarPlan(roles=backing | {"bass"}, intensity=0.9, fill=True)
        entry = 2 if bars > 6 and plans[1].fill else 1
        plans[entry] = BarPlan(roles=everyone, crash=True)
    elif form == "build and drop":
        drop = max(1, bars // 2 - (bars // 2) % 2)
        for bar in range(drop):
            plans[bar] = BarPlan(roles=everyone - {"bass"}, intensity=0.8 + 0.1 * bar / drop)
        plans[drop - 1] = BarPlan(roles=everyone - {"bass"}, intensity=0.95, roll=True)
        plans[drop] = BarPlan(roles=everyone, intensity=1.08, crash=True)
    elif form == "breakdown":
        middle = min(bars - 2, max(1, bars // 2))
        plans[middle] = BarPlan(roles=backing, intensity=0.85)
        plans[middle + 1] = BarPlan(roles=everyone, crash=True)
    elif form == "crescendo":
        for bar in range(bars):
            plans[bar] = BarPlan(
                roles=everyone, intensity=0.75 + 0.35 * bar / max(1, bars - 1),
                fill=plans[bar].fill, crash=plans[bar].crash,
            )  # fmt: skip
    return tuple(plans)
