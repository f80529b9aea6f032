"""`magnet-studio models`: what can be loaded by name, and fetching it beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.bars import fetch_bars
from engine.errors import CheckpointError

if TYPE_CHECKING:
    from engine.checkpoints.offers import Offer

_HEADS = (
    *("name", "kind", "length", "rate", "parameters", "size", "memory", "licence", "state"),
)  # fmt: skip


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models that can be loaded by name, or fetch one of the Hub.

    \b
    size    of all files, with the text encoder's, which several models share
    memory  at the peak of one clip of full length, on the best device of this computer
    state   embedded, here (in the Hub's cache), or to download

    Folders among them that are no whole model are named on standard error.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json=as_json)
    elif as_json:
        raise click.UsageError("--json is for the list alone.", ctx)


@models.command()
@click.argument("name")
@click.option("--revision", help="Commit, branch or tag.  [default: the newest]")
def fetch(name: str, revision: str | None) -> None:
    """Fetch the published model NAME and its text encoder, without loading them.

    They go to the Hub's cache on this computer and serve from there without a network. What is
    there already is not fetched again. HF_TOKEN, HF_HOME and HF_ENDPOINT work as everywhere.

    \b
    magnet-studio models fetch magnet-small-10secs
    """
    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.checkpoints.catalogue import is_here
    from engine.checkpoints.hub import PUBLISHED, fetch_whole

    if is_here(name):
        raise CheckpointError(
            f"the model {name} ships with this program",
            expected="a published model",
            advice="Use it as it is",
        )
    if name not in PUBLISHED:
        raise CheckpointError(
            f"there is no published model {name[:200]!r}",
            expected=" or ".join(PUBLISHED),
            advice="See `magnet-studio models`",
        )
    with fetch_bars() as report:
        folder = fetch_whole(PUBLISHED[name], revision=revision, report=report)
    click.echo(folder)


def _list(*, as_json: bool) -> None:
    from engine.checkpoints.catalogue import models_dir
    from engine.checkpoints.offers import Source, survey

    found, problems = survey()
    for problem in problems:
        click.echo(f"Left out: {problem}", err=True)
    if not any(offer.source is Source.EMBEDDED for offer in found):
        click.echo(f"There is no model in {models_dir()}.", err=True)
    facts = [_facts(offer) for offer in found]
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print_table([_HEADS, *map(_row, facts)])


def _facts(offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.name,
        "kind": offer.kind.value,
        "window_s": offer.window_s,
        "sample_rate_hz": offer.sample_rate_hz,
        "parameters": offer.parameters,
        "size_bytes": offer.size_bytes,
        "memory_bytes": _memory_bytes(offer),
        "licence": offer.licence,
        "source": offer.source.value,
        "is_here": offer.is_here,
        "path": str(offer.path) if offer.path else None,
    }


def _memory_bytes(offer: Offer) -> int:
    from engine.cast import modes_of
    from engine.decode import GenerationRequest
    from engine.device import choose_device, choose_dtype
    from engine.outlook import expect_memory

    mode = modes_of(offer.kind)[0]
    request = GenerationRequest(mode=mode, duration_s=offer.window_s)
    return expect_memory(offer, request, choose_dtype(choose_device()))


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    here = "embedded" if facts["source"] == "embedded" else "here"
    return (
        facts["name"],
        facts["kind"],
        f"{facts['window_s']:g} s",
        f"{facts['sample_rate_hz'] / 1000:g} kHz",
        f"{facts['parameters'] / 1e6:.0f} M",
        _size(facts["size_bytes"]),
        _size(facts["memory_bytes"]),
        facts["licence"],
        here if facts["is_here"] else "to download",
    )


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
