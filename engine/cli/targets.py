"""The files that a command will write."""

from __future__ import annotations

import os
from pathlib import Path

from engine.audio import Encoding, check_format
from engine.errors import AudioError


def targets(output: Path, variations: int, encoding: Encoding | None, *, force: bool) -> list[Path]:
    """The files to be written.

    Raises:
        AudioError: one that cannot be, or that is there already and may not be replaced.
    """
    if str(output) == "-":
        raise AudioError(
            "the output is -, standard output",
            expected="the name of a file",
            advice="Give a name such as song.wav",
        )
    check_format(output.suffix, encoding)
    if not output.parent.is_dir():
        raise AudioError(
            f"the folder {output.parent} is not there",
            expected="a folder that exists",
            advice="Create it first",
        )
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise AudioError(
            f"the folder {output.parent} may not be written to",
            expected="a folder of your own",
            advice="Choose another place, or change the folder's permissions",
        )
    paths = [output]
    if variations > 1:
        paths = [output.with_stem(f"{output.stem}-{i + 1}") for i in range(variations)]
    for path in paths:
        if path.is_dir():
            raise AudioError(
                f"{path} is a folder", expected="the name of a file", advice="Choose another name"
            )
        if path.exists() and not force:
            raise AudioError(
                f"the file {path} is there already",
                expected="a new name",
                advice="Choose another name, or add --force to replace it",
            )
    return paths
