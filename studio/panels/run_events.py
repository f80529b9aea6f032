"""The buttons: Generate, Load, Unload, Cancel, and what a tab shows between press and end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.errors import EngineError
from studio.handlers import Order, Studio
from studio.model_words import licence_line
from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import LIGHT, estimator
from studio.panels.run_parts import PRESS, RAW, WORK, Outputs, RunParts, or_skip, tab_of
from studio.session import Session, Take, roll_dice
from studio.widgets import run_status
from studio.widgets.takes import takes_value


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """The handlers.

    Args:
        parts: what every run shows.
        session: the tab's takes. order, finished: what a run was asked for, and has made.
    """

    parts: RunParts
    session: gr.State
    order: gr.State
    finished: gr.State

    @property
    def panel(self) -> GeneratePanel:
        """Where the buttons are."""
        return self.parts.panel

    @property
    def studio(self) -> Studio:
        """What carries orders out."""
        return self.parts.studio

    def press_generate(
        self, browser: gr.Request, current: Session, keep: bool, model: Any, *given: Any
    ) -> Generator[Outputs, None, None]:
        """Note the job and show its empty grid; or say why it cannot be done."""
        values = self.panel.values(given)
        if keep is not True or values["seed"] is None:
            values["seed"] = roll_dice()
        order = yield from self.parts.enter(browser, lambda: self.studio.order(model, values))
        assert order.request is not None
        pending = order.request.variations
        yield {
            **self._waiting(browser, order),
            self.panel.seed: order.request.seed,
            self.panel.grid: self.studio.preview(order.model, order.request),
            self.panel.takes: self._takes(current, pending=pending),
        }

    def press_load(self, browser: gr.Request, model: Any) -> Generator[Outputs, None, None]:
        """Note a job that only loads the chosen model."""
        order = yield from self.parts.enter(browser, lambda: Order(model=self._name(model)))
        yield self._waiting(browser, order)

    def run(self, browser: gr.Request, order: Order) -> Generator[Any, None, None]:
        """Carry the job out."""
        update = None
        with closing(self.studio.run(order, tab_of(browser))) as updates:
            for update in updates:
                shown = self.parts.shown(update, order.model)
                yield {**shown, self.finished: update.takes}
        if update is None:
            # Stopped before it began: Gradio would blank what a generator gives nothing for.
            yield gr.skip()

    def settle(
        self, browser: gr.Request, current: Session, takes: tuple[Take, ...], model: Any
    ) -> Any:
        """Put the takes of a run that is over on the page."""
        if self.parts.is_over(browser):
            return gr.skip()
        after = current.with_takes(takes)
        return {
            self.session: after,
            self.finished: (),
            **self._idle(browser, after, model),
        }

    def recover(self, browser: gr.Request, current: Session, model: Any) -> Any:
        """After a run that failed, which has said why, or one that Gradio's queue turned away."""
        said = self.parts.turned_away(browser)
        if self.parts.is_over(browser):
            return gr.skip()
        return {**said, **self._idle(browser, current, model)}

    def cancel(self, browser: gr.Request, current: Session, model: Any) -> Outputs:
        """Stop the tab's own job."""
        self.studio.jobs.cancel(tab_of(browser))
        return {
            self.panel.status: run_status.cancelled(),
            **self._idle(browser, current, model),
        }

    def choose(self, browser: gr.Request, model: Any) -> Outputs:
        """Show what is known of the chosen model."""
        try:
            offer = self.studio.library.offer(model)
        except EngineError as error:
            return {self.panel.licence: str(error)}
        return {**self.parts.picker(browser, model), self.panel.licence: licence_line(offer)}

    def unload(self, browser: gr.Request, model: Any) -> Any:
        """Free the chosen model's memory."""
        try:
            self.studio.library.unload(self._name(model))
        except EngineError:
            return gr.skip()
        return or_skip(self.parts.picker(browser, model))

    def _waiting(self, browser: gr.Request, order: Order) -> Outputs:
        return {
            self.order: order,
            self.finished: (),
            **self.parts.waiting(browser, order.model),
        }

    def _idle(self, browser: gr.Request, current: Session, model: Any) -> Outputs:
        return {self.panel.takes: self._takes(current), **self.parts.idle(browser, model)}

    def _takes(self, current: Session, *, pending: int = 0) -> dict[str, Any]:
        return takes_value(self.parts.known(current), self.studio.default, pending=pending)

    def _name(self, model: Any) -> str:
        return self.studio.library.offer(model).name


def wire_run(app: gr.Blocks, do: Buttons) -> tuple[list[Any], list[Any]]:
    """Connect the buttons but Cancel; gives the runs, for Cancel to stop, and what ends them."""
    panel, session = do.panel, do.session
    model, parts = panel.models.choice, do.parts.outputs
    shown = [do.order, do.finished, *parts, panel.seed, panel.takes]
    chosen = [session, panel.keep_seed, model, *panel.inputs]
    runs = [
        pressed.success(do.run, do.order, [*parts, do.finished], **WORK)
        for pressed in (
            panel.generate.click(do.press_generate, chosen, shown, **PRESS),
            panel.models.load.click(do.press_load, model, shown, **PRESS),
        )
    ]
    unloaded = panel.models.unload.click(do.unload, model, parts, **RAW)
    estimate = (estimator(panel, do.studio), [model, *panel.inputs], panel.estimate)
    ends = []
    for run in runs:
        ended = [session, do.finished, panel.takes, *parts]
        ends += [
            run.success(do.settle, [session, do.finished, model], ended, **RAW),
            run.failure(do.recover, [session, model], ended, **RAW),
        ]
    for done in (*runs, unloaded):
        # What is loaded has changed, and so have the grounds of the estimate.
        done.success(*estimate, **RAW)
    for event in (model.input, app.load):
        event(do.choose, model, [*parts, panel.licence], **RAW)
    # Shift+Enter. A press of the button, so that nothing happens while it is disabled.
    pressed = "document.querySelector('#ms-main').dataset.work === 'inpaint'"
    shift_enter = (
        f"() => document.querySelector({pressed} ? '#ms-regenerate' : '#ms-generate').click()"
    )
    panel.prompt.submit(None, js=shift_enter, **LIGHT)
    return runs, ends
