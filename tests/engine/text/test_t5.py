"""T5 conditions against those that the reference recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import CheckpointError, RequestError
from engine.text.t5 import T5TextEncoder, load_t5
from tests.engine.golden import GOLDEN

PLAIN = GOLDEN / "plain"
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
    with pytest.raises(CheckpointError, match="text encoder"):
        load_t5(tmp_path)
    folder = shutil.copytree(PLAIN / "checkpoint/t5", tmp_path / "t5")
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="text encoder in t5"):
        load_t5(folder)
