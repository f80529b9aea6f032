"""The example clips that ship with the project, to edit at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.assets import assets_dir
from engine.errors import AudioError

LIST_NAME = "clips.json"


@dataclass(frozen=True, kw_only=True)
class ExampleClip:
    """One clip, a stereo FLAC at 44.1 kHz.

    Args:
        name: its own among the clips, for addresses and the command line.
        title: for people.
        prompt: the caption that the composer wrote for it.
        path: the file.
    """

    name: str
    title: str
    prompt: str
    path: Path


def example_clips(folder: Path | None = None) -> tuple[ExampleClip, ...]:
    """The clips in the order in which they are to be offered; none if the folder has no list.

    Args:
        folder: with a `clips.json`; None: the one that ships.

    Raises:
        AudioError: a list that cannot be read, or one that names a file which is not there.
    """
    folder = assets_dir() / "clips" if folder is None else folder
    listed = folder / LIST_NAME
    if not listed.is_file():
        return ()
    try:
        entries = json.loads(listed.read_text(encoding="utf-8"))
        clips = tuple(
            ExampleClip(
                name=str(entry["name"]),
                title=str(entry["title"]),
                prompt=str(entry["prompt"]),
                path=folder / str(entry["file"]),
            )
            for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(f"the list {LIST_NAME} cannot be read ({error})") from error
    for clip in clips:
        if not clip.path.is_file():
            raise _damaged(f"the example clip {clip.path.name} is missing")
    return clips


def _damaged(came: str) -> AudioError:
    return AudioError(
        came,
        expected="the example clips as they ship",
        advice="Install the project again, or make them with "
        "python -m engine.training.composer.examples",
    )
