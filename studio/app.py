"""The whole page, from a model and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from engine.knobs import build_request, defaults
from studio.api import add_api
from studio.assets import icon_path, style_sheet
from studio.handlers import Studio
from studio.jobs import JobBook
from studio.panels.generate import DEFAULT_PRESET, build_generate_panel
from studio.panels.generate_events import wire_generate
from studio.session import Session
from studio.settings import Settings
from studio.theme import studio_theme
from studio.widgets.header import header

if TYPE_CHECKING:
    from engine.decode import GenerationRequest
    from engine.music import MusicModel

CACHE_SWEEP_S, CACHE_AGE_S = 3600, 86_400
"""Takes stay on the server for a day after they were last asked for."""

PASSING_EVENTS = 8
"""Places in Gradio's queue for presses that only pass through it on their way to the device."""


def build_app(model: MusicModel, settings: Settings) -> gr.Blocks:
    """Build the studio.

    Args:
        model: what makes the music.
        settings: the queue's size is taken from it; the rest is for `launch_options`.

    Returns:
        The app, its queue set; `app.launch(**launch_options(settings))` serves it.
    """
    studio = Studio(model=model, jobs=JobBook(), max_waiting=settings.queue_size)
    first = _first_request(model)
    with gr.Blocks(
        title="MAGNeT Studio",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(CACHE_SWEEP_S, CACHE_AGE_S),
    ) as app:
        session = gr.State(Session())
        header(model=model.name, elem_id="ms-header")
        panel = build_generate_panel(
            model, estimate=studio.estimate(first), preview=studio.preview(first)
        )
        wire_generate(panel, studio, session)
        add_api(studio)

        def leave(browser: gr.Request) -> None:
            studio.jobs.leave(str(browser.session_hash))

        app.unload(leave)
    # The studio's own limit speaks first, in words; Gradio's guards what programs send.
    app.queue(max_size=settings.queue_size + PASSING_EVENTS, default_concurrency_limit=1)
    return app


def launch_options(settings: Settings) -> dict[str, Any]:
    """The arguments of `launch` that the settings stand for."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "share": settings.share,
        "auth": list(settings.auth) or None,
        "root_path": settings.root_path,
        "inbrowser": settings.open_browser,
        "max_file_size": f"{settings.max_upload_mb}mb",
        "theme": studio_theme(),
        "head": f"<style>{style_sheet()}</style>",
        "footer_links": ["api"],
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
        "favicon_path": icon_path(),
    }


def _first_request(model: MusicModel) -> GenerationRequest:
    values: dict[str, Any] = defaults(DEFAULT_PRESET)
    modes = [mode.value for mode in model.modes]
    if values["mode"] not in modes:
        values["mode"] = modes[0]
    values["duration_s"] = min(values["duration_s"], model.window_s)
    values["opening_s"] = min(values["opening_s"], values["duration_s"] / 2)
    return build_request(values, window_s=model.window_s)
