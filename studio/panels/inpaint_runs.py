"""The button that makes regions anew, and what a tab shows between press and end."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.errors import EngineError
from studio.desk import Desk, Pulses
from studio.editing.orders import EditOrder
from studio.editing.versions import Proposal
from studio.editing.work import Editor
from studio.handlers import Studio
from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import LIGHT
from studio.panels.inpaint import InpaintPanel
from studio.panels.inpaint_events import Clips
from studio.panels.inpaint_orders import order_of, version_of
from studio.panels.inpaint_view import asked_regions
from studio.panels.run_events import Buttons
from studio.panels.run_parts import PRESS, RAW, WORK, Outputs, RunParts, tab_of
from studio.session import Session, roll_dice


@dataclass(frozen=True, kw_only=True)
class EditButton:
    """The handlers.

    Args:
        clips: what shows the desk.
        order, finished: what a run was asked for, and has made.
    """

    clips: Clips
    order: gr.State
    finished: gr.State

    @property
    def parts(self) -> RunParts:
        """What every run shows."""
        return self.clips.parts

    @property
    def panel(self) -> GeneratePanel:
        """Where the words and the buttons are."""
        return self.parts.panel

    @property
    def inpaint(self) -> InpaintPanel:
        """Where the clip is."""
        return self.clips.inpaint

    @property
    def studio(self) -> Studio:
        """What carries orders out."""
        return self.parts.studio

    def press(
        self,
        browser: gr.Request,
        desk: Desk,
        pulses: Pulses,
        metre: Any,
        keep: bool,
        model: Any,
        editor: Any,
        *given: Any,
    ) -> Generator[Outputs, None, None]:
        """Note the job and show its grid; or say why it cannot be done."""

        def wanted() -> tuple[EditOrder, str]:
            order = self._order(desk, pulses, model, editor, given, keep_seed=keep is True)
            return order, Editor(studio=self.studio).preview(order, version_of(desk))

        order, preview = yield from self.parts.enter(browser, wanted)
        # What waited to be chosen goes: the same regions are asked for anew.
        fresh = desk.with_edits(desk.edits.discarded())
        yield {
            self.order: order,
            self.finished: None,
            **self.parts.waiting(browser, order.model),
            self.panel.seed: order.request.seed,
            self.panel.grid: preview,
            **self.clips.shown(browser, fresh, pulses, metre),
        }

    def run(self, browser: gr.Request, order: EditOrder, desk: Desk) -> Generator[Any, None, None]:
        """Carry the job out."""
        version, update = desk.edits.version(order.version_id), None
        assert version is not None
        work = Editor(studio=self.studio).run(order, version, tab_of(browser))
        with closing(work) as updates:
            for update in updates:
                shown = self.parts.shown(update, order.model)
                yield {**shown, self.finished: update.proposal}
        if update is None:
            yield gr.skip()

    def settle(
        self,
        browser: gr.Request,
        desk: Desk,
        pulses: Pulses,
        metre: Any,
        proposal: Proposal | None,
        model: Any,
    ) -> Any:
        """Show the candidates of a run that is over."""
        if self.parts.is_over(browser):
            return gr.skip()
        after = desk if proposal is None else _proposed(desk, proposal)
        return {
            self.finished: None,
            **self.parts.idle(browser, model),
            **self.clips.shown(browser, after, pulses, metre),
        }

    def recover(
        self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any, model: Any
    ) -> Any:
        """After a run that failed, which has said why, or one that the queue turned away."""
        said = self.parts.turned_away(browser)
        if self.parts.is_over(browser):
            return gr.skip()
        return {
            **said,
            **self.parts.idle(browser, model),
            **self.clips.shown(browser, desk, pulses, metre),
        }

    def estimate(self, desk: Desk, pulses: Pulses, model: Any, editor: Any, *given: Any) -> str:
        """What the edit takes, or why it cannot be done yet."""
        try:
            version = version_of(desk)
            order = self._order(desk, pulses, model, editor, given, keep_seed=None)
            return Editor(studio=self.studio).estimate(order, version)
        except EngineError as error:
            return f"Not possible yet: {error}"

    def _order(
        self,
        desk: Desk,
        pulses: Pulses,
        model: Any,
        editor: Any,
        given: tuple[Any, ...],
        *,
        keep_seed: bool | None,
    ) -> EditOrder:
        """The order of the page's values; `keep_seed` None: any seed will do."""
        n_words = len(self.panel.inputs)
        words = self.panel.values(given[:n_words])
        if keep_seed is None:
            words["seed"] = 0
        elif not keep_seed or words["seed"] is None:
            words["seed"] = roll_dice()
        edit = self.inpaint.edit_values(given[n_words:])
        return order_of(self.studio, desk, pulses, model, words, editor, edit)


def _proposed(desk: Desk, proposal: Proposal) -> Desk:
    """With its candidates; where another clip was opened meanwhile, with their regions again."""
    edits = desk.edits.proposed(proposal)
    if edits.current_id == desk.edits.current_id:
        return desk.with_edits(edits)
    return desk.showing(edits, asked_regions(proposal.candidates[0]))


def wire_edits(do: EditButton) -> Any:
    """Connect the button and the estimate; gives the run, for Cancel to stop."""
    panel, inpaint, clips = do.panel, do.inpaint, do.clips
    model, parts = panel.models.choice, do.parts.outputs
    metre = inpaint.field("beats_per_bar").components[0]
    known = [clips.desk, clips.pulses, metre]
    given = [*panel.inputs, *inpaint.inputs]
    shown = [*clips.on_desk, do.finished, *parts]
    run = panel.regenerate.click(
        do.press,
        [*known, panel.keep_seed, model, inpaint.editor, *given],
        [do.order, panel.seed, *shown],
        **PRESS,
    ).success(do.run, [do.order, clips.desk], [*parts, do.finished], **WORK)
    run.success(do.settle, [*known, do.finished, model], shown, **RAW)
    run.failure(do.recover, [*known, model], shown, **RAW)
    estimate = (
        do.estimate,
        [clips.desk, clips.pulses, model, inpaint.editor, *given],
        panel.edit_estimate,
    )
    without = (panel.prompt, panel.seed, panel.duration_s)
    watched: list[Any] = [c for c in (inpaint.editor, model, *given) if c not in without]
    gr.on(
        [component.change for component in watched],
        *estimate,
        trigger_mode="always_last",
        preprocess=False,
        **LIGHT,
    )
    run.success(*estimate, **RAW)
    return run


def wire_cancel(buttons: Buttons, runs: Sequence[Any], clips: Clips) -> None:
    """Connect Cancel, which stops whatever run of the tab is on."""
    panel, metre = buttons.panel, clips.inpaint.field("beats_per_bar").components[0]

    def cancel(
        browser: gr.Request, current: Session, model: Any, desk: Desk, pulses: Pulses, metre: Any
    ) -> Outputs:
        stopped = buttons.cancel(browser, current, model)
        return {**stopped, **clips.shown(browser, desk, pulses, metre)}

    inputs = [buttons.session, panel.models.choice, clips.desk, clips.pulses, metre]
    outputs = [*buttons.parts.outputs, panel.takes, *clips.on_desk]
    panel.cancel.click(cancel, inputs, outputs, cancels=list(runs), **RAW)
