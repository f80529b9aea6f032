"""`magnet-studio inpaint` on real files, with a model in miniature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.audio import read_provenance
from engine.cli import main
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Four seconds of clicks at 120 beats per minute, stereo, FLAC."""
    rate = 44100
    samples = np.random.default_rng(0).normal(0, 0.001, (4 * rate, 2))
    for beat in range(8):
        start = beat * rate // 2
        samples[start : start + 400] += 0.5 * np.exp(-np.arange(400) / 80)[:, None]
    path = tmp_path / "in.flac"
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return path


def run(
    capsys: pytest.CaptureFixture[str], model: Path, sound: Path, *arguments: object
) -> dict[str, Any]:
    command = ["inpaint", str(sound), "--model", str(model), "--steps", "2,1,1,1", "--json"]
    assert main([*command, *map(str, arguments)]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_what_is_outside_is_the_sources_own(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.flac"
    facts = run(capsys, model, sound, "--region", "1:1.5", "--region", "3.0:4.0", "-o", out)
    before, rate = soundfile.read(sound, dtype="int16")
    after, _ = soundfile.read(out, dtype="int16")
    changed = (before != after).any(axis=1)
    inside = np.zeros(len(before), dtype=bool)
    for start, stop in facts["files"][0]["regions_s"]:
        inside[round(start * rate) : round(stop * rate)] = True
    assert changed[inside].any() and not changed[~inside].any()
    proof = facts["files"][0]["null_test"]
    assert proof["passed"] and proof["compared_samples"] == 2 * int((~inside).sum())
    kept = read_provenance(out)
    assert kept is not None and kept["edit"]["null_test"] == proof
    assert kept["edit"]["source_sha256"] == facts["files"][0]["source_sha256"]
    assert kept["edit"]["regions_s"] == [[1.0, 1.5], [3.0, 4.0]]
    assert str(tmp_path) not in json.dumps(kept)


def test_candidates_are_numbered_and_differ(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--region", "1:2", "--variations", 2, "--seed", 5, "-o", tmp_path / "o.wav")
    facts = run(capsys, model, sound, *arguments)
    assert [file["seed"] for file in facts["files"]] == [5, 6]
    first, second = (soundfile.read(tmp_path / f"o-{n}.wav")[0] for n in (1, 2))
    assert not np.array_equal(first, second)


def test_regions_snap_to_beats(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--region", "0.9:2.1", "--snap", "beat", "-o", tmp_path / "o.flac")
    facts = run(capsys, model, sound, *arguments)
    ((start, stop),) = facts["files"][0]["regions_s"]
    assert start == pytest.approx(1.0, abs=0.04) and stop == pytest.approx(2.0, abs=0.04)


def test_levels_are_counted_from_one(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ("--region", "1:2", "--region", "2:3:1", "--levels", "3,4")
    facts = run(capsys, model, sound, *places, "-o", tmp_path / "o.flac")
    assert [area["levels"] for area in facts["files"][0]["areas"]] == [[2, 3], [0]]


def test_a_clip_is_extended_at_both_ends(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.flac"
    facts = run(capsys, model, sound, "--extend", "left:0.5", "--extend", "1", "-o", out)
    before, rate = soundfile.read(sound, dtype="int16")
    after, _ = soundfile.read(out, dtype="int16")
    assert len(after) == len(before) + round(1.5 * rate)
    start = rate // 2
    (_, first), (second, _) = facts["files"][0]["regions_s"]
    kept = slice(round(first * rate), round(second * rate))
    assert np.array_equal(after[kept], before[kept.start - start : kept.stop - start])
    assert kept.stop - kept.start > 3.9 * rate and facts["files"][0]["clip_starts_s"] == 0.5


def test_a_loop_keeps_its_length(
    model: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.flac"
    facts = run(capsys, model, sound, "--loop", "-o", out)
    assert facts["files"][0]["regions_s"] == [[0.0, 1.0], [3.0, 4.0]]
    assert facts["files"][0]["is_loop"] and len(soundfile.read(out)[0]) == 4 * 44100


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--region", "3:2"], 2, "start before its end"),
        (["--region", "3:9"], 2, "within the clip's 4.000 s"),
        (["--region", "two"], 2, "two times in seconds"),
        (["--region", "1:2", "--levels", "5"], 2, "levels from 1 to 4"),
        (["--region", "1:2:0"], 2, "levels from 1 to 4"),
        (["--region", "1:2", "--fade-s", "-1"], 2, "Fade is -1"),
        (["--region", "1:2", "--strength", "2"], 2, "Strength is 2"),
        (["--region", "1:2", "--keep-every", "1"], 2, "whole number, 2 to 1000"),
        (["--region", "1:2", "--loop"], 2, "one of --region, --extend and --loop"),
        (["--loop", "--snap", "bar"], 2, "--snap: only together with --region"),
        (["--extend", "1", "--levels", "3", "--strength", "0.5"], 2, "--levels, --strength: only"),
        (["--region", "1:2", "--mode", "parallel", "--as-released"], 2, "Turn as_released off"),
        (["--extend", "up:3"], 2, "seconds such as 4 or left:2.5"),
        (["--extend", "-3"], 2, "0 s or more"),
        (["--extend", "0"], 2, "extended by nothing"),
        (["--loop", "3.9"], 2, "0.5 s that stay"),
        (["--loop", "nan"], 2, "0.5 s that stay"),
        (["--region", "1:1.001"], 2, "no frame of its own"),
        ([], 2, "one of --region, --extend and --loop, but there are none"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_written(
    model: Path,
    sound: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    out = tmp_path / "o.flac"
    command = ["inpaint", str(sound), "--model", str(model), "-o", str(out)]
    assert main([*command, *arguments]) == status
    assert words in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize(
    ("name", "words"), [("in.flac", "is there already"), ("o.mp3", "one that keeps every bit")]
)
def test_a_file_that_cannot_be_written_is_said_at_once(
    model: Path,
    sound: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    words: str,
) -> None:
    command = ["inpaint", str(sound), "--model", str(model), "--region", "1:2"]
    assert main([*command, "-o", str(tmp_path / name)]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("channels", "subtype", "words"),
    [(2, "FLOAT", "up to 24 bits"), (9, "PCM_16", "9 channels at 44100 Hz do not go into .flac")],
)
def test_an_ending_that_cannot_hold_the_source_is_said_before_any_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], channels: int, subtype: str, words: str
) -> None:
    soundfile.write(tmp_path / "in.wav", np.full((44100, channels), 0.1), 44100, subtype=subtype)
    command = ["inpaint", str(tmp_path / "in.wav"), "--model", "not-there", "--region", "0.1:0.5"]
    assert main([*command, "-o", str(tmp_path / "o.flac")]) == 1
    assert words in capsys.readouterr().err and not (tmp_path / "o.flac").exists()


def test_the_source_is_never_replaced(
    model: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sound.read_bytes()
    command = ["inpaint", str(sound), "--model", str(model), "--region", "1:2", "--force"]
    assert main([*command, "-o", str(sound)]) == 1
    assert "the source itself" in capsys.readouterr().err and sound.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a sound", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_file_that_is_no_sound_is_said(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(content)
    command = ["inpaint", str(bad), "--model", str(model), "--region", "0:1"]
    assert main([*command, "-o", str(tmp_path / "o.wav")]) == 1
    assert "bad.wav" in capsys.readouterr().err and not (tmp_path / "o.wav").exists()
