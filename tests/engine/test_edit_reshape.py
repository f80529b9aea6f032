"""Clips extended, closed to loops, cut, and varied by recipes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.audio.beats import Beats
from engine.audio.looping import loop_jump
from engine.audio.snapping import Snap
from engine.audio.source import Depth, Source
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.edit import (
    Area,
    EditPlan,
    EditSettings,
    WorkingClip,
    crop,
    edit_facts,
    edit_steps,
    edit_windows,
    estimate_edit,
    finish_edit,
    open_clip,
    plan_edit,
    plan_extension,
    plan_loop,
)
from engine.errors import RequestError
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

REQUEST = GenerationRequest(
    prompt="calm piano", mode=Mode.PARALLEL, seed=3, options=SamplingOptions(steps=(3, 2, 1, 1))
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)


def source_of(seconds: float, rate: int, channels: int = 1, depth: Depth = Depth.INT_16) -> Source:
    times = np.arange(round(seconds * rate)) / rate
    tones = [0.3 * np.sin(2 * np.pi * 110 * (i + 2) * times) for i in range(channels)]
    numbers = np.rint(np.stack(tones) * 2.0 ** (depth.bits - 1)) / 2.0 ** (depth.bits - 1)
    return Source(samples=numbers.astype(depth.dtype), sample_rate_hz=rate, depth=depth)


def clip_of(seconds: float, rate: int = 1000) -> WorkingClip:
    n_frames = int(np.ceil(seconds * 50 - 1e-9))
    codes = torch.arange(4 * n_frames).reshape(4, n_frames) % 32
    return WorkingClip(source=source_of(seconds, rate), codes=codes, frame_rate_hz=50)


RATES = [8000, 11025, 22050, 44100, 48000, 96000]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("left_s", "right_s"), [(0.0, 1.0), (0.5, 0.0), (0.34, 2.5)])
@pytest.mark.parametrize("mode", [Mode.PARALLEL, Mode.HYBRID])
def test_an_extension_keeps_the_clip_and_adds_sound(
    model: MusicModel, rate: int, left_s: float, right_s: float, mode: Mode
) -> None:
    clip = open_clip(model, source_of(2.013, rate, channels=2))
    plan = plan_extension(clip, left_s=left_s, right_s=right_s)
    codes = finish(edit_steps(model, plan, replace(REQUEST, mode=mode))).codes[0]
    edited = finish_edit(model, plan, codes)
    result, before = edited.clip.source, plan.offset_samples
    assert edited.proof.passed and edited.proof.compared_samples > 2 * 1.9 * rate
    added_s = round(left_s * 50) / 50 + round(right_s * 50) / 50
    assert result.n_samples == pytest.approx(clip.source.n_samples + added_s * rate, abs=1)
    joint = round(0.021 * rate)
    kept = slice(joint if left_s else 0, clip.source.n_samples - 2 * joint * bool(right_s))
    own = result.samples[:, before + kept.start : before + kept.stop]
    assert np.array_equal(own, clip.source.samples[:, kept])
    outside = [result.samples[:, :before], result.samples[:, before + clip.source.n_samples :]]
    assert all(np.abs(each).max() > 0 for each in outside if each.size)
    # Its tokens stay too, and are those of the clip at their new place.
    first = round(left_s * 50)
    assert torch.equal(edited.clip.codes[:, first : first + 100], clip.codes[:, :100])


def test_an_extension_joins_in_the_clips_own_last_frames() -> None:
    """Else the sound would fade in from nothing right after the clip's last sample."""
    plan = plan_extension(clip_of(2.0), right_s=1.0)
    assert plan.frames == ((99, 150),) and plan.regions[0].start_sample == 1980
    assert plan.keep[:, :100].all() and not plan.keep[:, 100:].any()
    slow = plan_extension(clip_of(2.0), right_s=1.0, settings=EditSettings(fade_s=0.1))
    assert slow.frames == ((95, 150),) and slow.fade_s == 0.1
    short = plan_extension(clip_of(0.1), right_s=1.0, settings=EditSettings(fade_s=0.5))
    assert short.frames == ((3, 55),) and short.fade_s == pytest.approx(0.04)


def test_a_broken_last_frame_is_written_anew_where_something_follows() -> None:
    plan = plan_extension(clip_of(2.01), right_s=1.0)
    assert plan.base.source.n_samples == 3010 and plan.n_frames == 151
    assert not plan.keep[:, 100:].any() and plan.keep[:, :100].all()
    assert plan_extension(clip_of(2.01), left_s=1.0).keep[:, 50:].all()


@pytest.mark.parametrize(
    ("left_s", "right_s", "words"),
    [
        (0.0, 0.0, "extended by nothing"),
        (0.0, 0.004, "extended by nothing"),
        (-1.0, 2.0, "0 s or more"),
        (0.0, float("nan"), "0 s or more"),
        (0.0, 1e6, "1800 s together"),
    ],
)
def test_impossible_extensions_are_refused(left_s: float, right_s: float, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        plan_extension(clip_of(2.0), left_s=left_s, right_s=right_s)


def test_a_clip_too_short_to_be_joined_is_refused() -> None:
    with pytest.raises(RequestError, match="60 ms or more"):
        plan_extension(clip_of(0.03), right_s=1.0)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [3.0, 3.007, 2.995])
