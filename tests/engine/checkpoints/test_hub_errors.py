"""What went wrong is said in words, whichever library below noticed it."""

from __future__ import annotations

import errno

import pytest

from engine.checkpoints.hub_errors import explained


def _storage_error() -> RuntimeError:
    """As the Hub's own storage raises it: words of the system, without its number."""
    return RuntimeError("Data processing error: No space left on device (os error 28)")


def _caused() -> OSError:
    error = OSError("a file could not be written")
    error.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    return error


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), _storage_error(), _caused()]
)
def test_a_full_disk_is_said(error: Exception) -> None:
    words = str(explained(error, "a/b", "c.bin"))
    assert words.startswith("No room on the disk for c.bin of a/b") and "HF_HOME" in words


def test_a_cache_that_may_not_be_written_to_is_said() -> None:
    words = str(explained(PermissionError(errno.EACCES, "Permission denied"), "a/b", "c.bin"))
    assert "may not be written" in words and "HF_HOME" in words


@pytest.mark.parametrize(
    ("message", "shown"),
    [("", "(ValueError)"), ("\n\n403 No.\nCannot access", "(403 No.)"), ("x" * 999, "xxx)")],
)
def test_anything_else_is_said_in_one_line(message: str, shown: str) -> None:
    words = str(explained(ValueError(message), "a/b", "c.bin"))
    assert words.startswith("The file c.bin of a/b could not be fetched (") and shown in words
    assert "\n" not in words and len(words) < 400
