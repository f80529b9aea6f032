"""Parts of sound files made anew, and not one bit besides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.audio.proof import null_test
from engine.audio.source import read_source, write_source
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.edit import (
    Area,
    WorkingClip,
    edit_steps,
    finish_edit,
    open_clip,
    plan_edit,
    request_for_edit,
)
from engine.errors import RequestError
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

REQUEST = GenerationRequest(
    prompt="calm piano",
    mode=Mode.HYBRID,
    seed=3,
    variations=2,
    options=SamplingOptions(steps=(3, 2, 1, 1)),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)


def areas(*regions: tuple[float, float]) -> list[Area]:
    return [Area(start_s=start, stop_s=stop) for start, stop in regions]


def write_sound(
    path: Path, *, rate: int = 44100, channels: int = 2, seconds: float = 3.01, subtype: str
) -> Path:
    rng = np.random.default_rng(0)
    times = np.arange(round(seconds * rate))[:, None] / rate
    tones = 0.3 * np.sin(2 * np.pi * 220 * times * (1 + np.arange(channels)))
    soundfile.write(path, tones + rng.normal(0, 0.01, tones.shape), rate, subtype=subtype)
    return path


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 44100, 2, "PCM_16"),
        ("a.wav", 48000, 1, "PCM_24"),
        ("a.wav", 96000, 2, "FLOAT"),
        ("a.flac", 8000, 1, "PCM_16"),
        ("a.flac", 44100, 6, "PCM_24"),
        ("a.wav", 32000, 1, "PCM_U8"),
    ],
)
def test_every_sample_outside_is_the_sources_own(
    model: MusicModel, tmp_path: Path, name: str, rate: int, channels: int, subtype: str
) -> None:
    path = write_sound(tmp_path / name, rate=rate, channels=channels, subtype=subtype)
    source = read_source(path)
    clip = open_clip(model, source)
    plan = plan_edit(clip, areas((0.5, 1.0), (2.0, 2.25)))
    last = finish(edit_steps(model, plan, REQUEST))
    edited = finish_edit(model, plan, last.codes[1])
    out = tmp_path / f"out{source.suffix}"
    write_source(out, edited.clip.source)
    assert edited.proof.passed and edited.proof.compared_samples > 0
    assert null_test(source, read_source(out), plan.regions).passed
    for region in plan.regions:
        before, after = (each.samples[:, region.as_slice] for each in (source, edited.clip.source))
        assert not np.array_equal(before, after)


def test_the_second_edit_starts_from_the_tokens_of_the_first(
    model: MusicModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = read_source(write_sound(tmp_path / "a.wav", subtype="PCM_16"))
    clip = open_clip(model, source)
    monkeypatch.setattr(type(model.parts.codec), "encode", None)  # never again
    first = plan_edit(clip, areas((0.5, 1.0)))
    codes = finish(edit_steps(model, first, REQUEST)).codes[0]
    edited = finish_edit(model, first, codes)
    second = plan_edit(edited.clip, areas((2.0, 2.5)))
    again = finish(edit_steps(model, second, REQUEST)).codes[0]
    twice = finish_edit(model, second, again)
    assert torch.equal(twice.clip.codes[:, :100], codes[:, :100])
    both = (*first.regions, *second.regions)
    assert null_test(source, twice.clip.source, both).passed


def test_a_long_clip_has_the_tokens_of_a_short_one(model: MusicModel, tmp_path: Path) -> None:
    """Encoded in pieces of 30 s: away from their edges the same as at once."""
    path = write_sound(tmp_path / "a.wav", rate=32000, channels=1, seconds=65, subtype="FLOAT")
    clip = open_clip(model, read_source(path))
    assert clip.n_frames == 65 * 50
    whole = model.parts.codec.encode(torch.from_numpy(clip.source.samples.copy())[None])[0]
    assert (clip.codes == whole).float().mean() > 0.99


def clip_of(seconds: float) -> WorkingClip:
    from engine.audio.source import source_from_waveform
    from engine.audio.waveform import Waveform

    samples = np.zeros((1, round(seconds * 1000)), np.float32)
    waveform = Waveform(samples=samples, sample_rate_hz=1000)
    codes = torch.zeros(4, int(np.ceil(seconds * 50)), dtype=torch.int64)
    return WorkingClip(source=source_from_waveform(waveform), codes=codes, frame_rate_hz=50)


def test_regions_are_moved_to_frames_and_together() -> None:
    plan = plan_edit(clip_of(2.0), areas((0.5, 0.611), (0.6, 0.7), (0.1, 0.2)))
    assert plan.frames == ((5, 10), (25, 35))
    assert [(r.start_sample, r.stop_sample) for r in plan.regions] == [(100, 200), (500, 700)]
    assert plan.keep.sum() == 4 * (100 - 15)
    assert (
        plan_edit(clip_of(2.0), [Area(start_s=0.1, stop_s=0.2, levels=(3,))]).keep.sum() == 400 - 5
    )


def test_a_region_to_the_end_of_a_broken_frame_ends_with_the_clip() -> None:
    plan = plan_edit(clip_of(2.005), areas((1.0, 2.005)))
    assert plan.frames == ((50, 101),) and plan.regions[0].stop_sample == 2005


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([], "no region"),
        ([(1.0, 0.5)], "start before its end"),
        ([(1.0, 1.0)], "start before its end"),
        ([(-1.0, 0.5)], "start before its end"),
        ([(1.0, 2.5)], "within the clip's 2.000 s"),
        ([(float("nan"), 1.0)], "start before its end"),
        ([(0.5, 0.502)], "no frame of its own"),
    ],
)
def test_impossible_regions_are_refused(regions: list[tuple[float, float]], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        plan_edit(clip_of(2.0), areas(*regions))


def test_the_request_takes_the_clips_length(model: MusicModel) -> None:
    plan = plan_edit(clip_of(2.0), areas((0.5, 1.0)))
    request = request_for_edit(model, plan, replace(REQUEST, opening_s=3.0, duration_s=10.0))
    assert (request.duration_s, request.opening_s) == (2.0, 1.0)