@pytest.mark.parametrize("mode", [Mode.PARALLEL, Mode.HYBRID])
def test_a_loop_has_no_jump_at_its_seam(
    model: MusicModel, rate: int, seconds: float, mode: Mode
) -> None:
    clip = open_clip(model, source_of(seconds, rate, channels=2))
    plan = plan_loop(clip, seam_s=1.0)
    steps = list(edit_steps(model, plan, replace(REQUEST, mode=mode)))
    kept = plan.keep
    for step in steps:
        assert torch.equal(step.codes[0][kept], plan.base.codes[kept])
        assert not (step.updated & kept).any()
    edited = finish_edit(model, plan, steps[-1].codes[0])
    assert edited.proof.passed
    assert edited.clip.source.n_samples == clip.source.n_samples
    assert loop_jump(edited.clip.source.waveform).ratio <= 1
    starts, stops = (plan.regions[i].n_samples for i in (0, 1))
    assert starts == stops == pytest.approx(rate / 2, abs=1)


def test_a_loops_seam_is_written_with_both_ends_in_view(model: MusicModel) -> None:
    """Turned, it is a region in the middle: the same tokens as of the turned clip."""
    clip = clip_of(2.0)
    plan = plan_loop(clip, seam_s=0.4)
    assert plan.frames == ((0, 10), (90, 100))
    looped = finish(edit_steps(model, plan, REQUEST)).codes[0]
    turned = WorkingClip(source=clip.source, codes=clip.codes.roll(-50, -1), frame_rate_hz=50)
    middle = plan_edit(turned, [Area(start_s=0.8, stop_s=1.2)])
    assert torch.equal(finish(edit_steps(model, middle, REQUEST)).codes[0], looped.roll(-50, -1))


@pytest.mark.parametrize("seam_s", [0.0, 0.01, 1.6, -1.0, float("nan")])
def test_impossible_seams_are_refused(seam_s: float) -> None:
    with pytest.raises(RequestError, match=r"0.5 s that stay"):
        plan_loop(clip_of(2.0), seam_s=seam_s)


def test_a_cut_clip_has_its_own_tokens_and_samples() -> None:
    clip = clip_of(2.0)
    part = crop(clip, 0.5, 1.234)
    assert np.array_equal(part.source.samples, clip.source.samples[:, 500:1234])
    assert torch.equal(part.codes, clip.codes[:, 25:62])
    whole = crop(clip, 0.0, clip.duration_s)
    assert torch.equal(whole.codes, clip.codes) and whole.source.n_samples == 2000


@pytest.mark.parametrize("ends", [(1.0, 1.0), (1.0, 1.01), (-1.0, 1.0), (0.5, 2.5), (1.5, 0.5)])
def test_impossible_cuts_are_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(RequestError):
        crop(clip_of(2.0), *ends)


AREA = Area(start_s=0.2, stop_s=1.8)


def kept_inside(settings: EditSettings, beats: Beats | None = None, seed: int = 0) -> list[int]:
    plan = plan_edit(clip_of(2.0), [AREA], settings, beats=beats, seed=seed)
    assert plan.keep[:, :10].all() and plan.keep[:, 90:].all()
    assert plan.regions == plan_edit(clip_of(2.0), [AREA]).regions
    (rows,) = plan.keep.unique(dim=0)
    return (rows[10:90].nonzero().flatten() + 10).tolist()


def beats_of(beats_s: tuple[float, ...], onsets_s: tuple[float, ...]) -> Beats:
    return Beats(
        tempo_bpm=120.0,
        beats_s=beats_s,
        confidence=1.0,
        downbeats_s=beats_s[:1],
        downbeat_confidence=0.0,
        onsets_s=onsets_s,
        beats_per_bar=4,
        duration_s=2.0,
    )


BEATS = beats_of((0.5, 1.0, 1.5), (0.1, 0.7, 0.72))


def test_recipes_keep_inside_and_add_up() -> None:
    assert kept_inside(EditSettings(keep_every=40)) == [40, 80]
    assert kept_inside(EditSettings(keep_beats_s=0.04), BEATS) == [25, 26, 50, 51, 75, 76]
    assert kept_inside(EditSettings(keep_onsets_s=0.02), BEATS) == [35, 36]
    both = EditSettings(keep_every=40, keep_onsets_s=0.02)
    assert kept_inside(both, BEATS) == [35, 36, 40, 80]


