"""The list of models, and fetching one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.checkpoints import catalogue
from engine.cli import main
from tests.engine.checkpoints.hub_server import COMMIT, FakeHub
from tests.engine.tiny_model import write_tiny_model

REPO = "facebook/magnet-small-10secs"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one embedded model, and a Hub's cache that is empty."""
    folder = tmp_path / "models"
    write_tiny_model(folder / "tiny")
    (folder / "tiny-text").rename(tmp_path / "tiny-text")
    monkeypatch.setattr(catalogue, "models_dir", lambda: folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    return folder


def test_models_are_listed_in_words(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    head, tiny, *published = captured.out.splitlines()
    assert head.split() == [
        *("name", "kind", "length", "rate", "parameters", "size", "memory", "licence", "state")
    ]
    assert tiny.startswith("tiny  ") and tiny.endswith("MIT           embedded")
    assert len(published) == 12
    small = published[0].split()
    assert small[:8] == ["magnet-small-10secs", "magnet", "10", "s", "32", "kHz", "420", "M"]
    assert small[8:10] == ["2.0", "GB"] and small[-3:] == ["CC-BY-NC-4.0", "to", "download"]


def test_models_are_listed_as_json(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    tiny, small, *_ = json.loads(capsys.readouterr().out)
    assert (tiny["name"], tiny["kind"], tiny["source"]) == ("tiny", "hybrid", "embedded")
    assert tiny["is_here"] and tiny["path"] == str(models / "tiny")
    assert (small["name"], small["source"], small["path"]) == ("magnet-small-10secs", "hub", None)
    assert not small["is_here"] and small["parameters"] == 420_371_456
    assert small["memory_bytes"] > 2 * small["parameters"]


def test_what_is_no_model_is_said_beside_the_list(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (models / "tiny" / "config.json").unlink()
    assert main(["models", "--json"]) == 0
    captured = capsys.readouterr()
    assert all(model["source"] == "hub" for model in json.loads(captured.out))
    assert "Left out: The model folder tiny has no config.json" in captured.err
    assert "There is no model in" in captured.err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["fetch", "tiny"], 1, "the model tiny ships with this program"),
        (["fetch", "nothing"], 1, "there is no published model 'nothing'"),
        (["fetch", "../tiny"], 1, "there is no published model"),
        (["fetch"], 2, "Missing argument 'NAME'"),
        (["--json", "fetch", "magnet-small-10secs"], 2, "--json is for the list alone"),
    ],
)
def test_what_cannot_be_fetched_is_said(
    models: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    assert main(["models", *arguments]) == status
    assert words.lower() in capsys.readouterr().err.lower()


def _magnet_studio(hub: FakeHub, cache: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *arguments],
        env={
            **os.environ,
            "HF_ENDPOINT": hub.address,
            "HF_HOME": str(cache),
            "HF_HUB_OFFLINE": "0",
            "NO_PROXY": "*",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_is_fetched_with_its_text_encoder_and_then_listed_as_here(tmp_path: Path) -> None:
    files = {(REPO, name): b"not read" for name in ("state_dict.bin", "compression_state_dict.bin")}
    for name in ("config.json", "model.safetensors", "spiece.model"):
        files["google-t5/t5-base", name] = b"not read"
    with FakeHub(files=files).serving() as hub:
        name = "magnet-small-10secs"
        folder = _magnet_studio(hub, tmp_path, "models", "fetch", name, "--revision", "main")
        listed = json.loads(_magnet_studio(hub, tmp_path, "models", "--json"))
    assert Path(folder.strip()).name == COMMIT
    assert [model["name"] for model in listed if model["is_here"] and model["source"] == "hub"] == [
        name
    ]
