"""The cards of finished takes: waveform, player, seed, download."""

from __future__ import annotations

import base64
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from studio.session import Session, Take
from studio.widgets.base import widget

N_PEAKS = 320
"""Columns of a waveform: enough for the widest card, and 0.9 kB a take."""

_TEMPLATE = """
<section class="ms-takes" aria-label="Takes">
  <h2>Takes</h2>
  <p class="ms-takes-empty">
    Your takes appear here, each with its own seed, to play and download.
  </p>
  <ol class="ms-take-list"></ol>
</section>
"""


def take_list(*, elem_id: str) -> gr.HTML:
    """The list; draws `takes_value`. Its `select` carries the id of a take whose seed is wanted."""
    value = takes_value(Session(), "")
    return widget(template=_TEMPLATE, script_name="takes.js", value=value, elem_id=elem_id)


def takes_value(session: Session, default_model: str, *, pending: int = 0) -> dict[str, Any]:
    """What the list shows.

    Args:
        session: its takes are shown, newest first, and its examples below them.
        default_model: what a tab starts with; takes of others say what made them.
        pending: placeholders of takes on their way, so that nothing moves when they arrive.
    """
    return {"pending": pending, "takes": [_card(take, default_model) for take in session.shown]}


def _card(take: Take, default_model: str) -> dict[str, Any]:
    request = take.request
    name = f"magnet-{request.seed}.wav"
    return {
        "id": take.take_id,
        "prompt": request.prompt,
        "maker": _maker(take, default_model),
        "is_example": take.is_example,
        "mode": request.mode.value,
        "seed": request.seed,
        "duration_s": round(take.duration_s, 3),
        "sample_rate_hz": take.sample_rate_hz,
        "peaks": take.peaks,
        "name": name,
        "file": gr.FileData(path=take.path, orig_name=name, mime_type="audio/wav").model_dump(),
    }


def _maker(take: Take, default_model: str) -> str:
    """The line of facts: what is not as a tab's own takes usually are."""
    facts = ["example"] if take.is_example else []
    if take.model != default_model:
        facts += [take.model, take.licence]
    return " · ".join(facts)


def encode_peaks(samples: NDArray[np.float32], n_peaks: int = N_PEAKS) -> str:
    """The envelope of a sound for drawing: lowest and highest sample of each column.

    Args:
        samples: float32 [C, N].
        n_peaks: columns.

    Returns:
        base64 of int8 [n_peaks, 2], full scale at 127; louder samples are drawn at the edge, the
        sound itself is not touched.
    """
    channels, n_samples = samples.shape
    edges = np.linspace(0, n_samples, n_peaks + 1).astype(int)
    starts = np.minimum(edges[:-1], max(n_samples - 1, 0))
    low = np.minimum.reduceat(samples.min(axis=0), starts)
    high = np.maximum.reduceat(samples.max(axis=0), starts)
    scaled = np.clip(np.stack([low, high], axis=1) * 127, -127, 127)
    return base64.b64encode(np.round(scaled).astype(np.int8).tobytes()).decode("ascii")
