"""From clips to tokens: each shard of samples becomes a shard of codes, once, resumably."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engine.errors import AudioError
from engine.training.composer.shards import INT16_SCALE

_CODEBOOKS = "codebooks.npy"
"""Beside the codes, so that the language model can start from what the codec knows of them."""


class Encoder(Protocol):
    """The half of a codec that is needed here; `codebooks` [K, V, code width]."""

    codebooks: Tensor

    def encode(self, samples: Tensor) -> Tensor:
        """Samples [B, 1, N] float32 to codes [B, K, T] int64."""
        ...


def token_path(shard: Path, output: Path) -> Path:
    """Where the codes of `shard_000000.npy` go: `tokens_000000.npy`."""
    return output / f"tokens_{shard.stem.removeprefix('shard_')}.npy"


def pending_shards(audio: Path, output: Path) -> list[Path]:
    """List the complete audio shards of a folder that have no codes yet, in order."""
    shards = sorted(audio.glob("shard_*.npy"))
    ready = [shard for shard in shards if shard.with_suffix(".jsonl").exists()]
    return [shard for shard in ready if not token_path(shard, output).exists()]


def encode_shards(codec: Encoder, audio: Path, output: Path, *, batch: int = 4) -> Iterator[Path]:
    """Encode every pending shard; stop and start again at will.

    Args:
        codec: in evaluation mode.
        audio: folder of `shard_*.npy`, int16 [n, N], each beside its `.jsonl`.
        output: gets `tokens_*.npy`, uint16 [n, K, T], and the `.jsonl`.
        batch: clips encoded at once.

    Yields:
        Each file of codes as it is finished.

    Raises:
        AudioError: a shard's samples and descriptions differ in number.
    """
    output.mkdir(parents=True, exist_ok=True)
    np.save(output / _CODEBOOKS, codec.codebooks.float().numpy())
    for shard in pending_shards(audio, output):
        yield encode_shard(codec, shard, output, batch=batch)


def encode_shard(codec: Encoder, shard: Path, output: Path, *, batch: int) -> Path:
    """Encode one shard; the codes take their final name last."""
    samples = np.load(shard, mmap_mode="r")
    description = shard.with_suffix(".jsonl")
    n_described = len(description.read_text(encoding="utf-8").splitlines())
    if n_described != len(samples):
        raise AudioError(
            f"{shard.name} has {len(samples)} clips and {n_described} descriptions",
            expected="as many of the one as of the other",
            advice="Delete both files and render that shard again",
        )
    codes = encode_samples(codec, samples, batch=batch)
    target = token_path(shard, output)
    shutil.copyfile(description, target.with_suffix(".jsonl"))
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, codes)
    part.rename(target)
    return target


@torch.inference_mode()
def encode_samples(codec: Encoder, samples: np.ndarray, *, batch: int) -> np.ndarray:
    """Encode int16 clips [n, N] into uint16 codes [n, K, T]."""
    parts = []
    for start in range(0, len(samples), batch):
        chunk = samples[start : start + batch].astype(np.float32) / INT16_SCALE
        parts.append(codec.encode(torch.from_numpy(chunk)[:, None]).to(torch.int32).numpy())
    return np.concatenate(parts).astype(np.uint16)


def load_codebooks(folder: Path) -> Tensor | None:
    """The codebooks [K, V, code width] that a folder's codes were made with; None: not kept."""
    path = folder / _CODEBOOKS
    return torch.from_numpy(np.load(path)) if path.is_file() else None
