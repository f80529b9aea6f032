"""What the model wrote, kept: several parts judge the same clips, and a stopped run goes on.

On one computer, tokens depend on nothing but the request and the weights of the language model
and the text encoder, so their file's name is the hash of these: with another codec they need not
be written again, only heard. Another computer, or another way to decode, wants another cache.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.checkpoints.weights import hash_weights
from engine.decode import GenerationRequest, finish
from engine.evaluation.part import Setup
from engine.music import MusicModel


def written(setup: Setup, request: GenerationRequest) -> Tensor:
    """The tokens that the model writes for a request, from the cache if they are there.

    Args:
        setup: its model and cache.
        request: what to play, in one variation.

    Returns:
        [K, T] int64.
    """
    assert request.variations == 1, "one clip is kept"
    path = setup.cache / "generated" / f"{_key(setup.model, request)}.npz"
    if not path.is_file():
        codes = finish(setup.model.generate(request)).codes[0].cpu().numpy().astype(np.uint16)
        save_arrays(path, {"codes": codes})
    with np.load(path, allow_pickle=False) as kept:
        return torch.from_numpy(kept["codes"].astype(np.int64))


def heard(setup: Setup, requests: Iterable[GenerationRequest]) -> Iterator[NDArray[np.float32]]:
    """The clips of requests, one after the other, as samples [N] at the model's rate."""
    for request in requests:
        codes = written(setup, request).to(setup.model.device)
        yield setup.model.decode(codes[None])[0][0].float().cpu().numpy()


def _key(model: MusicModel, request: GenerationRequest) -> str:
    asked = json.dumps(asdict(request), sort_keys=True, default=str)
    # An accelerator rounds otherwise.
    where = "" if model.device.type == "cpu" else f" {model.device.type}"
    return hashlib.sha256(f"{_writer_hash(model)} {asked}{where}".encode()).hexdigest()[:32]


@lru_cache(maxsize=2)
def _writer_hash(model: MusicModel) -> str:
    """Of all weights that decide which tokens are written."""
    networks = (model.parts.language_model, model.parts.text_encoder)
    return " ".join(hash_weights(network) for network in networks)


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Keep arrays as an .npz file, whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # its own name for every process, and renamed last: two may write the same file
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.replace(path)
