"""All that edits have on the disk: folders in Gradio's cache, from which a page may fetch.

A folder is written under another name and then renamed, all at once: what can be fetched is
whole, and what fails or is cancelled leaves nothing.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from engine.audio import Source, read_source, write_audio, write_source
from engine.audio.files import write_whole
from engine.errors import AudioError
from studio.editing.peaks import peaks_of
from studio.editing.previews import is_playable, rendered
from studio.editing.versions import Candidate, Version

KEPT_S = 86_400
"""A day after their last use files may go, as Gradio's own do."""

_PREFIX = "magnet-edit-"
_UNFINISHED = ".part"


@dataclass(frozen=True)
class Room:
    """A folder that is being filled.

    Args:
        work: where its files are written now.
        home: where they are once it is published.
    """

    work: Path
    home: Path

    def at_home(self, path: Path) -> str:
        """The lasting path of a file in it."""
        return str(self.home / path.relative_to(self.work))

    def publish(self) -> None:
        """Give the folder its own name; its files stay.

        Raises:
            AudioError: it cannot be renamed.
        """
        with _explained():
            os.rename(self.work, self.home)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A clip's lasting paths: the exact file, what is played, what is drawn."""

    path: str
    preview_path: str
    peaks_path: str


@contextmanager
def new_room() -> Iterator[Room]:
    """A folder that is gone after the block, unless it was published.

    What nobody has used for a day goes first, so that a studio that runs for weeks has room.

    Raises:
        AudioError: no room, or no permission.
    """
    name = _PREFIX + secrets.token_urlsafe(16)
    cache = Path(get_upload_folder())
    room = Room(work=cache / f"{name}{_UNFINISHED}", home=cache / name)
    sweep(KEPT_S)
    with _explained():
        room.work.mkdir(parents=True)
    try:
        yield room
    finally:
        shutil.rmtree(room.work, ignore_errors=True)


def write_shown(
    room: Room, source: Source, stem: str, provenance: Mapping[str, Any] | None
) -> Shown:
    """Write a clip exactly, with what is played and drawn of it.

    Args:
        room: where.
        source: the clip.
        stem: of its name, without an ending.
        provenance: what its file says about it.

    Raises:
        AudioError: no room, or what no file can hold.
    """
    path = room.work / f"{stem}{source.suffix}"
    write_source(path, source, provenance=provenance)
    return show(room, source, path, room.at_home(path))


def show(room: Room, source: Source, path: Path, lasting: str) -> Shown:
    """Write what is played and drawn of an exact file that is there.

    Args:
        room: where to.
        source: what the file holds.
        path: where the file is now. lasting: where it will be.

    Raises:
        AudioError: no room.
    """
    peaks = room.work / f"{path.stem}.peaks"
    write_whole(peaks, peaks_of(source.samples, source.sample_rate_hz).tobytes())
    preview = lasting
    if not is_playable(path, source):
        played = room.work / f"{path.stem}-preview.flac"
        write_audio(played, rendered(source))
        preview = room.at_home(played)
    return Shown(path=lasting, preview_path=preview, peaks_path=room.at_home(peaks))


def read_version(version: Version) -> Source:
    """A version's samples, read from its exact file.

    All of its files count as used then, so that they stay for another day.

    Raises:
        AudioError: the file is gone, damaged, or another one by now.
    """
    source = _read(version.path, version.name)
    found = source.n_samples, source.sample_rate_hz, source.n_channels, source.depth.value
    kept = version.n_samples, version.sample_rate_hz, version.n_channels, version.depth
    if found != kept:
        raise AudioError(
            f"the file of {version.name} has changed on the disk",
            expected="the samples that were opened",
            advice="Open it again",
        )
    _touch(version.path, version.preview_path, version.peaks_path)
    return source


def read_excerpt(candidate: Candidate) -> Source:
    """A candidate's samples around its regions.

    Raises:
        AudioError: the file is gone, damaged, or another one by now.
    """
    source = _read(candidate.path, Path(candidate.path).name)
    if source.n_samples != candidate.stop_sample - candidate.start_sample:
        raise AudioError(
            f"the file of the candidate with seed {candidate.seed} has changed on the disk",
            expected="the samples that were made",
            advice="Make it again",
        )
    return source


def sweep(age_s: float) -> int:
    """Remove folders of edits whose files nobody has used for a time; how many there were.

    Gradio itself removes only those files that a page was given.

    Args:
        age_s: seconds since the last use.
    """
    removed = 0
    for folder in Path(get_upload_folder()).glob(f"{_PREFIX}*"):
        if time.time() - _last_used(folder) > age_s:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _read(path: str, name: str) -> Source:
    if not Path(path).is_file():
        raise AudioError(
            f"the file of {name} is gone",
            expected="a file that was used within the last day",
            advice="Open the clip again; what was downloaded can be uploaded",
        )
    return read_source(path)


def _touch(*paths: str) -> None:
    for path in paths:
        with suppress(OSError):
            os.utime(path)


def _last_used(folder: Path) -> float:
    times = [0.0]
    for path in (folder, *folder.glob("*")):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


@contextmanager
def _explained() -> Iterator[None]:
    """A folder's errors as those of files are."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise AudioError(
            f"the folder for the edit cannot be written ({error.strerror})",
            expected="room on the disk" if is_full else "a folder that may be written to",
            advice="Free some space" if is_full else "Ask who runs this studio",
        ) from error
