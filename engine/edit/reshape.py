"""Clips made longer at an end, or closed on themselves: plans whose regions lie at the ends."""

from __future__ import annotations

from dataclasses import replace

import torch.nn.functional as F

from engine.audio.pieces import padded
from engine.audio.regions import Region
from engine.decode.timing import frames_covering, frames_from_seconds, seconds_from_frames
from engine.edit.areas import Area, Frames
from engine.edit.clip import MAX_CLIP_S, WorkingClip
from engine.edit.keeping import keep_of
from engine.edit.plan import EditPlan, region_of
from engine.edit.settings import EditSettings
from engine.errors import RequestError

SEAM_S = 2.0
"""One bar at 120 beats per minute: half of it before the loop point, half after."""

_LEAST_KEPT_S = 0.5


def plan_extension(
    clip: WorkingClip,
    *,
    left_s: float = 0.0,
    right_s: float = 0.0,
    settings: EditSettings | None = None,
) -> EditPlan:
    """Make a clip longer.

    New and old sound need some time in common to be joined without a click. So the last frames
    of the clip, as many as the fade is long, go over into the codec's own version of them, whose
    tokens are kept; what is new follows that. Every other sample of the clip is in the result.

    Args:
        clip: what is extended.
        left_s: before it, >= 0. right_s: after it, >= 0; both are moved to whole frames.
        settings: the fade and the level; regions are not snapped to beats.

    Raises:
        RequestError: neither, a time that is no time, a clip that would be too long, or one too
            short to be joined to anything.
    """
    settings = settings or EditSettings()
    rate, frame_rate = clip.source.sample_rate_hz, clip.frame_rate_hz
    left, right = _room(clip, left_s, right_s)
    whole = int(clip.duration_s * frame_rate + 1e-6) if right else clip.n_frames
    joint = min(max(1, -int(-settings.fade_s * frame_rate // 1)), (whole - 1) // 2)
    if joint < 1:
        raise RequestError(
            f"the clip is {1000 * clip.duration_s:.0f} ms long",
            expected=f"{3000 / frame_rate:g} ms or more, to join something to it",
            advice="Choose a longer clip",
        )
    before, after = (int(each * rate / frame_rate + 0.5) for each in (left, right))
    source = padded(clip.source, before, after)
    n_frames = left + whole
    if right:  # else half a sample of rounding before the clip would need a frame after it
        n_frames = max(n_frames, frames_covering(source.n_samples, rate, frame_rate))
    codes = F.pad(clip.codes[:, :whole], (left, n_frames - left - whole))
    base = WorkingClip(source=source, codes=codes, frame_rate_hz=frame_rate)
    new = [(0, left)] * bool(left) + [(left + whole, n_frames)] * bool(right)
    heard = [(0, left + joint)] * bool(left) + [(left + whole - joint, n_frames)] * bool(right)
    return _plan(
        clip, base, new, heard, settings, joint_s=joint / frame_rate, offset_samples=before
    )


def plan_loop(
    clip: WorkingClip, *, seam_s: float = SEAM_S, settings: EditSettings | None = None
) -> EditPlan:
    """Close a clip on itself: its end and its start are written anew as one, each the other's
    context.

    The loop keeps its length to the sample. Where that is no whole number of frames, what is
    written at the end is heard up to half a frame (10 ms) off its place in the grid.

    Args:
        clip: what is repeated.
        seam_s: seconds made anew, half of them at either end; moved to whole frames.
        settings: as for `plan_extension`.

    Raises:
        RequestError: a seam that leaves less than half a second of the clip, or has no frame.
    """
    settings = settings or EditSettings()
    n_frames = max(1, frames_from_seconds(clip.duration_s, clip.frame_rate_hz))
    half = frames_from_seconds(seam_s / 2, clip.frame_rate_hz) if seam_s > 0 else 0
    kept_s = seconds_from_frames(n_frames - 2 * half, clip.frame_rate_hz)
    if half < 1 or kept_s < _LEAST_KEPT_S:
        raise RequestError(
            f"the seam is {seam_s:g} s of a clip of {clip.duration_s:.2f} s",
            expected=f"two frames or more, and {_LEAST_KEPT_S:g} s that stay",
            advice="Choose a shorter seam or a longer clip",
        )
    codes = F.pad(clip.codes, (0, max(0, n_frames - clip.n_frames)))[:, :n_frames]
    base = replace(clip, codes=codes)
    seam = [(0, half), (n_frames - half, n_frames)]
    plan = _plan(clip, base, seam, seam, settings, joint_s=settings.fade_s)
    return replace(plan, regions=_at_both_ends(half, base), is_loop=True)


def _room(clip: WorkingClip, left_s: float, right_s: float) -> tuple[int, int]:
    """Frames before and after."""
    total_s = clip.duration_s + left_s + right_s
    if not (left_s >= 0 and right_s >= 0 and total_s <= MAX_CLIP_S):
        raise RequestError(
            f"the clip of {clip.duration_s:.2f} s is to be {left_s:g} s longer at its start and "
            f"{right_s:g} s at its end",
            expected=f"0 s or more, and {MAX_CLIP_S:g} s together",
            advice="Ask for less",
        )
    left, right = (frames_from_seconds(each, clip.frame_rate_hz) for each in (left_s, right_s))
    if not left and not right:
        raise RequestError(
            "the clip is to be extended by nothing",
            expected=f"a frame of {1000 / clip.frame_rate_hz:g} ms or more at an end",
            advice="Give the seconds before or after it",
        )
    return left, right


def _plan(
    clip: WorkingClip,
    base: WorkingClip,
    new: list[Frames],
    heard: list[Frames],
    settings: EditSettings,
    *,
    joint_s: float,
    offset_samples: int = 0,
) -> EditPlan:
    """Args: new: frames whose tokens are written. heard: those whose sound changes."""
    areas = tuple(_area(frames, base) for frames in new)
    # Strength and the other recipes are for sound that is there; here there is none, or a cut.
    plain = replace(settings, strength=1.0, keep_every=None, keep_beats_s=None, keep_onsets_s=None)
    keep = keep_of(
        list(zip(areas, new, strict=True)),
        (len(base.codes), base.n_frames),
        plain,
        frame_rate_hz=base.frame_rate_hz,
        beats=None,
        seed=0,
    )
    return EditPlan(
        clip=clip,
        base=base,
        asked=(),
        areas=areas,
        regions=tuple(region_of(frames, base) for frames in heard),
        frames=tuple(heard),
        keep=keep,
        settings=plain,
        fade_s=min(settings.fade_s, joint_s),
        offset_samples=offset_samples,
    )


def _area(frames: Frames, base: WorkingClip) -> Area:
    first_s, stop_s = (seconds_from_frames(each, base.frame_rate_hz) for each in frames)
    return Area(start_s=first_s, stop_s=min(stop_s, base.duration_s))


def _at_both_ends(frames: int, base: WorkingClip) -> tuple[Region, Region]:
    """So many frames at the start, and as many counted back from the last sample."""
    n_samples = base.source.n_samples
    length = base.sample_of(frames)
    return (
        Region(start_sample=0, stop_sample=length),
        Region(start_sample=n_samples - length, stop_sample=n_samples),
    )
