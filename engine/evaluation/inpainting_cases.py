"""What is put into a region to be compared: the model's own, and baselines joined alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio import Beats, Match, Patch, Waveform, find_beats, splice
from engine.audio.source import Source, source_from_waveform
from engine.edit import (
    Area,
    EditPlan,
    EditSettings,
    WorkingClip,
    crop,
    finish_edit,
    open_clip,
    plan_edit,
    plan_loop,
)
from engine.evaluation.fit import CLIP_RMS, RATE_HZ
from engine.music import MusicModel

LEAST_CONFIDENCE = 0.3
"""Of a beat, to measure against it: above this `find_beats` is mostly right about our clips."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """A held-out clip.

    Args:
        number: among the held-out.
        clip: opened, its samples scaled to `CLIP_RMS`.
        caption: the composer's.
        beats: as found, sure or not.
    """

    number: int
    clip: WorkingClip
    caption: str
    beats: Beats

    @property
    def period_s(self) -> float | None:
        """Of its beat; None where none was found with confidence."""
        tempo_bpm = self.beats.tempo_bpm
        sure = self.beats.confidence > LEAST_CONFIDENCE
        return 60 / tempo_bpm if tempo_bpm and sure else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A region of a clip.

    Args:
        held: the clip.
        plan: of the edit.
    """

    held: Held
    plan: EditPlan

    @property
    def order(self) -> Tensor:
        """[n] the frames that are written, in the order in which they are heard."""
        free = torch.nonzero(~self.plan.keep.all(0))[:, 0]
        if not self.plan.is_loop:
            return free
        return torch.cat([free[len(free) // 2 :], free[: len(free) // 2]])

    def heard(self, source: Source) -> tuple[NDArray[np.float32], slice]:
        """[N] samples and the region in them; a loop is turned so that its seam is inside."""
        samples = source.waveform.samples.mean(axis=0)
        first, last = self.plan.regions[0], self.plan.regions[-1]
        if not self.plan.is_loop:
            return samples, first.as_slice
        turn = len(samples) // 2
        seam = len(samples) - turn
        place = slice(seam - last.n_samples, seam + first.n_samples)
        return np.roll(samples, -turn), place


def held_clip(model: MusicModel, number: int, samples: NDArray[np.float32], caption: str) -> Held:
    """Open a clip [N] at 32 kHz."""
    level = float(np.sqrt(np.mean(np.square(samples))))
    scaled = (samples * (CLIP_RMS / level)).astype(np.float32)[None]
    waveform = Waveform(samples=scaled, sample_rate_hz=RATE_HZ)
    clip = open_clip(model, source_from_waveform(waveform))
    return Held(number=number, clip=clip, caption=caption, beats=find_beats(waveform))


def _middle(length_s: float) -> Callable[[Held], Case]:
    def case(held: Held) -> Case:
        start_s = (held.clip.duration_s - length_s) / 2
        area = Area(start_s=start_s, stop_s=start_s + length_s)
        return Case(held=held, plan=plan_edit(held.clip, [area]))

    return case


def _end(length_s: float) -> Callable[[Held], Case]:
    def case(held: Held) -> Case:
        stop_s = held.clip.duration_s
        return Case(held=held, plan=plan_edit(held.clip, [Area(start_s=stop_s - length_s,
                                                               stop_s=stop_s)]))  # fmt: skip

    return case


def _loop(held: Held) -> Case:
    """Of whole fours of beats, so that the pulse can go on over the seam."""
    clip = held.clip
    if held.period_s is not None:
        four_s = 4 * held.period_s
        clip = crop(clip, 0.0, clip.duration_s // four_s * four_s)
    return Case(held=held, plan=plan_loop(clip, seam_s=2.0))


def with_settings(case: Case, settings: EditSettings) -> Case:
    """The same region edited in another way. A loop stays as it is.

    Args:
        case: the region.
        settings: what is kept inside of it.
    """
    held, plan = case.held, case.plan
    if settings == EditSettings() or plan.is_loop:
        return case
    again = plan_edit(plan.clip, plan.asked, settings, beats=held.beats, seed=held.number)
    return replace(case, plan=again)


KINDS: Mapping[str, Callable[[Held], Case]] = MappingProxyType(
    {
        "1 s": _middle(1.0),
        "2 s": _middle(2.0),
        "4 s": _middle(4.0),
        "end 2 s": _end(2.0),
        "loop 2 s": _loop,
    }
)
"""Regions in the middle of a clip, one up to its end, and one across a loop's seam."""


def baselines(
    model: MusicModel, case: Case, other: Tensor, alone: Tensor, rng: np.random.Generator
) -> Iterator[tuple[str, Source]]:
    """What else could be in the region, each joined as the model's own tokens are.

    Args:
        model: whose codec.
        case: the region.
        other: [K, T] another clip's tokens.
        alone: [K, T] what the model makes of the caption without hearing the clip.
        rng: chooses places.
    """
    plan, order = case.plan, case.order
    yield "source", plan.base.source
    yield "codec", with_tokens(model, case, plan.base.codes[:, order])
    # All that is kept, from the region's end on; where it runs over the clip's end, there is a cut.
    kept = torch.nonzero(plan.keep.all(0))[:, 0].roll(-int((plan.keep.all(0)[: order[0]]).sum()))
    place = int(rng.integers(len(kept) - len(order) + 1))
    yield "same clip", with_tokens(model, case, plan.base.codes[:, kept[place:][: len(order)]])
    place = int(rng.integers(other.shape[-1] - len(order) + 1))
    yield "other clip", with_tokens(model, case, other[:, place:][:, : len(order)])
    yield "no context", with_tokens(model, case, alone[:, order])
    yield "silence", _silenced(plan)


def with_tokens(model: MusicModel, case: Case, tokens: Tensor) -> Source:
    """The clip with some tokens [K, n] in its region, in the order of `Case.order`."""
    codes = case.plan.base.codes.clone()
    codes[:, case.order] = tokens
    return finish_edit(model, case.plan, codes).clip.source


def _silenced(plan: EditPlan) -> Source:
    source = plan.base.source
    whole = Waveform(
        samples=np.zeros((1, source.n_samples), np.float32), sample_rate_hz=source.sample_rate_hz
    )
    patches = [Patch(region=region, waveform=whole, start_s=0.0) for region in plan.regions]
    return splice(
        source, patches, fade_s=plan.fade_s, match=Match.OFF, is_loop=plan.is_loop
    ).result  # fmt: skip
