import math

import pytest

from engine.decode import frames_from_seconds, seconds_from_frames
from engine.errors import RequestError


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0, 0), (10, 500), (0.02, 1), (0.03, 2), (0.029, 1), (1.1, 55)]
)
def test_the_nearest_frame_is_taken_and_a_tie_goes_up(seconds: float, frames: int) -> None:
    assert frames_from_seconds(seconds, 50) == frames


@pytest.mark.parametrize("rate_hz", [50, 43.066])
def test_every_frame_count_survives_the_way_to_seconds_and_back(rate_hz: float) -> None:
    for n_frames in range(3000):
        assert frames_from_seconds(seconds_from_frames(n_frames, rate_hz), rate_hz) == n_frames


@pytest.mark.parametrize("seconds", [-0.1, math.inf, math.nan])
def test_impossible_times_are_refused(seconds: float) -> None:
    with pytest.raises(RequestError):
        frames_from_seconds(seconds, 50)
