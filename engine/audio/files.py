"""Sound files: read with every bad case named, written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.audio import riff
from engine.audio.formats import Encoding, encode, sndfile_reason
from engine.audio.waveform import Waveform
from engine.errors import AudioError

PROVENANCE_KEY = "magnet_studio"
"""By which our comment tags are told from others."""


def write_audio(
    path: str | Path,
    waveform: Waveform,
    *,
    encoding: Encoding | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write a sound file; a file that is there already is replaced, at once and only when whole.

    Whole numbers are rounded without dither, so that samples which came from a file of that depth
    go back exactly; full scale itself (1.0) becomes the largest number, one step below.

    Args:
        path: ends in .wav, .flac, .ogg or .mp3, which gives the format.
        waveform: peak at most 1, except for FLOAT (see `loudness.limit_peak`).
        encoding: of a WAV or FLAC file, PCM_16 if None; the others have none to choose.
        provenance: what made the sound; kept as JSON in the comment tag. JSON's types only.

    Raises:
        AudioError: a format, encoding, level, rate or number of channels that the file cannot
            hold, or a place that cannot be written to (no such folder, no permission, disk full).
        ValueError, TypeError: provenance that is not JSON.
    """
    path = Path(path)
    comment = ""
    if provenance is not None:
        comment = json.dumps({PROVENANCE_KEY: provenance}, allow_nan=False)
    write_whole(path, encode(waveform, path.suffix, encoding=encoding, comment=comment))


def read_audio(path: str | Path, *, max_duration_s: float = 3600.0) -> Waveform:
    """Read a sound file, at its own rate and with its own channels.

    The content decides, not the name: a FLAC named .wav is read. 8 to 24 bits and 32-bit float
    are taken exactly; 32-bit whole numbers and 64-bit float are rounded to float32.

    Args:
        path: WAV, FLAC, OGG, MP3, AIFF or whatever else libsndfile reads.
        max_duration_s: a longer file is refused before its sound is loaded.

    Raises:
        AudioError: missing, empty, not sound, without samples, cut off (an OGG does not show
            it and is read as far as it goes), too long, or with NaN or infinity in it.
    """
    path = Path(path)
    with _opened(path) as file:
        cut_off = riff.missing_bytes(file) > 0
        with _sound(file) as sound:
            _check_length(path, sound, max_duration_s)
            samples = sound.read(dtype="float32", always_2d=True)
            cut_off = cut_off or len(samples) < sound.frames
            sample_rate_hz = sound.samplerate
    if cut_off:
        raise AudioError(
            f"the file {path.name} is cut off: it has less sound than its header promises",
            expected="a whole file",
            advice="Download or copy it again",
        )
    try:
        return Waveform(samples=np.ascontiguousarray(samples.T), sample_rate_hz=sample_rate_hz)
    except AudioError as error:
        raise AudioError(
            f"in the file {path.name} {error.came}", expected=error.expected, advice=error.advice
        ) from error


def read_provenance(path: str | Path) -> dict[str, Any] | None:
    """What `write_audio` was told about the sound; None if the file has no such tag.

    Raises:
        AudioError: missing, empty or not sound.
    """
    with _opened(Path(path)) as file, _sound(file) as sound:
        is_wav = sound.format.startswith("WAV")
        comment = riff.read_comment(file) if is_wav else sound.comment
    try:
        found = json.loads(comment).get(PROVENANCE_KEY)
    except (ValueError, AttributeError, RecursionError):
        return None  # another program's comment, or none
    return found if isinstance(found, dict) else None


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    """The file's bytes; what goes wrong with them in the block becomes an `AudioError`.

    A descriptor goes on to libsndfile, not the name: it would believe the name's ending first.
    Unbuffered, because both read through it.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise AudioError(
                    f"the file {path.name} is empty (0 bytes)",
                    expected="a sound file",
                    advice="Export or download it again",
                )
            yield file
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"the file {path.name} cannot be read as sound ({_reason(error)})",
            expected="a whole WAV, FLAC, OGG, MP3 or AIFF file",
            advice="Export it again, or convert it to WAV",
        ) from error
    except (OSError, ValueError) as error:
        raise AudioError(
            f"the file {path.name} cannot be opened ({_reason(error)})",
            expected="a file that exists and may be read",
            advice="Check the name and the permissions",
        ) from error


def _sound(file: FileIO) -> soundfile.SoundFile:
    file.seek(0)
    return soundfile.SoundFile(file.fileno(), closefd=False)


def _check_length(path: Path, sound: soundfile.SoundFile, max_duration_s: float) -> None:
    if sound.frames <= 0:
        raise AudioError(
            f"the file {path.name} holds no sound (0 samples)",
            expected="at least one sample",
            advice="Export or record it again",
        )
    duration_s = sound.frames / sound.samplerate
    if duration_s > max_duration_s:
        raise AudioError(
            f"the file {path.name} is {duration_s:,.0f} s long",
            expected=f"at most {max_duration_s:,.0f} s",
            advice="Cut out the part that you need",
        )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; an older one stays until then.

    Raises:
        AudioError: no room, no permission, or no such folder.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, ValueError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise AudioError(
            f"the file {path.name} cannot be written ({_reason(error)})",
            expected=f"room for {len(content):,} bytes"
            if full
            else "a folder that exists and may be written to",
            advice="Free some space" if full else "Choose another place",
        ) from error
    finally:
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return sndfile_reason(error)
    return (isinstance(error, OSError) and error.strerror) or str(error)
