"""Captions in other words: some of their words swapped for neighbours in meaning.

Captions have a thousand words, listeners have more. The text encoder learns from swapped captions
that a word which no caption holds asks for what the nearest caption word asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.lexicon import plain_words

_WORD = re.compile(r"[A-Za-z]{3,}")
NEAREST_COSINE = 0.4
"""Between vectors of the table. Below, neighbours share little more than their rarity."""


@dataclass(frozen=True)
class Neighbours:
    """Which words may stand for which.

    Args:
        of: a caption's word to those that lie nearer to it than to any other caption's word.
    """

    of: Mapping[str, tuple[str, ...]]

    @classmethod
    def among(
        cls,
        vocabulary: Mapping[str, int],
        table: Tensor,
        spoken: Collection[str],
        *,
        leave_out: Collection[str] = (),
        nearest: float = NEAREST_COSINE,
    ) -> Neighbours:
        """Find them among the whole words of a vocabulary.

        Args:
            vocabulary: piece to row.
            table: [V, D] vectors.
            spoken: the captions' words.
            leave_out: words that are not to be learned, such as those of a test.
            nearest: least cosine to a caption's word.
        """
        known = [word for word in plain_words(spoken) if word in vocabulary]
        others = plain_words(set(vocabulary) - set(known) - set(leave_out))
        unit = F.normalize(table.float(), dim=-1)
        cosine = unit[[vocabulary[w] for w in others]] @ unit[[vocabulary[w] for w in known]].T
        found: dict[str, list[str]] = {}
        for word, similar, place in zip(others, *cosine.max(1), strict=True):
            if similar >= nearest:
                found.setdefault(known[int(place)], []).append(word)
        return cls({word: tuple(near) for word, near in found.items()})

    def swap(self, caption: str, rng: np.random.Generator, share: float) -> str:
        """Put a random neighbour in the place of each word that has any, with chance `share`."""

        def other(match: re.Match[str]) -> str:
            near = self.of.get(match[0].lower())
            if near is None or rng.random() >= share:
                return match[0]
            return near[int(rng.integers(len(near)))]

        return _WORD.sub(other, caption)


def unpacked(values: Tensor, scales: Tensor) -> Tensor:
    """[V, D] float32 vectors of a table in 8 bits."""
    return values.float() * scales[:, None].to(torch.float32)
