"""Edits where frames and samples do not meet: odd rates, broken last frames, tiny regions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.audio.patches import Patch, fit_patch
from engine.audio.regions import Region
from engine.audio.source import Depth, Source
from engine.audio.waveform import Waveform
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.decode.timing import frames_covering
from engine.edit import (
    Area,
    Edited,
    EditPlan,
    EditSettings,
    WorkingClip,
    edit_steps,
    edit_windows,
    finish_edit,
    open_clip,
    plan_edit,
    plan_extension,
    plan_loop,
)
from engine.errors import RequestError
from engine.model.config import ModelKind
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

REQUEST = GenerationRequest(
    prompt="calm", mode=Mode.PARALLEL, seed=3, options=SamplingOptions(steps=(2, 1, 1, 1))
)
RATES = [8000, 11025, 22050, 44100, 96000]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)


def source_of(n_samples: int, rate: int) -> Source:
    noise = np.random.default_rng(0).integers(-8000, 8000, (2, n_samples)) / 2.0**15
    return Source(samples=noise.astype(np.float32), sample_rate_hz=rate, depth=Depth.INT_16)


def clip_of(n_samples: int, rate: int = 1000) -> WorkingClip:
    codes = torch.zeros(4, frames_covering(n_samples, rate, 50), dtype=torch.int64)
    return WorkingClip(source=source_of(n_samples, rate), codes=codes, frame_rate_hz=50)


def carried_out(model: MusicModel, plan: EditPlan) -> Edited:
    edited = finish_edit(model, plan, finish(edit_steps(model, plan, REQUEST)).codes[0])
    assert edited.proof.passed
    return edited


def test_an_end_on_a_frame_stays_there_at_every_length() -> None:
    """0.28 + 0.02 is a little more than 0.3 in floating point."""
    for n_frames in range(3, 400):
        clip = clip_of(20 * n_frames)
        area = Area(start_s=0.0, stop_s=(n_frames - 1) / 50)
        assert plan_edit(clip, [area]).frames == ((0, n_frames - 1),)


@pytest.mark.parametrize(
    ("stop_s", "frames"), [(1.982, 99), (1.99, 100), (2.0, 100), (2.001, 101), (2.005, 101)]
)
def test_an_end_goes_to_the_clips_only_from_within_its_last_frame(
    stop_s: float, frames: int
) -> None:
    plan = plan_edit(clip_of(2005), [Area(start_s=1.0, stop_s=stop_s)])
    assert plan.frames == ((50, frames),)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [2.007, 2.013, 3.0049])
def test_a_loop_can_be_edited_up_to_its_end_and_made_longer(
    model: MusicModel, rate: int, seconds: float
) -> None:
    """Its length is no whole number of frames; its tokens cover it all the same."""
    clip = open_clip(model, source_of(round(seconds * rate), rate))
    looped = carried_out(model, plan_loop(clip, seam_s=0.5)).clip
    assert looped.n_frames == clip.n_frames
    for plan in (
        plan_edit(looped, [Area(start_s=1.2, stop_s=looped.duration_s)]),
        plan_extension(looped, left_s=0.3, right_s=0.2),
        plan_extension(looped, left_s=0.3),
        plan_loop(looped, seam_s=0.5),
    ):
        carried_out(model, plan)


def test_both_sides_of_a_loops_seam_are_rounded_alike() -> None:
    """At 11,025 Hz an odd number of frames ends between two samples."""
    rate, patch = 11_025, Waveform(samples=np.zeros((1, 40_000), np.float32), sample_rate_hz=32_000)
    for n_samples in range(11_025, 13_000):
        source = source_of(n_samples, rate)
        for half in (49, 51):
            lead_s = half / 50
            start, end = (
                fit_patch(Patch(region=region, waveform=patch, start_s=start_s), source)
                for region, start_s in (
                    (Region(start_sample=0, stop_sample=9), -lead_s),
                    (Region(start_sample=n_samples - 9, stop_sample=n_samples),
                     n_samples / rate - lead_s),
                )
            )  # fmt: skip
            assert end.start_sample - start.start_sample == n_samples


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("extra", [0, 1, 7])
def test_an_extension_at_the_start_has_no_frame_without_sound(
    model: MusicModel, rate: int, extra: int
) -> None:
    clip = open_clip(model, source_of(rate + extra, rate))
    plan = plan_extension(clip, left_s=0.26)
    assert plan.n_frames == 13 + clip.n_frames
    carried_out(model, plan)


@pytest.mark.parametrize("strength", [0.05, 0.3, 0.6, 0.95])
def test_no_region_is_left_out_by_a_weak_variation(strength: float) -> None:
    areas = [Area(start_s=1.0, stop_s=1.0 + n / 50) for n in (1, 4, 10)]
    for area in areas:
        plan = plan_edit(
            clip_of(4000), [area, Area(start_s=2.0, stop_s=3.5)], EditSettings(strength=strength)
        )
        first, stop = plan.frames[0]
        assert not plan.keep[:, first:stop].all()


def test_a_region_of_which_recipes_leave_nothing_is_named() -> None:
    areas = [Area(start_s=0.0, stop_s=0.02), Area(start_s=1.0, stop_s=2.0)]
    with pytest.raises(RequestError, match="every token of the region 0 s to 0.02 s"):
        plan_edit(clip_of(4000), areas, EditSettings(keep_every=50))


def test_whole_numbers_have_no_negative_zero(model: MusicModel) -> None:
    """A file has none: read back, what was made would differ from what is in memory."""
    plan = plan_edit(open_clip(model, source_of(16_000, 8000)), [Area(start_s=0.5, stop_s=1.5)])
    samples = carried_out(model, plan).clip.source.samples
    assert not np.signbit(samples[samples == 0]).any()


@pytest.mark.parametrize(
    "areas",
    [
        [Area(start_s=0.0, stop_s=1.0), Area(start_s=0.0, stop_s=1.6, levels=(1, 3))],
        [Area(start_s=0.5, stop_s=1.6, levels=(3,)), Area(start_s=0.8, stop_s=1.2, levels=(0,))],
    ],
)
def test_levels_that_end_at_different_times_need_no_opening(
    model: MusicModel, areas: list[Area]
) -> None:
    """An opening writes all levels up to the clip's end; here some are kept before it."""
    plan = plan_edit(clip_of(1600), areas)
    request = replace(REQUEST, mode=Mode.HYBRID, opening_s=0.8)
    assert [window.opening for window in edit_windows(model, plan, request)] == [0]
    last = finish(edit_steps(model, plan, request))
    assert torch.equal(last.codes[0][plan.keep], plan.base.codes[plan.keep])
    plain = plan_edit(clip_of(1600), [Area(start_s=0.5, stop_s=1.6, levels=(0, 3))])
    assert [window.opening for window in edit_windows(model, plain, request)] == [40]


def test_a_model_without_a_view_of_what_follows_is_told_so(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "tiny", ModelKind.AUTOREGRESSIVE)
    model = load(str(folder), device="cpu", dtype=torch.float32)
    request = GenerationRequest(prompt="calm", mode=Mode.AUTOREGRESSIVE)
    clip = clip_of(1600)
    with pytest.raises(RequestError, match="from left to right alone"):
        edit_steps(model, plan_edit(clip, [Area(start_s=0.5, stop_s=1.0)]), request)
    for levels in (None, (1,)):
        to_its_end = plan_edit(clip, [Area(start_s=0.5, stop_s=1.6, levels=levels)])
        assert finish(edit_steps(model, to_its_end, request)).codes.shape == (1, 4, 80)
