"""An editor of a tiny real model, and a cache of Gradio's that each test has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.music import MusicModel
from studio.editing.work import Editor
from studio.handlers import Studio
from studio.jobs import JobBook
from tests.studio.fake_shelf import library_of


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
