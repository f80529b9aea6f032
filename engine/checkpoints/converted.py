"""Converted copies of released language models, so that their pickle is read once.

A copy is a safetensors file with our names for the weights, in the dtype of the released file,
and with that file's settings and SHA-256 in its header. It is found by that hash alone. It lies in
the folder that the environment variable MAGNET_STUDIO_CACHE names, else in the user's cache
folder; "off" is for no copies. Any of them may be deleted at any time.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from engine.checkpoints.release_file import CodecPointer, ReleaseFile, read_release_file
from engine.checkpoints.release_names import COMPRESSION_FILE
from engine.checkpoints.released_model import check, read_config
from engine.checkpoints.settings import Settings
from engine.checkpoints.upstream_names import OURS
from engine.errors import CheckpointError

CACHE_VARIABLE, OFF = "MAGNET_STUDIO_CACHE", "off"
_FORMAT = "magnet-studio language model 1"
"""Another number for another meaning of names or settings: older copies are then made anew."""
_UNUSABLE = (SafetensorError, OSError, ValueError, KeyError, RecursionError, CheckpointError)
_PARTIAL, _DAY_S = ".partial-", 86400.0

_log = logging.getLogger(__name__)


def copies_folder() -> Path | None:
    """Where copies lie; None where there shall be none."""
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen == OFF:
        return None
    cache = Path(os.path.expanduser(chosen)) if chosen else _users_cache()
    return cache / "language-models"


def read_language_model(path: Path, digest: str | None = None) -> ReleaseFile:
    """Read a released language model, from its copy if there is one; else make the copy.

    Without a copy it goes on too: what hinders reading or writing one is logged.

    Args:
        path: of `state_dict.bin`.
        digest: SHA-256 of that file; None: without copies.

    Returns:
        Its settings and weights, of which a full account was taken.

    Raises:
        CheckpointError: the file is missing, damaged, hostile, or of another kind.
    """
    folder = copies_folder() if digest else None
    place = folder / f"{digest}.safetensors" if folder else None
    copy = _read_copy(place, path.name) if place else None
    if copy is not None:
        return copy
    file = read_release_file(path)
    if isinstance(file, CodecPointer):
        raise CheckpointError(
            f"the file {path.name} names the codec {file.name!r}",
            expected="a language model",
            advice=f"Was it exchanged with {COMPRESSION_FILE}? Download both again",
        )
    check(file, read_config(file))
    if place:
        _write_copy(place, file)
    return file


def _users_cache() -> Path:
    return platformdirs.user_cache_path("magnet-studio", appauthor=False)


def _read_copy(place: Path, source: str) -> ReleaseFile | None:
    try:
        if not place.is_file():
            return None
        with safe_open(place, "pt") as file:
            header = file.metadata() or {}
        if (header.get("format"), header.get("source_sha256")) != (_FORMAT, place.stem):
            raise ValueError("it is of another file")
        settings = Settings(json.loads(header["settings"]), source)
        copy = ReleaseFile(weights=load_file(place), settings=settings, naming=OURS)
        check(copy, read_config(copy))
        return copy
    except _UNUSABLE as error:
        _log.warning("The copy %s is made anew: %s", place, error)
        return None


def _write_copy(place: Path, file: ReleaseFile) -> None:
    """Whole or not at all: it gets its name when it is complete."""
    weights = {
        name: each.contiguous() for name, each in file.naming.translate(file.weights).items()
    }
    header = {
        "format": _FORMAT,
        "source_sha256": place.stem,
        "settings": json.dumps(file.settings.values),
    }
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_leavings(place.parent)
        needed = sum(each.numel() * each.element_size() for each in weights.values())
        if shutil.disk_usage(place.parent).free < needed:
            raise OSError(errno.ENOSPC, f"a copy needs {needed:,} bytes")
        with TemporaryDirectory(dir=place.parent, prefix=_PARTIAL) as partial:
            written = Path(partial) / place.name
            save_file(weights, written, metadata=header)
            written.replace(place)
    except (OSError, SafetensorError) as error:
        _log.warning("No converted copy could be kept in %s: %s", place.parent, error)


def _remove_leavings(folder: Path) -> None:
    """What programs that were killed while they wrote have left, which is as large as a model."""
    for partial in folder.glob(_PARTIAL + "*"):
        if time.time() - partial.stat().st_mtime > _DAY_S:
            shutil.rmtree(partial, ignore_errors=True)
