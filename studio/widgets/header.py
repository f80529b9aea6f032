"""The bar at the top: name and theme switch."""

from __future__ import annotations

import gradio as gr

from studio.widgets.base import widget

_TEMPLATE = """
<header class="ms-header">
  <svg class="ms-logo" viewBox="0 0 32 32" aria-hidden="true">
    <rect x="2" y="4" width="12" height="4.5" rx="1.2" class="a"/>
    <rect x="17" y="4" width="13" height="4.5" rx="1.2" class="b"/>
    <rect x="2" y="10.7" width="6" height="4.5" rx="1.2" class="b"/>
    <rect x="11" y="10.7" width="10" height="4.5" rx="1.2" class="a"/>
    <rect x="24" y="10.7" width="6" height="4.5" rx="1.2" class="c"/>
    <rect x="2" y="17.4" width="15" height="4.5" rx="1.2" class="c"/>
    <rect x="20" y="17.4" width="10" height="4.5" rx="1.2" class="a"/>
    <rect x="2" y="24" width="4" height="4.5" rx="1.2" class="a"/>
    <rect x="9" y="24" width="21" height="4.5" rx="1.2" class="c"/>
  </svg>
  <div class="ms-brand">
    <h1>MAGNeT Studio</h1>
    <p>Music from words, written in any order</p>
  </div>
  <button type="button" class="ms-theme" aria-label="Switch between dark and light">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3a9 9 0 1 0 0 18Z" class="f"/>
    <circle cx="12" cy="12" r="9" class="o"/></svg>
  </button>
</header>
"""


def header(*, elem_id: str) -> gr.HTML:
    """The bar. The theme switch is the browser's own affair."""
    return widget(template=_TEMPLATE, script_name="header.js", value=None, elem_id=elem_id)
