"""Assets are found in a checkout and in an installation, and not mistaken for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import assets


def test_a_checkout_has_them_beside_the_packages() -> None:
    assert (assets.assets_dir() / "web").is_dir()


def test_an_installation_has_its_own_whatever_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_HERE", tmp_path / "engine")
    (tmp_path / "assets").mkdir()
    (tmp_path / "engine" / "_assets").mkdir(parents=True)
    assert assets.assets_dir() == tmp_path / "engine" / "_assets"
