from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest

from engine.decode import DecodeStep
from engine.knobs import build_request, defaults
from studio.progress import Pace
from studio.runs import Frame, expected_costs, follow
from tests.studio.fake_model import FakeModel

REQUEST = build_request({**defaults("draft"), "mode": "parallel", "duration_s": 0.5})


class Clock:
    """Passes `step_s` at each look."""

    def __init__(self, step_s: float) -> None:
        self.now, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now += self.step_s
        return self.now


def _follow(
    steps: Iterator[DecodeStep], clock: Clock, stop: threading.Event | None = None
) -> Iterator[Frame]:
    return follow(
        steps,
        preview="preview\n",
        header=lambda step: "header\n",
        record=lambda step: f"{step.index}\n",
        pace=Pace(),
        level_steps=(8, 2, 1, 1),
        stop=stop or threading.Event(),
        clock=clock,
    )


def test_slow_steps_make_a_frame_each() -> None:
    frames = list(_follow(FakeModel().generate(REQUEST), Clock(1.0)))
    assert [frame.step.index for frame in frames] == list(range(12))


def test_fast_steps_are_dropped_but_first_and_last_and_every_record_stay() -> None:
    frames = list(_follow(FakeModel().generate(REQUEST), Clock(1e-6)))
    assert [frame.step.index for frame in frames] == [0, 11]
    assert frames[-1].trace.split() == ["preview", "header", *map(str, range(12))]


def test_the_trace_only_grows_at_its_end() -> None:
    traces = [frame.trace for frame in _follow(FakeModel().generate(REQUEST), Clock(1.0))]
    assert traces[0].startswith("preview\n")
    assert all(b.startswith(a) and len(b) > len(a) for a, b in pairwise(traces))


def test_the_fraction_never_falls_and_ends_at_one() -> None:
    frames = list(_follow(FakeModel().generate(REQUEST), Clock(0.5)))
    fractions = [frame.fraction for frame in frames]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert frames[-1].remaining_s == 0.0


def test_no_step_is_asked_for_after_a_stop() -> None:
    model, stop = FakeModel(), threading.Event()
    frames = _follow(model.generate(REQUEST), Clock(1.0), stop)
    next(frames)
    stop.set()
    with pytest.raises(StopIteration):
        next(frames)
    assert model.n_steps == 2


def test_a_clip_that_starts_again_begins_a_new_trace() -> None:
    steps = list(FakeModel().generate(REQUEST))
    frames = list(_follow(iter([*steps[:5], *steps]), Clock(1.0)))
    assert frames[-1].trace.split() == ["preview", "header", *map(str, range(12))]
    # What the first attempt took is no part of the second's progress.
    assert frames[5].fraction == frames[0].fraction < frames[4].fraction


def test_the_cost_of_a_step_is_what_one_more_adds_to_the_estimate() -> None:
    def seconds(request) -> float:
        first, *finer = request.options.steps
        return 7.0 + 0.5 * first + 0.25 * sum(finer)

    assert list(expected_costs(REQUEST, seconds).values()) == pytest.approx([0.5, 0.25])
    in_two = expected_costs(REQUEST, seconds, n_windows=2)
    assert list(in_two.values()) == pytest.approx([0.25, 0.125])
