"""Files that a browser or a program names: only what it has uploaded itself is ever read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gradio.utils import get_upload_folder, is_in_or_equal

from engine.errors import RequestError


def sent_file(file: object) -> tuple[str, str]:
    """Path and name of a file that was uploaded.

    Args:
        file: with a `path`, and perhaps what its owner calls it as `orig_name`; anything may come.

    Raises:
        RequestError: no such file, or another one on this computer.
    """
    path = file.get("path") if isinstance(file, Mapping) else None
    if not isinstance(path, str) or not is_in_or_equal(path, get_upload_folder()):
        raise RequestError(
            "the file is not one that was uploaded",
            expected="a sound file",
            advice="Send it with handle_file of gradio_client, or upload it first",
        )
    name = file.get("orig_name") if isinstance(file, Mapping) else None
    return path, name if isinstance(name, str) and name else Path(path).name
