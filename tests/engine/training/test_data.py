"""Training examples: reproducible, each clip once an epoch, captions that fit and are true."""

import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import CheckpointError
from engine.training.composer.compose import compose
from engine.training.data import ExampleStream, TokenSet, load_tokens, split

_FRAMES = 20


def _tokens(count: int) -> TokenSet:
    facts = compose(np.random.default_rng(0)).facts
    # every code tells its clip and its frame
    codes = np.arange(count)[:, None, None] * _FRAMES + np.arange(_FRAMES)
    return TokenSet(
        codes=np.broadcast_to(codes, (count, 4, _FRAMES)).astype(np.uint16),
        facts=(facts,) * count,
        captions=(("written before",),) * count,
    )


def _stream(tokens: TokenSet, seed: int = 0) -> ExampleStream:
    return ExampleStream(tokens=tokens, seed=seed, fits=lambda text: True)


def test_each_clip_comes_once_an_epoch() -> None:
    stream = _stream(_tokens(10))
    for epoch in range(2):
        codes = stream.batch(10 * epoch, 10, _FRAMES).codes
        assert sorted((codes[:, 0, 0] // _FRAMES).tolist()) == list(range(10))


def test_epochs_differ_in_order() -> None:
    codes = _stream(_tokens(10)).batch(0, 20, _FRAMES).codes[:, 0, 0].tolist()
    assert codes[:10] != codes[10:]


def test_examples_do_not_depend_on_the_size_of_batches() -> None:
    stream = _stream(_tokens(10))
    whole = stream.batch(3, 4, 8)
    parts = [stream.batch(3 + i, 1, 8) for i in range(4)]
    assert whole.codes.tolist() == [part.codes[0].tolist() for part in parts]
    assert whole.captions == tuple(part.captions[0] for part in parts)


def test_another_seed_gives_other_examples() -> None:
    tokens = _tokens(10)
    first, second = (_stream(tokens, seed).batch(0, 10, 8) for seed in (0, 1))
    assert first.codes.tolist() != second.codes.tolist()


def test_crops_begin_anywhere_and_are_whole() -> None:
    codes = _stream(_tokens(1)).batch(0, 200, 15).codes[:, 0]
    assert Counter(codes[:, 0].tolist()).keys() == set(range(6))
    assert (codes.diff() == 1).all()


def test_a_crop_longer_than_the_clips_is_an_error() -> None:
    with pytest.raises(ValueError, match="21 frames from clips of 20"):
        _stream(_tokens(2)).batch(0, 1, 21)


def test_captions_that_are_too_long_are_drawn_again() -> None:
    stream = replace(_stream(_tokens(2)), fits=lambda text: len(text) < 60)
    assert all(len(text) < 60 for text in stream.batch(0, 30, 8).captions)


def test_captions_are_drawn_afresh() -> None:
    assert len(set(_stream(_tokens(1)).batch(0, 10, 8).captions)) > 5


def test_facts_of_another_composer_fall_back_on_the_written_captions() -> None:
    tokens = _tokens(1)
    assert tokens.facts[0] is not None
    strange = replace(tokens.facts[0], style="polka of the future")
    for facts in (strange, None):
        stream = _stream(replace(tokens, facts=(facts,)))
        assert "written before" in stream.batch(0, 20, 8).captions


def test_the_last_clips_are_held_out() -> None:
    training, held_out = split(_tokens(100))
    assert (len(training), len(held_out)) == (97, 3)
    assert held_out.codes[0, 0, 0] == 97 * _FRAMES
    assert len(split(_tokens(2))[1]) == 1


def _write(folder: Path, start: int, tokens: TokenSet) -> None:
    np.save(folder / f"tokens_{start:06d}.npy", tokens.codes)
    lines = [
        json.dumps({"facts": asdict(facts), "captions": captions})
        for facts, captions in zip(tokens.facts, tokens.captions, strict=True)
        if facts is not None
    ]
    (folder / f"tokens_{start:06d}.jsonl").write_text("\n".join(lines) + "\n")


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    tokens = _tokens(5)
    _write(tmp_path, 2, tokens.part(slice(2, 5)))
    _write(tmp_path, 0, tokens.part(slice(0, 2)))
    read = load_tokens(tmp_path)
    assert np.array_equal(read.codes, tokens.codes)
    assert read.facts == tokens.facts and read.captions == tokens.captions


def test_shards_of_different_codecs_are_an_error(tmp_path: Path) -> None:
    tokens = _tokens(2)
    _write(tmp_path, 0, tokens)
    _write(tmp_path, 2, replace(tokens, codes=tokens.codes[:, :2]))
    with pytest.raises(CheckpointError, match="different shapes"):
        load_tokens(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no token shards"):
        load_tokens(tmp_path)
