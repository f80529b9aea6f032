"""A waveform as the bytes of a file: WAV, FLAC, OGG (Vorbis) or MP3."""

from __future__ import annotations

import io
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import riff
from engine.audio.waveform import Waveform
from engine.errors import AudioError


class Encoding(str, Enum):
    """How a sample is kept in a WAV or FLAC file; the values are libsndfile's names."""

    PCM_16 = "PCM_16"
    PCM_24 = "PCM_24"
    FLOAT = "FLOAT"
    """32-bit float: exact, and over full scale too. WAV only."""


class _Format(NamedTuple):
    container: str
    encodings: tuple[Encoding, ...]
    """What can be asked for, the default first; none for a lossy format."""
    lossy: str = ""


_FORMATS = {
    ".wav": _Format("WAV", (Encoding.PCM_16, Encoding.PCM_24, Encoding.FLOAT)),
    ".flac": _Format("FLAC", (Encoding.PCM_16, Encoding.PCM_24)),
    ".ogg": _Format("OGG", (), "VORBIS"),
    ".mp3": _Format("MP3", (), "MPEG_LAYER_III"),
}

SUFFIXES = tuple(_FORMATS)
"""The endings of file names that can be written."""

WAV_BYTES = 2**32 - 2**24
"""The format's 4 GiB, with room for its header and tags."""

_BLOCK_SAMPLES = 65_536
"""libsndfile's Vorbis encoder overflows the stack when it is given minutes in one call."""


def encode(
    waveform: Waveform, suffix: str, *, encoding: Encoding | None = None, comment: str = ""
) -> bytes:
    """A whole sound file in memory.

    Args:
        waveform: peak at most 1, except for FLOAT.
        suffix: one of `SUFFIXES`, in any case.
        encoding: None for the format's own.
        comment: for the file's comment tag; none if empty.

    Raises:
        AudioError: what this format cannot hold.
    """
    form = _format_of(suffix)
    encoding = _encoding_of(form, encoding)
    if encoding is not Encoding.FLOAT and waveform.peak > 1:
        raise AudioError(
            f"the peak is {waveform.peak:.3f}, over full scale",
            expected="at most 1, or it would be clipped",
            advice="Turn it down with limit_peak, or write a FLOAT WAV",
        )
    if form.container == "WAV" and waveform.samples.nbytes >= WAV_BYTES:
        raise AudioError(
            f"the clip has {waveform.samples.nbytes:,} bytes",
            expected=f"less than {WAV_BYTES:,} in a WAV file",
            advice="Write a FLAC",
        )
    content = io.BytesIO()
    try:
        with soundfile.SoundFile(
            content,
            "w",
            samplerate=waveform.sample_rate_hz,
            channels=waveform.n_channels,
            format=form.container,
            subtype=encoding.value if encoding else form.lossy,
        ) as sound:
            if comment and form.container != "WAV":
                sound.comment = comment
            for start in range(0, waveform.n_samples, _BLOCK_SAMPLES):
                block = waveform.samples[:, start : start + _BLOCK_SAMPLES]
                sound.write(_in_whole_numbers(block, encoding).T)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{waveform.n_channels} channels at {waveform.sample_rate_hz} Hz do not go into "
            f"{form.container} ({sndfile_reason(error)})",
            expected="a rate and number of channels that the format knows",
            advice="Write a WAV, or resample first",
        ) from error
    wav_comment = comment if form.container == "WAV" else ""
    return riff.with_comment(content.getvalue(), wav_comment) if wav_comment else content.getvalue()


def check_format(suffix: str, encoding: Encoding | None = None) -> None:
    """Refuse early what `encode` would refuse once the sound is there.

    Raises:
        AudioError: an ending that cannot be written, or an encoding that it does not have.
    """
    _encoding_of(_format_of(suffix), encoding)


def sndfile_reason(error: soundfile.LibsndfileError) -> str:
    """What libsndfile says, without its frame: "flac decoder lost sync"."""
    return error.error_string.removeprefix("Error : ").strip(" .")


def _format_of(suffix: str) -> _Format:
    if suffix.lower() not in _FORMATS:
        raise AudioError(
            f"the file name ends in {suffix!r}" if suffix else "the file name has no ending",
            expected=f"one of {', '.join(SUFFIXES)}",
            advice="Change the name's ending",
        )
    return _FORMATS[suffix.lower()]


def _encoding_of(form: _Format, encoding: Encoding | None) -> Encoding | None:
    if encoding is None:
        return form.encodings[0] if form.encodings else None
    if encoding not in form.encodings:
        allowed = " or ".join(each.value for each in form.encodings) or "none to be chosen"
        raise AudioError(
            f"the encoding {encoding.value} for a {form.container} file",
            expected=allowed,
            advice="Leave the encoding out, or write a WAV",
        )
    return Encoding(encoding)


def _in_whole_numbers(samples: NDArray[np.float32], encoding: Encoding | None) -> NDArray[Any]:
    """Samples as libsndfile takes them exactly.

    Given floats it would multiply by 32767 where it divides by 32768 when reading, and a file
    read and written again would not be the same.
    """
    if encoding is Encoding.PCM_16:
        return _rounded(samples, 2**15).astype(np.int16)
    if encoding is Encoding.PCM_24:
        # libsndfile takes 24 bits from the upper end of 32.
        return _rounded(samples, 2**23).astype(np.int32) << 8
    return samples


def _rounded(samples: NDArray[np.float32], full_scale: int) -> NDArray[np.float64]:
    # Only +1.0 itself (and what rounds to it) meets the minimum: two's complement ends below it.
    return np.minimum(np.rint(samples.astype(np.float64) * full_scale), full_scale - 1)
