"""The text encoder's first lessons: facts from captions."""

from collections import deque
from copy import deepcopy
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
from engine.training.neighbours import Neighbours
from engine.training.text_facts import (
    Answers,
    FactReader,
    Lessons,
    accuracies,
    learn_facts,
    load_text_weights,
    save_text_weights,
)

_WORDS = ("?", "slow", "fast", "glacial")


def _encoder() -> MiniTextEncoder:
    rows = [[0] * 4, [90, -40, 10, 120], [-100, 60, 20, 5], [10, 90, -120, 30]]
    values = torch.tensor(rows, dtype=torch.int8)
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(_WORDS)}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    table = TokenTable(values=values, scales=torch.full((4,), 0.01))
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
    lessons = Lessons(steps=60, batch=8, learning_rate=1e-2, noise=0.0)
    losses = [loss for _, loss in learn_facts(encoder, reader, tokens, lessons)]
    right = accuracies(encoder, reader, ["slow", "fast"], facts)
    assert right["tempo"] == right["bpm"] == right["style"] == 1.0
    assert losses[-1] < losses[0]


def test_neighbours_of_captions_words_are_learned_with_them() -> None:
    encoder, tokens = _encoder(), _tokens()
    facts = [each for each in tokens.facts if each is not None]
    reader = FactReader(encoder.width, Answers.of(facts))
    lessons = Lessons(steps=60, batch=8, learning_rate=1e-2, noise=0.0, swap_share=1.0)
    near = Neighbours({"slow": ("glacial",)})
    deque(learn_facts(encoder, reader, tokens, lessons, neighbours=near), maxlen=0)
    assert accuracies(encoder, reader, ["glacial", "fast"], facts)["tempo"] == 1.0


def test_features_of_captions_stay_those_of_the_teacher() -> None:
    encoder, tokens = _encoder(), _tokens()
    facts = [each for each in tokens.facts if each is not None]
    reader = FactReader(encoder.width, Answers.of(facts))
    deque(learn_facts(encoder, reader, tokens, Lessons(steps=20, batch=8)), maxlen=0)
    teacher = deepcopy(encoder).eval()
    near = Neighbours({"slow": ("glacial",)})
    lessons = Lessons(steps=200, batch=8, noise=0.0, swap_share=1.0)

    def distance(text: str, like: str) -> float:
        with torch.no_grad():
            hidden, wanted = encoder.encode([text]).hidden, teacher.encode([like]).hidden
        return float((hidden - wanted).square().sum())

    before = distance("glacial", "slow")
    learning = learn_facts(encoder, reader, tokens, lessons, neighbours=near, teacher=teacher)
    deque(learning, maxlen=0)
    assert distance("slow", "slow") < 0.05 * before
    assert distance("glacial", "slow") < 0.3 * before


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
