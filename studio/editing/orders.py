"""What an edit asks for, and what can be said of it before anything is read or loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.audio import Beats, Depth, Snap, Source
from engine.cast import region_windows
from engine.decode import GenerationRequest, Mode, Window
from engine.decode.spans import goes_on
from engine.decode.timing import frames_covering
from engine.edit import (
    Area,
    EditPlan,
    EditSettings,
    WorkingClip,
    plan_edit,
    plan_extension,
    plan_loop,
)
from engine.errors import RequestError
from engine.model.config import ModelConfig
from studio.editing.versions import Version

if TYPE_CHECKING:
    from torch import Tensor

_SKETCH_RATE_HZ = 1_000
"""Of the silence that stands for a clip while it is only planned."""


class EditKind(str, Enum):
    """What is done to a clip."""

    AREAS = "areas"
    EXTEND = "extend"
    LOOP = "loop"


@dataclass(frozen=True, kw_only=True)
class EditOrder:
    """What one press of the editor asks for.

    Args:
        model: name of an offer.
        request: text, mode, seed, options, and the number of candidates as its variations; its
            duration does not matter.
        version_id: of what is edited.
        kind: which of the following are looked at.
        areas: made anew, in the version's seconds.
        settings: how.
        left_s, right_s: added before and after the clip.
        seam_s: made anew around the loop point.
        beats: of the version, where they are known already.
    """

    model: str
    request: GenerationRequest
    version_id: str
    kind: EditKind = EditKind.AREAS
    areas: tuple[Area, ...] = ()
    settings: EditSettings = field(default_factory=EditSettings)
    left_s: float = 0.0
    right_s: float = 0.0
    seam_s: float = 2.0
    beats: Beats | None = None

    @property
    def needs_beats(self) -> bool:
        """Whether the version must be listened to for beats first."""
        return self.kind is EditKind.AREAS and self.settings.needs_beats


def plan_of(order: EditOrder, clip: WorkingClip) -> EditPlan:
    """The plan of an order.

    Raises:
        RequestError: what cannot be done to this clip.
    """
    if order.kind is EditKind.EXTEND:
        return plan_extension(
            clip, left_s=order.left_s, right_s=order.right_s, settings=order.settings
        )
    if order.kind is EditKind.LOOP:
        return plan_loop(clip, seam_s=order.seam_s, settings=order.settings)
    return plan_edit(clip, order.areas, order.settings, beats=order.beats, seed=order.request.seed)


def sketch_of(order: EditOrder, version: Version, config: ModelConfig) -> EditPlan:
    """The same without the clip's sound or tokens: good for costs, and to refuse early.

    Where beats are needed and not known yet, regions are taken as they were drawn.

    Raises:
        RequestError: what cannot be done to this version, or not in this mode.
    """
    if order.needs_beats and order.beats is None:
        plain = replace(order.settings, snap=Snap.FRAME, keep_beats_s=None, keep_onsets_s=None)
        order = replace(order, settings=plain)
    plan = plan_of(order, _silence(version, config.n_levels, config.frame_rate_hz))
    _check_mode(order.request.mode, plan)
    return plan


def placed(
    area: Area, version: Version, snap: Snap, beats: Beats | None, frame_rate_hz: int
) -> tuple[float, float]:
    """Start and stop of an area of a version as an edit would move them, in seconds.

    Raises:
        RequestError: it is outside of the version, or nothing is left of it.
    """
    clip = _silence(version, 1, frame_rate_hz)
    (real,) = plan_edit(clip, (area,), EditSettings(snap=snap), beats=beats, seed=0).areas
    return real.start_s, min(real.stop_s, version.duration_s)


def windows_of(order: EditOrder, plan: EditPlan, config: ModelConfig) -> tuple[Window, ...]:
    """The windows in which a model of this kind will write; a loop is turned by half for them."""
    return region_windows(config, plan.turned_keep, order.request)


@dataclass(frozen=True, kw_only=True)
class View:
    """The frames of the base that the grid shows, those of a long clip being too many.

    Args:
        start, stop: frames; `start` is negative for a loop, whose seam is then in the middle.
        n_frames: T of the base.
    """

    start: int
    stop: int
    n_frames: int

    @property
    def first_frame(self) -> int:
        """What the axis begins with: before a loop's end, it goes on past it."""
        return self.start % self.n_frames

    def of(self, values: Tensor) -> Tensor:
        """The part of a tensor [..., T] that is shown."""
        if self.start >= 0:
            return values[..., self.start : self.stop]
        return torch.cat((values[..., self.start :], values[..., : self.stop]), dim=-1)


def view_of(plan: EditPlan, windows: tuple[Window, ...], config: ModelConfig) -> View:
    """What is shown of an edit: all that its windows hear.

    Args:
        plan: the edit.
        windows: in the base's time; not looked at for a loop.
        config: of the model.
    """
    n_frames = plan.n_frames
    if plan.is_loop:
        around = min(n_frames // 2, max(plan.frames[0][1], config.window_frames // 2))
        return View(start=-around, stop=around, n_frames=n_frames)
    start, stop = min(each.start for each in windows), max(each.stop for each in windows)
    return View(start=start, stop=stop, n_frames=n_frames)


def _silence(version: Version, n_levels: int, frame_rate_hz: int) -> WorkingClip:
    n_samples = max(1, math.ceil(version.duration_s * _SKETCH_RATE_HZ))
    n_frames = frames_covering(version.n_samples, version.sample_rate_hz, frame_rate_hz)
    source = Source(
        samples=np.zeros((1, n_samples), np.float32),
        sample_rate_hz=_SKETCH_RATE_HZ,
        depth=Depth.FLOAT_32,
    )
    codes = torch.zeros(n_levels, n_frames, dtype=torch.int64)
    return WorkingClip(source=source, codes=codes, frame_rate_hz=frame_rate_hz)


def _check_mode(mode: Mode, plan: EditPlan) -> None:
    """The engine refuses the same, but only once models and clip are there."""
    if mode is Mode.AUTOREGRESSIVE and goes_on(plan.turned_keep):
        raise RequestError(
            "the mode is autoregressive, and some of the clip comes after what is made anew",
            expected="nothing after it, as where a clip is extended at its end",
            advice="Choose the parallel or the hybrid mode",
        )
