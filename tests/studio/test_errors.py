from __future__ import annotations

import errno
import logging

import pytest

from engine.errors import AudioError, DeviceError, EngineError, RequestError
from studio.errors import gradio_error, problem_from


def test_an_engine_error_speaks_for_itself() -> None:
    error = RequestError("the duration is 45 s", expected="at most 10 s", advice="Shorten it")
    problem = problem_from(error)
    assert problem.message == "The duration is 45 s; expected at most 10 s. Shorten it."
    assert problem.title == "These settings cannot be used"


@pytest.mark.parametrize("kind", [AudioError, DeviceError, EngineError])
def test_every_kind_has_a_title(kind: type[EngineError]) -> None:
    assert problem_from(kind("a", expected="b", advice="c")).title


def test_an_unknown_error_shows_a_reference_and_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        problem = problem_from(RuntimeError("/home/ada/secret"))
    assert "secret" not in problem.message
    reference = problem.message.split()[-1].rstrip(".")
    assert reference in caplog.text
    assert "/home/ada/secret" in caplog.text


def test_a_full_disk_is_named() -> None:
    problem = problem_from(OSError(errno.ENOSPC, "No space left on device"))
    assert problem.title == "The disk is full"


def test_the_text_of_a_toast_is_escaped() -> None:
    error = RequestError("the mode is '<img src=x>'", expected="a & b", advice="Choose")
    shown = gradio_error(problem_from(error))
    assert "<img" not in shown.message
    assert "&lt;img" in shown.message
    assert "a &amp; b" in shown.message
