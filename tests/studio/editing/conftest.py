"""A tiny real model, and a cache of Gradio's that each test has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.music import MusicModel, load
from studio.editing.work import Editor
from studio.handlers import Studio
from studio.jobs import JobBook
from tests.engine.tiny_model import write_tiny_model
from tests.studio.fake_shelf import library_of


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)


@pytest.fixture
def editor(tiny: MusicModel) -> Editor:
    studio = Studio(library=library_of(tiny), default=tiny.name, jobs=JobBook())
    return Editor(studio=studio)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder
