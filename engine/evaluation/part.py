"""What an evaluation is made of: a part measures, and tells in words and plots what it found.

Measuring gives plain JSON, telling reads nothing but that JSON: so a report can be written again,
or from figures of several machines, without a model at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.music import MusicModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Result = dict[str, Any]
"""What a part found: JSON values alone."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What every part is given.

    Args:
        model: to be evaluated.
        cache: folder of what can be made again: renders, the probe, generated tokens.
        clips: how many clips a measure takes, 8 or more; parts that are dear take a share.
        folder: sound files of the user's own, for parts that can use them; None: none.
        soundfont: another General MIDI soundfont than the training's; None: look for one.
        tell: is given a line about progress now and then.
    """

    model: MusicModel
    cache: Path
    clips: int = 100
    folder: Path | None = None
    soundfont: Path | None = None
    tell: Callable[[str], None] = lambda line: None


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One picture of a report.

    Args:
        name: of its file, without an ending; unique in the report.
        caption: what it shows, in a sentence.
        draw: draws it.
        size: width and height in inches.
    """

    name: str
    caption: str
    draw: Callable[[Axes], None]
    size: tuple[float, float] = (6.4, 3.6)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One chapter of a report: Markdown below a heading, then pictures."""

    title: str
    body: str
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One evaluation.

    Args:
        name: on the command line, and of the file with its result.
        about: one line for the help.
        measure: does the work; minutes to hours.
        describe: words its result; at once.
        suits: whether a model can do what is measured.
    """

    name: str
    about: str
    measure: Callable[[Setup], Result]
    describe: Callable[[Result], Section]
    suits: Callable[[MusicModel], bool] = lambda model: True


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are shown as `str` gives them, and `|` in them is escaped."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines
    )
