"""`magnet-studio models`: what can be loaded by name."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from engine.checkpoints.catalogue import ModelCard
    from engine.checkpoints.hub import PublishedModel


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def models(as_json: bool) -> None:
    """List the models that can be loaded by name: those here, then those of the Hub.

    Folders among them that are no whole model are named on standard error.
    """
    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.checkpoints.catalogue import models_dir, scan
    from engine.checkpoints.hub import PUBLISHED

    cards, problems = scan()
    for problem in problems:
        click.echo(f"Left out: {problem}", err=True)
    if not cards:
        click.echo(f"There is no model in {models_dir()}.", err=True)
    if as_json:
        published = [_facts(model) for model in PUBLISHED.values()]
        click.echo(json.dumps([*map(_facts, cards), *published], indent=2))
        return
    heads = ("name", "kind", "licence", "length", "rate", "size", "where")
    here = [_row(card, card.size_bytes, str(card.path)) for card in cards]
    hub = [_row(each, each.download_bytes, f"Hub: {each.repo}") for each in PUBLISHED.values()]
    rows = [heads, *here, *hub]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _facts(model: ModelCard | PublishedModel) -> dict[str, Any]:
    facts = {**asdict(model), "name": model.name, "kind": model.kind.value}
    return {key: str(each) if isinstance(each, Path) else each for key, each in facts.items()}


def _row(model: ModelCard | PublishedModel, size_bytes: int, where: str) -> tuple[str, ...]:
    return (
        model.name,
        model.kind.value,
        model.licence,
        f"{model.window_s:g} s",
        f"{model.sample_rate_hz / 1000:g} kHz",
        f"{size_bytes / 1e6:.0f} MB",
        where,
    )
