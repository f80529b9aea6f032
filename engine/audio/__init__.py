"""Sound: the `Waveform` value, files with their provenance, resampling, loudness; and for editing
sources kept to the bit, regions, the splice and its proof, beats.
"""

from engine.audio.beats import Beats, find_beats
from engine.audio.downmix import downmix
from engine.audio.files import read_audio, read_provenance, write_audio
from engine.audio.formats import SUFFIXES, Encoding, check_format
from engine.audio.loudness import (
    Levelled,
    integrated_lufs,
    limit_peak,
    normalise_loudness,
    true_peak_db,
)
from engine.audio.patches import Patch
from engine.audio.proof import NullTest, null_test, null_test_files
from engine.audio.regions import Region, merge_regions, region_from_seconds
from engine.audio.resample import resample
from engine.audio.snapping import Snap, snap
from engine.audio.source import Depth, Source, read_source, write_source
from engine.audio.splice import Match, Placement, Splice, splice
from engine.audio.waveform import Waveform

__all__ = [
    "SUFFIXES",
    "Beats",
    "Depth",
    "Encoding",
    "Levelled",
    "Match",
    "NullTest",
    "Patch",
    "Placement",
    "Region",
    "Snap",
    "Source",
    "Splice",
    "Waveform",
    "check_format",
    "downmix",
    "find_beats",
    "integrated_lufs",
    "limit_peak",
    "merge_regions",
    "normalise_loudness",
    "null_test",
    "null_test_files",
    "read_audio",
    "read_provenance",
    "read_source",
    "region_from_seconds",
    "resample",
    "snap",
    "splice",
    "true_peak_db",
    "write_audio",
    "write_source",
]
