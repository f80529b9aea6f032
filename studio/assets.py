"""The files that the browser gets: scripts and styles, read once at build time."""

from __future__ import annotations

from functools import cache

from engine.assets import assets_dir

STYLES = (
    "base.css", "composer.css", "models.css", "stage.css", "takes.css", "editor.css",
    "editor_stage.css", "editor_list.css", "inpaint.css",
)  # fmt: skip


@cache
def script(name: str) -> str:
    """The text of a widget's script.

    It travels inside the page's configuration, so no address of a file is served and it works
    under any root path.
    """
    return (assets_dir() / "web" / name).read_text(encoding="utf-8")


def icon_path() -> str:
    """The file of the browser tab's icon."""
    return str(assets_dir() / "web" / "icon.svg")


def style_sheet() -> str:
    """All styles as one text, in the order of the cascade."""
    return "\n".join((assets_dir() / "web" / name).read_text(encoding="utf-8") for name in STYLES)
