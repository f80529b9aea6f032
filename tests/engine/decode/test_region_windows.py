"""Regions of an existing clip: their windows, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import (
    Mode,
    SamplingOptions,
    generate_windows,
    variation_generators,
)
from engine.decode.region_windows import plan_regions
from engine.decode.spans import Region
from tests.engine.decode.conftest import FakePredictor

MASK_ID = 16


def keep_of(n_frames: int, regions: Sequence[Region]) -> list[bool]:
    return [not any(a <= frame < b for a, b in regions) for frame in range(n_frames)]


@pytest.mark.parametrize(
    ("n_frames", "regions", "expected"),
    [
        (100, [(40, 50)], [(0, 100, 40, 50)]),
        (100, [(40, 50), (70, 80)], [(0, 100, 40, 80)]),
        (100, [(0, 100)], [(0, 100, 0, 100)]),
        (100, [], []),
        (300, [(140, 160)], [(100, 200, 140, 160)]),
        (300, [(0, 20)], [(0, 100, 0, 20)]),
        (300, [(290, 300)], [(200, 300, 290, 300)]),
        (300, [(100, 110), (160, 170)], [(85, 185, 100, 170)]),
        (300, [(20, 30), (200, 210)], [(0, 100, 20, 30), (155, 255, 200, 210)]),
        (300, [(20, 60), (95, 140)], [(0, 95, 20, 60), (67, 167, 95, 140)]),
        # longer than a window: cut where it stops to write, and the last one hears what follows
        (300, [(50, 250)], [(35, 135, 50, 135), (95, 195, 135, 195), (155, 235, 195, 235),
                            (195, 295, 235, 250)]),
        (300, [(50, 300)], [(35, 135, 50, 135), (95, 195, 135, 195), (155, 255, 195, 255),
                            (200, 300, 255, 300)]),
    ],
)  # fmt: skip
def test_windows_have_context_on_both_sides(
    n_frames: int, regions: list[Region], expected: list[tuple[int, int, int, int]]
) -> None:
    windows = plan_regions(keep_of(n_frames, regions), 100)
    assert [(w.start, w.stop, w.first, w.last) for w in windows] == expected


def test_only_a_region_that_runs_to_the_end_has_an_opening() -> None:
    assert [w.opening for w in plan_regions(keep_of(100, [(90, 100)]), 100, 20)] == [10]
    assert [w.opening for w in plan_regions(keep_of(100, [(60, 100)]), 100, 20)] == [20]
    assert [w.opening for w in plan_regions(keep_of(100, [(60, 99)]), 100, 20)] == [0]
    assert [w.opening for w in plan_regions(keep_of(100, [(50, 60), (70, 100)]), 100, 20)] == [0]
    assert [w.opening for w in plan_regions(keep_of(300, [(50, 300)]), 100, 20)][-1] == 20


@pytest.mark.parametrize("seed", range(20))
def test_every_free_frame_is_written_once_and_nothing_stale_is_heard(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    n_frames = int(torch.randint(1, 400, (1,), generator=generator))
    edges = torch.randint(0, n_frames + 1, (6,), generator=generator).sort().values.tolist()
    keep = keep_of(n_frames, list(zip(edges[::2], edges[1::2], strict=True)))
    known = torch.tensor(keep)
    for window in plan_regions(keep, 100):
        assert 0 <= window.start <= window.first < window.last <= window.stop <= n_frames
        assert window.stop - window.start <= 100
        assert known[window.start : window.first].all() and known[window.last : window.stop].all()
        assert not known[window.first : window.last].all()
        known[window.first : window.last] = True
    assert known.all()


@pytest.mark.parametrize("mode", [Mode.PARALLEL, Mode.HYBRID])
@pytest.mark.parametrize("regions", [[(5, 9)], [(3, 6), (30, 44)], [(0, 50)], [(8, 45)]])
def test_nothing_outside_the_regions_changes_at_any_step(mode: Mode, regions: list[Region]) -> None:
    n_frames = 50
    codes = torch.randint(0, MASK_ID, (1, 4, n_frames), generator=torch.Generator().manual_seed(0))
    keep = torch.tensor(keep_of(n_frames, regions)).expand(4, -1)
    steps = list(_write(codes, keep, mode))
    assert [step.index for step in steps] == list(range(steps[0].count))
    for step in steps:
        assert step.codes.shape == (2, 4, n_frames)
        assert torch.equal(step.codes[:, keep], codes[:, keep].expand(2, -1))
        assert not (step.updated & step.keep).any()
    assert (steps[-1].codes < MASK_ID).all() and not steps[-1].masked.any()
    assert torch.equal(steps[-1].keep[0], keep)


def test_chosen_levels_alone_are_written(region_mask: Callable[..., Tensor]) -> None:
    codes = torch.randint(0, MASK_ID, (1, 4, 50), generator=torch.Generator().manual_seed(0))
    keep = region_mask(50, [(10, 40)], levels=[2, 3])
    steps = list(_write(codes, keep, Mode.PARALLEL))
    assert {step.stage for step in steps} == {2, 3}
    assert torch.equal(steps[-1].codes[:, keep], codes[:, keep].expand(2, -1))


def _write(codes: Tensor, keep: Tensor, mode: Mode) -> Any:
    return generate_windows(
        FakePredictor(),
        plan_regions(keep.all(0).tolist(), 20),
        mode=mode,
        generators=variation_generators(3, 2),
        options=SamplingOptions(steps=(4, 2, 1, 1), temperature=1.0),
        given=(codes, keep),
    )