def test_strength_is_the_share_that_is_drawn_again() -> None:
    kept = kept_inside(EditSettings(strength=0.25), seed=1)
    assert len(kept) == pytest.approx(0.75 * 80, abs=3)
    assert kept == kept_inside(EditSettings(strength=0.25), seed=1)
    assert kept != kept_inside(EditSettings(strength=0.25), seed=2)
    two = plan_edit(
        clip_of(2.0),
        [Area(start_s=0, stop_s=0.24), Area(start_s=1, stop_s=1.96)],
        EditSettings(strength=0.5),
    )
    assert (~two.keep[0, :12]).sum() == 6 and (~two.keep[0, 50:98]).sum() == 24


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (EditSettings(keep_beats_s=0.1), "o beats were found"),
        (EditSettings(keep_onsets_s=0.1), "o onsets were found"),
        (EditSettings(snap=Snap.BAR), "o bars were found"),
    ],
)
def test_recipes_that_have_nothing_to_hold_on_to_are_refused(
    settings: EditSettings, words: str
) -> None:
    for beats in (None, beats_of((), ())):
        with pytest.raises(RequestError, match=words):
            plan_edit(clip_of(2.0), [AREA], settings, beats=beats)


def test_recipes_that_leave_nothing_are_refused() -> None:
    with pytest.raises(RequestError, match="keep every token"):
        plan_edit(clip_of(2.0), [AREA], EditSettings(keep_onsets_s=2.0), beats=BEATS)


def test_ends_go_to_beats_and_the_area_asked_for_is_kept() -> None:
    asked = Area(start_s=0.55, stop_s=1.4, levels=(3, 2))
    plan = plan_edit(clip_of(2.0), [asked], EditSettings(snap=Snap.BEAT), beats=BEATS)
    assert plan.asked == (asked,)
    assert plan.areas == (Area(start_s=0.5, stop_s=1.5, levels=(2, 3)),)
    with pytest.raises(RequestError, match="no beat of its own"):
        short = Area(start_s=0.95, stop_s=1.05)
        plan_edit(clip_of(2.0), [short], EditSettings(snap=Snap.BEAT), beats=BEATS)


def test_areas_of_several_levels_may_overlap() -> None:
    areas = [
        Area(start_s=0.2, stop_s=1.0, levels=(0,)),
        Area(start_s=0.6, stop_s=1.6, levels=(2, 3)),
    ]
    plan = plan_edit(clip_of(2.0), areas)
    assert plan.frames == ((10, 80),)
    free = [(~row).nonzero().flatten().tolist() for row in plan.keep]
    assert free == [list(range(10, 50)), [], list(range(30, 80)), list(range(30, 80))]


@pytest.mark.parametrize("levels", [(), (-1,), (True,), (0.5,), (4,)])
def test_levels_that_are_none_are_refused(levels: tuple[int, ...]) -> None:
    with pytest.raises(RequestError):
        plan_edit(clip_of(2.0), [Area(start_s=0.2, stop_s=1.0, levels=levels)])


def test_context_is_as_long_as_asked(model: MusicModel) -> None:
    """The window of this model is 100 frames."""

    def window(plan: EditPlan, context_s: float | None) -> tuple[int, int, int, int]:
        (only,) = edit_windows(model, plan, replace(REQUEST, context_s=context_s))
        return only.start, only.stop, only.first, only.last

    plan = plan_edit(clip_of(6.0), [Area(start_s=3.0, stop_s=3.5)])
    assert window(plan, None) == (112, 212, 150, 175)
    assert window(plan, 0.2) == (140, 185, 150, 175)
    longer = plan_extension(clip_of(6.0), right_s=0.5)
    assert window(longer, 0.5) == (275, 325, 300, 325)


def test_an_edit_costs_what_its_windows_cost(model: MusicModel) -> None:
    clip = clip_of(60.0)
    one = plan_edit(clip, [Area(start_s=30, stop_s=30.5)])
    two = plan_edit(clip, [Area(start_s=10, stop_s=10.5), Area(start_s=30, stop_s=30.5)])
    seconds = [estimate_edit(model, plan, REQUEST).seconds for plan in (one, two)]
    assert seconds[1] == pytest.approx(2 * seconds[0], rel=0.05)


def test_the_facts_are_json_and_tell_the_source(model: MusicModel, tmp_path: Path) -> None:
    import json

    clip = open_clip(model, source_of(2.0, 8000))
    plan = plan_edit(clip, [Area(start_s=0.5, stop_s=1.0, levels=(1,))])
    edited = finish_edit(model, plan, finish(edit_steps(model, plan, REQUEST)).codes[0])
    facts = json.loads(json.dumps(edit_facts(plan, edited)))
    assert facts["regions_s"] == [[0.5, 1.0]] and facts["areas"][0]["levels"] == [1]
    assert facts["null_test"]["passed"] and facts["settings"]["snap"] == "frame"
    other = edit_facts(plan_edit(edited.clip, [AREA]), edited)
    assert len(facts["source_sha256"]) == 64 and other["source_sha256"] != facts["source_sha256"]


def test_tokens_of_another_clip_are_refused() -> None:
    clip = clip_of(2.0)
    with pytest.raises(RequestError, match="Open the clip again"):
        replace(clip, codes=clip.codes[:, :50])


def test_models_that_share_a_codec_share_its_hash(model: MusicModel) -> None:
    from copy import deepcopy

    other = deepcopy(model.parts)
    assert replace(model, parts=other).codec_hash == model.codec_hash
    with torch.no_grad():
        next(other.codec.parameters()).add_(1e-3)
    assert replace(model, parts=other).codec_hash != model.codec_hash
