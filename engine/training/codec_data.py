"""Rendered clips as crops for the codec."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.codec.mini import FRAME_SAMPLES
from engine.errors import AudioError
from engine.training.composer.shards import INT16_SCALE

HELD_OUT_CLIPS = 64
"""Clips at the end of the set that are never trained on."""


def load_shards(folder: Path) -> list[np.ndarray]:
    """Memory-map every `shard_*.npy`, int16 [n, N] at 32 kHz, in order.

    Raises:
        AudioError: there are too few clips to hold some out.
    """
    shards = [np.load(path, mmap_mode="r") for path in sorted(folder.glob("shard_*.npy"))]
    n_clips = sum(len(shard) for shard in shards)
    if n_clips <= HELD_OUT_CLIPS:
        raise AudioError(
            f"{folder} holds {n_clips} clips",
            expected=f"more than the {HELD_OUT_CLIPS} that are held out",
            advice="Render more: magnet-studio train data",
        )
    return shards


def crops(
    shards: list[np.ndarray], *, batch: int, frames: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Random crops [batch, frames * hop] in [-1, 1], at random levels (+-6 dB), for ever."""
    length = frames * FRAME_SAMPLES
    sizes = np.array([len(shard) for shard in shards])
    ends = np.cumsum(sizes)
    while True:
        picks = torch.randint(int(ends[-1]) - HELD_OUT_CLIPS, (batch,), generator=generator)
        rows = []
        for pick in picks.tolist():
            shard = int(np.searchsorted(ends, pick, side="right"))
            clip = shards[shard][pick - (ends[shard] - sizes[shard])]
            start = int(torch.randint(len(clip) - length + 1, (), generator=generator))
            rows.append(np.asarray(clip[start : start + length], dtype=np.float32))
        gain = 2 ** (torch.rand(batch, 1, generator=generator) * 2 - 1)
        yield torch.from_numpy(np.stack(rows)) * (gain / INT16_SCALE)


def held_out(shards: list[np.ndarray], n_clips: int = HELD_OUT_CLIPS) -> Tensor:
    """The last clips of the set, [n, N] in [-1, 1], cut to whole frames."""
    rows: list[np.ndarray] = []
    for shard in reversed(shards):
        rows = [*shard[-(n_clips - len(rows)) :], *rows]
        if len(rows) >= n_clips:
            break
    clips = np.stack(rows)
    whole = clips.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
    return torch.from_numpy(clips[:, :whole].astype(np.float32) / INT16_SCALE)
