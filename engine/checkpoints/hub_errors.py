"""What can go wrong while a file is fetched, in words that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.errors import CheckpointError

_FULL = re.compile(r"no space left|not enough space|quota exceeded", re.IGNORECASE)


class _Words(NamedTuple):
    came: str
    expected: str
    advice: str


def explained(error: Exception, repo: str, file: str) -> CheckpointError:
    """The error to show instead of one of the libraries that fetch.

    Args:
        error: of the Hub's client, of its storage, of the network or of the disk.
        repo, file: what was wanted.
    """
    words = _of_the_hub(error, repo, file) or _of_this_computer(error, repo, file)
    if words is None:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        words = _Words(
            f"the file {file} of {repo} could not be fetched ({why})",
            "a file from the Hub or its copy",
            "Try again; files that are whole are kept",
        )
    return CheckpointError(words.came, expected=words.expected, advice=words.advice)


def _of_the_hub(error: Exception, repo: str, file: str) -> _Words | None:
    """The answers of the Hub; the more special errors come first, they are kinds of the others."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        came, advice = f"{repo} needs permission", "Accept its terms on the Hub and set HF_TOKEN"
    elif isinstance(error, errors.RepositoryNotFoundError):
        came, advice = f"the Hub knows no {repo}", "Check the name; a private one needs HF_TOKEN"
    elif isinstance(error, errors.RevisionNotFoundError):
        came, advice = f"{repo} has no such revision", "Take a commit, branch or tag that exists"
    elif isinstance(error, errors.LocalEntryNotFoundError):
        return _not_reached(error, repo, file)
    elif isinstance(error, errors.EntryNotFoundError):
        came, advice = f"{repo} has no {file}", "Choose another model or revision"
    elif isinstance(error, errors.HfHubHTTPError) and error.response.status_code == 401:
        came, advice = "the Hub does not accept HF_TOKEN", "Renew it; published models need none"
    else:
        return None
    return _Words(came, "a file from the Hub or its copy", advice)


def _not_reached(error: Exception, repo: str, file: str) -> _Words:
    from huggingface_hub.errors import OfflineModeIsEnabled

    came = f"the file {file} of {repo} is not on this computer, and "
    if any(isinstance(each, OfflineModeIsEnabled) for each in _with_causes(error)):
        came, advice = came + "HF_HUB_OFFLINE is set", "Unset it"
    else:
        came, advice = came + "the Hub cannot be reached", "Connect to the network"
    expected = "a file from the Hub or its copy"
    return _Words(came, expected, f"{advice}, or put the model into a local folder")


def _of_this_computer(error: Exception, repo: str, file: str) -> _Words | None:
    if any(map(_is_full, _with_causes(error))):
        return _Words(
            f"no room on the disk for {file} of {repo}",
            "enough free space",
            "Free some, or set HF_HOME to another disk; files that are whole are kept",
        )
    if isinstance(error, PermissionError):
        return _Words(
            f"the file {file} of {repo} may not be written to the Hub's cache",
            "a folder of your own",
            "Set HF_HOME to one",
        )
    return None


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_full(error: BaseException) -> bool:
    """Whether a disk or quota is used up; the Hub's own storage says so in words alone."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return bool(_FULL.search(str(error)))
