"""Start the studio: `magnet-studio serve`, and `app.py`."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, cast

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
    """Load the model and build the app.

    Raises:
        EngineError: the model or the device cannot be used.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Gradio's calls to itself at start
    quiet_gradio()
    from engine.music import MusicModel, load
    from studio.app import build_app
    from studio.device_thread import DeviceThread, ThreadedModel

    thread = DeviceThread()
    model = thread.call(load, settings.model, device=settings.device)
    return build_app(cast(MusicModel, ThreadedModel(model, thread)), settings)


def quiet_gradio() -> None:
    """Make Gradio ask nothing of the network; before its first import."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def launch(app: gr.Blocks, settings: Settings) -> None:
    """Serve until stopped."""
    from studio.app import launch_options

    app.launch(**launch_options(settings))
