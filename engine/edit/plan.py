"""What an edit will write, decided before anything is computed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from engine.audio.beats import Beats
from engine.audio.regions import Region, merge_regions
from engine.edit.areas import Area, Frames, frames_of, real_area
from engine.edit.clip import WorkingClip
from engine.edit.keeping import keep_of
from engine.edit.settings import EditSettings
from engine.errors import RequestError


@dataclass(frozen=True, kw_only=True, eq=False)
class EditPlan:
    """What will be written.

    Args:
        clip: what is edited.
        base: what the regions lie in: the clip, with room around it where it is extended.
        asked: the areas that were asked for, in the clip's seconds; none of an extension or loop.
        areas: the same in the base, as they will be.
        regions: where sound changes, in the base's samples; in order, apart from each other.
        frames: the same in frames of the base.
        keep: [K, T] bool of the base, True where a token stays. In an extension some of the
            regions' tokens do: the clip goes over into them.
        settings: how.
        fade_s: as long as the settings say and the regions allow.
        is_loop: True where the base's start is heard after its end: regions at its two ends are
            one, written and joined across the seam.
        offset_samples: where the clip's first sample is in the base.
    """

    clip: WorkingClip
    base: WorkingClip
    asked: tuple[Area, ...]
    areas: tuple[Area, ...]
    regions: tuple[Region, ...]
    frames: tuple[Frames, ...]
    keep: Tensor
    settings: EditSettings
    fade_s: float
    is_loop: bool = False
    offset_samples: int = 0

    @property
    def n_frames(self) -> int:
        """T of the base."""
        return self.base.n_frames

    @property
    def turn(self) -> int:
        """By how many frames a loop is turned for the model, so that its seam is in the middle."""
        return self.n_frames // 2 if self.is_loop else 0

    @property
    def turned_keep(self) -> Tensor:
        """The mask as the model has it."""
        return self.keep.roll(-self.turn, -1)

    @cached_property
    def source_sha256(self) -> str:
        """SHA-256 over the clip's samples, channel by channel, in the type that numpy holds them.

        Read once for all candidates of an edit.
        """
        digest = hashlib.sha256()
        for channel in self.clip.source.samples:
            digest.update(channel.tobytes())
        return digest.hexdigest()


def plan_edit(
    clip: WorkingClip,
    areas: Sequence[Area],
    settings: EditSettings | None = None,
    *,
    beats: Beats | None = None,
    seed: int = 0,
) -> EditPlan:
    """Move areas to frames, and those that touch together.

    Args:
        clip: what is edited.
        areas: what is made anew; they may overlap.
        settings: how; None: the defaults.
        beats: of the clip, where the settings need them.
        seed: chooses what a strength below 1 keeps; mostly the request's.

    Raises:
        RequestError: no area, or one that is reversed, empty, shorter than a frame or outside;
            a level that is not there; beats that were not found; an area of which the recipes
            leave nothing to write.
    """
    settings = settings or EditSettings()
    if not areas:
        raise RequestError(
            "there is no region", expected="at least one", advice="Draw a region on the clip"
        )
    placed = [(area, frames_of(area, clip, settings, beats)) for area in areas]
    frames = merged_frames([each for _, each in placed])
    return EditPlan(
        clip=clip,
        base=clip,
        asked=tuple(areas),
        areas=tuple(real_area(area, each, clip) for area, each in placed),
        regions=tuple(region_of(each, clip) for each in frames),
        frames=frames,
        keep=keep_of(
            placed,
            (len(clip.codes), clip.n_frames),
            settings,
            frame_rate_hz=clip.frame_rate_hz,
            beats=beats,
            seed=seed,
        ),
        settings=settings,
        fade_s=settings.fade_s,
    )


def merged_frames(frames: Sequence[Frames]) -> tuple[Frames, ...]:
    """In order and apart; what touches is one."""
    regions = [Region(start_sample=first, stop_sample=stop) for first, stop in frames]
    return tuple((each.start_sample, each.stop_sample) for each in merge_regions(regions))


def region_of(frames: Frames, clip: WorkingClip) -> Region:
    """The samples of some frames of a clip."""
    first, stop = frames
    n_samples = clip.source.n_samples
    return Region(
        start_sample=clip.sample_of(first),
        stop_sample=n_samples if stop >= clip.n_frames else clip.sample_of(stop),
    )
