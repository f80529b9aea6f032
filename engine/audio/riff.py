"""The chunks of a WAV file, as far as libsndfile does not serve.

Its tags are cut at about two thousand characters when read back, and it reads a file whose end
is missing without a word.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import FileIO
from typing import NamedTuple

_UNKNOWN_SIZE = 0xFFFFFFFF
"""What a program writes that streams a WAV and cannot go back to fill in the size."""


class Chunk(NamedTuple):
    """One chunk: its four letters, where its content starts, and the size that it claims."""

    name: bytes
    start: int
    size: int


def chunks(file: FileIO) -> Iterator[Chunk]:
    """The chunks of a WAV file in order; none if it is not one."""
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return
    start = 12
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", header)
        start += 8
        yield Chunk(name, start, size)
        start += size + size % 2
        file.seek(start)


def missing_bytes(file: FileIO) -> int:
    """How many bytes of sound the header promises that the file does not have."""
    data = next((chunk for chunk in chunks(file) if chunk.name == b"data"), None)
    if data is None or data.size == _UNKNOWN_SIZE:
        return 0
    return max(0, data.start + data.size - file.seek(0, 2))


def with_comment(wav: bytes, comment: str) -> bytes:
    """The WAV file with a comment tag (LIST/INFO/ICMT) at its end, of any length."""
    text = comment.encode() + b"\0"
    text += b"\0" * (len(text) % 2)
    info = b"INFO" + struct.pack("<4sI", b"ICMT", len(text)) + text
    body = wav[8:] + b"\0" * (len(wav) % 2) + struct.pack("<4sI", b"LIST", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def read_comment(file: FileIO) -> str:
    """The comment tag of a WAV file; empty if there is none."""
    for chunk in chunks(file):
        if chunk.name != b"LIST":
            continue
        file.seek(chunk.start)
        content = file.read(chunk.size)
        if content[:8] == b"INFOICMT" and len(content) >= 12:
            (size,) = struct.unpack("<I", content[8:12])
            return content[12 : 12 + size].rstrip(b"\0").decode(errors="replace")
    return ""
