"""The static table of studio-mini's text encoder, distilled from a sentence encoder.

Each entry of the WordPiece vocabulary passes once through all-MiniLM-L6-v2 (Apache-2.0), alone
between its two special tokens; the mean of the outputs is the entry's vector. Principal
components keep the directions that vary. With a dictionary, our glossary and words near to those of
the captions get entries and meanings (`engine.training.lexicon`). Run once, offline; the product
needs neither the sentence encoder nor the dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, save_table
from engine.training.composer.captions import caption_vocabulary
from engine.training.dictionary import read_glossary, read_meanings
from engine.training.lexicon import extend_vocabulary, place_words, plain_words
from engine.training.sentence_encoder import SentenceEncoder


def distil(
    output: Path, *, width: int = 192, dictionary: Path | None = None, n_words: int = 5400
) -> TokenTable:
    """Compute the table and write it, with its tokeniser, into a folder.

    Args:
        output: folder; gets `text_table.safetensors` and `tokenizer.json`.
        width: components kept, at most the encoder's own width (384).
        dictionary: WordNet's folder; None: no words but the vocabulary's own.
        n_words: most words that dictionary, glossary and captions add.

    Returns:
        The table as written.

    Raises:
        ToolError: the sentence encoder or the dictionary is not installed.
    """
    encoder = SentenceEncoder.load()
    vectors, vocabulary = encoder.embed_vocabulary(), encoder.vocabulary
    components = Components.of(vectors, width)
    if dictionary is not None:
        words, placed = choose_words(encoder, vectors, dictionary, n_words)
        vocabulary, vectors = extend_vocabulary(vocabulary, vectors, words, placed)
    table = quantise(components.project(vectors))
    output.mkdir(parents=True, exist_ok=True)
    save_table(table, output / TABLE_FILE)
    _write_tokenizer(encoder.settings, vocabulary, output / TOKENIZER_FILE)
    return table


def choose_words(
    encoder: SentenceEncoder, vectors: Tensor, dictionary: Path, n_words: int
) -> tuple[list[str], Tensor]:
    """The words of captions, glossary and dictionary that the table is to hold as wholes.

    Args:
        encoder: of the vectors.
        vectors: [V, D] of its vocabulary.
        dictionary: WordNet's folder.
        n_words: how many of them may be new to the vocabulary.

    Returns:
        n words, each once, and their vectors [n, D]: the captions', the glossary's, all of the
        dictionary that the vocabulary holds already, and new ones, nearest to the captions first.
    """
    spoken = plain_words(caption_vocabulary())
    known = encoder.embed(spoken)
    glossary = {w: each for w, each in read_glossary().items() if w not in set(spoken)}
    explained = encoder.embed([meaning.definition for meaning in glossary.values()])
    meanings = list(read_meanings(dictionary))
    defined = {word for meaning in meanings for word in meaning.words}
    others = plain_words(defined - set(spoken) - set(glossary))
    definitions = encoder.embed([meaning.definition for meaning in meanings])
    bare = {word: vectors[row] for word, row in encoder.vocabulary.items()}
    placed, nearness = place_words(others, bare, meanings, definitions, known)
    is_new = torch.tensor([word not in encoder.vocabulary for word in others])
    order = (nearness + 2.0 * ~is_new).argsort(descending=True)  # cosines are at most 1
    n_ours = sum(word not in encoder.vocabulary for word in (*spoken, *glossary))
    taken = order[: int((~is_new).sum()) + max(n_words - n_ours, 0)]
    words = [*spoken, *glossary, *(others[place] for place in taken)]
    return words, torch.cat([known, explained, placed[taken]])


@dataclass(frozen=True)
class Components:
    """A projection onto the strongest principal directions, scaled to unit mean square.

    Args:
        mean: [D] float64.
        directions: [D, width] float64.
        scale: what the projected vectors are divided by.
    """

    mean: Tensor
    directions: Tensor
    scale: float

    @classmethod
    def of(cls, vectors: Tensor, width: int) -> Components:
        """Find them for [V, D] vectors; `width` is at most D."""
        mean = vectors.double().mean(0)
        centred = vectors.double() - mean
        _, directions = torch.linalg.eigh(centred.T @ centred)
        strongest = directions.flip(1)[:, :width]
        return cls(mean, strongest, float((centred @ strongest).square().mean().sqrt()))

    def project(self, vectors: Tensor) -> Tensor:
        """[n, D] to [n, width] float32."""
        return ((vectors.double() - self.mean) @ self.directions / self.scale).float()


def quantise(vectors: Tensor) -> TokenTable:
    """Store as int8 with one scale a row.

    Args:
        vectors: [V, D] float32.

    Returns:
        The table; its rows differ from `vectors` by at most half a scale.
    """
    scales = vectors.abs().amax(1).clamp_min(1e-6) / 127
    values = (vectors / scales[:, None]).round().to(torch.int8)
    return TokenTable(values=values, scales=scales)


def _write_tokenizer(settings: dict[str, Any], vocabulary: Mapping[str, int], path: Path) -> None:
    """Write the tokeniser with a vocabulary, without padding and cutting: the encoder does both."""
    from tokenizers import Tokenizer

    model = {**settings["model"], "vocab": dict(vocabulary)}
    tokenizer = Tokenizer.from_str(json.dumps({**settings, "model": model}))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(path), pretty=False)
