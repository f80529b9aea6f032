"""Where the files that ship with the project lie."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def assets_dir() -> Path:
    """The shipped files: inside the package where it is installed, else beside it."""
    installed = _HERE / "_assets"
    return installed if installed.is_dir() else _HERE.parent / "assets"
