"""Words as wholes: where they lie, and their places in a vocabulary."""

import torch
from torch.nn import functional as F

from engine.training.dictionary import Meaning
from engine.training.lexicon import extend_vocabulary, place_words, plain_words

_KNOWN = torch.eye(4)[:2]  # the captions speak of the first two directions


def _unit(*numbers: float) -> torch.Tensor:
    return F.normalize(torch.tensor([numbers]), dim=-1)[0]


def test_the_sense_nearest_to_the_captions_counts() -> None:
    senses = [
        Meaning(words=("swift", "martlet"), definition="a bird"),
        Meaning(words=("swift",), definition="moving fast"),
    ]
    vectors = torch.stack([_unit(0, 0, 1, 0.1), _unit(1, 0, 0.5, 0)])
    placed, nearness = place_words(["martlet", "swift"], {}, senses, vectors, _KNOWN)
    assert torch.equal(placed, vectors)
    torch.testing.assert_close(nearness, (vectors @ _KNOWN.T).amax(1))


def test_the_bare_word_is_a_sense_too() -> None:
    senses = [Meaning(words=("fender", "buffer"), definition="the front of a locomotive")]
    vectors = torch.stack([_unit(0.2, 0, 1, 0)])
    bare = {"fender": _unit(0, 1, 0.2, 0)}
    placed, _ = place_words(["buffer", "fender"], bare, senses, vectors, _KNOWN)
    assert torch.equal(placed[0], vectors[0])
    assert torch.equal(placed[1], bare["fender"])


def test_new_words_take_unused_entries_and_then_further_ones() -> None:
    vocabulary = {"[PAD]": 0, "[unused0]": 1, "slow": 2, "##s": 3}
    words = ["tuba", "slow", "moog"]
    entries, table = extend_vocabulary(vocabulary, torch.zeros(4, 2), words, torch.ones(3, 2))
    assert entries == {"[PAD]": 0, "tuba": 1, "slow": 2, "##s": 3, "moog": 4}
    assert table.tolist() == [[0, 0], [1, 1], [1, 1], [0, 0], [1, 1]]
    assert vocabulary["[unused0]"] == 1  # the given one stays


def test_plain_words_are_of_letters_alone() -> None:
    assert plain_words({"tuba", "##s", "b", "r&b", "a-moll", "adagio"}) == ["adagio", "tuba"]
