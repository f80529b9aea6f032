"""An edit carried out: its steps, its cost, and the result with the proof of what stayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from engine.audio.patches import Patch
from engine.audio.proof import NullTest, null_test
from engine.audio.splice import Splice, splice
from engine.decode import DecodeStep, GenerationRequest, Window, frames_from_seconds
from engine.decode.timing import frames_covering, seconds_from_frames
from engine.edit.areas import Area
from engine.edit.clip import WorkingClip
from engine.edit.plan import EditPlan
from engine.estimate import Estimate
from engine.music import MusicModel

_NOBODY: Mapping[str, MusicModel] = MappingProxyType({})

_AROUND_S = 1.0
"""Of what is kept, decoded with a region: the codec's context, and what its level is matched by."""

_OVER_TIME = ("codes", "masked", "updated", "keep", "confidence", "rescored")
"""The fields of a step whose last axis is T."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Edited:
    """A finished edit.

    Args:
        clip: the result, with its tokens, ready for the next edit.
        splice: what was done to each region.
        proof: that nothing else changed.
    """

    clip: WorkingClip
    splice: Splice
    proof: NullTest


def edit_steps(
    model: MusicModel,
    plan: EditPlan,
    request: GenerationRequest,
    helpers: Mapping[str, MusicModel] = _NOBODY,
) -> Iterator[DecodeStep]:
    """Write the regions; the records are those of the whole base.

    Args:
        model: what writes; its codec is the one that the clip was opened with.
        plan: what is written.
        request: text, mode, seed, options and the number of candidates; see `request_for_edit`.
        helpers: as for `MusicModel.generate`.

    Raises:
        RequestError: at once, what `MusicModel.inpaint` refuses.
    """
    codes, fitted = plan.base.codes.roll(-plan.turn, -1), request_for_edit(model, plan, request)
    steps = model.inpaint(codes[None], plan.turned_keep, fitted, helpers)
    return _turned(steps, plan.turn) if plan.turn else steps


def edit_windows(
    model: MusicModel, plan: EditPlan, request: GenerationRequest
) -> tuple[Window, ...]:
    """The windows in which an edit is written, in the base's time; of a loop one for all of it."""
    if plan.is_loop:
        return (Window(start=0, stop=plan.n_frames, first=0, last=plan.n_frames),)
    return model.region_windows(plan.keep, request_for_edit(model, plan, request))


def estimate_edit(
    model: MusicModel,
    plan: EditPlan,
    request: GenerationRequest,
    helpers: Mapping[str, MusicModel] = _NOBODY,
) -> Estimate:
    """Seconds and memory that an edit will take on this device, without encoding the clip."""
    fitted = request_for_edit(model, plan, request)
    return model.estimate(fitted, helpers, keep=plan.turned_keep)


def request_for_edit(
    model: MusicModel, plan: EditPlan, request: GenerationRequest
) -> GenerationRequest:
    """The same request with the base's length; an opening is at most half of it, and a window."""
    duration_s = seconds_from_frames(plan.n_frames, plan.base.frame_rate_hz)
    opening_s = min(request.opening_s, duration_s / 2, model.window_s)
    return replace(request, duration_s=duration_s, opening_s=opening_s)


def finish_edit(model: MusicModel, plan: EditPlan, codes: Tensor) -> Edited:
    """Put one candidate into the clip, and prove that nothing else changed.

    Args:
        model, plan: those of `edit_steps`.
        codes: [K, T] of the last record, one candidate.

    Raises:
        AudioError, RequestError: what `splice` refuses.
    """
    codes = codes.cpu()
    patches = _seam_patches(model, plan, codes) if plan.is_loop else _patches(model, plan, codes)
    spliced = splice(
        plan.base.source,
        patches,
        fade_s=plan.fade_s,
        match=plan.settings.match_level,
        is_loop=plan.is_loop,
    )
    return Edited(
        clip=replace(plan.base, source=spliced.result, codes=_covering(codes, plan)),
        splice=spliced,
        proof=null_test(plan.base.source, spliced.result, plan.regions),
    )


