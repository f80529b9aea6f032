"""A line of text that the server may change; shown as text whatever it holds."""

from __future__ import annotations

import gradio as gr

from studio.widgets.base import widget


def text_line(*, value: str, elem_id: str) -> gr.HTML:
    """The line; shows its value."""
    template = '<p class="ms-line" aria-live="polite"></p>'
    return widget(template=template, script_name="text_line.js", value=value, elem_id=elem_id)
