"""The wiring of the Generate panel: which press calls what, and which parts it changes."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from typing import Any

import gradio as gr

from engine.errors import EngineError
from engine.knobs import PRESETS
from studio.errors import Problem, gradio_error, problem_from
from studio.handlers import Studio
from studio.panels.generate import GeneratePanel
from studio.prompts import EXAMPLES, is_chip, toggle_chip
from studio.session import Session, Take, roll_dice
from studio.widgets import run_status
from studio.widgets.chips import chips_value
from studio.widgets.takes import takes_value

DEVICE = "device"
"""Every event that uses the model shares this queue; one at a time."""

BUSY = Problem(title="The device is busy", message="Too many jobs wait. Try again in a minute.")

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
    panel.prompt.change(
        chips_value, panel.prompt, panel.chips, trigger_mode="always_last", **_LIGHT
    )


def _wire_choices(panel: GeneratePanel) -> None:
    chosen = [field for field in panel.options if field.knob.name in PRESETS["balanced"]]
    components: list[Any] = [component for field in chosen for component in field.components]

    table = {
        name: [value for field in chosen for value in field.spread(preset[field.knob.name])]
        for name, preset in PRESETS.items()
    }

    def allow_opening(mode: str) -> dict[str, Any]:
        return gr.update(interactive=mode == "hybrid")

    # In the browser, so that Generate pressed at once afterwards has these values already.
    apply = f"(name) => ({json.dumps(table)})[name]"
    panel.preset.input(None, panel.preset, components, js=apply, **_LIGHT)
    # A value set by hand is no preset any more.
    gr.on([c.input for c in components], lambda: None, None, panel.preset, **_LIGHT)
    panel.mode.change(allow_opening, panel.mode, panel.opening_s, **_LIGHT)
    # An opening is shorter than its clip; also in the browser, for Generate pressed at once.
    lengths = [panel.duration_s, panel.opening_s]
    fit = "(clip, opening) => clip > 0 && opening >= clip ? Math.round(clip * 5) / 10 : opening"
    panel.duration_s.input(None, lengths, panel.opening_s, js=fit, **_LIGHT)


def _wire_seed(panel: GeneratePanel, session: gr.State) -> None:
    def reuse(current: Session, event: gr.EventData) -> tuple[Any, Any]:
        take = current.take(getattr(event, "take", None))
        return (take.request.seed, True) if take else (gr.skip(), gr.skip())

    both = [panel.seed, panel.keep_seed]
    panel.dice.click(lambda: (roll_dice(), True), None, both, **_LIGHT)
    # In the browser, so that a seed typed just before Generate is pressed is not rolled away.
    panel.seed.input(None, None, panel.keep_seed, js="() => true", **_LIGHT)
    panel.takes.select(reuse, session, both, **_LIGHT)


def _wire_estimate(panel: GeneratePanel, studio: Studio) -> None:
    def estimate(*given: Any) -> str:
        try:
            values = panel.values(given)
            # Which seed it will be makes no difference, and none may be chosen yet.
            return studio.estimate(studio.request({**values, "seed": 0}))
        except EngineError as error:
            # The button says it in full; here it is a hint while values are being typed.
            return f"Not possible yet: {error}"

    watched: list[Any] = [c for c in panel.inputs if c not in (panel.prompt, panel.seed)]
    gr.on(
        [component.change for component in watched],
        estimate,
        panel.inputs,
        panel.estimate,
        trigger_mode="always_last",
        # A number that is half typed is no error of Gradio's; the request says what it lacks.
        preprocess=False,
        **_LIGHT,
    )


def _wire_run(panel: GeneratePanel, studio: Studio, session: gr.State) -> None:
    request, finished = gr.State(None), gr.State(())
    idle_parts = [panel.takes, panel.generate, panel.cancel]

    def enter(
        browser: gr.Request, current: Session, keep: bool, *given: Any
    ) -> Generator[list[Any], None, None]:
        tab = str(browser.session_hash)
        values = panel.values(given)
        if not keep or values["seed"] is None:
            values["seed"] = roll_dice()
        try:
            wanted = studio.request(values)
            studio.jobs.enter(tab, max_waiting=studio.max_waiting)
        except EngineError as error:
            problem = problem_from(error)
            yield [gr.skip()] * 3 + [run_status.failed(problem)] + [gr.skip()] * 4
            raise gradio_error(problem) from error
        status = run_status.queued(studio.jobs.ahead(tab))
        waiting = takes_value(current, pending=wanted.variations)
        yield [wanted, (), wanted.seed, status, studio.preview(wanted), waiting, *_busy(True)]

    def run(browser: gr.Request, wanted: Any) -> Generator[tuple[Any, ...], None, None]:
        # Only what changes at each step goes out: an update of a button costs as much as a grid.
        with closing(studio.run(wanted, str(browser.session_hash))) as updates:
            for update in updates:
                yield dict(update.status), update.grid, update.takes

    def settle(browser: gr.Request, current: Session, takes: tuple[Take, ...]) -> list[Any]:
        if studio.jobs.has(str(browser.session_hash)):
            # A cancelled run settles too, perhaps only after the next one has been asked for.
            return [gr.skip()] * 5
        after = current.with_takes(takes)
        return [after, (), takes_value(after), *_busy(False)]

    def recover(browser: gr.Request, current: Session) -> list[Any]:
        # A run that failed has said why. One that never began was turned away by Gradio's queue.
        turned_away = studio.jobs.leave(str(browser.session_hash))
        status = run_status.failed(BUSY) if turned_away else gr.skip()
        return [status, takes_value(current), *_busy(False)]

    def cancel(browser: gr.Request, current: Session) -> list[Any]:
        studio.jobs.leave(str(browser.session_hash))
        return [run_status.cancelled(), takes_value(current), *_busy(False)]

    entered = panel.generate.click(
        enter,
        [session, panel.keep_seed, *panel.inputs],
        [request, finished, panel.seed, panel.status, panel.grid, *idle_parts],
        # In the queue, but never waiting in it: only there may a handler show a problem and fail.
        **{**_LIGHT, "queue": True},
        concurrency_limit=None,
    )
    # Shift+Enter. A press of the button, so that nothing happens while it is disabled.
    press = "() => document.querySelector('#ms-generate').click()"
    panel.prompt.submit(None, js=press, **_LIGHT)
    running = entered.success(
        run,
        request,
        [panel.status, panel.grid, finished],
        show_progress="hidden",
        api_visibility="private",
        concurrency_id=DEVICE,
        concurrency_limit=1,
    )
    running.success(settle, [session, finished], [session, finished, *idle_parts], **_LIGHT)
    running.failure(recover, session, [panel.status, *idle_parts], **_LIGHT)
    panel.cancel.click(cancel, session, [panel.status, *idle_parts], cancels=[running], **_LIGHT)


def _busy(busy: bool) -> list[Any]:
    return [gr.update(interactive=not busy), gr.update(interactive=busy)]
