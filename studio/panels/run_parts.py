"""What every run shows while it waits, works and ends, whichever button began it.

Handlers give their outputs by component; what is not named stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr

from engine.errors import EngineError
from studio.errors import Problem, gradio_error, problem_from
from studio.example_takes import ExampleTakes
from studio.handlers import Studio, Update
from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import LIGHT
from studio.panels.models import picker_updates
from studio.session import Session
from studio.widgets import run_status

DEVICE = "device"
"""Every event that uses a model shares this queue; one at a time."""

RAW: dict[str, Any] = {**LIGHT, "preprocess": False}
"""The engine's words refuse what a browser may send, not Gradio's."""

PRESS: dict[str, Any] = {**RAW, "queue": True, "concurrency_limit": None}
"""In the queue, but never waiting in it: only there may a handler show a problem and fail."""

WORK: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_id": DEVICE,
    "concurrency_limit": 1,
}

BUSY = Problem(title="The device is busy", message="Too many jobs wait. Try again in a minute.")

Outputs = dict[Any, Any]
"""New values by component."""

Wanted = TypeVar("Wanted")


@dataclass(frozen=True, kw_only=True)
class RunParts:
    """The status, the grid, the buttons and the model picker of a tab.

    Args:
        panel: has them.
        studio: what carries orders out.
        examples: takes that stand below a tab's own.
    """

    panel: GeneratePanel
    studio: Studio
    examples: ExampleTakes

    def known(self, current: Session) -> Session:
        """All takes that a tab can see or name."""
        return self.examples.beside(current)

    def enter(
        self, browser: gr.Request, wanted: Callable[[], Wanted]
    ) -> Generator[Outputs, None, Wanted]:
        """Note a job of the tab's.

        Args:
            browser: the tab.
            wanted: makes what it is for; an `EngineError` of it is shown.

        Raises:
            gr.Error: it cannot be done, or there is no room for it.
        """
        try:
            made = wanted()
            self.studio.jobs.enter(tab_of(browser), max_waiting=self.studio.max_waiting)
        except EngineError as error:
            problem = problem_from(error)
            yield {self.panel.status: run_status.failed(problem)}
            raise gradio_error(problem) from error
        return made

    def waiting(self, browser: gr.Request, model: str) -> Outputs:
        """Between the press and the first step."""
        ahead = self.studio.jobs.ahead(tab_of(browser))
        facts = picker_updates(self.studio.facts(model), busy=True)
        return {
            self.panel.status: run_status.queued(ahead),
            **self._buttons(busy=True),
            **dict(zip(self.panel.models.parts, facts, strict=True)),
        }

    def shown(self, update: Update, model: str) -> Outputs:
        """A moment of a run. Only what changes goes out: a button costs as much as a grid."""
        outputs: Outputs = {self.panel.status: dict(update.status)}
        if update.grid is not None:
            outputs[self.panel.grid] = update.grid
        if update.models_changed:
            # Somebody may look at another model meanwhile; then the widget leaves them out.
            outputs[self.panel.models.facts] = {**self.studio.facts(model), "passing": True}
        return outputs

    def idle(self, browser: gr.Request, model: Any) -> Outputs:
        """After the end."""
        return {**self._buttons(busy=False), **self.picker(browser, model)}

    def turned_away(self, browser: gr.Request) -> Outputs:
        """The words for a run that never began, or nothing; asked once when one has failed."""
        was = self.studio.jobs.turned_away(tab_of(browser))
        return {self.panel.status: run_status.failed(BUSY)} if was else {}

    def picker(self, browser: gr.Request, model: Any) -> Outputs:
        """What is known of the chosen model; nothing of one that is not on offer."""
        try:
            facts = self.studio.facts(model)
        except EngineError:
            return {}
        updates = picker_updates(facts, busy=self.is_busy(browser))
        return dict(zip(self.panel.models.parts, updates, strict=True))

    def is_over(self, browser: gr.Request) -> bool:
        """True for the end of a cancelled run, perhaps after the next one has been asked for."""
        return self.is_busy(browser) or self.studio.jobs.is_cancelled(tab_of(browser))

    def is_busy(self, browser: gr.Request) -> bool:
        """Whether a job of the tab's waits or runs."""
        return self.studio.jobs.has(tab_of(browser))

    @property
    def outputs(self) -> list[Any]:
        """All that these methods can change."""
        panel = self.panel
        return [panel.status, panel.grid, *panel.run_buttons, *panel.models.parts]

    def _buttons(self, *, busy: bool) -> Mapping[Any, Any]:
        panel = self.panel
        return {
            panel.generate: gr.update(interactive=not busy),
            panel.regenerate: gr.update(interactive=not busy),
            panel.cancel: gr.update(interactive=busy),
        }


def tab_of(browser: gr.Request) -> str:
    """The name of a tab."""
    return str(browser.session_hash)


def or_skip(outputs: Outputs) -> Any:
    """Gradio would take no outputs at all for a value."""
    return outputs or gr.skip()
