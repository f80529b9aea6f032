"""Sources cut, given room and put together."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.pieces import cut, padded, pasted
from engine.audio.source import Depth, Source
from engine.errors import AudioError


def source_of(*values: float, depth: Depth = Depth.INT_16) -> Source:
    samples = np.array([values], depth.dtype)
    return Source(samples=samples, sample_rate_hz=8000, depth=depth)


SOURCE = source_of(0.0, 0.25, 0.5, -0.5)


def test_a_piece_is_its_own_source() -> None:
    piece = cut(SOURCE, 1, 3)
    assert piece.samples.tolist() == [[0.25, 0.5]]
    assert (piece.depth, piece.sample_rate_hz) == (SOURCE.depth, SOURCE.sample_rate_hz)


@pytest.mark.parametrize("ends", [(2, 2), (3, 1), (-1, 2), (0, 5)])
def test_a_piece_that_is_not_there_is_refused(ends: tuple[int, int]) -> None:
    with pytest.raises(AudioError, match="between 0 and 4"):
        cut(SOURCE, *ends)


def test_room_is_silent() -> None:
    assert padded(SOURCE, 1, 2).samples.tolist() == [[0, 0, 0.25, 0.5, -0.5, 0, 0]]
    assert padded(SOURCE, 0, 0) is SOURCE


def test_what_was_cut_goes_back_exactly() -> None:
    assert np.array_equal(pasted(SOURCE, cut(SOURCE, 1, 3), 1).samples, SOURCE.samples)
    assert pasted(SOURCE, source_of(1 / 4, 0), 2).samples.tolist() == [[0, 0.25, 0.25, 0]]


@pytest.mark.parametrize(
    ("piece", "at"),
    [(source_of(0.5), 4), (source_of(0.5), -1), (source_of(0.5, depth=Depth.FLOAT_32), 0)],
)
def test_what_does_not_fit_is_refused(piece: Source, at: int) -> None:
    with pytest.raises(AudioError, match="Put together what belongs together"):
        pasted(SOURCE, piece, at)
