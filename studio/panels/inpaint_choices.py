"""What a choice of the Inpaint panel changes on the page, at once and in the browser."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from studio.panels.generate import GeneratePanel
from studio.panels.generate_events import LIGHT
from studio.panels.inpaint import STAYS, InpaintPanel
from studio.panels.workspaces import SHOW

_SHOW_KIND = """(kind) => {
  document.querySelector("#ms-edit").dataset.kind = kind;
}"""


def wire_choices(panel: GeneratePanel, inpaint: InpaintPanel) -> None:
    """Connect the workspaces, the kinds of edits, and what stays of a region."""
    panel.work.change(None, panel.work, None, js=SHOW, **LIGHT)
    inpaint.kind.change(None, inpaint.kind, None, js=_SHOW_KIND, **LIGHT)
    _wire_stays(inpaint)


def _wire_stays(inpaint: InpaintPanel) -> None:
    """In the browser, so that a press right afterwards has these values already."""
    fields = [inpaint.field(name) for name in STAYS["Nothing"]]
    parts: list[Any] = [component for field in fields for component in field.components]
    table = {
        words: [value for field in fields for value in field.spread(values[field.knob.name])]
        for words, values in STAYS.items()
    }
    choose = f"(words) => ({json.dumps(table)})[words]"
    inpaint.stays.input(None, inpaint.stays, parts, js=choose, **LIGHT)
    # A value set by hand is none of these any more.
    gr.on([part.input for part in parts], lambda: None, None, inpaint.stays, **LIGHT)
