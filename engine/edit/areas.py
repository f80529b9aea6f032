"""Areas: seconds times levels, as a person draws them, and the frames that they become."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.audio.beats import Beats
from engine.audio.snapping import Snap, snap
from engine.decode.timing import frames_from_seconds, seconds_from_frames
from engine.edit.clip import WorkingClip
from engine.edit.settings import EditSettings
from engine.errors import RequestError

Frames = tuple[int, int]
"""From the first number up to, and not including, the second."""

_ON_FRAME = 1e-6
"""Of a frame: an end that is a frame's own may be so much off in floating point."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """A part of a clip that is made anew.

    Args:
        start_s: >= 0. stop_s: > start_s; both are checked against the clip by `frames_of`.
        levels: codebook levels, 0 is the coarsest; None: all.

    Raises:
        RequestError: no level, or one that is not a whole number from 0 on.
    """

    start_s: float
    stop_s: float
    levels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        levels = self.levels
        if levels is None:
            return
        is_whole = all(isinstance(each, int) and not isinstance(each, bool) for each in levels)
        if not levels or not is_whole or min(levels) < 0:
            raise RequestError(
                f"the levels are {list(levels)}",
                expected="one or more whole numbers from 0 on, or None for all",
                advice="Choose a level",
            )
        object.__setattr__(self, "levels", tuple(sorted(set(levels))))


def frames_of(
    area: Area, clip: WorkingClip, settings: EditSettings, beats: Beats | None = None
) -> Frames:
    """The frames of an area, its ends moved as the settings say.

    An end within the last frame is the clip's, so that no part of a frame is left over.

    Raises:
        RequestError: outside of the clip, reversed, shorter than a frame (perhaps once its ends
            are moved), or beats that were not found.
    """
    start_s, stop_s = area.start_s, area.stop_s
    if not 0 <= start_s < stop_s <= clip.duration_s:
        raise RequestError(
            f"the region is {start_s:g} s to {stop_s:g} s",
            expected=f"its start before its end, within the clip's {clip.duration_s:.3f} s",
            advice="Move it into the clip",
        )
    to = settings.snap
    if to is not Snap.FRAME:
        start_s, stop_s = (
            snap(
                time_s,
                to,
                frame_rate_hz=clip.frame_rate_hz,
                duration_s=clip.duration_s,
                beats=beats,
            ).grid_s
            for time_s in (start_s, stop_s)
        )
    first = frames_from_seconds(start_s, clip.frame_rate_hz)
    stop = frames_from_seconds(stop_s, clip.frame_rate_hz)
    if stop_s * clip.frame_rate_hz > clip.n_frames - 1 + _ON_FRAME:
        stop = clip.n_frames
    if stop <= first:
        _refuse_short(area, to, clip.frame_rate_hz)
    return first, stop


def real_area(area: Area, frames: Frames, clip: WorkingClip) -> Area:
    """The area as it will be: on frames, or at the clip's end."""
    first_s, stop_s = (seconds_from_frames(each, clip.frame_rate_hz) for each in frames)
    return replace(area, start_s=first_s, stop_s=min(stop_s, clip.duration_s))


def _refuse_short(area: Area, to: Snap, frame_rate_hz: int) -> None:
    length_ms, frame_ms = 1000 * (area.stop_s - area.start_s), 1000 / frame_rate_hz
    raise RequestError(
        f"the region of {length_ms:.0f} ms has no {to.value} of its own",
        expected=f"a frame of {frame_ms:g} ms or more"
        if to is Snap.FRAME
        else f"one that reaches from a {to.value} to another",
        advice="Draw a longer region"
        if to is Snap.FRAME
        else "Draw a longer one, or snap to frames",
    )
