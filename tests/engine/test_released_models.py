"""Folders of all four published kinds, from files to sound, and together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.audio import read_audio, read_provenance
from engine.cli import main
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.knobs import Family
from engine.model.config import ModelKind
from engine.music import MusicModel, load
from tests.engine.release_writer import write_release

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")

KINDS = {"magnet": 2.0, "hybrid": 3.0, "musicgen": 3.0, "audio": 2.0}
OPTIONS = SamplingOptions(steps=(3, 2, 1, 1))
REQUEST = GenerationRequest(
    prompt="happy rock", duration_s=1.0, opening_s=0.3, seed=3, options=OPTIONS
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("released")
    for kind, window_s in KINDS.items():
        write_release(base / kind, kind=kind, size="tiny", window_s=window_s)
    return {kind: base / kind for kind in KINDS}


@pytest.fixture(scope="module")
def models(folders: dict[str, Path]) -> dict[str, MusicModel]:
    return {
        kind: load(str(folder), device="cpu", dtype=torch.float32)
        for kind, folder in folders.items()
    }


@pytest.mark.parametrize(
    ("kind", "found", "family", "rate"),
    [
        ("magnet", ModelKind.MAGNET, Family.MUSIC, 32000),
        ("hybrid", ModelKind.HYBRID, Family.MUSIC, 32000),
        ("musicgen", ModelKind.AUTOREGRESSIVE, Family.MUSIC, 32000),
        ("audio", ModelKind.MAGNET, Family.SOUND, 16000),
    ],
)
def test_what_a_folder_is_comes_from_its_files(
    models: dict[str, MusicModel], kind: str, found: ModelKind, family: Family, rate: int
) -> None:
    model = models[kind]
    assert (model.kind, model.family, model.sample_rate_hz) == (found, family, rate)
    assert model.window_s == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duration_s", [0.5, 5.0])
def test_every_mode_sounds_within_a_window_and_beyond(
    models: dict[str, MusicModel], kind: str, duration_s: float
) -> None:
    model = models[kind]
    for mode in model.modes:
        request = replace(REQUEST, mode=mode, duration_s=duration_s)
        codes = finish(model.generate(request)).codes
        assert codes.shape == (1, 4, int(50 * duration_s)) and int(codes.max()) < 2048
        (clip,) = model.listen(codes)
        assert clip.n_samples == duration_s * model.sample_rate_hz


def test_musicgen_opens_for_a_magnet_and_judges_it(models: dict[str, MusicModel]) -> None:
    request = replace(REQUEST, mode=Mode.HYBRID, opener="musicgen", rescorer="musicgen")
    steps = list(models["magnet"].generate(request, models))
    opened = replace(REQUEST, mode=Mode.AUTOREGRESSIVE, duration_s=0.3)
    opening = finish(models["musicgen"].generate(opened)).codes
    assert torch.equal(steps[-1].codes[..., :15], opening)
    assert any(step.rescored is not None for step in steps)


def test_a_hybrid_judges_itself(models: dict[str, MusicModel]) -> None:
    request = replace(REQUEST, mode=Mode.HYBRID, rescorer="self")
    assert any(step.rescored is not None for step in models["hybrid"].generate(request))


def test_music_does_not_judge_sounds(models: dict[str, MusicModel]) -> None:
    request = replace(REQUEST, mode=Mode.PARALLEL, rescorer="musicgen")
    with pytest.raises(ValueError, match="sample rate of musicgen is 32000; expected 16000"):
        models["audio"].generate(request, models)


def run(capsys: Any, *arguments: object) -> dict[str, Any]:
    assert main(["generate", "a dog barks", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_text_to_sound_from_the_command_line(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is typed but the model: mode and settings are those of the sound models."""
    path = tmp_path / "dog.wav"
    facts = run(capsys, "-o", path, "--model", folders["audio"], "--duration-s", 0.5)
    settings = facts["settings"]
    assert settings["mode"] == "parallel"
    assert {name: settings["options"][name] for name in ("temperature", "top_p", "cfg_start")} == {
        "temperature": 3.5, "top_p": 0.8, "cfg_start": 20.0,
    }  # fmt: skip
    assert settings["options"]["steps"] == [20, 10, 10, 10]
    assert facts["peak_memory_bytes"] is None or facts["peak_memory_bytes"] > 2**20
    assert read_audio(path).sample_rate_hz == 16000


def test_a_crossed_hybrid_from_the_command_line(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "crossed.wav"
    facts = run(
        capsys, "-o", path, "--model", folders["magnet"], "--opener", folders["musicgen"],
        "--rescorer", folders["musicgen"], "--duration-s", 0.5, "--steps", "2,1,1,1",
    )  # fmt: skip
    assert facts["settings"]["mode"] == "hybrid"
    kept = read_provenance(path)
    assert kept is not None and kept["request"]["opener"] == "musicgen"
    assert len(kept["helpers"]["musicgen"]["model_sha256"]) == 64
    assert str(tmp_path) not in json.dumps(kept) and str(folders["magnet"]) not in json.dumps(kept)


def test_a_published_size_has_the_published_names_and_shapes(tmp_path: Path) -> None:
    """The account that is taken of every file, at the size of magnet-small, without numbers."""
    from engine.checkpoints.published import PUBLISHED
    from engine.checkpoints.upstream_names import upstream_shapes

    shapes = upstream_shapes(PUBLISHED["magnet-small-10secs"].config)
    assert len(shapes) == 300
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == 420_371_456
