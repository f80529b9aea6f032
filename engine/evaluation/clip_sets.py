"""Clips to measure with: the composer's, by the training's soundfont or another, or anybody's.

Clip n of a seed is always the same clip, so a set needs no files: whoever has FluidSynth and the
soundfont gets the same samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio import SUFFIXES
from engine.audio.downmix import downmix
from engine.audio.files import read_audio
from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.errors import AudioError
from engine.evaluation.codec import RATE_HZ
from engine.training.composer.clips import Clip, iter_clips
from engine.training.composer.render import SoundFontPlayer
from engine.training.composer.song import Facts

HELD_OUT_SEED = 991
"""Of clips that nobody's training has seen."""
CLIP_S = 10.0
OTHER_SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
    Path("/usr/share/sounds/sf3/MuseScore_General.sf3"),
)
"""Where Debian's timgm6mb-soundfont and musescore-general-soundfont-small put theirs. The former
comes first: the latter descends from FluidR3, the training's, and sounds much like it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipSet:
    """Clips of one length.

    Args:
        name: for tables.
        samples: [n, N] float32 at 32 kHz.
        facts: what is true of each; None where nobody knows.
        captions: one of each clip; None where there is none.
    """

    name: str
    samples: NDArray[np.float32]
    facts: tuple[Facts, ...] | None = None
    captions: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.samples)


def composed(
    name: str, seed: int, count: int, *, first: int = 0, soundfont: Path | None = None
) -> ClipSet:
    """Clips `first`, `first + 1`, ... of a seed, 10 s each.

    Args:
        name: of the set.
        seed: of the composer; `HELD_OUT_SEED` for clips that no training has seen.
        count: at least 1.
        first: number of the first clip.
        soundfont: what plays them; None: the training's.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    clips = list(itertools.islice(_clips(seed, first, soundfont), count))
    return ClipSet(
        name=name,
        samples=np.stack([clip.samples for clip in clips]),
        facts=tuple(clip.facts for clip in clips),
        captions=tuple(clip.captions[0] for clip in clips),
    )


def held_out(count: int, *, first: int = 0) -> ClipSet:
    """Renders that no training has seen."""
    return composed("held-out renders", HELD_OUT_SEED, count, first=first)


def find_other_soundfont(given: Path | None = None) -> Path | None:
    """A General MIDI soundfont other than the training's: the given one, or the first found."""
    places = OTHER_SOUNDFONTS if given is None else (given,)
    return next((place for place in places if place.is_file()), None)


def _clips(seed: int, first: int, soundfont: Path | None) -> Iterator[Clip]:
    return iter_clips(seed, length_s=CLIP_S, start=first, player=SoundFontPlayer(soundfont))


def from_folder(folder: Path, most: int) -> ClipSet:
    """The first 10 s of each sound file of a folder, in the order of their names.

    Args:
        folder: its own files, not those of folders in it; what cannot be read, lasts over an
            hour or is shorter is left out.
        most: files taken.

    Raises:
        AudioError: no file is long enough.
    """
    found: list[NDArray[np.float32]] = []
    n_samples = round(CLIP_S * RATE_HZ)
    for path in sorted(folder.iterdir()):
        if len(found) == most:
            break
        opening = _opening(path) if path.suffix.lower() in SUFFIXES else None
        if opening is not None and len(opening) >= n_samples:
            found.append(opening[:n_samples])
    if not found:
        raise AudioError(
            f"{folder} has no clip of {CLIP_S:g} s",
            expected="sound files: " + ", ".join(SUFFIXES),
            advice="Give another folder",
        )
    return ClipSet(name=folder.name, samples=np.stack(found))


def _opening(path: Path) -> NDArray[np.float32] | None:
    """The first 10 s of a file at 32 kHz, or less where it is shorter; None if it is no sound."""
    try:
        sound = downmix(read_audio(path))
    except AudioError:
        return None
    # Before it is resampled, which would take long for a whole album.
    rate_hz = sound.sample_rate_hz
    first = Waveform(samples=sound.samples[:, : round(CLIP_S * rate_hz)], sample_rate_hz=rate_hz)
    return resample(first, RATE_HZ).samples[0]
