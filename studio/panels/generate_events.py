"""The wiring of the Generate panel: which press calls what, and which parts it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from engine.errors import EngineError
from engine.knobs import PRESETS
from studio.errors import gradio_error, problem_from
from studio.handlers import Studio, Update
from studio.panels.generate import GeneratePanel
from studio.prompts import EXAMPLES, is_chip, toggle_chip
from studio.session import Session, roll_dice
from studio.widgets import run_status
from studio.widgets.chips import chips_value
from studio.widgets.takes import takes_value

DEVICE = "device"
"""Every event that uses the model shares this queue; one at a time."""

_LIGHT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}


def wire_generate(panel: GeneratePanel, studio: Studio, session: gr.State) -> None:
    """Connect the panel's components to the studio."""
    _wire_prompt(panel)
    _wire_choices(panel)
    _wire_seed(panel, session)
    _wire_estimate(panel, studio)
    _wire_run(panel, studio, session)


def _wire_prompt(panel: GeneratePanel) -> None:
    def choose(prompt: str, event: gr.EventData) -> tuple[str, dict[str, Any]]:
        word, example = getattr(event, "word", None), getattr(event, "example", None)
        if is_chip(word):
            prompt = toggle_chip(prompt, str(word))
        elif isinstance(example, int) and 0 <= example < len(EXAMPLES):
            prompt = EXAMPLES[example]
        return prompt, chips_value(prompt)

    panel.chips.select(choose, panel.prompt, [panel.prompt, panel.chips], **_LIGHT)
    panel.prompt.input(
        chips_value, panel.prompt, panel.chips, trigger_mode="always_last", **_LIGHT
    )


def _wire_choices(panel: GeneratePanel) -> None:
    chosen = [field for field in panel.options if field.knob.name in PRESETS["balanced"]]
    components = [component for field in chosen for component in field.components]

    def apply_preset(name: str | None) -> list[Any]:
        if name not in PRESETS:
            return [gr.skip()] * len(components)
        return [v for field in chosen for v in field.spread(PRESETS[name][field.knob.name])]

    def allow_opening(mode: str) -> dict[str, Any]:
        return gr.update(interactive=mode == "hybrid")

    panel.preset.input(apply_preset, panel.preset, components, **_LIGHT)
    # A value set by hand is no preset any more.
    gr.on([c.input for c in components], lambda: None, None, panel.preset, **_LIGHT)
    panel.mode.change(allow_opening, panel.mode, panel.opening_s, **_LIGHT)


def _wire_seed(panel: GeneratePanel, session: gr.State) -> None:
    def reuse(current: Session, event: gr.EventData) -> tuple[Any, Any]:
        take = current.take(getattr(event, "take", None))
        return (take.request.seed, True) if take else (gr.skip(), gr.skip())

    both = [panel.seed, panel.keep_seed]
    panel.dice.click(lambda: (roll_dice(), True), None, both, **_LIGHT)
    panel.seed.input(lambda: True, None, panel.keep_seed, **_LIGHT)
    panel.takes.select(reuse, session, both, **_LIGHT)


def _wire_estimate(panel: GeneratePanel, studio: Studio) -> None:
    def estimate(*given: Any) -> str:
        try:
            return studio.estimate(studio.request(panel.values(given)))
        except EngineError as error:
            # The button says it in full; here it is a hint while values are being typed.
            return f"Not possible yet: {error}"

    watched = [c for c in panel.inputs if c not in (panel.prompt, panel.seed)]
    gr.on(
        [component.change for component in watched],
        estimate,
        panel.inputs,
        panel.estimate,
        trigger_mode="always_last",
        **_LIGHT,
    )


def _wire_run(panel: GeneratePanel, studio: Studio, session: gr.State) -> None:
    request = gr.State(None)
    buttons = [panel.generate, panel.cancel]
    outputs = [panel.status, panel.grid, panel.takes, *buttons]

    def enter(browser: gr.Request, current: Session, keep: bool, *given: Any) -> list[Any]:
        tab = str(browser.session_hash)
        values = panel.values(given)
        if not keep:
            values["seed"] = roll_dice()
        try:
            wanted = studio.request(values)
        except EngineError as error:
            raise gradio_error(problem_from(error)) from error
        studio.jobs.enter(tab)
        status = run_status.queued(studio.jobs.ahead(tab))
        waiting = takes_value(current, pending=wanted.variations)
        return [wanted, wanted.seed, status, studio.preview(wanted), waiting, *_busy(True)]

    def run(browser: gr.Request, current: Session, wanted: Any) -> Iterator[list[Any]]:
        for update in studio.run(wanted, str(browser.session_hash)):
            yield [*_shown(update, current), _session_after(update, current)]

    def cancel(browser: gr.Request, current: Session) -> list[Any]:
        studio.jobs.leave(str(browser.session_hash))
        return [run_status.cancelled(), gr.skip(), takes_value(current), *_busy(False)]

    started = panel.generate.click(
        enter,
        [session, panel.keep_seed, *panel.inputs],
        [request, panel.seed, *outputs],
        **_LIGHT,
    )
    running = started.success(
        run,
        [session, request],
        [*outputs, session],
        show_progress="hidden",
        api_visibility="private",
        concurrency_id=DEVICE,
        concurrency_limit=1,
    )
    panel.cancel.click(cancel, session, outputs, cancels=[running], **_LIGHT)


def _busy(busy: bool) -> list[Any]:
    return [gr.update(interactive=not busy), gr.update(interactive=busy)]


def _shown(update: Update, current: Session) -> list[Any]:
    finished = update.status["state"] in ("done", "failed", "cancelled")
    grid = gr.skip() if update.grid is None else update.grid
    takes = takes_value(_session_after(update, current)) if finished else gr.skip()
    buttons = _busy(False) if finished else [gr.skip(), gr.skip()]
    return [dict(update.status), grid, takes, *buttons]


def _session_after(update: Update, current: Session) -> Session:
    return current.with_takes(update.takes) if update.takes else current
