"""The fake model and what is built on it; a tiny real one."""

from __future__ import annotations

import pytest
import torch

from engine.music import MusicModel, load
from studio.handlers import Studio
from tests.engine.tiny_model import write_tiny_model
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, fake_studio


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def studio(model: FakeModel) -> Studio:
    return fake_studio(fake_library(model=model))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)
