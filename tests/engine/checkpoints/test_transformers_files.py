"""Files of `transformers`: read whole, or refused in words; what they say decides nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.checkpoints.settings import Settings
from engine.checkpoints.transformers_files import (
    below,
    part_settings,
    read_settings,
    read_sizes,
    read_weights,
    weight_files,
)
from engine.errors import CheckpointError

INDEX = "model.safetensors.index.json"


def _write_shards(folder: Path, places: dict[str, str]) -> None:
    for file in set(places.values()):
        names = [name for name, place in places.items() if place == file]
        save_file({name: torch.full((2,), float(len(name))) for name in names}, folder / file)
    (folder / INDEX).write_text(json.dumps({"weight_map": places}))


def test_weights_of_one_file(tmp_path: Path) -> None:
    save_file({"a.b": torch.ones(2), "c": torch.zeros(1)}, tmp_path / "model.safetensors")
    weights = read_weights(tmp_path)
    assert weight_files(tmp_path) == ("model.safetensors",)
    assert weights.keys() == {"a.b", "c"} and below(weights, "a.").keys() == {"b"}


def test_weights_of_several_files(tmp_path: Path) -> None:
    _write_shards(tmp_path, {"a": "2.safetensors", "bb": "1.safetensors", "c": "2.safetensors"})
    weights = read_weights(tmp_path)
    assert weight_files(tmp_path) == (INDEX, "1.safetensors", "2.safetensors")
    assert weights.keys() == {"a", "bb", "c"} and weights["bb"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "pytorch_model.bin.index.json"])
def test_a_pickle_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"never read")
    with pytest.raises(CheckpointError, match=f"only {name}; .*a pickle could run code"):
        read_weights(tmp_path)


def test_a_weight_that_the_index_does_not_have_is_noticed(tmp_path: Path) -> None:
    _write_shards(tmp_path, {"a": "1.safetensors", "b": "1.safetensors"})
    (tmp_path / INDEX).write_text('{"weight_map": {"a": "1.safetensors"}}')
    with pytest.raises(CheckpointError, match="do not agree about 'b'"):
        read_weights(tmp_path)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("[]", "a list"),
        ('{"weight_map": {}}', "no weight_map"),
        ('{"weight_map": {"a": 3}}', "no file of weights beside it"),
        ('{"weight_map": {"a": "../../model.safetensors"}}', "no file of weights beside it"),
        ('{"weight_map": {"a": "/etc/passwd"}}', "no file of weights beside it"),
        ('{"weight_map": {"a": "..safetensors"}}', "no file of weights beside it"),
        ('{"weight_map": {"a": "pytorch_model.bin"}}', "no file of weights beside it"),
        ('{"weight_map": {"z": "1.safetensors"}}', "do not agree"),
        ('{"weight_map": {"a": "missing.safetensors"}}', "missing.safetensors cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("{", "cannot be read"),
        (" " * 2**23, "more than 4,194,304 bytes"),
    ],
)
def test_a_damaged_index_is_refused(tmp_path: Path, index: str, words: str) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "1.safetensors")
    (tmp_path / INDEX).write_text(index)
    with pytest.raises(CheckpointError, match=words):
        read_weights(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"\xff\xfe", b'{"a": ' * 50_000, b"9" * 10_000, b" " * 2**19]
)
def test_a_damaged_description_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read"):
        read_settings(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read"):
        read_settings(tmp_path)


def test_sizes_have_ranges_and_defaults() -> None:
    ranges = {"width": (1, 10, 4), "depth": (0, 3, 2)}
    assert read_sizes(Settings({"width": 10}, "f"), ranges) == {"width": 10, "depth": 2}
    with pytest.raises(CheckpointError, match="depth in f is 4; expected 0 to 3"):
        read_sizes(Settings({"depth": 4}, "f"), ranges)


def test_a_part_is_a_table() -> None:
    settings = Settings({"decoder": {"a": 1}, "other": 3}, "f")
    assert part_settings(settings, "decoder").get("a") == 1
    for name in ("other", "absent"):
        with pytest.raises(CheckpointError, match=name):
            part_settings(settings, name)
