"""Is generated music sound, various and its own: levels, diversity, and copies of the training.

All measures are pure; only `training` renders and encodes the clips that the model learned from.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation.codec import at_rate
from engine.evaluation.embeddings import RATE_HZ, Embedding, Rows, Samples
from engine.evaluation.generations import save_arrays
from engine.evaluation.part import Setup

TRAINING_SEEDS = (21, 41)
"""Of the composer's clips that the model was trained on, the newest set first."""
TRAINING_CLIP_S = 10.24
"""How long they were: the composer writes another piece for another length. That they are 0.24 s
longer than other clips moves an embedding by a twentieth of what two clips are apart, or less."""
MOST_TRAINING_CLIPS = 400

SILENT_DB = -60.0
"""Of full scale (RMS of 50 ms); less is silence."""
CLIPPED = 0.999
"""Of full scale; three samples in a row at or above are clipping."""
_SILENCE_FRAME = RATE_HZ // 20
_LEAST_DB = -120.0
_BATCH = 20

Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """Silence, clipping and loudness of n clips.

    Args:
        silent_time: [n] share of a clip's time that is silent.
        clipped: [n] True for clips with clipping.
        level_db: [n] RMS over the whole clip.
    """

    silent_time: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    level_db: NDArray[np.float64]


def measure_levels(samples: Samples) -> Levels:
    """Of clips [n, N] at 32 kHz, 50 ms or more; 1 is full scale."""
    whole = samples.shape[1] // _SILENCE_FRAME * _SILENCE_FRAME
    frames = samples[:, :whole].reshape(len(samples), -1, _SILENCE_FRAME)
    full = np.abs(samples) >= CLIPPED
    return Levels(
        silent_time=(_level_db(frames) < SILENT_DB).mean(axis=1),
        clipped=np.any(full[:, :-2] & full[:, 1:-1] & full[:, 2:], axis=1),
        level_db=_level_db(samples),
    )


def summarise_levels(parts: Sequence[Levels]) -> dict[str, Any]:
    """Of all clips of some sets.

    Returns:
        `clips`; `silent`: share of clips that are silent for half of their time or more;
        `silent_time`: share of all time; `clipped`: share of clips with clipping; `level_db`:
        quantiles 0, 0.05, 0.5, 0.95 and 1.
    """
    time = np.concatenate([each.silent_time for each in parts])
    level_db = np.concatenate([each.level_db for each in parts])
    return {
        "clips": len(time),
        "silent": float((time >= 0.5).mean()),
        "silent_time": float(time.mean()),
        "clipped": float(np.concatenate([each.clipped for each in parts]).mean()),
        "level_db": np.quantile(level_db, (0, 0.05, 0.5, 0.95, 1)).tolist(),
    }


def _level_db(samples: Samples) -> Rows:
    """Over the last axis."""
    power = np.mean(np.square(samples, dtype=np.float64), axis=-1)
    return np.maximum(10 * np.log10(np.maximum(power, 1e-20)), _LEAST_DB)


def apart(first: Rows, second: Rows) -> Rows:
    """How far rows [n, d] are from rows [m, d] of one scale: root mean square, [n, m].

    Two independent clips of the set that the scale is of are about 1.4 apart.
    """
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    return np.sqrt(np.maximum(squares, 0.0) / first.shape[1])


def mean_apart(rows: Rows) -> float:
    """The mean over all pairs of different rows [n, d], n 2 or more."""
    return float(apart(rows, rows)[np.triu_indices(len(rows), 1)].mean())


def mean_apart_within(rows: Rows, groups: Sequence[object]) -> float | None:
    """The mean over all pairs of one group; None where no group has two.

    Args:
        rows: [n, d].
        groups: to which each belongs, n values.
    """
    names = np.array([str(each) for each in groups])
    together = np.triu(names[:, None] == names, 1)
    return float(apart(rows, rows)[together].mean()) if together.any() else None


def nearest(rows: Rows, others: Rows) -> Rows:
    """From each of rows [n, d] to the nearest of the others [m, d], [n]."""
    return apart(rows, others).min(axis=1)


def nearer_share(first: NDArray[Any], second: NDArray[Any]) -> float:
    """How often the first of a pair is the smaller one; draws count half.

    Args:
        first, second: [n] each.
    """
    return float(np.mean((first < second) + 0.5 * (first == second)))


def below(values: NDArray[Any], others: NDArray[Any], quantile: float = 0.05) -> float:
    """The share of values [n] below a quantile of the others [m]: `quantile` if they are alike."""
    return float((values < np.quantile(others, quantile)).mean())


@dataclass(frozen=True, kw_only=True)
class Run:
    """The longest stretch of a clip's tokens that is in another clip.

    Args:
        n_frames: its length.
        clip: number of the other clip, the first that has it.
    """

    n_frames: int
    clip: int


