"""Masks of edits, on a few frames."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.decode.recipes import keep_around, keep_outside, keep_periodic, keep_share
from engine.errors import RequestError


def rows(keep: Tensor) -> list[str]:
    return ["".join("k" if each else "." for each in row) for row in keep.tolist()]


def test_a_region_is_free_in_its_levels_alone() -> None:
    assert rows(keep_outside([(1, 3), (2, 4)], 5, 2)) == ["k...k"] * 2
    assert rows(keep_outside([(1, 3)], 5, 3, levels=[0, 2])) == ["k..kk", "kkkkk", "k..kk"]
    assert rows(keep_outside([], 3, 1)) == ["kkk"] == rows(keep_outside([(2, 2)], 3, 1))


def test_every_nth_frame_stays() -> None:
    assert rows(keep_periodic(3, 8, 1)) == ["k..k..k."]
    assert rows(keep_periodic(4, 8, 2, width=2)) == ["kk..kk.."] * 2
    assert keep_periodic(1, 5, 1).all()


def test_moments_stay_with_their_surroundings() -> None:
    assert rows(keep_around([0, 5, 9], 10, 1, before=1, after=2)) == ["kk..kkk.kk"]
    assert rows(keep_around([10], 10, 1, before=2)) == ["........kk"]
    assert rows(keep_around([], 4, 1)) == ["...."]


def test_a_share_is_of_whole_spans_and_of_all_levels_alike() -> None:
    keep = keep_share(0.5, 30, 4, torch.Generator().manual_seed(0))
    assert (keep == keep[0]).all() and int(keep[0].sum()) == 15
    assert keep[0].unflatten(0, (10, 3)).float().mean(1).frac().eq(0).all()
    again = keep_share(0.5, 30, 4, torch.Generator().manual_seed(0))
    assert torch.equal(keep, again)
    assert keep_share(1, 7, 1, torch.Generator()).all()
    assert not keep_share(0, 7, 1, torch.Generator()).any()


def test_recipes_are_joined() -> None:
    joined = keep_outside([(2, 8)], 10, 1) | keep_periodic(3, 10, 1)
    assert rows(joined) == ["kk.k..k.kk"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: keep_outside([(3, 2)], 5, 1),
        lambda: keep_outside([(0, 6)], 5, 1),
        lambda: keep_outside([(0, 1)], 5, 1, levels=[1]),
        lambda: keep_periodic(0, 5, 1),
        lambda: keep_periodic(2, 5, 1, width=3),
        lambda: keep_around([6], 5, 1),
        lambda: keep_around([1], 5, 1, before=-1),
        lambda: keep_share(1.5, 5, 1, torch.Generator()),
    ],
)
def test_what_makes_no_sense_is_refused(build: Callable[[], Tensor]) -> None:
    with pytest.raises(RequestError):
        build()
