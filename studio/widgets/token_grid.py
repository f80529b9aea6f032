"""The live grid of K levels by T frames: which tokens are still masked, and which just came."""

from __future__ import annotations

import json

import gradio as gr

from engine.knobs import N_LEVELS
from studio.widgets.base import widget

PREVIEW_FORMAT = "magnet-grid/1"

_ROWS = "".join(
    f'<div class="ms-row"><span class="ms-level">{level + 1}</span>'
    f'<span class="ms-share" data-level="{level}"></span></div>'
    for level in range(N_LEVELS)
)
_LEGEND = "".join(
    f'<li><span class="ms-key ms-key-{key}" aria-hidden="true"></span>{text}</li>'
    for key, text in (
        ("masked", "masked"),
        ("now", "fixed in this step"),
        ("fixed", "fixed earlier"),
        ("again", "re-masked"),
        ("opening", "written left to right"),
    )
)
_LEGEND += (
    '<li class="ms-legend-kept" hidden><span class="ms-key ms-key-kept" aria-hidden="true"></span>'
    "kept</li><li>paler: less sure</li>"
)
_TEMPLATE = f"""
<section class="ms-card ms-grid" aria-label="Token grid">
  <header class="ms-grid-head">
    <h2>Token grid</h2>
    <p class="ms-caption"><span class="ms-where"></span><span class="ms-note"></span></p>
    <div class="ms-variations" role="group" aria-label="Variation shown in the grid"></div>
  </header>
  <div class="ms-plot">
    <div class="ms-axis-y" aria-hidden="true"><span>coarse</span><span>fine</span></div>
    <div class="ms-rows" aria-hidden="true">{_ROWS}</div>
    <canvas class="ms-cells" role="img" aria-label="Token grid, empty"></canvas>
    <canvas class="ms-time" aria-hidden="true"></canvas>
  </div>
  <ul class="ms-legend" aria-label="Legend">{_LEGEND}</ul>
  <p class="ms-unseen" role="status" aria-live="polite"></p>
</section>
"""


def token_grid(*, value: str, elem_id: str) -> gr.HTML:
    """The grid; draws a trace (`engine.decode.trace`) while it grows, after a preview line."""
    return widget(template=_TEMPLATE, script_name="token_grid.js", value=value, elem_id=elem_id)


def preview_line(*, shape: tuple[int, int, int], frame_rate_hz: float, start_s: float = 0.0) -> str:
    """The line that shows an empty grid of the right size before the first step is done.

    The value of the grid is this line and then the trace, so that from the click on only new
    records travel.

    Args:
        shape: [B, K, T].
        frame_rate_hz: gives the time axis its seconds.
        start_s: what the axis begins with, >= 0, where the grid is a part of a longer clip.
    """
    line = {
        "format": PREVIEW_FORMAT,
        "shape": list(shape),
        "frame_rate_hz": frame_rate_hz,
        "start_s": start_s,
    }
    return json.dumps(line, separators=(",", ":")) + "\n"
