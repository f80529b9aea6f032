"""The line above the grid: what is going on, how far it is, how long it will take."""

from __future__ import annotations

from typing import Any

import gradio as gr

from engine.decode.records import DecodeStep, Phase
from studio.errors import Problem
from studio.progress import spoken_duration, spoken_memory
from studio.widgets.base import widget

_LEVEL_WORDS = (
    "The outline: what is played, and when.",
    "Body and timbre.",
    "Finer texture.",
    "The last polish.",
)

_TEMPLATE = """
<section class="ms-card ms-status" data-state="idle" aria-label="Progress">
  <div class="ms-status-line">
    <span class="ms-dot" aria-hidden="true"></span>
    <strong class="ms-status-title" role="status" aria-live="polite"></strong>
    <span class="ms-status-time"></span>
  </div>
  <div class="ms-bar" role="progressbar" aria-label="Run" aria-valuemin="0" aria-valuemax="100">
    <span></span>
  </div>
  <p class="ms-status-detail"></p>
</section>
"""


def run_status(*, elem_id: str) -> gr.HTML:
    """The status line; shows one of the values that the functions below make."""
    return widget(template=_TEMPLATE, script_name="run_status.js", value=idle(), elem_id=elem_id)


_FIRST = "Describe some music, then press Generate or Shift+Enter."


def idle(detail: str = _FIRST) -> dict[str, Any]:
    """Before a run; `detail` says how to begin one."""
    return _value("idle", "Ready", detail)


def queued(n_ahead: int) -> dict[str, Any]:
    """The button was pressed."""
    if not n_ahead:
        return _value("queued", "Starting", "The first step is on its way.")
    jobs = "1 job comes" if n_ahead == 1 else f"{n_ahead} jobs come"
    return _value("queued", "Waiting for the device", f"{jobs} before yours.")


def held() -> dict[str, Any]:
    """The device still ends what somebody else began."""
    # As what a run sends, which the page leaves out once it is cancelled; `queued` is the press's.
    return _value("running", "Waiting for the device", "It ends other work first.")


def loading(name: str, *, detail: str, fraction: float) -> dict[str, Any]:
    """A model is on its way; `detail` says which file, and how far."""
    return _value("running", f"Loading {name}", detail, fraction=fraction)


def loaded(name: str) -> dict[str, Any]:
    """A model was loaded without a clip to make."""
    return _value("done", f"{name} is loaded", "Press Generate to use it.", fraction=1.0)


def decoding(
    step: DecodeStep, *, n_levels: int, fraction: float, remaining_s: float, window: str = ""
) -> dict[str, Any]:
    """A step is done.

    Args:
        step: the record.
        n_levels: of the model.
        fraction: share of the time that has passed.
        remaining_s: seconds still to come.
        window: which of several windows is written, in words; "" where there is one.
    """
    position = f"step {step.step + 1} of {step.total_steps}"
    if step.phase is Phase.OPENING:
        title, detail = f"Writing left to right, {position}", "Note after note, all levels at once."
    else:
        title = f"Level {step.stage + 1} of {n_levels}, {position}"
        detail = _LEVEL_WORDS[min(step.stage, len(_LEVEL_WORDS) - 1)]
    if window:
        detail = f"{window}. {detail}"
    left = f"{spoken_duration(remaining_s)} left"
    return _value("running", title, detail, fraction=fraction, time=left)


def listening() -> dict[str, Any]:
    """All tokens are there; the codec makes sound of them."""
    return _value("running", "Turning tokens into sound", "The codec is decoding.", fraction=1.0)


def done(*, n_takes: int, elapsed_s: float, peak_bytes: int | None) -> dict[str, Any]:
    """The takes are on the page.

    Args:
        n_takes: how many.
        elapsed_s: since they were asked for.
        peak_bytes: the most memory that the studio has used so far; None where nobody tells.
    """
    memory = f" · {spoken_memory(peak_bytes)} used at most" if peak_bytes else ""
    takes = "1 take" if n_takes == 1 else f"{n_takes} takes"
    return _value(
        "done",
        f"{takes} ready",
        "Play below, or change something and generate again.",
        fraction=1.0,
        time=f"made in {elapsed_s:.1f} s{memory}",
    )


def cancelled() -> dict[str, Any]:
    """The person stopped it."""
    return _value("cancelled", "Cancelled", "Nothing of this run was kept.")


def failed(problem: Problem) -> dict[str, Any]:
    """It did not work; the widget shows the message as text."""
    return _value("failed", problem.title, problem.message)


def _value(
    state: str, title: str, detail: str, *, fraction: float = 0.0, time: str = ""
) -> dict[str, Any]:
    return {
        "state": state,
        "title": title,
        "detail": detail,
        "fraction": round(fraction, 4),
        "time": time,
    }
