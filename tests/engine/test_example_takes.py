"""The list of example takes: what ships, what comes back from it, and what is refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.assets import assets_dir
from engine.checkpoints.folder import hash_model, load_model
from engine.checkpoints.weights import hash_weights
from engine.decode import GenerationRequest, request_as_dict
from engine.errors import AudioError
from engine.example_takes import ExampleTake, example_takes, list_text, takes_for
from engine.music import MusicModel

SHIPPED = example_takes()
MINI = assets_dir() / "models" / "studio-mini"
MOST_BYTES = 100_000


def _take(codes: Any = ((1, 2, 3), (4, 5, 65_535)), *, seed: int = 7) -> ExampleTake:
    request = GenerationRequest(prompt="calm piano", seed=seed)
    made_by = {
        "model": "tiny",
        "model_sha256": "ab",
        "licence": "MIT",
        "request": request_as_dict(request),
    }
    return ExampleTake(
        request=request, made_by=made_by, codec_hash="cd", codes=np.array(codes, np.uint16)
    )


def _model(codec_hash: str = "cd", *, n_levels: int = 2, codebook_size: int = 64) -> MusicModel:
    facts = {"codec_hash": codec_hash, "n_levels": n_levels, "codebook_size": codebook_size}
    return cast(MusicModel, SimpleNamespace(**facts))


def _entry(**changed: Any) -> dict[str, Any]:
    return {**json.loads(list_text([_take()]))[0], **changed}


def test_eight_takes_ship_each_of_its_own_words() -> None:
    assert len(SHIPPED) == 8
    assert len({take.request.prompt for take in SHIPPED}) == 8
    assert all(take.codes.shape == (4, 500) for take in SHIPPED)
    assert (assets_dir() / "takes" / "takes.json").stat().st_size < MOST_BYTES


def test_the_shipped_takes_are_by_the_shipped_model() -> None:
    """To be made again with its weights: python -m engine.training.example_takes"""
    parts = load_model(MINI)
    assert {take.codec_hash for take in SHIPPED} == {hash_weights(parts.codec)}
    assert {take.made_by["model_sha256"] for take in SHIPPED} == {hash_model(MINI)}
    assert {(take.model, take.licence) for take in SHIPPED} == {(parts.name, parts.licence)}


def test_no_shipped_take_repeats_a_frame_for_most_of_its_time() -> None:
    for take in SHIPPED:
        assert len(np.unique(take.codes, axis=1).T) > 250, take.request.prompt


def test_a_list_comes_back_as_it_was_written(tmp_path: Path) -> None:
    given = (_take(), _take(((9,),), seed=8))
    (tmp_path / "takes.json").write_text(list_text(given))
    back = example_takes(tmp_path)
    assert back == given
    for one, other in zip(back, given, strict=True):
        assert one.codes.dtype == np.uint16
        assert np.array_equal(one.codes, other.codes)


def test_a_folder_without_a_list_has_no_takes(tmp_path: Path) -> None:
    assert example_takes(tmp_path) == ()


@pytest.mark.parametrize(
    "entry",
    [
        3,
        [],
        {},
        _entry(model=None),
        _entry(licence=3),
        _entry(codec_hash=None),
        _entry(request=None),
        _entry(request={"prompt": 3}),
        _entry(request={"prompt": "x", "no such": 1}),
        _entry(request={"prompt": "x", "variations": 2}),
        _entry(shape=[2]),
        _entry(shape=[2, 4]),
        _entry(shape=[-2, -3]),
        _entry(shape=[0, 0], tokens=""),
        _entry(shape=["a", 3]),
        _entry(tokens=None),
        _entry(tokens="not base64!"),
        _entry(tokens=base64.b64encode(b"12345").decode()),
    ],
    ids=str,
)
def test_an_entry_that_is_no_take_is_refused_with_words(tmp_path: Path, entry: Any) -> None:
    (tmp_path / "takes.json").write_text(json.dumps([_entry(), entry]))
    with pytest.raises(AudioError, match=r"takes\.json cannot be read .*; expected the example"):
        example_takes(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "{}", "3", "[" * 100_000, "\ud800"])
def test_a_file_that_is_no_list_is_refused_with_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "takes.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(AudioError, match="expected the example takes as they ship"):
        example_takes(tmp_path)


def test_takes_of_another_codec_are_left_out_even_if_its_tokens_would_fit() -> None:
    ours = _take(((1, 2), (3, 63)))
    assert takes_for(_model("cd"), [ours]) == (ours,)
    assert takes_for(_model("other"), [ours]) == ()


def test_tokens_that_the_codec_does_not_have_are_refused() -> None:
    with pytest.raises(AudioError, match="2 levels of tokens up to 64, and its codec 2 up to 63"):
        takes_for(_model(), [_take(((1, 2), (3, 64)))])
    with pytest.raises(AudioError, match="seed 7 has 1 levels"):
        takes_for(_model(), [_take(((1, 2),))])
