"""The report: a chapter for each result that is there, with its pictures, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from engine.errors import ToolError
from engine.evaluation.part import Part, Plot, Section
from engine.evaluation.results import Measured, Record
from engine.version import VERSION

REPORT_FILE, PLOTS_FOLDER = "report.md", "plots"
_DPI = 110
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_UNSUITABLE = re.compile(r"[^A-Za-z0-9_-]+")


def require_plots() -> None:
    """Check that pictures can be drawn, before hours are spent on what they show.

    Raises:
        ToolError: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise ToolError(
            "matplotlib is missing",
            expected="the packages that evaluating needs",
            advice="pip install 'magnet-studio[train]'",
        )


def write_report(
    folder: Path, records: Sequence[Record], parts: Sequence[str], find: Callable[[str], Part]
) -> Path:
    """Write `report.md` and its pictures anew.

    Args:
        folder: gets the report, and a folder of pictures.
        records: as `results.load_all` gives them.
        parts: all parts' names, in the order of the chapters.
        find: the part of a name.

    Returns:
        The report's path.

    Raises:
        ToolError: matplotlib is not installed.
    """
    require_plots()
    folder.mkdir(parents=True, exist_ok=True)
    plots = folder / PLOTS_FOLDER
    chapters = []
    for name in parts:
        own = [record for record in records if record.part == name]
        if own:
            chapters.append(_chapter(name, own, find, plots))
    strange = sorted({record.part for record in records} - set(parts))
    path = folder / REPORT_FILE
    blocks = [*_head(records), *chapters, *_not_shown(strange)]
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


def plain(text: str) -> str:
    """Text as it is, whatever Markdown or HTML would make of its characters, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace(r"\<", "&lt;")


def measured_line(measured: Measured) -> str:
    """What was measured, as a line in italics."""
    facts = (
        f"{measured.model} {measured.weights_hash[:12]}",
        f"version {measured.version}",
        f"up to {measured.clips} clips",
        f"{measured.date} UTC",
        f"{measured.processor}, {measured.device}, {measured.dtype}, "
        f"{measured.threads} thread{'s' * (measured.threads != 1)}",
        _duration(measured.seconds),
    )
    return f"*{' · '.join(map(plain, facts))}*"


def _head(records: Sequence[Record]) -> Iterator[str]:
    names = list(dict.fromkeys(plain(record.measured.model) for record in records))
    yield "# Evaluation" + (f" of {', '.join(names)}" if names else "")
    if not records:
        yield "Nothing is measured yet."
        return
    yield (
        "Written by `magnet-studio evaluate`. Below each heading stands what was measured: "
        "the model and the beginning of its hash, how many clips were asked for, when, on what, "
        "and for how long."
    )
    if len({record.measured.weights_hash for record in records}) > 1:
        yield (
            "**The chapters are not all about the same weights**: compare the hashes below the "
            "headings before comparing figures."
        )
    if len({record.measured.version for record in records}) > 1:
        yield "The chapters were measured by different versions of this program."


def _chapter(name: str, own: Sequence[Record], find: Callable[[str], Part], plots: Path) -> str:
    """One part: its result and, where the last attempt failed, why."""
    blocks: list[str] = []
    for record in own:
        if record.error is None:
            blocks += _told(record, find, plots)
            continue
        if not blocks:
            blocks = [f"## {plain(name)}"]
        measured = record.measured
        blocks.append(
            f"**The attempt of {plain(measured.date)} UTC with {plain(measured.model)} "
            f"{plain(measured.weights_hash[:12])} failed:** {plain(record.error)}"
        )
    return "\n\n".join(blocks)


def _told(record: Record, find: Callable[[str], Part], plots: Path) -> list[str]:
    """A result in words and pictures; one of another version may hold other things than ours."""
    line = measured_line(record.measured)
    try:
        section: Section = find(record.part).describe(record.result or {})
        pictures = list(_pictures(section.plots, plots))
    # What other fields or values do to the words cannot be foreseen.
    except Exception:
        if record.measured.version == VERSION:
            raise
        body = (
            f"This result is of version {plain(record.measured.version)}, and this version "
            f"({VERSION}) cannot read it. Measure again: `magnet-studio evaluate {record.part}`."
        )
        return [f"## {plain(record.part)}", line, body]
    return [f"## {section.title}", line, _without_tags(section.body).strip(), *pictures]


def _pictures(plots: Iterable[Plot], folder: Path) -> Iterator[str]:
    # Without pyplot: it would keep every figure, and look for a screen.
    from matplotlib.figure import Figure

    for plot in plots:
        file = _UNSUITABLE.sub("-", plot.name) + ".png"
        folder.mkdir(parents=True, exist_ok=True)
        figure = Figure(figsize=plot.size, layout="constrained")
        plot.draw(figure.subplots())
        figure.savefig(folder / file, dpi=_DPI, metadata={"Software": None})
        yield f"![{plain(plot.caption)}]({PLOTS_FOLDER}/{file})\n\n{_without_tags(plot.caption)}"


def _not_shown(strange: Sequence[str]) -> Iterator[str]:
    if strange:
        names = ", ".join(plain(name) for name in strange)
        yield f"This version does not know the parts {names}; their results are left out."


def _without_tags(markdown: str) -> str:
    """Markdown in which nothing is HTML: names of models and files come from anybody."""
    return _TAG.sub("&lt;", markdown)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
