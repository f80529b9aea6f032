"""The whole page, from the models of a device and settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from engine.examples import ExampleClip, example_clips
from studio.api import add_api
from studio.assets import icon_path, style_sheet
from studio.desk import Desk
from studio.example_takes import ExampleTakes
from studio.handlers import Studio
from studio.jobs import JobBook
from studio.library import Library
from studio.panels.example_events import wire_examples
from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import wire_estimate, wire_generate
from studio.panels.inpaint import InpaintPanel
from studio.panels.inpaint_choices import wire_choices
from studio.panels.inpaint_events import Clips, wire_clips
from studio.panels.inpaint_runs import EditButton, wire_cancel, wire_edits
from studio.panels.page import build_panels
from studio.panels.run_events import Buttons, wire_run
from studio.panels.run_parts import RunParts
from studio.session import Session
from studio.settings import Settings
from studio.theme import studio_theme
from studio.widgets.header import header

CACHE_SWEEP_S, CACHE_AGE_S = 3600, 86_400
"""Takes stay on the server for a day after they were last asked for."""

PASSING_EVENTS = 8
"""Places in Gradio's queue for presses that only pass through it on their way to the device."""


def build_app(library: Library, default: str, settings: Settings) -> gr.Blocks:
    """Build the studio.

    Args:
        library: the models that can be chosen.
        default: name of the one that every tab starts with.
        settings: the queue's size is taken from it; the rest is for `launch_options`.

    Returns:
        The app, its queue set; `app.launch(**launch_options(settings))` serves it.

    Raises:
        CheckpointError: the default is not on offer.
    """
    max_waiting = settings.queue_size
    studio = Studio(library=library, default=default, jobs=JobBook(), max_waiting=max_waiting)
    with gr.Blocks(
        title="MAGNeT Studio",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(CACHE_SWEEP_S, CACHE_AGE_S),
    ) as app:
        session = gr.State(Session())
        header(elem_id="ms-header")
        examples = example_clips()
        panel, inpaint = _panels(studio, examples)
        takes = ExampleTakes(library, default)
        wire_generate(panel, studio, session, takes)
        wire_estimate(panel, studio)
        parts = RunParts(panel=panel, studio=studio, examples=takes)
        _wire_runs(app, parts, inpaint, session, examples)
        wire_examples(parts, session)
        add_api(studio)

        def leave(browser: gr.Request) -> None:
            studio.jobs.leave(str(browser.session_hash))

        app.unload(leave)
    # The studio's own limit speaks first, in words; Gradio's guards what programs send.
    app.queue(max_size=max_waiting + PASSING_EVENTS, default_concurrency_limit=1)
    return app


def _panels(
    studio: Studio, examples: tuple[ExampleClip, ...]
) -> tuple[GeneratePanel, InpaintPanel]:
    offer, order = studio.library.offer(studio.default), studio.first_order(studio.default)
    assert order.request is not None
    return build_panels(
        offer,
        studio.library.offers,
        facts=studio.facts(offer.name),
        estimate=studio.estimate(order),
        preview=studio.preview(offer.name, order.request),
        examples=examples,
    )


def _wire_runs(
    app: gr.Blocks,
    parts: RunParts,
    inpaint: InpaintPanel,
    session: gr.State,
    examples: tuple[ExampleClip, ...],
) -> None:
    buttons = Buttons(parts=parts, session=session, order=gr.State(None), finished=gr.State(()))
    clips = Clips(
        parts=parts,
        inpaint=inpaint,
        desk=gr.State(Desk()),
        pulses=gr.State({}),
        made=gr.State(None),
        heard=gr.State(None),
        examples=examples,
    )
    edits = EditButton(clips=clips, order=gr.State(None), finished=gr.State(None))
    runs, ends = wire_run(app, buttons)
    wire_choices(parts.panel, inpaint)
    wire_clips(clips, session, ends)
    wire_cancel(buttons, [*runs, wire_edits(edits)], clips)


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
