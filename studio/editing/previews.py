"""What a browser can play of a clip; the exact file mostly is that already."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile

from engine.audio import Source, Waveform, downmix, resample

_PLAYED = {".wav": ("PCM_16", "PCM_24", "FLOAT"), ".flac": ("PCM_S8", "PCM_16", "PCM_24")}
"""libsndfile's names of what all browsers play, by the name's ending."""

_MOST_CHANNELS = 2
_HIGHEST_RATE_HZ = 96_000
_RENDERED_RATE_HZ = 48_000
"""Of what has a higher rate than browsers play."""

_HALF = math.sqrt(0.5)
_SPEAKERS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    3: ((1, 0, _HALF), (0, 1, _HALF)),
    4: ((1, 0, _HALF, 0), (0, 1, 0, _HALF)),
    5: ((1, 0, _HALF, _HALF, 0), (0, 1, _HALF, 0, _HALF)),
    6: ((1, 0, _HALF, 0, _HALF, 0), (0, 1, _HALF, 0, 0, _HALF)),
    8: ((1, 0, _HALF, 0, _HALF, 0, _HALF, 0), (0, 1, _HALF, 0, 0, _HALF, 0, _HALF)),
}
"""What left and right hear of each channel in the usual order of WAV and FLAC (ITU-R BS.775): the
middle and the back at -3 dB, the LFE not."""


def is_playable(path: Path, source: Source) -> bool:
    """Whether browsers play a file as it is, by what it holds and by how it is named."""
    if source.n_channels > _MOST_CHANNELS or source.sample_rate_hz > _HIGHEST_RATE_HZ:
        return False
    suffix = path.suffix.lower()
    # The descriptor, not the name: libsndfile would believe the name's ending first.
    with (
        open(path, "rb", buffering=0) as file,
        soundfile.SoundFile(file.fileno(), closefd=False) as sound,
    ):
        is_named_so = (suffix == ".flac") == (sound.format == "FLAC")
        return is_named_so and sound.subtype in _PLAYED.get(suffix, ())


def rendered(source: Source) -> Waveform:
    """The clip in mono or stereo, at a rate that browsers play.

    What passes full scale is clipped, as a player would, so that two versions stay as loud as
    each other.
    """
    waveform = _in_stereo(source.waveform)
    if waveform.sample_rate_hz > _HIGHEST_RATE_HZ:
        waveform = resample(waveform, _RENDERED_RATE_HZ)
    if waveform.peak <= 1:
        return waveform
    samples = np.clip(waveform.samples, -1, 1)
    return Waveform(samples=samples, sample_rate_hz=waveform.sample_rate_hz)


def _in_stereo(waveform: Waveform) -> Waveform:
    if waveform.n_channels <= _MOST_CHANNELS:
        return waveform
    if waveform.n_channels not in _SPEAKERS:
        return downmix(waveform)
    weights = np.array(_SPEAKERS[waveform.n_channels], np.float32)
    # The sum of all speakers at full scale is full scale.
    weights /= weights.sum(axis=1, keepdims=True)
    return Waveform(samples=weights @ waveform.samples, sample_rate_hz=waveform.sample_rate_hz)
