"""Snapping, on five numbers."""

from __future__ import annotations

import pytest

from engine.audio.beats import Beats
from engine.audio.snapping import Snap, continued, nearest, snap
from engine.errors import RequestError

_BEATS = Beats(
    tempo_bpm=120.0,
    beats_s=(1.01, 1.51, 2.01, 2.51, 3.01),
    confidence=0.9,
    downbeats_s=(1.01, 3.01),
    downbeat_confidence=0.5,
    onsets_s=(),
    beats_per_bar=4,
    duration_s=6.0,
)


@pytest.mark.parametrize(
    ("asked_s", "frame"), [(0.0, 0), (0.009, 0), (0.01, 1), (1.234, 62), (6.0, 300)]
)
def test_a_time_goes_to_the_nearest_frame(asked_s: float, frame: int) -> None:
    found = snap(asked_s, Snap.FRAME, frame_rate_hz=50.0, duration_s=6.0)
    assert (found.asked_s, found.frame) == (asked_s, frame)
    assert found.real_s == found.grid_s == pytest.approx(frame / 50)


@pytest.mark.parametrize(
    ("asked_s", "grid_s", "real_s"),
    [
        (1.2, 1.01, 1.02),
        (1.3, 1.51, 1.52),
        (0.6, 0.51, 0.52),  # before the first beat that was found
        (4.9, 5.01, 5.02),  # after the last
        (5.9, 6.0, 6.0),  # the clip's end
    ],
)
def test_a_time_goes_to_the_nearest_beat_and_then_to_its_frame(
    asked_s: float, grid_s: float, real_s: float
) -> None:
    found = snap(asked_s, Snap.BEAT, frame_rate_hz=50.0, duration_s=6.0, beats=_BEATS)
    assert found.grid_s == pytest.approx(grid_s)
    assert found.real_s == pytest.approx(real_s)
    assert abs(found.real_s - found.grid_s) <= 0.01 + 1e-9


@pytest.mark.parametrize(("asked_s", "grid_s"), [(1.9, 1.01), (2.1, 3.01), (4.5, 5.01), (0.2, 0)])
def test_a_time_goes_to_the_nearest_bar(asked_s: float, grid_s: float) -> None:
    found = snap(asked_s, Snap.BAR, frame_rate_hz=50.0, duration_s=6.0, beats=_BEATS)
    assert found.grid_s == pytest.approx(grid_s)


def test_of_two_as_near_the_later_is_taken() -> None:
    assert nearest([0.0, 1.0, 2.0], 0.5) == 1.0
    assert [nearest([0.0, 1.0], each) for each in (-5.0, 0.2, 9.0)] == [0.0, 0.0, 1.0]


def test_beats_go_on_to_both_ends_of_the_clip() -> None:
    assert continued([1.5, 2.0, 2.5], 4.2) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.2]
    assert continued([1.5], 4.0) == [0.0, 1.5, 4.0]


@pytest.mark.parametrize("asked_s", [-0.1, 6.1, float("nan")])
def test_a_boundary_outside_of_the_clip_is_refused(asked_s: float) -> None:
    with pytest.raises(RequestError, match="where the clip ends"):
        snap(asked_s, Snap.FRAME, frame_rate_hz=50.0, duration_s=6.0)


def test_snapping_to_beats_that_were_not_found_is_refused() -> None:
    with pytest.raises(RequestError, match=r"No beats were found.*Snap to frames"):
        snap(1.0, Snap.BEAT, frame_rate_hz=50.0, duration_s=6.0)
