"""Assets are found in a checkout and in an installation, and not mistaken for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import assets
from engine.errors import EngineError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `engine` package elsewhere."""
    folder = tmp_path / "engine"
    folder.mkdir()
    monkeypatch.setattr(assets, "__file__", str(folder / "assets.py"))
    return folder


def test_a_checkout_has_them_beside_the_packages() -> None:
    assert (assets.assets_dir() / "web").is_dir()


def test_an_installation_has_them_inside(package: Path) -> None:
    (package / "_assets" / "models").mkdir(parents=True)
    assert assets.assets_dir() == package / "_assets"


def test_an_unrelated_folder_of_the_same_name_is_passed_over(package: Path) -> None:
    (package.parent / "assets").mkdir()
    (package / "_assets" / "web").mkdir(parents=True)
    assert assets.assets_dir() == package / "_assets"


def test_without_them_the_error_says_what_to_do(package: Path) -> None:
    with pytest.raises(EngineError, match="Clone or install"):
        assets.assets_dir()
