"""Clips: a song rendered, varied and captioned, each a function of a seed and its index."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.training.composer.augment import augment
from engine.training.composer.captions import write_caption
from engine.training.composer.compose import compose
from engine.training.composer.render import SoundFontPlayer
from engine.training.composer.song import Facts

CAPTIONS_PER_CLIP = 3


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One training example: mono float32 `samples` [N], its facts and three captions."""

    index: int
    seed: int
    samples: np.ndarray
    facts: Facts
    captions: tuple[str, ...]


def make_clip(player: SoundFontPlayer, seed: int, index: int, length_s: float = 10.0) -> Clip:
    """Make clip `index` of a seed; it depends on nothing else, so workers may share the indices.

    Args:
        player: the synthesiser.
        seed: seed of the whole set, at least 0.
        index: number of the clip, at least 0.
        length_s: seconds.

    Returns:
        The clip.
    """
    rng = np.random.default_rng([seed, index])
    song = compose(rng, length_s=length_s)
    samples = augment(player.render(song), rng, player.sample_rate_hz)
    captions = tuple(write_caption(song.facts, rng) for _ in range(CAPTIONS_PER_CLIP))
    return Clip(index=index, seed=seed, samples=samples, facts=song.facts, captions=captions)


def iter_clips(
    seed: int, *, length_s: float = 10.0, start: int = 0, player: SoundFontPlayer | None = None
) -> Iterator[Clip]:
    """Make clips `start`, `start + 1`, … of a seed without end."""
    player = player or SoundFontPlayer()
    for index in itertools.count(start):
        yield make_clip(player, seed, index, length_s)
