"""The files that the browser gets: scripts and styles, read once at build time."""

from __future__ import annotations

from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "assets" / "web"
STYLES = ("base.css", "composer.css", "stage.css", "takes.css")


def script(name: str) -> str:
    """The text of a widget's script.

    It travels inside the page's configuration, so no address of a file is served and it works
    under any root path.
    """
    return (WEB / name).read_text(encoding="utf-8")


def style_paths() -> list[Path]:
    """The style sheets, in the order of the cascade."""
    return [WEB / name for name in STYLES]
