"""Regions: ordered, apart, inside; the rest is what is kept."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.regions import (
    Region,
    check_regions,
    kept_slices,
    merge_regions,
    region_from_seconds,
)
from engine.errors import RequestError


def _regions(*ends: tuple[int, int]) -> list[Region]:
    return [Region(start_sample=start, stop_sample=stop) for start, stop in ends]


@pytest.mark.parametrize(
    ("start", "stop", "message"),
    [(-1, 5, "starts at sample -1"), (5, 5, "at least one sample"), (5, 2, "from sample 5 to 2")],
)
def test_impossible_regions_are_refused(start: int, stop: int, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Region(start_sample=start, stop_sample=stop)


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ([], "no region"),
        ([(0, 11)], "ends at sample 11; expected 10 or less"),
        ([(0, 5), (4, 6)], "Merge them"),
        ([(0, 5), (5, 6)], "kept samples between them"),
        ([(5, 6), (0, 2)], "in order"),
    ],
)
def test_regions_that_cannot_be_spliced_are_refused(
    ends: list[tuple[int, int]], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        check_regions(_regions(*ends), 10)


def test_overlapping_and_touching_regions_merge_whatever_their_order() -> None:
    merged = merge_regions(_regions((6, 8), (0, 3), (2, 4), (4, 5), (1, 2)))
    assert list(merged) == _regions((0, 5), (6, 8))
    check_regions(merged, 8)


def test_seconds_become_the_nearest_samples() -> None:
    assert region_from_seconds(0.0001, 0.02, 44_100) == _regions((4, 882))[0]
    with pytest.raises(RequestError, match="-1"):
        region_from_seconds(-1, 2, 44_100)


@pytest.mark.parametrize("seed", range(5))
def test_kept_and_free_samples_are_the_whole_clip(seed: int) -> None:
    ends = np.sort(np.random.default_rng(seed).choice(50, 6, replace=False)).tolist()
    regions = _regions(*zip(ends[::2], ends[1::2], strict=True))
    is_free = [any(r.start_sample <= i < r.stop_sample for r in regions) for i in range(50)]
    kept = [i for part in kept_slices(regions, 50) for i in range(50)[part]]
    assert kept == [i for i in range(50) if not is_free[i]]
    within = [i for part in kept_slices(regions, 50, start=10, stop=30) for i in range(50)[part]]
    assert within == [i for i in kept if 10 <= i < 30]


def test_nothing_is_kept_of_a_clip_that_is_all_region() -> None:
    assert kept_slices(_regions((0, 10)), 10) == []
