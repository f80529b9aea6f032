"""T5 conditions against those that the reference recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.errors import CheckpointError, RequestError
from engine.text.t5 import T5TextEncoder, load_t5
from tests.engine.golden import GOLDEN

PLAIN, WEIGHTS = GOLDEN / "plain", "model.safetensors"
TEXTS = (
    "80s electronic track with melodic synthesizers, catchy beat and groovy bass",
    "happy rock",
)


@pytest.fixture(scope="module")
def encoder() -> T5TextEncoder:
    return load_t5(PLAIN / "checkpoint/t5")


@pytest.fixture(scope="module")
def arrays() -> dict[str, Tensor]:
    with np.load(PLAIN / "conditions.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def test_tokens(encoder: T5TextEncoder, arrays: dict[str, Tensor]) -> None:
    ids, mask = encoder.tokenise([*TEXTS, "", ""])
    assert torch.equal(ids, arrays["input_ids"].long())
    assert torch.equal(mask, arrays["attention_mask"].bool())


def test_states(encoder: T5TextEncoder, arrays: dict[str, Tensor]) -> None:
    features = encoder.encode([*TEXTS, "", ""])
    mask = arrays["cond_mask"].bool()
    assert torch.equal(features.mask, mask)
    expected = arrays["t5_hidden"] * mask[..., None]
    torch.testing.assert_close(features.hidden, expected, atol=1e-5, rtol=0)


def test_a_text_does_not_depend_on_its_neighbours(encoder: T5TextEncoder) -> None:
    both, alone = encoder.encode(TEXTS), encoder.encode(TEXTS[1:])
    length = alone.hidden.shape[1]
    torch.testing.assert_close(both.hidden[1:, :length], alone.hidden, atol=1e-5, rtol=0)
    assert not both.hidden[1, length:].any()


def test_no_text_is_no_condition(encoder: T5TextEncoder) -> None:
    features = encoder.encode(["", ""])
    assert not features.mask.any() and not features.hidden.any()


def test_what_a_text_calls_special_is_special_as_in_the_reference(encoder: T5TextEncoder) -> None:
    assert encoder.tokenise(["</s> end"])[0][0, 0] == 1
    assert encoder.tokenise(["two  spaces"])[0].equal(encoder.tokenise([" two spaces "])[0])


def test_a_very_long_text_is_refused(encoder: T5TextEncoder) -> None:
    with pytest.raises(RequestError, match="at most 512"):
        encoder.encode(["drums " * 600])


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        load_t5(tmp_path)
    folder = shutil.copytree(PLAIN / "checkpoint/t5", tmp_path / "t5")
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"t5/model\.safetensors cannot be read"):
        load_t5(folder)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(PLAIN / "checkpoint/t5", tmp_path / "t5")


def _edit(folder: Path, edit: Callable[[dict[str, Tensor]], object]) -> None:
    weights = {name: each.clone() for name, each in load_file(folder / WEIGHTS).items()}
    edit(weights)
    save_file(weights, folder / WEIGHTS)


def test_the_decoder_of_a_whole_t5_is_left_out(copy: Path, encoder: T5TextEncoder) -> None:
    """As in the files of the Hub, which are of the whole translator."""
    other_half = {"decoder.block.0.x": torch.ones(1), "lm_head.weight": torch.ones(1)}
    _edit(copy, lambda weights: weights.update(other_half))
    assert torch.equal(load_t5(copy).encode(TEXTS).hidden, encoder.encode(TEXTS).hidden)


def test_half_precision_becomes_float32(copy: Path) -> None:
    _edit(copy, lambda weights: weights.update({k: each.half() for k, each in weights.items()}))
    assert {each.dtype for each in load_t5(copy).parameters()} == {torch.float32}


NORM = "encoder.final_layer_norm.weight"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda weights: weights.pop(NORM), f"1 missing weights such as {NORM}"),
        (lambda weights: weights.update(x=torch.ones(1)), "1 unknown weights such as x"),
        (lambda weights: weights[NORM].fill_(float("inf")), f"{NORM} that are not finite"),
        (lambda weights: weights.update({NORM: torch.ones(5)}), r"of \[5\] instead of \[768\]"),
    ],
)
def test_every_weight_is_accounted_for(
    copy: Path, edit: Callable[[dict[str, Tensor]], object], words: str
) -> None:
    """Nothing is drawn at random in the place of what is missing."""
    _edit(copy, edit)
    with pytest.raises(CheckpointError, match=words):
        load_t5(copy)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("model_type", "mt5", "'mt5'"),
        ("feed_forward_proj", "gated-gelu", "gated-gelu"),
        ("num_layers", 10**9, "num_layers"),
        ("d_model", "768", "d_model"),
        ("relative_attention_num_buckets", 1, "relative_attention_num_buckets"),
    ],
)
def test_other_encoders_are_refused(copy: Path, name: str, value: object, words: str) -> None:
    values = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**values, name: value}))
    with pytest.raises(CheckpointError, match=words):
        load_t5(copy)


def test_a_tokeniser_must_not_make_words_without_end(copy: Path) -> None:
    """A few bytes that stand for 100 GB of words."""
    place = copy / "tokenizer_config.json"
    values = json.loads(place.read_text())
    place.write_text(json.dumps({**values, "extra_ids": 10**9}))
    with pytest.raises(CheckpointError, match=r"extra_ids in t5/tokenizer_config\.json is 10000"):
        load_t5(copy)


@pytest.mark.parametrize("name", ["spiece.model", "tokenizer.json", "added_tokens.json"])
def test_an_endless_file_of_a_tokeniser_is_not_read(copy: Path, name: str) -> None:
    with open(copy / name, "wb") as file:
        file.truncate(2**34)  # holes: nothing on the disk
    with pytest.raises(CheckpointError, match=f"t5/{name} has 17,179,869,184 bytes"):
        load_t5(copy)


def test_a_tokeniser_of_more_words_than_the_encoder_is_refused(copy: Path) -> None:
    values = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**values, "vocab_size": 100}))
    table = "shared.weight"
    _edit(copy, lambda weights: weights.update({table: weights[table][:100].clone()}))
    with pytest.raises(CheckpointError, match="last word of the tokeniser in t5"):
        load_t5(copy)
