"""The models that a command names, and the request that suits them."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from engine.cli.bars import fetch_bars
from engine.errors import RequestError
from engine.knobs import DEFAULT_PRESET, KNOBS, PRESET_NAMES, build_request

if TYPE_CHECKING:
    from engine.decode import GenerationRequest
    from engine.music import MusicModel

DEFAULT_MODEL = "studio-mini"
PAPER = "paper"
"""The preset that is the knob table itself."""

DTYPES = ("float32", "bfloat16", "float16")
_HELPERS = ("opener", "rescorer")


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which model plays, where, and how well."""
    options = (
        click.option(
            "--model",
            "model_name",
            default=DEFAULT_MODEL,
            show_default=True,
            help="A name that `magnet-studio models` lists, or a model's folder.",
        ),
        click.option(
            "--revision", help="Commit, branch or tag of a model on the Hub.  [default: newest]"
        ),
        click.option("--device", help="cpu, cuda, ...  [default: the best there is]"),
        click.option(
            "--dtype",
            type=click.Choice(DTYPES),
            help="In what the language model computes.  [default: the device's fastest]",
        ),
        click.option(
            "--preset",
            type=click.Choice([*PRESET_NAMES, PAPER]),
            default=DEFAULT_PRESET,
            show_default=True,
            help="Quality against speed, as suits the model, or the values of the paper for 10 s "
            "of music; options typed beside it win.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def load_all(
    given: Mapping[str, object],
    model_name: str,
    *,
    device: str | None,
    dtype: str | None,
    revision: str | None = None,
    together: bool = False,
) -> tuple[MusicModel, dict[str, MusicModel]]:
    """The model, and those that `given` names as its helpers.

    Raises:
        EngineError: one that cannot be loaded.
    """
    import torch

    from engine.decode import SELF
    from engine.music import load

    if sys.stderr.isatty():
        click.echo(f"Loading {model_name} ...", err=True)
    kind = getattr(torch, dtype) if dtype else None
    with fetch_bars() as report:
        common: dict[str, Any] = {"device": device, "dtype": kind, "together": together}
        model = load(model_name, revision=revision, report=report, **common)
        names = {str(given[role]) for role in _HELPERS if given.get(role)} - {SELF}
        helpers = {name: load(name, report=report, **common) for name in sorted(names)}
    return model, helpers


def request_for(
    model: MusicModel,
    helpers: Mapping[str, MusicModel],
    preset: str,
    given: Mapping[str, object],
) -> GenerationRequest:
    """The request for a model: what was typed, the rest as suits it.

    Raises:
        RequestError: values that exclude each other.
    """
    opener = helpers.get(str(given.get("opener")))
    modes = [mode.value for mode in model.modes_with(opener)]
    usual = str(KNOBS["mode"].default)
    values = {"mode": usual if usual in modes else modes[0], **given}
    return build_request(values, preset=None if preset == PAPER else preset, family=model.family)


def named(
    request: GenerationRequest, helpers: Mapping[str, MusicModel]
) -> tuple[GenerationRequest, dict[str, MusicModel]]:
    """The same with the models' own names: a file must not tell in which folders they lie."""
    names = {typed: helper.name for typed, helper in helpers.items()}
    if len(set(names.values())) < len(names):
        raise RequestError(
            f"the helpers {' and '.join(names)} have the same name",
            expected="names of their own",
            advice="Rename a folder",
        )
    roles = {role: getattr(request, role) for role in _HELPERS}
    request = replace(request, **{role: names.get(each, each) for role, each in roles.items()})
    return request, {names[typed]: helper for typed, helper in helpers.items()}


def with_seed(given: Mapping[str, object]) -> dict[str, object]:
    """The same with a seed by chance, if none is given."""
    # Low enough for every variation to have its own.
    highest = int(KNOBS["seed"].maximum - KNOBS["variations"].maximum)
    return {"seed": secrets.randbelow(highest + 1), **given}
