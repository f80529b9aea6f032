"""The text encoder's first lessons: facts from captions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.table import TokenTable
from engine.training.composer.compose import compose
from engine.training.composer.song import Facts
from engine.training.data import TokenSet
from engine.training.text_facts import (
    Answers,
    FactReader,
    accuracies,
    learn_facts,
    load_text_weights,
    save_text_weights,
)

_WORDS = ("?", "slow", "fast")


def _encoder() -> MiniTextEncoder:
    values = torch.tensor([[0] * 4, [90, -40, 10, 120], [-100, 60, 20, 5]], dtype=torch.int8)
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(_WORDS)}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    table = TokenTable(values=values, scales=torch.full((3,), 0.01))
    config = MiniTextConfig(width=16, n_layers=1, n_heads=2, max_tokens=4)
    return MiniTextEncoder(config, table, tokenizer)


def _facts() -> list[Facts]:
    base = compose(np.random.default_rng(0)).facts
    slow = replace(base, tempo_class="slow", tempo_bpm=70.0, style="folk")
    fast = replace(base, tempo_class="fast", tempo_bpm=150.0, style="folk")
    return [slow, fast]


def _tokens() -> TokenSet:
    """Styles that the composer does not know, so that the captions given here are used."""
    facts = tuple(replace(each, style="of my own") for each in _facts())
    return TokenSet(
        codes=np.zeros((2, 4, 3), dtype=np.uint16), facts=facts, captions=(("slow",), ("fast",))
    )


def test_facts_are_learned_from_captions() -> None:
    encoder, tokens = _encoder(), _tokens()
    facts = [each for each in tokens.facts if each is not None]
    reader = FactReader(encoder.width, Answers.of(facts))
    steps = learn_facts(encoder, reader, tokens, steps=60, batch=8, learning_rate=1e-2, noise=0.0)
    losses = [loss for _, loss in steps]
    right = accuracies(encoder, reader, ["slow", "fast"], facts)
    assert right["tempo"] == right["bpm"] == right["style"] == 1.0
    assert losses[-1] < losses[0]


def test_learned_weights_come_back(tmp_path: Path) -> None:
    encoder, again = _encoder(), _encoder()
    assert not load_text_weights(again, tmp_path)
    save_text_weights(encoder, tmp_path)
    assert load_text_weights(again, tmp_path)
    assert torch.equal(encoder.encode(["slow"]).hidden, again.encode(["slow"]).hidden)


def test_answers_are_those_that_occur() -> None:
    slow, fast = _facts()
    answers = Answers.of([slow, fast])
    assert answers.choices["tempo"] == ("fast", "slow")
    targets, players = answers.encode([slow, fast])
    assert targets["tempo"].tolist() == [1, 0]
    assert players.tolist() == [[1.0] * len(answers.players)] * 2
