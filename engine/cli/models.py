"""`magnet-studio models`: what can be loaded by name."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from engine.checkpoints.catalogue import ModelCard


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def models(as_json: bool) -> None:
    """List the models that can be loaded by name.

    Folders among them that are no whole model are named on standard error.
    """
    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.checkpoints.catalogue import models_dir, scan

    cards, problems = scan()
    for problem in problems:
        click.echo(f"Left out: {problem}", err=True)
    if not cards:
        click.echo(f"There is no model in {models_dir()}.", err=True)
    if as_json:
        click.echo(json.dumps([_facts(card) for card in cards], indent=2))
        return
    heads = ("name", "kind", "licence", "length", "rate", "size", "where")
    rows = [heads, *map(_row, cards)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _facts(card: ModelCard) -> dict[str, Any]:
    return {**asdict(card), "kind": card.kind.value, "path": str(card.path)}


def _row(card: ModelCard) -> tuple[str, str, str, str, str, str, str]:
    return (
        card.name,
        card.kind.value,
        card.licence,
        f"{card.window_s:g} s",
        f"{card.sample_rate_hz / 1000:g} kHz",
        f"{card.size_bytes / 1e6:.0f} MB",
        str(card.path),
    )
