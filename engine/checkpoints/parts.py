"""The three networks of a model, whatever format they were read from."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from engine.checkpoints.folder import ModelParts, hash_model, load_model
from engine.checkpoints.hub import Report, fetch_part
from engine.checkpoints.release_folder import ReleasedParts, is_release, load_release
from engine.checkpoints.release_names import RELEASE_FILES

AnyParts = ModelParts | ReleasedParts


def load_parts(
    folder: Path, dtype: torch.dtype, report: Report | None = None
) -> tuple[AnyParts, str]:
    """Read a model folder of our own format or of the release format.

    Args:
        folder: with config.json, or with state_dict.bin.
        dtype: of the language model.
        report: called while a text encoder or codec is fetched that the folder only names.

    Returns:
        The networks, and SHA-256 over all files that were read.

    Raises:
        CheckpointError: a file is missing, damaged or hostile, or parts do not fit together.
    """
    if is_release(folder):
        fetch = partial(fetch_part, report=report)
        released = load_release(folder, fetch=fetch, dtype=dtype)
        return released, hash_model(folder, RELEASE_FILES)
    own = load_model(folder)
    own.language_model.to(dtype)
    return own, hash_model(folder)
