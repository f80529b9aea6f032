"""A clip as its file holds it: read, changed in places, and written again with the same bits."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio import riff
from engine.audio.files import PROVENANCE_KEY, read_audio, write_whole
from engine.audio.formats import WAV_BYTES, sndfile_reason
from engine.audio.waveform import Waveform
from engine.errors import AudioError


class Depth(str, Enum):
    """How a file keeps one sample."""

    INT_8 = "8-bit"
    INT_16 = "16-bit"
    INT_24 = "24-bit"
    INT_32 = "32-bit"
    FLOAT_32 = "32-bit float"
    FLOAT_64 = "64-bit float"

    @property
    def bits(self) -> int | None:
        """Of a whole number; None for float."""
        whole = not self.value.endswith("float")
        return int(self.value.removesuffix("-bit")) if whole else None

    @property
    def dtype(self) -> type[np.float32] | type[np.float64]:
        """The smaller type of numpy that holds every sample of this depth exactly."""
        wide = self in (Depth.INT_32, Depth.FLOAT_64)
        return np.float64 if wide else np.float32


_DEPTHS = {
    "PCM_S8": Depth.INT_8,
    "PCM_U8": Depth.INT_8,
    "PCM_16": Depth.INT_16,
    "PCM_24": Depth.INT_24,
    "PCM_32": Depth.INT_32,
    "FLOAT": Depth.FLOAT_32,
    "DOUBLE": Depth.FLOAT_64,
    # Compressed, but decoded to whole numbers.
    "ULAW": Depth.INT_16,
    "ALAW": Depth.INT_16,
    "IMA_ADPCM": Depth.INT_16,
    "MS_ADPCM": Depth.INT_16,
    "GSM610": Depth.INT_16,
    "ALAC_16": Depth.INT_16,
    "ALAC_20": Depth.INT_24,
    "ALAC_24": Depth.INT_24,
    "ALAC_32": Depth.INT_32,
}
"""By libsndfile's name. What is not here (Vorbis, MP3, ...) is decoded to 32-bit float."""

_WHOLE = {Depth.INT_16: "PCM_16", Depth.INT_24: "PCM_24"}
_SUBTYPES: dict[str, dict[Depth, str]] = {
    ".wav": {
        Depth.INT_8: "PCM_U8",
        **_WHOLE,
        Depth.INT_32: "PCM_32",
        Depth.FLOAT_32: "FLOAT",
        Depth.FLOAT_64: "DOUBLE",
    },
    ".flac": {Depth.INT_8: "PCM_S8", **_WHOLE},
}
"""What can be written without loss."""

_BLOCK_SAMPLES = 65_536


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """The samples of a file, exactly, with what is needed to write them again.

    Args:
        samples: [C, N] of `depth.dtype`, finite, C >= 1, N >= 1; full scale is 1. Each value is
            one that the depth has, so that the file's own numbers are `samples * 2**(bits - 1)`.
        sample_rate_hz: samples per second, at least 1.
        depth: of the file.
        container: libsndfile's name of the file's format, such as "FLAC".

    Raises:
        AudioError: another type or shape, no samples, NaN or infinity.
    """

    samples: NDArray[np.floating[Any]]
    sample_rate_hz: int
    depth: Depth
    container: str = "WAV"

    def __post_init__(self) -> None:
        if not isinstance(self.samples, np.ndarray) or self.samples.dtype != self.depth.dtype:
            raise AudioError(
                f"the samples of a {self.depth.value} source are of another type",
                expected=f"an array of {self.depth.dtype.__name__}",
                advice="Read the file with read_source",
            )
        _ = self.waveform  # refuses what no clip may be
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def waveform(self) -> Waveform:
        """The same clip for everything else; rounded to float32 where the depth has more."""
        samples = self.samples.astype(np.float32, copy=False)
        return Waveform(samples=samples, sample_rate_hz=self.sample_rate_hz)

    @property
    def n_channels(self) -> int:
        """C."""
        return int(self.samples.shape[0])

    @property
    def n_samples(self) -> int:
        """N."""
        return int(self.samples.shape[1])

    @property
    def suffix(self) -> str:
        """The ending of a file that holds exactly this: the source's own kind where we write it.

        A FLAC stays a FLAC. All others become a WAV, because MP3 and OGG would change every
        sample once more.
        """
        return ".flac" if self.container == "FLAC" and self.depth in _SUBTYPES[".flac"] else ".wav"


def source_from_waveform(waveform: Waveform) -> Source:
    """A clip that never was a file, as a 32-bit float source."""
    return Source(
        samples=waveform.samples, sample_rate_hz=waveform.sample_rate_hz, depth=Depth.FLOAT_32
    )


def read_source(path: str | Path, *, max_duration_s: float = 3600.0) -> Source:
    """Read a sound file without the loss of a bit.

    Args:
        path: what `read_audio` reads. Of a lossy file (MP3, OGG) the decoded samples are the
            source.
        max_duration_s: a longer file is refused before its sound is loaded.

    Raises:
        AudioError: what `read_audio` refuses.
    """
    waveform = read_audio(path, max_duration_s=max_duration_s)
    # The descriptor, not the name: libsndfile would believe the name's ending first.
    with (
        open(path, "rb", buffering=0) as file,
        soundfile.SoundFile(file.fileno(), closefd=False) as sound,
    ):
        depth = _DEPTHS.get(sound.subtype, Depth.FLOAT_32)
        samples: NDArray[np.floating[Any]] = waveform.samples
        if depth.dtype is np.float64:
            samples = np.ascontiguousarray(sound.read(dtype="float64", always_2d=True).T)
        return Source(
            samples=samples,
            sample_rate_hz=sound.samplerate,
            depth=depth,
            container=sound.format,
        )


