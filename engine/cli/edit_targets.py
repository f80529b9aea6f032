"""What `magnet-studio inpaint` is pointed at, as text: regions, levels, room at an end."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from engine.knobs import N_LEVELS


class Extension(NamedTuple):
    """Seconds to add, at the start or at the end."""

    seconds: float
    is_left: bool


class RegionType(click.ParamType):
    """START:STOP in seconds, perhaps :LEVELS."""

    name = "region"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows in the place of the value."""
        return "START:STOP[:N,N]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, tuple[int, ...] | None]:
        """Start, stop and levels counted from 0, or a usage error."""
        start, _, rest = str(value).partition(":")
        stop, colon, levels = rest.partition(":")
        chosen = LevelsType().convert(levels, param, ctx) if colon else None
        try:
            return float(start), float(stop), chosen
        except ValueError:
            self.fail(f"{value!r} is not two times in seconds such as 2.0:4.5", param, ctx)


class LevelsType(click.ParamType):
    """Numbers of levels, counted from 1 as users see them."""

    name = "levels"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows in the place of the value."""
        return "N,N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The levels counted from 0, or a usage error."""
        try:
            levels = tuple(sorted({int(each) for each in str(value).split(",")}))
        except ValueError:
            levels = ()
        if not levels or not 1 <= levels[0] <= levels[-1] <= N_LEVELS:
            self.fail(f"{value!r} is not levels from 1 to {N_LEVELS} such as 3,4", param, ctx)
        return tuple(level - 1 for level in levels)


class ExtensionType(click.ParamType):
    """SECONDS, or left:SECONDS."""

    name = "extension"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows in the place of the value."""
        return "[left:]SECONDS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Extension:
        """The seconds and their end, or a usage error."""
        side, colon, seconds = str(value).rpartition(":")
        try:
            if side not in ("left", "right") and colon:
                raise ValueError
            return Extension(float(seconds), is_left=side == "left")
        except ValueError:
            self.fail(f"{value!r} is not seconds such as 4 or left:2.5", param, ctx)
