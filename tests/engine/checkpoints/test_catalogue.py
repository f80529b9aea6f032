"""Models are found by name or by path, and a bad one hides no other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.checkpoints import catalogue
from engine.checkpoints.catalogue import available, find_model, read_card, scan
from engine.checkpoints.folder import CONFIG_FILE, FILES, LANGUAGE_MODEL_FILE
from engine.errors import CheckpointError
from engine.model.config import ModelKind
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("original") / "tiny")


@pytest.fixture
def models(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of one good model, with another current directory."""
    folder = tmp_path / "models"
    shutil.copytree(original, folder / "tiny")
    monkeypatch.setattr(catalogue, "models_dir", lambda: folder)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_a_card_tells_what_the_files_hold(models: Path) -> None:
    (card,) = available()
    assert (card.name, card.kind, card.licence) == ("tiny", ModelKind.HYBRID, "MIT")
    assert (card.window_s, card.sample_rate_hz, card.path) == (2.0, 32000, models / "tiny")
    assert card.size_bytes == sum((models / "tiny" / name).stat().st_size for name in FILES)
    assert card.parameters > 0


def test_bad_folders_do_not_hide_the_others(models: Path) -> None:
    (models / "empty").mkdir()
    (models / ".hidden").mkdir()
    (models / "a file").write_text("x")
    for name in ("no config", "bad config", "bad weights"):
        shutil.copytree(models / "tiny", models / name)
    (models / "no config" / CONFIG_FILE).unlink()
    (models / "bad config" / CONFIG_FILE).write_text("{")
    (models / "bad weights" / LANGUAGE_MODEL_FILE).write_bytes(b"x" * 100)
    cards, problems = scan()
    assert [card.name for card in cards] == ["tiny"] == [card.name for card in available()]
    for problem, words in zip(
        problems,
        [
            "the config.json of bad config is not understood",
            "bad weights/language_model.safetensors cannot be read",
            "the model folder empty has no model",
            "the model folder no config has no config.json",
        ],
        strict=True,
    ):
        assert words in problem.came


def test_a_renamed_folder_is_listed_by_the_name_that_loads_it(models: Path) -> None:
    (models / "tiny").rename(models / "mine")
    assert [card.name for card in available()] == ["mine"]
    assert find_model("mine") == models / "mine"


def test_no_catalogue_is_an_empty_one(models: Path) -> None:
    shutil.rmtree(models)
    assert available() == []
    with pytest.raises(CheckpointError, match="no model 'tiny'; expected a published"):
        find_model("tiny")


@pytest.mark.parametrize("path", ["local", "./local", "../here/local", os.path.join(".", "local")])
def test_a_folder_is_found_by_any_path(models: Path, path: str) -> None:
    shutil.copytree(models / "tiny", Path("local"))
    assert find_model(path) == Path("local").resolve()
    assert find_model(str(Path("local").resolve())) == Path("local").resolve()
    assert read_card(find_model(path)).name == "local"


def test_a_name_wins_over_a_folder_of_that_name(models: Path) -> None:
    Path("tiny").mkdir()
    assert find_model("tiny") == models / "tiny"
    assert find_model("./tiny") == Path("tiny").resolve()


@pytest.mark.parametrize(
    "name", ["", " ", "tiny ", "nothing", "no/such/folder", "\x00", "x" * 10_000, "a/" * 10_000]
)
def test_what_is_not_there_is_said_in_few_words(models: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="no model '.*expected tiny, a published") as caught:
        find_model(name)
    assert len(str(caught.value)) < 400


def test_a_file_is_no_folder(models: Path) -> None:
    Path("model.safetensors").write_text("x")
    with pytest.raises(CheckpointError, match=r"'model\.safetensors' is a file"):
        find_model("model.safetensors")


@pytest.mark.parametrize("name", [".", ".."])
def test_dots_are_paths_from_here_not_from_the_catalogue(models: Path, name: str) -> None:
    assert find_model(name) == Path(name).resolve()
    with pytest.raises(CheckpointError, match="has no model"):
        read_card(find_model(name))
