"""The buttons: Generate, Load, Unload, Cancel, and what a tab shows between press and end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.errors import EngineError
from studio.errors import Problem, gradio_error, problem_from
from studio.handlers import Order, Studio, Update
from studio.model_words import licence_line
from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import LIGHT, estimator
from studio.panels.models import picker_updates
from studio.session import Session, Take, roll_dice
from studio.widgets import run_status
from studio.widgets.takes import takes_value

DEVICE = "device"
"""Every event that uses a model shares this queue; one at a time."""

_RAW: dict[str, Any] = {**LIGHT, "preprocess": False}
"""The engine's words refuse what a browser may send, not Gradio's."""

_PRESS: dict[str, Any] = {**_RAW, "queue": True, "concurrency_limit": None}
"""In the queue, but never waiting in it: only there may a handler show a problem and fail."""

_WORK: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_id": DEVICE,
    "concurrency_limit": 1,
}

BUSY = Problem(title="The device is busy", message="Too many jobs wait. Try again in a minute.")


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """The handlers; each returns its outputs in the order of the lists in `wire_run`."""

    panel: GeneratePanel
    studio: Studio

    def press_generate(
        self, browser: gr.Request, current: Session, keep: bool, model: Any, *given: Any
    ) -> Generator[list[Any], None, None]:
        """Note the job and show its empty grid; or say why it cannot be done."""
        values = self.panel.values(given)
        if keep is not True or values["seed"] is None:
            values["seed"] = roll_dice()
        order = yield from self._enter(browser, lambda: self.studio.order(model, values))
        assert order.request is not None
        seed, preview = order.request.seed, self.studio.preview(order.model, order.request)
        pending = takes_value(current, self.studio.default, pending=order.request.variations)
        yield [*self._waiting(browser, order), seed, preview, pending]

    def press_load(self, browser: gr.Request, model: Any) -> Generator[list[Any], None, None]:
        """Note a job that only loads the chosen model."""
        order = yield from self._enter(browser, lambda: Order(model=self._name(model)))
        yield [*self._waiting(browser, order), *[gr.skip()] * 3]

    def run(self, browser: gr.Request, order: Order) -> Generator[tuple[Any, ...], None, None]:
        """Carry the job out."""
        update = None
        # Only what changes at each step goes out: an update of a button costs as much as a grid.
        with closing(self.studio.run(order, str(browser.session_hash))) as updates:
            for update in updates:
                yield self._shown(update, order)
        if update is None:
            # Stopped before it began: Gradio would blank what a generator gives nothing for.
            yield (gr.skip(),) * 4

    def settle(
        self, browser: gr.Request, current: Session, takes: tuple[Take, ...], model: Any
    ) -> list[Any]:
        """Put the takes of a run that is over on the page."""
        if self._is_over(browser):
            return [gr.skip()] * 8
        after = current.with_takes(takes)
        return [after, (), *self._idle(browser, after, model)]

    def recover(self, browser: gr.Request, current: Session, model: Any) -> list[Any]:
        """After a run that failed, which has said why, or one that Gradio's queue turned away."""
        turned_away = self.studio.jobs.turned_away(str(browser.session_hash))
        if self._is_over(browser):
            return [gr.skip()] * 7
        status = run_status.failed(BUSY) if turned_away else gr.skip()
        return [status, *self._idle(browser, current, model)]

    def cancel(self, browser: gr.Request, current: Session, model: Any) -> list[Any]:
        """Stop the tab's own job."""
        self.studio.jobs.cancel(str(browser.session_hash))
        return [run_status.cancelled(), *self._idle(browser, current, model)]

    def choose(self, browser: gr.Request, model: Any) -> list[Any]:
        """Show what is known of the chosen model."""
        try:
            offer = self.studio.library.offer(model)
        except EngineError as error:
            return [*[gr.skip()] * 3, str(error)]
        return [*self._picker(browser, model), licence_line(offer)]

    def unload(self, browser: gr.Request, model: Any) -> list[Any]:
        """Free the chosen model's memory."""
        try:
            self.studio.library.unload(self._name(model))
        except EngineError:
            return [gr.skip()] * 3
        return self._picker(browser, model)

    def _enter(
        self, browser: gr.Request, order: Callable[[], Order]
    ) -> Generator[list[Any], None, Order]:
        try:
            wanted = order()
            tab = str(browser.session_hash)
            self.studio.jobs.enter(tab, max_waiting=self.studio.max_waiting)
        except EngineError as error:
            problem = problem_from(error)
            yield [*[gr.skip()] * 2, run_status.failed(problem), *[gr.skip()] * 8]
            raise gradio_error(problem) from error
        return wanted

    def _waiting(self, browser: gr.Request, order: Order) -> list[Any]:
        ahead = self.studio.jobs.ahead(str(browser.session_hash))
        picker = picker_updates(self.studio.facts(order.model), busy=True)
        return [order, (), run_status.queued(ahead), *_buttons(busy=True), *picker]

    def _shown(self, update: Update, order: Order) -> tuple[Any, ...]:
        grid = gr.skip() if update.grid is None else update.grid
        facts: Any = gr.skip()
        if update.models_changed:
            # Somebody may look at another model meanwhile; then the widget leaves them out.
            facts = {**self.studio.facts(order.model), "passing": True}
        return dict(update.status), grid, update.takes, facts

    def _idle(self, browser: gr.Request, current: Session, model: Any) -> list[Any]:
        takes = takes_value(current, self.studio.default)
        return [takes, *_buttons(busy=False), *self._picker(browser, model)]

    def _picker(self, browser: gr.Request, model: Any) -> list[Any]:
        try:
            facts = self.studio.facts(model)
        except EngineError:
            return [gr.skip()] * 3
        return picker_updates(facts, busy=self._is_busy(browser))

    def _is_over(self, browser: gr.Request) -> bool:
        """True for the end of a cancelled run, perhaps after the next one has been asked for."""
        return self._is_busy(browser) or self.studio.jobs.is_cancelled(str(browser.session_hash))

    def _is_busy(self, browser: gr.Request) -> bool:
        return self.studio.jobs.has(str(browser.session_hash))

    def _name(self, model: Any) -> str:
        return self.studio.library.offer(model).name


