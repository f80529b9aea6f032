"""Which words the text encoder knows as wholes, and where each lies among the others.

A WordPiece vocabulary cuts rare words into pieces that mean nothing: "tel ##eca ##ster". Words near
to what captions speak of get an entry of their own instead, and lie where their definitions do. Of
several meanings, the one counts that lies nearest to a word of the captions: of all that a swift
may be, music is fast.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from engine.training.dictionary import Meaning

_WORD = re.compile(r"[a-z]{3,}")
_UNUSED = re.compile(r"\[unused\d+\]")


def plain_words(texts: Collection[str]) -> list[str]:
    """Those that are one word of three letters or more, sorted."""
    return sorted(text for text in texts if _WORD.fullmatch(text))


def place_words(
    words: Sequence[str],
    bare: Mapping[str, Tensor],
    meanings: Sequence[Meaning],
    definitions: Tensor,
    known: Tensor,
) -> tuple[Tensor, Tensor]:
    """Give each word the vector of its meaning that lies nearest to a known word.

    Args:
        words: n words of the dictionary.
        bare: vectors [D] of words that the sentence encoder knows by themselves: a meaning too.
            (What it makes of the pieces of a rare word tells of its spelling.)
        meanings: m senses of words, one or more of each.
        definitions: [m, D] their vectors; like all here, of unit length.
        known: [c, D] vectors of the captions' words.

    Returns:
        [n, D] vectors, and [n] how near each is to a known word, a cosine.
    """
    senses: dict[str, list[Tensor]] = {word: [] for word in words}
    for meaning, vector in zip(meanings, definitions, strict=True):
        for word in meaning.words:
            if word in senses:
                senses[word].append(vector)
    vectors, nearness = [], []
    for word in words:
        found = torch.stack([*senses[word], *([bare[word]] if word in bare else [])])
        relevance = (found @ known.T).amax(1)
        best = int(relevance.argmax())
        vectors.append(found[best])
        nearness.append(relevance[best])
    return torch.stack(vectors), torch.stack(nearness)


def extend_vocabulary(
    vocabulary: Mapping[str, int], table: Tensor, words: Sequence[str], vectors: Tensor
) -> tuple[dict[str, int], Tensor]:
    """Set the vectors of words; those that are new take unused entries first, then further ones.

    Args:
        vocabulary: piece to id, 0 to V - 1.
        table: [V, D].
        words: n words.
        vectors: [n, D].

    Returns:
        The vocabulary and its table, no entry of which has moved but for unused ones.
    """
    entries = dict(vocabulary)
    free = sorted((each for each in entries if _UNUSED.fullmatch(each)), key=entries.__getitem__)
    rows = list(table)
    for word, vector in zip(words, vectors, strict=True):
        if word in entries:
            rows[entries[word]] = vector
        elif free:
            entries[word] = entries.pop(free.pop(0))
            rows[entries[word]] = vector
        else:
            entries[word] = len(rows)
            rows.append(vector)
    return entries, torch.stack(rows)
