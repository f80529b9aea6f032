"""The facts of a composed song: mood from mode and energy, density from its notes."""

import numpy as np

from engine.training.composer.ensemble import Ensemble
from engine.training.composer.song import Facts, Track, tempo_class
from engine.training.composer.style import Style
from engine.training.composer.theory import PITCH_NAMES, is_minor_mode

NO_KEY = "none"
SPARSE_BELOW_HZ = 4.0
DENSE_ABOVE_HZ = 11.0
_TEMPO_ENERGY = {"slow": -0.7, "medium": 0.1, "fast": 0.7}


def main_mood(style: Style, *, minor: bool, tempo: str, has_drums: bool) -> str:
    """Name the mood that mode and energy make: "happy", "calm", "sad" or "tense".

    Args:
        style: the style; its energy counts.
        minor: True for modes with a minor third.
        tempo: a tempo class.
        has_drums: True if drums play.

    Returns:
        The mood's plain name.
    """
    energy = _TEMPO_ENERGY[tempo] + 0.6 * style.energy + (0.25 if has_drums else -0.15)
    if energy > 0:
        return "tense" if minor else "happy"
    return "sad" if minor else "calm"


def density(tracks: tuple[Track, ...], tempo_bpm: float, total_beats: float) -> str:
    """Name how busy the tracks are together, by distinct onsets a second (chords count once)."""
    onsets = sum(
        len({round(note.start_beat * 6) for note in track.notes}) for track in tracks
    )
    per_second = onsets / (total_beats * 60.0 / tempo_bpm)
    if per_second < SPARSE_BELOW_HZ:
        return "sparse"
    return "dense" if per_second > DENSE_ABOVE_HZ else "medium"


def gather_facts(
    style: Style,
    ensemble: Ensemble,
    *,
    tempo_bpm: float,
    tonic_pc: int,
    mode: str,
    beats_per_bar: int,
    form: str,
    tracks: tuple[Track, ...],
    total_beats: float,
    rng: np.random.Generator,
) -> Facts:
    """Collect what is true of a song; the main instrument comes first."""
    has_drums = ensemble.groove is not None
    pitched = ensemble.main is not None
    minor = pitched and is_minor_mode(mode)
    names = [part.instrument.name for part in ensemble.parts] + ["drums"] * has_drums
    tempo = tempo_class(tempo_bpm)
    mood = main_mood(style, minor=minor, tempo=tempo, has_drums=has_drums)
    extra = list(rng.permutation(style.moods)[:2]) if style.moods else []
    return Facts(
        style=style.name,
        tempo_bpm=tempo_bpm,
        tempo_class=tempo,
        key=PITCH_NAMES[tonic_pc] if pitched else NO_KEY,
        mode=mode if pitched else NO_KEY,
        is_minor=minor,
        metre=f"{beats_per_bar}/4",
        instruments=tuple(dict.fromkeys(names)),
        main_instrument=ensemble.main.family if ensemble.main else "drums",
        has_drums=has_drums,
        moods=tuple(dict.fromkeys([mood] * pitched + [str(word) for word in extra])),
        density=density(tracks, tempo_bpm, total_beats),
        solo=ensemble.solo,
        form=form,
    )
