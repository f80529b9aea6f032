"""Example takes come to a tab as soon as they are there, which nothing on the page waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.panels.run_parts import RAW, RunParts
from studio.session import Session
from studio.widgets.takes import takes_value

LOOK_S = 1.0
"""How often a tab without examples asks for them. The first time is after the page is up."""


@dataclass(frozen=True, kw_only=True)
class ExampleEvents:
    """The handler.

    Args:
        parts: what runs show, and the examples.
        timer: asks, until the examples are on the page.
        is_shown: the tab's state: whether they have been put there once.
    """

    parts: RunParts
    timer: gr.Timer
    is_shown: gr.State

    def look(self, browser: gr.Request, current: Session, is_shown: bool) -> Any:
        """Put the examples on the page.

        Twice, since a run may end while the first answer is on its way, which then shows the
        takes from before. Not during a run, whose placeholders must stay; its end shows them.
        """
        examples, panel = self.parts.examples.ask(), self.parts.panel
        if examples is None or (examples and self.parts.is_busy(browser)):
            return gr.skip()
        if not examples:
            return {self.timer: gr.Timer(active=False)}
        # Gradio would delete them when a day has passed, and they are made only once.
        panel.takes.keep_in_cache.update(take.path for take in examples)
        shown = {panel.takes: takes_value(self.parts.known(current), self.parts.studio.default)}
        if is_shown:
            return {**shown, self.timer: gr.Timer(active=False)}
        return {**shown, self.is_shown: True}


def wire_examples(parts: RunParts, session: gr.State) -> None:
    """Let every tab ask for the examples from when it is open."""
    do = ExampleEvents(parts=parts, timer=gr.Timer(LOOK_S), is_shown=gr.State(False))
    shown = [parts.panel.takes, do.timer, do.is_shown]
    do.timer.tick(do.look, [session, do.is_shown], shown, **RAW)
