"""The codec's chapter, from clips to words: on a tiny model, with clips of a second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from engine.errors import AudioError
from engine.evaluation import clip_sets, codec_part
from engine.evaluation.codec_part import NO_OTHER_SOUNDFONT, PART, measure
from engine.evaluation.notes import played_notes, pure_tones
from engine.evaluation.part import Result, Setup
from engine.music import MusicModel, load
from engine.training.composer.render import SoundFontMissingError, find_soundfont
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """One instrument and clips of a second: what is tested is the way from them to words."""
    tones = list(pure_tones())[:2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec_part, "pure_tones", lambda: tones)
        patch.setattr(clip_sets, "CLIP_S", 1.0)
        patch.setattr(codec_part, "played_notes", partial(played_notes, instruments=("flute",)))
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    return load(str(write_tiny_model(tmp_path_factory.mktemp("model") / "tiny")), device="cpu")


@pytest.fixture(scope="module")
def setup(model: MusicModel, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    folder = tmp_path_factory.mktemp("own") / "mine"
    folder.mkdir()
    rng = np.random.default_rng(0)
    soundfile.write(folder / "one.wav", rng.normal(0, 0.1, 48_000).astype(np.float32), 32_000)
    soundfile.write(folder / "short.wav", rng.normal(0, 0.1, 16_000).astype(np.float32), 32_000)
    (folder / "a note.wav").write_text("no sound")
    # The training's own soundfont in the place of another one: then nothing may differ.
    return Setup(model=model, cache=folder, clips=2, folder=folder, soundfont=find_soundfont())


@pytest.fixture(scope="module")
def result(setup: Setup) -> Result:
    return cast(Result, json.loads(json.dumps(measure(setup), allow_nan=False)))


def _sets(result: Result) -> dict[str, Any]:
    return {each["role"]: each for each in result["sets"] if each["role"] != "floor"}


def test_every_set_is_measured(result: Result) -> None:
    sets = _sets(result)
    assert list(sets) == ["held-out", "other", "folder"] and result["missing"] == []
    assert [each["clips"] for each in sets.values()] == [2, 2, 1]
    floors = [each["name"] for each in result["sets"] if each["role"] == "floor"]
    assert floors == ["held-out renders, no codes", "mine, no codes"]
    assert result["codebooks"][0]["codes"] == 2 * 50


def test_the_same_soundfont_is_no_other(result: Result) -> None:
    sets = _sets(result)
    assert result["other_ratio"] == [1.0, 1.0, 1.0]
    for name in ("coarse", "fine", "errors", "onsets", "each_coarse"):
        assert sets["other"][name] == sets["held-out"][name]


def test_codes_lose_more_than_the_way_back(result: Result) -> None:
    floor = next(each for each in result["sets"] if each["role"] == "floor")
    assert floor["coarse"][0] < 0.5 * _sets(result)["held-out"]["coarse"][0]
    notes = [note for note in result["notes"] if not note["control"]]
    assert len(notes) == 3 and all(abs(note["floor_cents"]) < 10 for note in notes)


def test_bands_and_clips_agree_with_the_whole(result: Result) -> None:
    for each in result["sets"]:
        assert each["coarse"][0] == pytest.approx(np.mean(each["profile"]), abs=1e-3)
        assert each["coarse"][0] == pytest.approx(np.mean(each["each_coarse"]), abs=1e-3)
        assert each["coarse"][1] <= each["coarse"][0] <= each["coarse"][2]


def test_the_chapter_names_every_set_and_draws_its_pictures(result: Result) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure
    section = PART.describe(result)
    for each in result["sets"]:
        assert f"| {each['name']} |" in section.body
    assert "carry no phase" in section.body and "Not measured" not in section.body
    assert len({plot.name for plot in section.plots}) == len(section.plots) == 3
    for plot in section.plots:
        drawn = figure(figsize=plot.size)
        ax = drawn.subplots()
        plot.draw(ax)
        assert ax.get_xlabel() or ax.get_ylabel()
        drawn.canvas.draw()


def test_si_sdr_is_a_target_where_phase_is_coded(result: Result) -> None:
    coded = deepcopy(result)
    coded["codec"]["codes_phase"] = True
    _sets(coded)["held-out"]["si_sdr_db"] = [4.1, 3.0, 5.0]
    assert "| median SI-SDR, dB | 4.1 [3.0, 5.0] | above 4 | met |" in PART.describe(coded).body
    _sets(coded)["held-out"]["si_sdr_db"][0] = 4.0
    assert "| above 4 | **not met** |" in PART.describe(coded).body
    assert "median SI-SDR, dB" not in PART.describe(result).body


def _verdicts(result: Result) -> list[bool]:
    table = PART.describe(result).body.split("### Against the targets")[1].split("###")[0]
    return ["**not met**" not in row for row in table.splitlines() if "met" in row]


def test_targets_are_met_at_their_value_and_not_beyond(result: Result) -> None:
    good = deepcopy(result)
    held = _sets(good)["held-out"]
    held["coarse"][0], held["fine"][0], good["other_ratio"][0] = 0.33, 0.24, 1.3
    size = good["codec"]["codebook_size"]
    for level in good["codebooks"][0]["levels"]:
        level["perplexity"] = 0.4 * size
    good["notes_size"]["added_cents"][0], good["notes_size"]["added_db"][0] = 10.0, 1.0
    assert _verdicts(good) == [True] * 6
    bad = deepcopy(good)
    held = _sets(bad)["held-out"]
    held["coarse"][0], held["fine"][0], bad["other_ratio"][0] = 0.331, 0.241, 1.301
    bad["codebooks"][0]["levels"][-1]["perplexity"] = 0.399 * size
    bad["notes_size"]["added_cents"][0], bad["notes_size"]["added_db"][0] = 10.1, 1.01
    assert _verdicts(bad) == [False] * 6


def test_a_note_that_wavers_more_does_not_make_up_for_one_that_wavers_less(result: Result) -> None:
    names = ("added_cents", "apart_cents", "shift_cents", "added_db", "louder_db")
    notes = [dict.fromkeys(names, value) for value in (-20.0, 20.0, 20.0, -20.0)]
    sizes = codec_part._sizes(notes)
    assert sizes is not None and sizes["added_cents"] == [20.0, 20.0, 20.0]


def test_without_another_soundfont_it_says_how_to_get_one(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_sets, "OTHER_SOUNDFONTS", ())
    missing: list[str] = []
    sets = list(codec_part._sets(replace(setup, soundfont=None, clips=1, folder=None), missing))
    assert [role for role, _ in sets] == ["held-out"]
    assert missing == [NO_OTHER_SOUNDFONT]
    assert "timgm6mb-soundfont" in NO_OTHER_SOUNDFONT


def _no_soundfont(*_: object, **__: object) -> None:
    raise SoundFontMissingError("it is gone", expected="a soundfont", advice="Install one")


def test_without_fluidsynth_tones_and_the_folder_are_measured(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_sets, "SoundFontPlayer", _no_soundfont)
    monkeypatch.setattr(codec_part, "SoundFontPlayer", _no_soundfont)
    found = measure(setup)
    assert list(_sets(found)) == ["folder"] and found["other_ratio"] is None
    assert found["notes"] and all(note["control"] for note in found["notes"])
    body = PART.describe(found).body
    assert body.count("Not measured") == 2 and "Install one" in body


def test_a_folder_without_clips_is_refused_before_any_work(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_sets, "SoundFontPlayer", lambda *_: pytest.fail("it has begun"))
    with pytest.raises(AudioError, match="no clip"):
        measure(replace(setup, folder=tmp_path))


def test_files_of_a_folder_are_taken_at_any_rate_from_their_start(tmp_path: Path) -> None:
    for number, rate_hz in enumerate((44_100, 8_000, 32_000)):
        times = np.arange(3 * rate_hz) / rate_hz
        tone = 0.3 * np.sin(2 * np.pi * 440 * times) * (times < 1.5)
        soundfile.write(tmp_path / f"{number}.wav", np.stack([tone, tone], 1), rate_hz)
    found = clip_sets.from_folder(tmp_path, 2).samples
    wanted = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 32_000)
    assert found.shape == (2, 32_000)
    assert np.abs(found - wanted)[:, 1000:-1000].max() < 1e-3


class Silent:
    """Another kind of codec, at another rate, that decodes everything to near silence."""

    sample_rate_hz, frame_rate_hz, n_levels, codebook_size = 16_000, 50, 2, 8

    def encode(self, samples: Tensor) -> Tensor:
        return torch.zeros((1, 2, -(-samples.shape[-1] // 320)), dtype=torch.int64)

    def decode(self, codes: Tensor) -> Tensor:
        n_samples = codes.shape[-1] * 320
        return 1e-4 * torch.randn((1, 1, n_samples), generator=torch.Generator().manual_seed(0))


def test_another_codec_is_measured_without_a_floor(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_sets, "SoundFontPlayer", _no_soundfont)
    monkeypatch.setattr(codec_part, "SoundFontPlayer", _no_soundfont)
    other = cast(MusicModel, SimpleNamespace(parts=SimpleNamespace(codec=Silent())))
    found = json.loads(json.dumps(measure(replace(setup, model=other)), allow_nan=False))
    assert [each["role"] for each in found["sets"]] == ["folder"]
    assert found["codebooks"][0]["levels"] == [{"perplexity": 1.0, "dead": 7}] * 2
    body = PART.describe(found).body
    assert "carry no phase" not in body and "resampled to the codec's rate" in body