def write_source(
    path: str | Path, source: Source, *, provenance: Mapping[str, Any] | None = None
) -> None:
    """Write a sound file with exactly the source's samples; it is replaced whole or not at all.

    Args:
        path: ends in .wav or .flac; `source.suffix` always fits.
        source: its depth is the file's.
        provenance: what `write_audio` takes.

    Raises:
        AudioError: an ending or depth that would lose something, samples that the depth does not
            have, or a place that cannot be written to.
        ValueError, TypeError: provenance that is not JSON.
    """
    path = Path(path)
    comment = ""
    if provenance is not None:
        comment = json.dumps({PROVENANCE_KEY: provenance}, allow_nan=False)
    write_whole(path, _encode(source, path.suffix.lower(), comment))


def check_target(source: Source, suffix: str) -> None:
    """Refuse, before any work, an ending under which `write_source` could not keep every bit.

    Args:
        source: what is to be written, or another of its rate, depth, channels and length.
        suffix: of the file, with the dot; its case does not matter.

    Raises:
        AudioError: an ending or depth that would lose something, a rate or number of channels
            that the format does not know, or too much sound for it.
    """
    suffix = suffix.lower()
    _check_size(source, suffix)
    # libsndfile tells its formats' limits only to who opens one: so one sample is written.
    _encode(replace(source, samples=source.samples[:, :1]), suffix, "")


def quantised(samples: NDArray[np.float64], depth: Depth) -> tuple[NDArray[np.floating[Any]], int]:
    """Samples rounded to what a depth can hold.

    Args:
        samples: any shape; full scale is 1.
        depth: of the file.

    Returns:
        The nearest values of that depth, in its type, and how many were beyond full scale and
        clipped. Float is not clipped.
    """
    if depth.bits is None:
        return samples.astype(depth.dtype), 0
    full_scale = 2.0 ** (depth.bits - 1)
    numbers = np.rint(samples * full_scale) + 0.0  # -0.0, which no whole number is, becomes 0.0
    clipped = np.clip(numbers, -full_scale, full_scale - 1)
    return (clipped / full_scale).astype(depth.dtype), int(np.count_nonzero(clipped != numbers))


def _encode(source: Source, suffix: str, comment: str) -> bytes:
    subtype, is_wav = _subtype_of(source, suffix), suffix == ".wav"
    _check_size(source, suffix)
    content = io.BytesIO()
    try:
        with soundfile.SoundFile(
            content,
            "w",
            samplerate=source.sample_rate_hz,
            channels=source.n_channels,
            format=_container(source) if is_wav else "FLAC",
            subtype=subtype,
        ) as sound:
            if comment and not is_wav:
                sound.comment = comment
            for start in range(0, source.n_samples, _BLOCK_SAMPLES):
                block = source.samples[:, start : start + _BLOCK_SAMPLES]
                sound.write(_in_words(block, source.depth).T)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{source.n_channels} channels at {source.sample_rate_hz} Hz do not go into "
            f"{suffix} ({sndfile_reason(error)})",
            expected="a rate and number of channels that the format knows",
            advice="Write a WAV",
        ) from error
    wav = content.getvalue()
    return riff.with_comment(wav, comment) if comment and is_wav else wav


def _subtype_of(source: Source, suffix: str) -> str:
    subtypes = _SUBTYPES.get(suffix, {})
    if source.depth not in subtypes:
        raise AudioError(
            f"a {source.depth.value} source for a file that ends in {suffix!r}",
            expected="one that keeps every bit: .wav, or .flac of up to 24 bits",
            advice=f"Change the ending to {source.suffix}, or convert the result afterwards",
        )
    return subtypes[source.depth]


def _container(source: Source) -> str:
    # The extensible header says which channel is which; a plain one does for mono and stereo.
    return "WAVEX" if source.n_channels > 2 or source.container == "WAVEX" else "WAV"


def _check_size(source: Source, suffix: str) -> None:
    if suffix == ".wav" and source.samples.nbytes >= WAV_BYTES:
        raise AudioError(
            f"the clip has {source.samples.nbytes:,} bytes",
            expected=f"less than {WAV_BYTES:,} in a WAV file",
            advice="Cut out the part that you need",
        )


def _in_words(samples: NDArray[np.floating[Any]], depth: Depth) -> NDArray[Any]:
    """Samples as libsndfile takes them exactly: whole numbers at the upper end of a word."""
    if depth.bits is None:
        return samples
    exact, _ = quantised(samples.astype(np.float64), depth)
    if np.any(exact != samples):
        raise AudioError(
            f"some samples are not among the numbers of a {depth.value} file",
            expected="samples that were read from one, or rounded to it",
            advice="Write it as a 32-bit float WAV",
        )
    word = np.int16 if depth.bits <= 16 else np.int32
    numbers = (exact * 2.0 ** (depth.bits - 1)).astype(word)
    return numbers << (word(0).itemsize * 8 - depth.bits)
