"""What the run status says during an edit, beside what it says during every run."""

from __future__ import annotations

from typing import Any

from studio.widgets import run_status


def on_files(title: str) -> dict[str, Any]:
    """A clip is opened, kept or cut, beside the device: nothing to scroll to, or to cancel."""
    return {**run_status.idle("A long clip takes some seconds."), "title": title}


def reading() -> dict[str, Any]:
    """The exact file is read."""
    return _running("Reading the clip", "Every sample of it, as its file has it.")


def finding_beats() -> dict[str, Any]:
    """The regions' ends, or what is kept in them, depend on beats."""
    return _running("Finding beats", "The regions follow them.")


def encoding() -> dict[str, Any]:
    """The codec has not seen this clip yet."""
    return _running("Turning the clip into tokens", "Once: later edits start from them.")


def placing(number: int, count: int) -> dict[str, Any]:
    """Tokens become sound, which is put into the clip."""
    title = "Placing the new sound" if count == 1 else f"Placing candidate {number} of {count}"
    detail = "Its level is matched, and what is outside is compared bit by bit."
    return _running(title, detail, fraction=1.0)


def proposed(count: int, *, elapsed_s: float, peak_bytes: int | None) -> dict[str, Any]:
    """The candidates can be heard."""
    done = run_status.done(n_takes=count, elapsed_s=elapsed_s, peak_bytes=peak_bytes)
    title = "1 candidate ready" if count == 1 else f"{count} candidates ready"
    return {**done, "title": title, "detail": "Listen to them in place, then keep one."}


def _running(title: str, detail: str, *, fraction: float = 0.0) -> dict[str, Any]:
    return {**run_status.listening(), "title": title, "detail": detail, "fraction": fraction}
