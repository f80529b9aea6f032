"""A model folder comes back as it was written, and says what is wrong with it."""

import hashlib
import json
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from engine.checkpoints.folder import (
    CODEC_FILE,
    CONFIG_FILE,
    FILES,
    LANGUAGE_MODEL_FILE,
    TABLE_FILE,
    TEXT_ENCODER_FILE,
    TOKENIZER_FILE,
    WEIGHT_FILES,
    hash_model,
    load_model,
    save_model,
)
from engine.errors import CheckpointError
from engine.model.config import ModelConfig
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("original") / "tiny")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A model to be damaged."""
    return Path(shutil.copytree(original, tmp_path / "tiny"))


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


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe" * 40, b"{" * 100_000])
def test_a_file_of_something_else_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_model(folder)


@pytest.mark.parametrize("name", WEIGHT_FILES)
@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.float64, torch.complex64])
def test_weights_of_another_kind_are_refused(folder: Path, name: str, kind: torch.dtype) -> None:
    state = load_file(folder / name)
    save_file({key: value.to(kind) for key, value in state.items()}, folder / name)
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_model(folder)


@pytest.mark.parametrize("suffix", [".int8", ".int8_scale"])
def test_half_of_an_8_bit_matrix_is_refused(folder: Path, suffix: str) -> None:
    state = load_file(folder / CODEC_FILE)
    del state["encoder.enter.weight" + suffix]
    save_file(state, folder / CODEC_FILE)
    with pytest.raises(CheckpointError, match=r"encoder\.enter\.weight"):
        load_model(folder)


def test_an_unknown_tensor_is_refused(folder: Path) -> None:
    state = load_file(folder / TEXT_ENCODER_FILE)
    save_file({**state, "more": torch.zeros(2)}, folder / TEXT_ENCODER_FILE)
    with pytest.raises(CheckpointError, match=r"more \[2\]"):
        load_model(folder)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("language_model", {"width": 2**16, "window_s": 600, "n_layers": 30}),
        ("codec", {"width": 2**16, "ffn_ratio": 2**16, "code_width": 2**16}),
        ("codec", {"encoder_blocks": 100}),
        ("text_encoder", {"ffn_ratio": 64, "max_tokens": 4096, "n_layers": 30}),
    ],
)
def test_sizes_that_the_files_do_not_bear_out_take_no_memory(
    folder: Path, section: str, change: dict
) -> None:
    config = json.loads((folder / CONFIG_FILE).read_text())
    config[section] |= change
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match="safetensors"):
            load_model(folder)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_a_longer_window_needs_no_other_weights(folder: Path) -> None:
    config = json.loads((folder / CONFIG_FILE).read_text())
    config["language_model"]["window_s"] = 3
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    assert load_model(folder).language_model.positions.shape == (150 + 4, 16)


def test_loading_leaves_the_global_random_numbers_alone(folder: Path) -> None:
    torch.manual_seed(5)
    load_model(folder)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))


def test_words_beyond_the_table_are_refused(folder: Path) -> None:
    tokenizer = json.loads((folder / TOKENIZER_FILE).read_text())
    tokenizer["model"]["vocab"]["tuba"] = 5
    (folder / TOKENIZER_FILE).write_text(json.dumps(tokenizer))
    with pytest.raises(CheckpointError, match="has the number 5; expected 0 to 4"):
        load_model(folder)


def test_a_tokeniser_that_cannot_read_is_refused(folder: Path) -> None:
    tokenizer = json.loads((folder / TOKENIZER_FILE).read_text())
    del tokenizer["model"]["vocab"]["[UNK]"]
    (folder / TOKENIZER_FILE).write_text(json.dumps(tokenizer))
    with pytest.raises(CheckpointError, match="tokenizer.*UNK"):
        load_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"scales": torch.ones(4, dtype=torch.float16)},
        {"scales": torch.full((5,), float("nan"), dtype=torch.float16)},
        {"values": torch.zeros(5, 8, 1, dtype=torch.int8)},
        {"values": torch.zeros(5, 0, dtype=torch.int8)},
        {"values": torch.zeros(5, 8)},
        {"more": torch.zeros(1)},
    ],
)
def test_a_table_of_another_shape_is_refused(folder: Path, change: dict) -> None:
    save_file(load_file(folder / TABLE_FILE) | change, folder / TABLE_FILE)
    with pytest.raises(CheckpointError, match="text_table"):
        load_model(folder)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_model_is_replaced_and_other_files_stay(folder: Path, tmp_path: Path) -> None:
    (folder / "README.md").write_text("a card")
    before = _contents(folder)
    parts = load_model(folder)
    nn.init.ones_(parts.language_model.heads[0].weight)
    save_model(folder, replace(parts, licence="CC0-1.0"), text_files=folder)
    after = _contents(folder)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert {CONFIG_FILE, LANGUAGE_MODEL_FILE} <= changed
    assert not {"README.md", TABLE_FILE, TOKENIZER_FILE} & changed
    assert load_model(folder).licence == "CC0-1.0"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_model_and_nothing_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    parts, before = load_model(folder), _contents(folder)

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(shutil, "copyfile", fail)
    expected = CheckpointError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="No space left" if expected is CheckpointError else None):
        save_model(folder, replace(parts, name="new"), text_files=folder)
    assert _contents(folder) == before


def test_weights_that_16_bits_cannot_hold_are_not_written(folder: Path) -> None:
    parts, before = load_model(folder), _contents(folder)
    nn.init.constant_(parts.codec.codebooks, 1e6)
    with pytest.raises(CheckpointError, match="codebooks"):
        save_model(folder, parts, text_files=folder)
    assert _contents(folder) == before


def test_parts_that_do_not_fit_are_not_written(folder: Path) -> None:
    parts, before = load_model(folder), _contents(folder)
    config: ModelConfig = parts.language_model.config
    parts.language_model.config = replace(config, codebook_size=31)
    with pytest.raises(ValueError, match="codebook_size"):
        save_model(folder, parts, text_files=folder)
    assert _contents(folder) == before


def test_the_hash_is_that_of_the_shell_and_of_every_file(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES
    ]
    hashes = {hash_model(folder)}
    assert hashes == {hashlib.sha256("".join(lines).encode()).hexdigest()}
    for name in FILES:
        with open(folder / name, "ab") as file:
            file.write(b" ")
        hashes.add(hash_model(folder))
    assert len(hashes) == 1 + len(FILES)
