"""Sound: the `Waveform` value, files with their provenance, resampling, loudness."""

from engine.audio.files import read_audio, read_provenance, write_audio
from engine.audio.formats import SUFFIXES, Encoding, check_format
from engine.audio.loudness import (
    Levelled,
    integrated_lufs,
    limit_peak,
    normalise_loudness,
    true_peak_db,
)
from engine.audio.resample import resample
from engine.audio.waveform import Waveform

__all__ = [
    "SUFFIXES",
    "Encoding",
    "Levelled",
    "Waveform",
    "check_format",
    "integrated_lufs",
    "limit_peak",
    "normalise_loudness",
    "read_audio",
    "read_provenance",
    "resample",
    "true_peak_db",
    "write_audio",
]