def longest_run(tokens: Codes, others: Codes) -> Run:
    """The longest stretch of one level's tokens that occurs in one of many clips, at any place.

    For every frame of the clip in turn, the length of the equal stretch that ends there and at
    every frame of all the others: one more than it was a frame before, or 0.

    Args:
        tokens: [T].
        others: [m, U].
    """
    m, width = others.shape
    lengths = np.zeros((m, width + 1), np.int16)
    longest = np.zeros_like(lengths)
    for token in tokens:
        lengths[:, 1:] = (lengths[:, :-1] + 1) * (others == token)
        np.maximum(longest, lengths, out=longest)
    by_clip = longest.max(axis=1)
    return Run(n_frames=int(by_clip.max()), clip=int(by_clip.argmax()))


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """Clips that the model was trained on.

    Args:
        codes: [m, T] tokens of the coarsest level.
        rows: [m, d] by embedding, not scaled.
    """

    codes: Codes
    rows: Mapping[str, Rows]


def training(
    setup: Setup, embeddings: Mapping[str, Embedding], most: int = MOST_TRAINING_CLIPS
) -> Training:
    """Some clips of the training, rendered again; what is kept of them is in the cache.

    Args:
        setup: its model's codec and cache.
        embeddings: what hears them.
        most: clips taken, the same number of each seed; 1 of each at least.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    heard_by = hashlib.sha256(setup.model.codec_hash.encode())
    for each in embeddings.values():
        heard_by.update(_fingerprint(each))
    parts = [_training_batch(setup, embeddings, place, heard_by.hexdigest()[:24])
             for place in _places(most)]  # fmt: skip
    return Training(
        codes=np.concatenate([each["codes"] for each in parts]),
        rows={name: np.concatenate([each[name] for each in parts]) for name in embeddings},
    )


def _places(most: int) -> Iterator[tuple[int, int, int]]:
    """Seed, first clip and count of each batch."""
    of_each = max(most // len(TRAINING_SEEDS), 1)
    for seed in TRAINING_SEEDS:
        for first in range(0, of_each, _BATCH):
            yield seed, first, min(_BATCH, of_each - first)


def _fingerprint(embedding: Embedding) -> bytes:
    """Of what an embedding makes of a noise: another probe, or other code, hears it anew."""
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 6 * RATE_HZ)).astype(np.float32)
    # + 0.0: there is a -0.0 of other bytes
    return embedding.name.encode() + (np.round(embedding.embed(noise), 2) + 0.0).tobytes()


def _training_batch(
    setup: Setup, embeddings: Mapping[str, Embedding], place: tuple[int, int, int], heard_by: str
) -> dict[str, NDArray[Any]]:
    seed, first, count = place
    path = setup.cache / "training" / f"{seed}-{first}-{count}-{heard_by}.npz"
    if not path.is_file():
        setup.tell(f"training clips {first + 1} to {first + count} of seed {seed}")
        samples = np.stack([*itertools.islice(_training_clips(seed, first), count)])
        found = {name: each.embed(samples) for name, each in embeddings.items()}
        sent = resampled(samples, RATE_HZ, setup.model.sample_rate_hz)
        save_arrays(path, {**found, "codes": encoded(setup, sent)[:, 0]})
    with np.load(path, allow_pickle=False) as kept:
        return dict(kept)


def _training_clips(seed: int, first: int) -> Iterator[Samples]:
    # Here, not above: only rendering needs the composer.
    from engine.training.composer.clips import iter_clips

    for clip in iter_clips(seed, length_s=TRAINING_CLIP_S, start=first):
        yield clip.samples


def resampled(samples: Samples, came_hz: int, wanted_hz: int) -> Samples:
    """Clips [n, N] at another rate; as they are where it is the same."""
    if came_hz == wanted_hz:
        return samples
    return np.stack([at_rate(clip, came_hz, wanted_hz) for clip in samples])


@torch.no_grad()
def encoded(setup: Setup, samples: Samples) -> Codes:
    """Tokens of clips [n, N] at the model's rate, [n, K, T], each encoded alone."""
    codec = setup.model.parts.codec
    device = next(codec.parameters()).device
    return np.concatenate(
        [codec.encode(torch.from_numpy(clip)[None, None].to(device)).cpu().numpy()
         for clip in np.ascontiguousarray(samples, np.float32)]
    ).astype(np.uint16)  # fmt: skip


def decoded(setup: Setup, codes: Codes) -> Samples:
    """Clips [n, N] at the model's rate, of tokens [n, K, T]."""
    tokens = torch.from_numpy(codes.astype(np.int64)).to(setup.model.device)
    return np.stack([clip[0].float().cpu().numpy() for clip in setup.model.decode(tokens)])
