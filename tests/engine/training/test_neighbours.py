"""Captions in other words."""

import numpy as np
import torch

from engine.training.neighbours import Neighbours

_VOCABULARY = {"slow": 0, "trumpet": 1, "cornet": 2, "trombone": 3, "torpid": 4, "##pet": 5}
_TABLE = torch.tensor(
    [[1.0, 0, 0], [0, 1, 0], [0.1, 1, 0.2], [0, 1, 0.4], [1, 0.1, 0.3], [0, 1, 0]]
)


def _neighbours(**options: object) -> Neighbours:
    return Neighbours.among(_VOCABULARY, _TABLE, {"slow", "trumpet", "glacial"}, **options)


def test_each_word_stands_for_the_nearest_word_of_the_captions() -> None:
    assert _neighbours().of == {"trumpet": ("cornet", "trombone"), "slow": ("torpid",)}


def test_far_words_and_words_of_a_test_stand_for_none() -> None:
    assert _neighbours(leave_out={"torpid"}, nearest=0.95).of == {"trumpet": ("cornet",)}


def test_a_swap_keeps_all_else() -> None:
    rng = np.random.default_rng(0)
    swapped = {_neighbours().swap("Slow trumpet, 90 bpm.", rng, 1.0) for _ in range(20)}
    assert swapped == {"torpid cornet, 90 bpm.", "torpid trombone, 90 bpm."}


def test_no_share_no_swap() -> None:
    rng = np.random.default_rng(0)
    assert _neighbours().swap("slow trumpet", rng, 0.0) == "slow trumpet"