def edit_facts(plan: EditPlan, edited: Edited) -> dict[str, Any]:
    """What is kept of an edit inside its file, in JSON's types.

    Times are in the result's seconds, but for those that were asked.
    """
    source = plan.base.source
    offset_s = plan.offset_samples / source.sample_rate_hz
    proof = asdict(edited.proof) | {"passed": edited.proof.passed}
    return {
        "asked": [_plain_area(area) for area in plan.asked],
        "areas": [_plain_area(area) for area in plan.areas],
        "regions_s": [
            [each.start_sample / source.sample_rate_hz, each.stop_sample / source.sample_rate_hz]
            for each in plan.regions
        ],
        "clip_starts_s": offset_s,
        "is_loop": plan.is_loop,
        "settings": _plain(asdict(plan.settings) | {"fade_s": plan.fade_s}),
        "levels_db": [round(each.level_db, 3) for each in edited.splice.placements],
        "source_sha256": plan.source_sha256,
        "null_test": _plain(proof),
    }


def _turned(steps: Iterator[DecodeStep], turn: int) -> Iterator[DecodeStep]:
    """The steps of a clip that was turned, in its own time."""
    for step in steps:
        fields = {name: getattr(step, name) for name in _OVER_TIME}
        back = {name: each.roll(turn, -1) for name, each in fields.items() if each is not None}
        yield replace(step, **back)


def _patches(model: MusicModel, plan: EditPlan, codes: Tensor) -> list[Patch]:
    """Each region as the codec makes it, with some of what is kept around it."""
    frame_rate = plan.base.frame_rate_hz
    around, patches = frames_from_seconds(_AROUND_S, frame_rate), []
    for region, frames in zip(plan.regions, plan.frames, strict=True):
        first, stop = max(frames[0] - around, 0), min(frames[1] + around, plan.n_frames)
        (waveform,) = model.listen(codes[None, :, first:stop])
        # From the region's own first sample, which may be rounded to one.
        lead_s = seconds_from_frames(frames[0] - first, frame_rate)
        start_s = region.start_sample / plan.base.source.sample_rate_hz - lead_s
        patches.append(Patch(region=region, waveform=waveform, start_s=start_s))
    return patches


def _seam_patches(model: MusicModel, plan: EditPlan, codes: Tensor) -> list[Patch]:
    """One sound across the seam for both ends, so that there is nothing to join at it."""
    (_, half), n_frames = plan.frames[0], plan.n_frames
    around = min(
        frames_from_seconds(_AROUND_S, plan.base.frame_rate_hz), (n_frames - 2 * half) // 2
    )
    across = torch.arange(n_frames - half - around, n_frames + half + around) % n_frames
    (waveform,) = model.listen(codes[None, :, across])
    lead_s = seconds_from_frames(half + around, plan.base.frame_rate_hz)
    first, last = plan.regions
    return [
        Patch(region=first, waveform=waveform, start_s=-lead_s),
        Patch(region=last, waveform=waveform, start_s=plan.base.duration_s - lead_s),
    ]


def _covering(codes: Tensor, plan: EditPlan) -> Tensor:
    """[K, T] tokens that cover all samples, for the next edit.

    A loop is written in the nearest number of frames to its length. What is heard after the last
    of them is its start.
    """
    source = plan.base.source
    n_frames = frames_covering(source.n_samples, source.sample_rate_hz, plan.base.frame_rate_hz)
    missing = max(0, n_frames - plan.n_frames) if plan.is_loop else 0
    return torch.cat([codes, codes[:, :missing]], dim=-1)


def _plain_area(area: Area) -> dict[str, Any]:
    return {**asdict(area), "levels": None if area.levels is None else list(area.levels)}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in fields.items()
    }
