"""What is known of the chosen model: its state in a line, and its facts below."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.widgets.base import widget

_TEMPLATE = """
<details class="ms-facts">
  <summary>
    <span class="ms-facts-summary"></span>
    <span class="ms-facts-state" role="status" aria-live="polite"></span>
  </summary>
  <dl></dl>
</details>
"""


def model_facts(*, value: dict[str, Any], elem_id: str) -> gr.HTML:
    """The facts; draws a value of `studio.model_words.facts_value`."""
    return widget(template=_TEMPLATE, script_name="model_facts.js", value=value, elem_id=elem_id)
