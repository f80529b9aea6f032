"""The one place where an exception becomes a message on the page."""

from __future__ import annotations

import errno
import html
import logging
import secrets
from dataclasses import dataclass

import gradio as gr

from engine.errors import (
    AudioError,
    CheckpointError,
    DeviceError,
    EngineError,
    RequestError,
    ToolError,
)

_log = logging.getLogger(__name__)

TOAST_S = 6
"""A toast only calls: the run's status keeps the same words."""

_TITLES: tuple[tuple[type[EngineError], str], ...] = (
    (RequestError, "These settings cannot be used"),
    (AudioError, "This sound cannot be used"),
    (CheckpointError, "The model cannot be loaded"),
    (ToolError, "Something is not installed"),
    (DeviceError, "The device could not finish"),
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What the page says about an error: plain text, not yet escaped."""

    title: str
    message: str


def problem_from(error: Exception) -> Problem:
    """Word an exception for the person at the page.

    An `EngineError` and a full disk speak for themselves. Anything else is logged with a
    reference, and the page gets the reference only: its text may hold paths or secrets.
    """
    if isinstance(error, EngineError):
        titles = (title for kind, title in _TITLES if isinstance(error, kind))
        return Problem(title=next(titles, "This did not work"), message=str(error))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            title="The disk is full",
            message="Nothing was saved; expected room for the audio. Free some space, then retry.",
        )
    reference = secrets.token_hex(4)
    _log.error("unexpected error %s", reference, exc_info=error)
    return Problem(
        title="Something went wrong",
        message=f"This was not expected. Try again; the log names it {reference}.",
    )


def gradio_error(problem: Problem) -> gr.Error:
    """The exception that makes Gradio show a problem; its text is escaped, as toasts are HTML."""
    return gr.Error(
        html.escape(problem.message),
        title=html.escape(problem.title),
        duration=TOAST_S,
        print_exception=False,
    )