def wire_run(app: gr.Blocks, panel: GeneratePanel, studio: Studio, session: gr.State) -> None:
    """Connect the buttons."""
    do = Buttons(panel=panel, studio=studio)
    order, finished = gr.State(None), gr.State(())
    model, picker = panel.models.choice, panel.models.parts
    buttons = [panel.generate, panel.cancel]
    shown = [order, finished, panel.status, *buttons, *picker, panel.seed, panel.grid, panel.takes]
    idle = [panel.takes, *buttons, *picker]
    chosen = [session, panel.keep_seed, model, *panel.inputs]
    runs = [
        pressed.success(do.run, order, [panel.status, panel.grid, finished, picker[0]], **_WORK)
        for pressed in (
            panel.generate.click(do.press_generate, chosen, shown, **_PRESS),
            panel.models.load.click(do.press_load, model, shown, **_PRESS),
        )
    ]
    unloaded = panel.models.unload.click(do.unload, model, picker, **_RAW)
    estimate = (estimator(panel, studio), [model, *panel.inputs], panel.estimate)
    for run in runs:
        run.success(do.settle, [session, finished, model], [session, finished, *idle], **_RAW)
        run.failure(do.recover, [session, model], [panel.status, *idle], **_RAW)
    for ended in (*runs, unloaded):
        # What is loaded has changed, and so have the grounds of the estimate.
        ended.success(*estimate, **_RAW)
    panel.cancel.click(do.cancel, [session, model], [panel.status, *idle], cancels=runs, **_RAW)
    for event in (model.input, app.load):
        event(do.choose, model, [*picker, panel.licence], **_RAW)
    # Shift+Enter. A press of the button, so that nothing happens while it is disabled.
    shift_enter = "() => document.querySelector('#ms-generate').click()"
    panel.prompt.submit(None, js=shift_enter, **LIGHT)


def _buttons(*, busy: bool) -> list[Any]:
    return [gr.update(interactive=not busy), gr.update(interactive=busy)]
