from __future__ import annotations

import pytest
import torch

from engine.decode import DecodeStep, Phase
from studio.progress import Pace, fraction_done, spoken_duration, spoken_memory, steps_left


def _step(
    *, phase: Phase = Phase.PARALLEL, stage: int = 0, step: int, total: int, index: int, count: int
) -> DecodeStep:
    nothing = torch.zeros(1, 4, 1)
    return DecodeStep(
        phase=phase,
        stage=stage,
        step=step,
        total_steps=total,
        index=index,
        count=count,
        codes=nothing.long(),
        masked=nothing.bool(),
        updated=nothing.bool(),
        keep=nothing.bool(),
        confidence=nothing,
        temperature=1.0,
        cfg_coef=1.0,
    )


FIRST, FINER = (Phase.PARALLEL, False), (Phase.PARALLEL, True)
OPENING = (Phase.OPENING, False)


STEPS = (16, 4, 2, 2)


def test_steps_left_in_an_opening_are_told_apart() -> None:
    step = _step(phase=Phase.OPENING, step=9, total=50, index=9, count=74)
    assert steps_left(step, STEPS) == {OPENING: 40, FIRST: 16, FINER: 8}


def test_steps_left_in_the_first_level() -> None:
    step = _step(step=3, total=16, index=3, count=24)
    assert steps_left(step, STEPS) == {OPENING: 0, FIRST: 12, FINER: 8}


def test_steps_left_in_a_finer_level() -> None:
    step = _step(stage=2, step=0, total=2, index=20, count=24)
    assert steps_left(step, STEPS) == {OPENING: 0, FIRST: 0, FINER: 3}


def test_steps_left_of_further_windows_are_told_apart() -> None:
    step = _step(stage=3, step=1, total=2, index=23, count=72)
    assert steps_left(step, STEPS) == {OPENING: 0, FIRST: 32, FINER: 16}
    step = _step(step=3, total=16, index=27, count=72)
    assert steps_left(step, STEPS) == {OPENING: 0, FIRST: 12 + 16, FINER: 8 + 8}


def test_left_to_right_only_has_no_refinements_left() -> None:
    step = _step(phase=Phase.OPENING, step=9, total=50, index=9, count=100)
    assert steps_left(step, ()) == {OPENING: 90}


def test_a_kind_costs_what_it_was_measured_to_cost() -> None:
    pace = Pace(expected={FIRST: 99.0, FINER: 99.0})
    pace = pace.after(_step(step=0, total=2, index=0, count=4), 2.0)
    pace = pace.after(_step(step=1, total=2, index=1, count=4), 4.0)
    pace = pace.after(_step(stage=1, step=0, total=2, index=2, count=4), 1.0)
    assert pace.remaining_s({FIRST: 2, FINER: 1}) == pytest.approx(2 * 3.0 + 1.0)


def test_a_cheap_opening_does_not_make_the_rest_look_cheap() -> None:
    pace = Pace(expected={FIRST: 1.0, FINER: 0.5})
    for index in range(10):
        step = _step(phase=Phase.OPENING, step=index, total=20, index=index, count=40)
        pace = pace.after(step, 0.1)
    left = {OPENING: 10, FIRST: 12, FINER: 8}
    assert pace.remaining_s(left) == pytest.approx(10 * 0.1 + 12 * 1.0 + 8 * 0.5)


def test_a_device_slower_than_expected_slows_the_kinds_to_come_too() -> None:
    pace = Pace(expected={FIRST: 1.0, FINER: 0.5})
    pace = pace.after(_step(step=0, total=2, index=0, count=4), 3.0)
    assert pace.remaining_s({FINER: 2}) == pytest.approx(2 * 0.5 * 3.0)


def test_a_kind_of_which_nothing_is_known_costs_the_mean_of_the_others() -> None:
    pace = Pace().after(_step(step=0, total=2, index=0, count=4), 2.0)
    assert pace.remaining_s({FIRST: 1, FINER: 2}) == pytest.approx(6.0)


def test_the_fraction_is_of_time_not_of_steps() -> None:
    pace = Pace().after(_step(step=0, total=1, index=0, count=2), 3.0)
    assert fraction_done(pace, {FIRST: 1}) == pytest.approx(0.5)
    assert fraction_done(pace, {FIRST: 0}) == 1.0


def test_recent_steps_count() -> None:
    pace = Pace()
    for index, seconds in enumerate([10.0] * 4 + [1.0] * 8):
        pace = pace.after(_step(step=index, total=20, index=index, count=20), seconds)
    assert pace.remaining_s({FIRST: 2}) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "under 1 s"), (1, "1 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert spoken_duration(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"), [(1, "1 MB"), (640_000_000, "640 MB"), (2_140_000_000, "2.1 GB")]
)
def test_memory_in_words(amount: int, words: str) -> None:
    assert spoken_memory(amount) == words
