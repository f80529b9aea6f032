"""The recorded tensors of the reference, and the tiny models that they were recorded with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.checkpoints.release_file import ReleaseFile, read_release_file
from engine.checkpoints.released_model import build, read_config
from engine.model.language_model import LanguageModel

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


def load_golden(name: str) -> dict[str, Tensor]:
    """The arrays of a recorded file; whole numbers as int64."""
    with np.load(GOLDEN / name) as arrays:
        tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return {k: t.long() if t.dtype == torch.int16 else t for k, t in tensors.items()}


def golden_file(folder: str) -> ReleaseFile:
    """The language model's file of a golden folder."""
    file = read_release_file(GOLDEN / folder / "checkpoint" / "state_dict.bin")
    assert isinstance(file, ReleaseFile)
    return file


def golden_model(folder: str) -> LanguageModel:
    """The model of a golden folder, in float32."""
    file = golden_file(folder)
    return build(file, read_config(file), torch.float32)
