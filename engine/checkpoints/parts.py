"""The three networks of a model, whatever format they were read from."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from engine.checkpoints.folder import ModelParts, hash_file, hash_list, hash_model, load_model
from engine.checkpoints.hub import Report, fetch_part
from engine.checkpoints.release_folder import ReleasedParts, is_release, load_release
from engine.checkpoints.release_names import RELEASE_FILES, STATE_FILE
from engine.checkpoints.transformers_folder import (
    is_transformers,
    load_transformers,
    transformers_files,
)

AnyParts = ModelParts | ReleasedParts


def load_parts(
    folder: Path, dtype: torch.dtype, report: Report | None = None
) -> tuple[AnyParts, str]:
    """Read a model folder of our own format, of the release format, or of `transformers`.

    Args:
        folder: with our own config.json, with state_dict.bin, or with config.json and
            model.safetensors. One that is both of the last two is read in the release format.
        dtype: of the language model.
        report: called while a text encoder or codec is fetched that the folder only names.

    Returns:
        The networks, and SHA-256 over all files that were read.

    Raises:
        CheckpointError: a file is missing, damaged or hostile, or parts do not fit together.
    """
    if is_release(folder):
        return _load_release(folder, dtype, report)
    if is_transformers(folder):
        music_gen = load_transformers(folder, dtype=dtype)
        return music_gen, hash_model(folder, transformers_files(folder))
    own = load_model(folder)
    own.language_model.to(dtype)
    return own, hash_model(folder)


def _load_release(
    folder: Path, dtype: torch.dtype, report: Report | None
) -> tuple[ReleasedParts, str]:
    """`load_release`, with the large file read once for both hashes: its own and the model's."""
    fetch = partial(fetch_part, report=report)
    digests = {STATE_FILE: hash_file(folder / STATE_FILE)}
    parts = load_release(folder, fetch=fetch, dtype=dtype, state_digest=digests[STATE_FILE])
    digests |= {name: hash_file(folder / name) for name in RELEASE_FILES if name not in digests}
    return parts, hash_list({name: digests[name] for name in RELEASE_FILES})
