"""Parts of a sound file made anew: from seconds to tokens, and back into the file's own samples.

    clip = open_clip(model, read_source("in.flac"))
    plan = plan_edit(clip, [(2.0, 4.0)])
    steps = edit_steps(model, clip, plan, request)
    edited = finish_edit(model, clip, plan, finish(steps).codes[0])
    write_source("out.flac", edited.result)

A working clip keeps its tokens: the next edit starts from those of the last, and nothing that
was kept is ever encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from engine.audio.downmix import downmix
from engine.audio.patches import Patch
from engine.audio.proof import NullTest, null_test
from engine.audio.regions import Region, merge_regions, region_from_seconds
from engine.audio.resample import resample
from engine.audio.source import Source
from engine.audio.splice import FADE_S, Splice, splice
from engine.audio.waveform import Waveform
from engine.decode import DecodeStep, GenerationRequest, frames_from_seconds
from engine.decode.recipes import keep_outside
from engine.decode.timing import seconds_from_frames
from engine.errors import RequestError
from engine.music import MusicModel

MAX_CLIP_S = 1800.0
"""Half an hour: longer clips are refused before their sound is read."""

_CHUNK_S, _OVERLAP_S = 30.0, 1.0
"""A long clip is encoded in pieces, each with a second of its neighbours on either side: far more
than a codec hears."""

_AROUND_S = 1.0
"""Of what is kept, decoded with a region: the codec's context, and what its level is matched by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkingClip:
    """A clip being edited.

    Args:
        source: its samples, exactly.
        codes: [K, T] int64 its tokens, on the CPU; T covers all of the samples.
        frame_rate_hz: of the tokens.
    """

    source: Source
    codes: Tensor
    frame_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Of the samples."""
        return self.source.n_samples / self.source.sample_rate_hz

    @property
    def n_frames(self) -> int:
        """T."""
        return int(self.codes.shape[-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class EditPlan:
    """What will be written.

    Args:
        regions: in the source's samples; in order, apart from each other.
        frames: the same in frames.
        keep: [K, T] bool, True where a token stays.
    """

    regions: tuple[Region, ...]
    frames: tuple[tuple[int, int], ...]
    keep: Tensor


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

    @property
    def result(self) -> Source:
        """The samples."""
        return self.clip.source


@torch.no_grad()
def open_clip(model: MusicModel, source: Source) -> WorkingClip:
    """Encode a clip once, mixed to mono at the model's rate.

    Raises:
        AudioError: a clip that cannot be resampled.
    """
    mono = resample(downmix(source.waveform), model.sample_rate_hz)
    codes = _encode(model, mono)
    hop = model.sample_rate_hz // model.frame_rate_hz
    assert codes.shape[-1] == -(-mono.n_samples // hop)
    return WorkingClip(source=source, codes=codes, frame_rate_hz=model.frame_rate_hz)


def plan_edit(
    clip: WorkingClip,
    regions_s: Sequence[tuple[float, float]],
    *,
    levels: Sequence[int] | None = None,
) -> EditPlan:
    """Move regions to frames, and those that touch together.

    Args:
        clip: what is edited.
        regions_s: (start, stop) in seconds; they may overlap.
        levels: codebook levels to write anew, 0 is the coarsest; None: all.

    Raises:
        RequestError: no region, or one that is reversed, empty, shorter than a frame or outside.
    """
    rate = clip.source.sample_rate_hz
    merged = merge_regions([_in_frames(clip, start, stop) for start, stop in regions_s])
    frames = tuple((each.start_sample, each.stop_sample) for each in merged)
    if not frames:
        raise RequestError(
            "there is no region", expected="at least one", advice="Draw a region on the clip"
        )
    regions = tuple(
        region_from_seconds(
            seconds_from_frames(first, clip.frame_rate_hz),
            min(seconds_from_frames(stop, clip.frame_rate_hz), clip.duration_s),
            rate,
        )
        for first, stop in frames
    )
    keep = keep_outside(frames, clip.n_frames, len(clip.codes), levels)
    return EditPlan(regions=regions, frames=frames, keep=keep)


def edit_steps(
    model: MusicModel,
    clip: WorkingClip,
    plan: EditPlan,
    request: GenerationRequest,
    helpers: Mapping[str, MusicModel] = MappingProxyType({}),
) -> Iterator[DecodeStep]:
    """Write the regions; the records are those of the whole clip.

    Args:
        model: what writes, the one that the clip was opened with.
        clip: what is edited. plan: from `plan_edit` for it.
        request: text, mode, seed, options and the number of candidates; see `request_for_clip`.
        helpers: as for `MusicModel.generate`.

    Raises:
        RequestError: at once, what `MusicModel.inpaint` refuses.
    """
    return model.inpaint(clip.codes[None], plan.keep, request_for_clip(request, clip), helpers)


def request_for_clip(request: GenerationRequest, clip: WorkingClip) -> GenerationRequest:
    """The same request with the clip's length; an opening is at most half of it."""
    duration_s = seconds_from_frames(clip.n_frames, clip.frame_rate_hz)
    opening_s = min(request.opening_s, duration_s / 2)
    return replace(request, duration_s=duration_s, opening_s=opening_s)


