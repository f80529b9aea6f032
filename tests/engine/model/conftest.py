"""The recorded tensors with their models, and a small random model for everything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.checkpoints.upstream_names import translate
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel, initialise

GOLDEN = Path(__file__).parents[2] / "data" / "golden"

Arrays = dict[str, Tensor]


def load_golden(name: str) -> Arrays:
    """The arrays of a recorded file; whole numbers as int64."""
    with np.load(GOLDEN / name) as arrays:
        tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return {k: t.long() if t.dtype == torch.int16 else t for k, t in tensors.items()}


def golden_model(folder: str, kind: ModelKind, window_s: float) -> LanguageModel:
    path = GOLDEN / folder / "checkpoint" / "state_dict.bin"
    state = torch.load(path, weights_only=True)["best_state"]
    config = ModelConfig(
        kind=kind, width=64, n_layers=4, n_heads=4, text_width=768, window_s=window_s
    )
    model = LanguageModel(config)
    model.load_state_dict(translate({name: weight.float() for name, weight in state.items()}))
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Arrays]:
    return load_golden


@pytest.fixture(scope="session")
def hybrid() -> LanguageModel:
    return golden_model("hybrid", ModelKind.HYBRID, 6.0)


@pytest.fixture(scope="session")
def plain() -> LanguageModel:
    return golden_model("plain", ModelKind.MAGNET, 10.0)


@pytest.fixture(scope="session")
def small() -> Callable[[ModelKind], LanguageModel]:
    """A random model with a narrow context, so that few rows reach a wanted one."""

    def build(kind: ModelKind) -> LanguageModel:
        config = ModelConfig(
            kind=kind,
            width=32,
            n_layers=3,
            n_heads=2,
            text_width=24,
            codebook_size=16,
            context_frames=4,
            window_s=3.0,
        )
        model = LanguageModel(config)
        initialise(model, torch.Generator().manual_seed(5))
        return model.eval().requires_grad_(False)

    return build


@pytest.fixture
def draws() -> torch.Generator:
    return torch.Generator().manual_seed(11)
