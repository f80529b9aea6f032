"""The recorded tensors with their models, and a small random model for everything else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel, initialise
from tests.engine.golden import golden_model, load_golden


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, Tensor]]:
    return load_golden


@pytest.fixture(scope="session")
def hybrid() -> LanguageModel:
    return golden_model("hybrid")


@pytest.fixture(scope="session")
def plain() -> LanguageModel:
    return golden_model("plain")


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
