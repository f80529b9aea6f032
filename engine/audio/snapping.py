"""Boundaries moved to where a model, or a listener, would have them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.audio.beats import Beats
from engine.errors import RequestError


class Snap(str, Enum):
    """What a boundary is moved to."""

    FRAME = "frame"
    """Of the codec; as fine as anything can be made anew."""
    BEAT = "beat"
    BAR = "bar"


@dataclass(frozen=True, kw_only=True)
class Snapped:
    """A boundary as it was asked for and as it will be.

    Args:
        asked_s: the time that was given.
        grid_s: the nearest beat or bar; for frames the same as `real_s`.
        real_s: the frame nearest to that, where new sound can start or end.
        frame: its number.
    """

    asked_s: float
    grid_s: float
    real_s: float
    frame: int


def snap(
    time_s: float,
    to: Snap,
    *,
    frame_rate_hz: float,
    duration_s: float,
    beats: Beats | None = None,
) -> Snapped:
    """Move a boundary to the nearest frame, beat or bar; a tie goes to the later one.

    Where no beat was found at a clip's ends, the beats go on at the mean interval. The start and
    the end of the clip are boundaries of every grid.

    Args:
        time_s: 0 <= time_s <= duration_s.
        to: the grid.
        frame_rate_hz: codec frames per second, > 0.
        duration_s: of the clip.
        beats: of the clip; not needed for frames.

    Returns:
        A frame of at most the number nearest to the clip's end.

    Raises:
        RequestError: a time outside of the clip, or beats that were not found.
    """
    if not 0 <= time_s <= duration_s:
        raise RequestError(
            f"the boundary is at {time_s} s",
            expected=f"0 s to {duration_s:g} s, where the clip ends",
            advice="Move it into the clip",
        )
    grid_s = time_s if to is Snap.FRAME else nearest(_grid(to, beats, duration_s), time_s)
    return _on_frame(time_s, grid_s, to, frame_rate_hz)


def nearest(sorted_times: Sequence[float], time_s: float) -> float:
    """The nearest of some times in ascending order, of two as near the later.

    Args:
        sorted_times: at least one.
        time_s: any.
    """
    place = bisect_left(sorted_times, time_s)
    around = sorted_times[max(0, place - 1) : place + 1]
    return min(reversed(around), key=lambda each: abs(each - time_s))


def continued(times_s: Sequence[float], duration_s: float) -> list[float]:
    """Beats or bars on to both ends of the clip, at the mean interval, with the ends themselves.

    Args:
        times_s: ascending, inside of the clip.
        duration_s: > 0.
    """
    if len(times_s) < 2:
        return sorted({0.0, *times_s, duration_s})
    interval_s = (times_s[-1] - times_s[0]) / (len(times_s) - 1)
    n_before = math.floor(times_s[0] / interval_s)
    n_after = math.floor((duration_s - times_s[-1]) / interval_s)
    before = times_s[0] - interval_s * np.arange(n_before, 0, -1)
    after = times_s[-1] + interval_s * np.arange(1, n_after + 1)
    inside = {*before.tolist(), *times_s, *after.tolist()}
    return sorted({0.0, *inside, duration_s})


def _grid(to: Snap, beats: Beats | None, duration_s: float) -> list[float]:
    found = () if beats is None else beats.beats_s if to is Snap.BEAT else beats.downbeats_s
    if not found:
        raise RequestError(
            f"no {to.value}s were found in the clip",
            expected="a clip with a pulse",
            advice="Snap to frames instead",
        )
    return continued(found, duration_s)


def _on_frame(asked_s: float, grid_s: float, to: Snap, frame_rate_hz: float) -> Snapped:
    # Here, not above: its package loads PyTorch, which a reader of files need not wait for.
    from engine.decode.timing import frames_from_seconds, seconds_from_frames

    frame = frames_from_seconds(grid_s, frame_rate_hz)
    real_s = seconds_from_frames(frame, frame_rate_hz)
    return Snapped(
        asked_s=asked_s,
        grid_s=real_s if to is Snap.FRAME else grid_s,
        real_s=real_s,
        frame=frame,
    )
