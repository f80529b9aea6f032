"""Folders of the release format: what they hold, what they name, and what does not fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from engine.checkpoints.release_folder import is_release, load_release
from engine.errors import CheckpointError
from engine.model.config import ModelKind
from tests.engine.golden import GOLDEN

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")


def _refuse(name: str) -> Path:
    raise AssertionError(f"fetched {name}")


def _pointed(tmp_path: Path) -> Path:
    shutil.copy(GOLDEN / "plain/checkpoint/state_dict.bin", tmp_path)
    shutil.copy(GOLDEN / "pointer/compression_state_dict.bin", tmp_path)
    return tmp_path


def test_a_folder_that_holds_everything_fetches_nothing() -> None:
    folder = GOLDEN / "plain/checkpoint"
    assert is_release(folder) and not is_release(folder.parent)
    parts = load_release(folder, fetch=_refuse, dtype=torch.bfloat16)
    assert parts.language_model.config.kind is ModelKind.MAGNET
    assert parts.language_model.final_norm.weight.dtype == torch.bfloat16
    assert next(parts.text_encoder.parameters()).dtype == torch.float32
    assert parts.codec.sample_rate_hz == 32000


def test_what_is_only_named_is_fetched(tmp_path: Path) -> None:
    there = {
        "facebook/encodec_32khz": GOLDEN / "pointer/encodec",
        "t5-base": GOLDEN / "plain/checkpoint/t5",
    }
    asked: list[str] = []

    def fetch(name: str) -> Path:
        asked.append(name)
        return there[name]

    load_release(_pointed(tmp_path), fetch=fetch, dtype=torch.float32)
    assert sorted(asked) == sorted(there)


def test_local_folders_take_the_place_of_the_hub(tmp_path: Path) -> None:
    folder = _pointed(tmp_path)
    shutil.copytree(GOLDEN / "pointer/encodec", folder / "codec")
    shutil.copytree(GOLDEN / "plain/checkpoint/t5", folder / "t5")
    load_release(folder, fetch=_refuse, dtype=torch.float32)


def test_a_codec_of_another_model_is_refused(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "audio/checkpoint/state_dict.bin", tmp_path)
    shutil.copy(GOLDEN / "plain/checkpoint/compression_state_dict.bin", tmp_path)
    with pytest.raises(CheckpointError, match="sample_rate is 16000, its codec's 32000"):
        load_release(tmp_path, fetch=_refuse, dtype=torch.float32)


def test_a_text_encoder_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = _pointed(tmp_path)
    shutil.copytree(GOLDEN / "pointer/encodec", folder / "codec")
    with pytest.raises(CheckpointError, match=r"checkpoint has no model\.safetensors"):
        load_release(folder, fetch=lambda name: GOLDEN / "plain/checkpoint", dtype=torch.float32)


def test_exchanged_files_are_noticed(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "pointer/compression_state_dict.bin", tmp_path / "state_dict.bin")
    with pytest.raises(CheckpointError, match="exchanged"):
        load_release(tmp_path, fetch=_refuse, dtype=torch.float32)


def test_a_missing_codec_is_named(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "plain/checkpoint/state_dict.bin", tmp_path)
    with pytest.raises(CheckpointError, match=r"no file compression_state_dict\.bin"):
        load_release(tmp_path, fetch=_refuse, dtype=torch.float32)
