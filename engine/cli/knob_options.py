"""Command-line options made from the knob table, and their text made into values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import click
from click.core import ParameterSource

from engine.knobs import KNOBS, N_LEVELS, PRESET_KNOBS, Knob, KnobKind, range_text
from engine.knobs.words import default_text

_METAVARS = {KnobKind.INT: "N", KnobKind.FLOAT: "X", KnobKind.MODEL: "NAME"}
OFF = "off"
"""What is typed for None."""


class KnobType(click.ParamType):
    """Text to a knob's value; whether it is in range is the table's own check, later."""

    def __init__(self, knob: Knob) -> None:
        self.knob = knob
        self.name = knob.kind.value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows in the place of the value."""
        if self.knob.kind is KnobKind.STEPS:
            return ",".join("N" * N_LEVELS)
        return {KnobKind.INT: "N", KnobKind.FLOAT: "X", KnobKind.MODEL: "NAME"}.get(
            self.knob.kind, "TEXT"
        )

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value, or a usage error."""
        if value == OFF and self.knob.optional:
            return None
        try:
            return _PARSERS[self.knob.kind](value)
        except ValueError:
            self.fail(f"{value!r} is not {range_text(self.knob)}", param, ctx)


def knob_options(
    *, table: Mapping[str, Knob] = KNOBS, without: Collection[str] = ("prompt",)
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option for every knob but some, such as one that is its argument."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for knob in reversed([knob for name, knob in table.items() if name not in without]):
            command = _option(knob)(command)
        return command

    return decorate


def given_values(ctx: click.Context, table: Mapping[str, Knob] = KNOBS) -> dict[str, object]:
    """A table's knobs that were typed, by name; the others are left to preset or default."""
    typed = ParameterSource.COMMANDLINE
    return {
        name: value
        for name, value in ctx.params.items()
        if name in table and ctx.get_parameter_source(name) is typed
    }


def _option(knob: Knob) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    flag = f"--{knob.name.replace('_', '-')}"
    if knob.kind is KnobKind.BOOL:
        declaration = f"{flag}/--no-{flag[2:]}"
        return click.option(declaration, knob.name, default=None, help=_help(knob))
    kind: click.ParamType = KnobType(knob)
    if knob.kind is KnobKind.CHOICE:
        kind = click.Choice(knob.choices)
    return click.option(flag, knob.name, type=kind, default=None, help=_help(knob))


def _help(knob: Knob) -> str:
    allowed = "" if knob.kind in (KnobKind.BOOL, KnobKind.CHOICE) else f"{range_text(knob)}; "
    default = default_text(knob)
    if knob.name == "seed":
        default = "by chance"
    elif knob.name in PRESET_KNOBS:
        default = "the preset's"
    return f"{knob.help}  [{allowed}default: {default}]"


def _steps(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


_PARSERS: dict[KnobKind, Callable[[str], object]] = {
    KnobKind.TEXT: str,
    KnobKind.MODEL: str,
    KnobKind.INT: int,
    KnobKind.FLOAT: float,
    KnobKind.STEPS: _steps,
}
