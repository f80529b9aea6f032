"""Start the studio: `magnet-studio serve`, and `app.py`."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any

import click

from engine.errors import EngineError
from studio.settings import SETTINGS, Settings, settings_from

if TYPE_CHECKING:
    import gradio as gr


def _flags(command: Any) -> Any:
    for setting in reversed(SETTINGS):
        help_text = f"{setting.help[:1].upper()}{setting.help[1:]}. Also ${setting.variable}."
        command = click.option(setting.flag, setting.name, metavar="TEXT", help=help_text)(command)
    return command


@click.command()
@_flags
def serve(**flags: str | None) -> None:
    """Start the web studio."""
    try:
        settings = settings_from(os.environ, flags)
        app = prepare(settings)
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    launch(app, settings)


def prepare(settings: Settings) -> gr.Blocks:
    """Load the model that the studio starts with, and build the app.

    Raises:
        EngineError: the model or the device cannot be used.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Gradio's calls to itself at start
    quiet_gradio()
    if not settings.hub:
        # Before the Hub's library is imported, which then asks the network for nothing.
        os.environ["HF_HUB_OFFLINE"] = "1"
    from studio.app import build_app
    from studio.models_here import open_library

    library, default = open_library(settings)
    return build_app(library, default, settings)


def quiet_gradio() -> None:
    """Make Gradio ask nothing of the network; before its first import."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def launch(app: gr.Blocks, settings: Settings) -> None:
    """Serve until stopped."""
    from studio.app import launch_options
    from studio.editing.opening import warm_up_beats

    # Its compiler takes half a minute once; until then somebody who opens a clip would wait.
    threading.Thread(target=warm_up_beats, name="warm up", daemon=True).start()
    app.launch(**launch_options(settings))