def finish_edit(
    model: MusicModel,
    clip: WorkingClip,
    plan: EditPlan,
    codes: Tensor,
    *,
    fade_s: float = FADE_S,
    match_level: bool = True,
) -> Edited:
    """Put one candidate into the clip, and prove that nothing else changed.

    Args:
        model, clip, plan: those of `edit_steps`.
        codes: [K, T] of the last record, one candidate.
        fade_s, match_level: see `engine.audio.splice.splice`.

    Raises:
        AudioError, RequestError: what `splice` refuses.
    """
    codes = codes.cpu()
    patches = [
        _patch(model, clip, codes, region, frames)
        for region, frames in zip(plan.regions, plan.frames, strict=True)
    ]
    spliced = splice(clip.source, patches, fade_s=fade_s, match_level=match_level)
    return Edited(
        clip=replace(clip, source=spliced.result, codes=codes),
        splice=spliced,
        proof=null_test(clip.source, spliced.result, plan.regions),
    )


def _in_frames(clip: WorkingClip, start_s: float, stop_s: float) -> Region:
    """A region in frames. An end within the last frame is the clip's."""
    if not 0 <= start_s < stop_s <= clip.duration_s:
        raise RequestError(
            f"the region is {start_s:g} s to {stop_s:g} s",
            expected=f"its start before its end, within the clip's {clip.duration_s:.3f} s",
            advice="Move it into the clip",
        )
    first = frames_from_seconds(start_s, clip.frame_rate_hz)
    stop = frames_from_seconds(stop_s, clip.frame_rate_hz)
    if stop_s + seconds_from_frames(1, clip.frame_rate_hz) > clip.duration_s:
        stop = clip.n_frames
    if stop <= first:
        raise RequestError(
            f"the region of {1000 * (stop_s - start_s):.0f} ms has no frame of its own",
            expected=f"a frame of {1000 / clip.frame_rate_hz:g} ms or more",
            advice="Draw a longer region",
        )
    return Region(start_sample=first, stop_sample=stop)


def _encode(model: MusicModel, mono: Waveform) -> Tensor:
    """[K, T] tokens of a mono clip, piece by piece."""
    hop = model.sample_rate_hz // model.frame_rate_hz
    n_frames = -(-mono.n_samples // hop)
    size, beside = (frames_from_seconds(s, model.frame_rate_hz) for s in (_CHUNK_S, _OVERLAP_S))
    samples = torch.from_numpy(mono.samples.copy())
    place = next(model.parts.codec.parameters()).device
    parts = []
    for start in range(0, n_frames, size):
        first, last = max(start - beside, 0), min(start + size + beside, n_frames)
        piece = samples[None, :, first * hop : last * hop].to(place)
        codes = model.parts.codec.encode(piece)[0].cpu()
        parts.append(codes[:, start - first : start - first + size])
    return torch.cat(parts, dim=-1)


def _patch(
    model: MusicModel,
    clip: WorkingClip,
    codes: Tensor,
    region: Region,
    frames: tuple[int, int],
) -> Patch:
    """The region as the codec makes it, with some of what is kept around it."""
    around = frames_from_seconds(_AROUND_S, clip.frame_rate_hz)
    first, stop = max(frames[0] - around, 0), min(frames[1] + around, clip.n_frames)
    (waveform,) = model.listen(codes[None, :, first:stop])
    start_s = seconds_from_frames(first, clip.frame_rate_hz)
    return Patch(region=region, waveform=waveform, start_s=start_s)
