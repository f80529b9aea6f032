"""Clips longer than the window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from engine.decode import (
    DecodeStep,
    Mode,
    SamplingOptions,
    encode_header,
    encode_step,
    finish,
    generate_codes,
    generate_windows,
    plan_windows,
    read_trace,
    variation_generators,
)
from engine.errors import RequestError
from tests.engine.decode.conftest import FakePredictor
from tests.engine.decode.test_trace import assert_equal_records

MASK_ID = 16
OPTIONS = SamplingOptions(steps=(4, 2, 1, 1), temperature=1.0)
LENGTHS = [(47, 20, 8), (21, 20, 19), (40, 20, 1), (33, 20, 8)]


class PlainPredictor(FakePredictor):
    """A model without causal rows."""

    writes_left_to_right = False

    def open(self, *_: Any) -> Any:
        raise AssertionError("a plain model cannot write from left to right")

    after = with_boundary = open


def write(
    n_frames: int, window: int, context: int, mode: Mode = Mode.PARALLEL, **settings: Any
) -> list[DecodeStep]:
    seed, n = settings.pop("seed", 3), settings.pop("n", 2)
    return list(
        generate_windows(
            settings.pop("predictor", FakePredictor()),
            plan_windows(n_frames, window, context, settings.pop("opening_frames", 0)),
            mode=mode,
            generators=variation_generators(seed, n),
            options=OPTIONS,
            **settings,
        )
    )


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((10, 20, 5), [(0, 10, 0)]),
        ((20, 20, 5), [(0, 20, 0)]),
        ((21, 20, 5), [(0, 20, 0), (1, 21, 19)]),
        ((35, 20, 5), [(0, 20, 0), (15, 35, 5)]),
        ((36, 20, 5), [(0, 20, 0), (15, 35, 5), (16, 36, 19)]),
        ((4, 2, 1), [(0, 2, 0), (1, 3, 1), (2, 4, 1)]),
    ],
)
def test_windows_cover_the_clip(
    lengths: tuple[int, int, int], expected: list[tuple[int, int, int]]
) -> None:
    found = plan_windows(*lengths)
    assert [(each.start, each.stop, each.n_context) for each in found] == expected


@pytest.mark.parametrize("context", [0, 20, 21])
def test_an_overlap_must_leave_something_to_write(context: int) -> None:
    with pytest.raises(RequestError, match="overlap"):
        plan_windows(50, 20, context)
    assert len(plan_windows(20, 20, context)) == 1


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("lengths", LENGTHS)
def test_the_records_are_those_of_one_clip(mode: Mode, lengths: tuple[int, int, int]) -> None:
    opening = {"opening_frames": 6} if mode is Mode.HYBRID else {}
    steps = write(*lengths, mode, **opening)
    assert [step.index for step in steps] == list(range(len(steps)))
    assert {step.count for step in steps} == {len(steps)}
    final = torch.zeros(2, 4, lengths[0], dtype=torch.bool)
    codes = steps[0].codes
    for step in steps:
        assert step.codes.shape == (2, 4, lengths[0])
        assert not (step.updated & final).any(), "written twice"
        assert torch.equal(step.codes[final], codes[final])
        first = max((w.first for w in plan_windows(*lengths) if _is_in(step, w)), default=0)
        final[..., :first] = True
        codes = step.codes
    assert (steps[-1].codes < MASK_ID).all() and not steps[-1].masked.any()


def _is_in(step: DecodeStep, window: Any) -> bool:
    return bool((step.codes[..., window.first : window.last] < MASK_ID).any())


@pytest.mark.parametrize("mode", [Mode.PARALLEL, Mode.AUTOREGRESSIVE])
def test_each_window_is_a_continuation_of_the_one_before(mode: Mode) -> None:
    whole = write(32, 20, 8, mode)[-1].codes
    generators = variation_generators(3, 2)
    common: dict[str, Any] = {"mode": mode, "generators": generators, "options": OPTIONS}
    first = finish(generate_codes(FakePredictor(), n_frames=20, **common)).codes
    assert torch.equal(whole[..., :20], first)
    keep = (torch.arange(20) < 8).expand(4, -1)
    heard = torch.full((2, 4, 20), MASK_ID)
    heard[..., :8] = first[..., 12:]
    second = generate_codes(FakePredictor(), n_frames=20, given=(heard, keep), **common)
    assert torch.equal(whole[..., 12:], finish(second).codes)


def test_in_hybrid_mode_what_is_heard_is_the_opening() -> None:
    """Later windows have no left-to-right steps, and causal rows as far as they hear."""

    class Watched(FakePredictor):
        boundaries: list[int] = []

        def with_boundary(self, boundary: int) -> FakePredictor:
            self.boundaries.append(boundary)
            return super().with_boundary(boundary)

    steps = write(32, 20, 8, Mode.HYBRID, opening_frames=6, predictor=Watched())
    assert sum(step.phase.value == "opening" for step in steps) == 6
    assert Watched.boundaries == [8]


def test_one_window_is_a_plain_generation() -> None:
    alone = generate_codes(
        FakePredictor(),
        mode=Mode.PARALLEL,
        n_frames=20,
        generators=variation_generators(3, 2),
        options=OPTIONS,
    )
    for one, other in zip(write(20, 20, 8), alone, strict=True):
        assert torch.equal(one.codes, other.codes)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_variation_alone_is_the_same_in_every_window(mode: Mode) -> None:
    together = write(33, 20, 8, mode, n=3)[-1].codes
    for i in range(3):
        assert torch.equal(write(33, 20, 8, mode, seed=3 + i, n=1)[-1].codes[0], together[i])


@pytest.mark.parametrize("mode", list(Mode))
def test_long_records_survive_the_trace(mode: Mode) -> None:
    steps = write(33, 20, 8, mode)
    text = encode_header(steps[0], mask_id=MASK_ID) + "".join(map(encode_step, steps))
    for read, written in zip(read_trace(text), steps, strict=True):
        assert_equal_records(read, written)


def test_another_model_opens_and_a_plain_one_goes_on() -> None:
    steps = write(
        33, 20, 8, Mode.HYBRID, opening_frames=6, predictor=PlainPredictor(), opener=FakePredictor()
    )
    assert sum(step.phase.value == "opening" for step in steps) == 6 + 3  # finishes all levels
    opened = write(6, 20, 8, Mode.AUTOREGRESSIVE)[-1].codes
    assert torch.equal(steps[-1].codes[..., :6], opened)
    assert steps[8].keep[..., :6].all()
    assert (steps[-1].codes < MASK_ID).all()


def test_the_published_code_has_one_window() -> None:
    options = replace(OPTIONS, as_released=True)
    common: dict[str, Any] = {"generators": variation_generators(0, 1), "options": options}
    windows = plan_windows(33, 20, 8)
    with pytest.raises(RequestError, match="several windows"):
        generate_windows(FakePredictor(), windows, mode=Mode.PARALLEL, **common)
    alone = generate_windows(FakePredictor(), windows[:1], mode=Mode.PARALLEL, **common)
    assert finish(alone).codes.shape[-1] == 18


def test_the_published_code_has_one_window_whoever_opens() -> None:
    """After an opening of another model a plain one goes on in parallel: the windows to be cut."""
    options = replace(OPTIONS, as_released=True)
    common: dict[str, Any] = {
        "generators": variation_generators(0, 1),
        "options": options,
        "mode": Mode.HYBRID,
        "opener": FakePredictor(),
    }
    windows = plan_windows(33, 20, 8, 6)
    with pytest.raises(RequestError, match="several windows"):
        generate_windows(PlainPredictor(), windows, **common)
    alone = generate_windows(PlainPredictor(), windows[:1], **common)
    assert finish(alone).codes.shape[-1] == 20
