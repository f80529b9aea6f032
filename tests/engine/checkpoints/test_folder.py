"""A model folder comes back as it was written, and says what is wrong with it."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.checkpoints.folder import (
    CODEC_FILE,
    CONFIG_FILE,
    FILES,
    LANGUAGE_MODEL_FILE,
    load_model,
)
from engine.errors import CheckpointError
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny")


def test_a_folder_comes_back_as_it_was_written(folder: Path, tmp_path: Path) -> None:
    first, second = load_model(folder), load_model(write_tiny_model(tmp_path / "again"))
    for key, value in first.language_model.state_dict().items():
        assert torch.equal(value, second.language_model.state_dict()[key]), key
    assert first.name == "tiny" and first.licence == "MIT"
    assert not first.language_model.training and not first.codec.training


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_model(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_model(folder)


def test_misshapen_weights_are_named(folder: Path) -> None:
    state = load_file(folder / LANGUAGE_MODEL_FILE)
    key = sorted(state)[0]
    state[key] = torch.zeros(3, 5)
    save_file(state, folder / LANGUAGE_MODEL_FILE)
    with pytest.raises(CheckpointError, match=key.replace(".", r"\.")):
        load_model(folder)


def test_weights_that_are_not_finite_are_refused(folder: Path) -> None:
    state = load_file(folder / CODEC_FILE)
    state["codebooks"][0, 0, 0] = float("nan")
    save_file(state, folder / CODEC_FILE)
    with pytest.raises(CheckpointError, match="not finite"):
        load_model(folder)


@pytest.mark.parametrize(
    "change", [{"language_model": {}}, {"codec": {"width": "wide"}}, {"text_encoder": None}]
)
def test_a_configuration_that_makes_no_sense_is_refused(folder: Path, change: dict) -> None:
    config = json.loads((folder / CONFIG_FILE).read_text()) | change
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="config"):
        load_model(folder)
