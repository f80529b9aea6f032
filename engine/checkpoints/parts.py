"""The three networks of a model, whatever format they were read from."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.checkpoints.folder import ModelParts, hash_model, load_model
from engine.checkpoints.release_folder import ReleasedParts, is_release, load_release
from engine.checkpoints.release_names import RELEASE_FILES
from engine.errors import CheckpointError

AnyParts = ModelParts | ReleasedParts


def load_parts(folder: Path, dtype: torch.dtype) -> tuple[AnyParts, str]:
    """Read a model folder of our own format or of the release format.

    Args:
        folder: with config.json, or with state_dict.bin.
        dtype: of the language model.

    Returns:
        The networks, and SHA-256 over all files that were read.

    Raises:
        CheckpointError: a file is missing, damaged or hostile, or parts do not fit together.
    """
    if is_release(folder):
        released = load_release(folder, fetch=_not_fetched, dtype=dtype)
        return released, hash_model(folder, RELEASE_FILES)
    own = load_model(folder)
    own.language_model.to(dtype)
    return own, hash_model(folder)


def _not_fetched(name: str) -> Path:
    raise CheckpointError(
        f"the model needs {name}, which its folder does not hold",
        expected="the text encoder in t5/ and, where the codec is only named, the codec in codec/",
        advice=f"Download {name} into that folder",
    )
