"""Generate and Inpaint: two workspaces on one page, which share the composer and what runs show.

Both are always there; the style sheet hides what the other one has alone. So nothing is built
anew, and nothing that plays is lost, when somebody goes from one to the other.
"""

from __future__ import annotations

from enum import Enum

import gradio as gr

IN_GENERATE, IN_INPAINT = "ms-in-generate", "ms-in-inpaint"
"""Classes of what one workspace shows alone."""


class Workspace(str, Enum):
    """What the page is used for at the moment."""

    GENERATE = "generate"
    INPAINT = "inpaint"


SHOW = """(work) => {
  document.querySelector("#ms-main").dataset.work = work;
}"""
"""JavaScript that shows a workspace."""


def workspace_choice() -> gr.Radio:
    """Build the switch where the caller is."""
    return gr.Radio(
        choices=[(each.value.capitalize(), each.value) for each in Workspace],
        value=Workspace.GENERATE.value,
        label="Workspace",
        show_label=False,
        container=False,
        elem_id="ms-work",
        elem_classes="ms-segments",
    )
