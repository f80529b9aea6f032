"""The `magnet-studio` command.

Exit status: 0 done; 1 something that the message explains; 2 wrong usage, settings that cannot be
carried out among them; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import click

from engine.errors import EngineError, RequestError
from engine.version import VERSION

PLUGIN_GROUP = "magnet_studio.commands"
"""Entry points of this group are commands too; `serve` comes from the studio by it."""

_OWN = {
    "bench": "engine.cli.bench:bench",
    "evaluate": "engine.cli.evaluate:evaluate",
    "generate": "engine.cli.generate:generate",
    "inpaint": "engine.cli.inpaint:inpaint",
    "models": "engine.cli.models:models",
    "train": "engine.training.cli:train",
}


class _LazyGroup(click.Group):
    """Imports a command's module when the command is asked for, so that starting is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_OWN, *(plugin.name for plugin in _plugins())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _OWN:
            module, _, attribute = _OWN[cmd_name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        plugin = next((each for each in _plugins() if each.name == cmd_name), None)
        return _load(plugin) if plugin else None


@click.group(cls=_LazyGroup)
@click.version_option(VERSION, prog_name="magnet-studio")
def studio() -> None:
    """Music from words, by MAGNeT."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; None: those of this process.

    Returns:
        The exit status.
    """
    try:
        status = studio.main(arguments, prog_name="magnet-studio", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except EngineError as error:
        click.echo(f"Error: {error}", err=True)
        return 2 if isinstance(error, RequestError) else 1
    except OSError as error:  # a full disk, a file that may not be read
        click.echo(f"Error: {error}", err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    return status if isinstance(status, int) else 0


def _plugins() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=PLUGIN_GROUP))


def _load(plugin: EntryPoint) -> click.Command:
    try:
        return plugin.load()
    except (ImportError, AttributeError) as error:
        return _not_available(plugin.name, str(error))


def _not_available(name: str, reason: str) -> click.Command:
    """A command in the place of one that does not load, so that the others can still be used."""

    def explain() -> None:
        raise click.ClickException(f"the command {name} does not load: {reason}")

    return click.Command(
        name,
        callback=explain,
        help="Not available: it does not load.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
