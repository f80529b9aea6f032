"""Training examples from token shards: which clip, which crop, which words.

An example is a function of the seed and its number alone, so a run that is stopped and resumed,
or whose batch size changes, sees the same examples in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import CheckpointError
from engine.training.composer.captions import write_caption
from engine.training.composer.song import Facts

_CAPTION_TRIES = 16


@dataclass(frozen=True, kw_only=True)
class TokenSet:
    """Clips as codes, with the facts that captions are drawn from.

    Args:
        codes: [n, K, T] uint16.
        facts: n facts; None where another version of the composer stated others.
        captions: n times the captions written when the clip was made.
    """

    codes: np.ndarray
    facts: tuple[Facts | None, ...]
    captions: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.facts)

    def part(self, clips: slice) -> TokenSet:
        """Some of the clips, sharing memory."""
        return TokenSet(
            codes=self.codes[clips], facts=self.facts[clips], captions=self.captions[clips]
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Codes [B, K, crop] int64 and a caption of each."""

    codes: Tensor
    captions: tuple[str, ...]


def load_tokens(folder: Path) -> TokenSet:
    """Read all token shards of a folder into memory (4 kB a clip).

    Raises:
        CheckpointError: there is none, or their shapes differ.
    """
    paths = sorted(folder.glob("tokens_*.npy"))
    if not paths:
        raise CheckpointError(
            f"{folder} has no token shards",
            expected="files tokens_*.npy with their .jsonl",
            advice="Run: magnet-studio train tokens",
        )
    parts = [np.load(path) for path in paths]
    if len({part.shape[1:] for part in parts}) > 1:
        raise CheckpointError(
            f"the token shards of {folder} have different shapes",
            expected="one number of levels and frames",
            advice="Encode all of them with the same codec into an empty folder",
        )
    lines = [line for path in paths for line in _lines(path.with_suffix(".jsonl"))]
    described = [json.loads(line) for line in lines]
    return TokenSet(
        codes=np.concatenate(parts),
        facts=tuple(facts_from(clip["facts"]) for clip in described),
        captions=tuple(tuple(clip["captions"]) for clip in described),
    )


def split(tokens: TokenSet, held_out_share: float = 0.03) -> tuple[TokenSet, TokenSet]:
    """Part the clips: all but the last ones for training, the last ones held out (at least 1)."""
    border = len(tokens) - max(round(len(tokens) * held_out_share), 1)
    return tokens.part(slice(0, border)), tokens.part(slice(border, None))


@dataclass(frozen=True, kw_only=True)
class ExampleStream:
    """An endless, reproducible sequence of examples: one shuffled epoch after the other.

    Args:
        tokens: the clips.
        seed: of order, crops and captions.
        fits: whether a caption can be encoded; one that does not is drawn again.
    """

    tokens: TokenSet
    seed: int
    fits: Callable[[str], bool]

    def batch(self, first: int, size: int, crop_frames: int) -> Batch:
        """Take examples `first` .. `first + size - 1`.

        Args:
            first: number of the first example, from 0.
            size: B.
            crop_frames: T of the crop, at most the clips' own.

        Raises:
            ValueError: the clips are shorter than the crop.
        """
        pairs = [self._example(first + offset, crop_frames) for offset in range(size)]
        codes = np.stack([codes for codes, _ in pairs]).astype(np.int64)
        return Batch(codes=torch.from_numpy(codes), captions=tuple(text for _, text in pairs))

    def _example(self, number: int, crop_frames: int) -> tuple[np.ndarray, str]:
        epoch, place = divmod(number, len(self.tokens))
        clip = int(_order(self.seed, epoch, len(self.tokens))[place])
        rng = np.random.default_rng([self.seed, 1, number])
        n_frames = self.tokens.codes.shape[-1]
        if crop_frames > n_frames:
            raise ValueError(f"a crop of {crop_frames} frames from clips of {n_frames}")
        start = int(rng.integers(n_frames - crop_frames + 1))
        codes = self.tokens.codes[clip, :, start : start + crop_frames]
        return codes, draw_caption(self.tokens, clip, rng, self.fits)


def draw_caption(
    tokens: TokenSet, clip: int, rng: np.random.Generator, fits: Callable[[str], bool]
) -> str:
    """Draw a caption of a clip that can be encoded.

    Raises:
        ValueError: many in a row could not.
    """
    for _ in range(_CAPTION_TRIES):
        caption = _word(tokens.facts[clip], tokens.captions[clip], rng)
        if fits(caption):
            return caption
    raise ValueError(f"{_CAPTION_TRIES} captions in a row were too long: {caption}")


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 0, epoch]).permutation(count)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _word(facts: Facts | None, written: tuple[str, ...], rng: np.random.Generator) -> str:
    """A fresh caption; one of those written earlier where the facts are not understood."""
    if facts is not None:
        try:
            return write_caption(facts, rng)
        except KeyError:
            pass  # rendered by a composer with other instruments or styles than today's
    return written[int(rng.integers(len(written)))]


def facts_from(values: dict[str, Any]) -> Facts | None:
    """Facts from JSON, whose lists were tuples; None if they are another version's."""
    if set(values) != {field.name for field in fields(Facts)}:
        return None
    frozen = dict(values)
    for name, value in values.items():
        if isinstance(value, list):
            frozen[name] = tuple(value)
    return Facts(**frozen)
