"""The facts of a performed plan."""

import numpy as np

from engine.training.composer.plan import Plan
from engine.training.composer.song import Facts, Track, tempo_class
from engine.training.composer.theory import PITCH_NAMES, is_minor_mode

NO_KEY = "none"
SPARSE_BELOW_HZ = 4.0
DENSE_ABOVE_HZ = 11.0
STYLE_MOODS = 2
# Onsets closer than this (in beats) count as one: a strummed chord is one event.
_ONSET_GRID_PER_BEAT = 6


def density(tracks: tuple[Track, ...], length_s: float) -> str:
    """Name how busy tracks are together: "sparse", "medium" or "dense".

    Args:
        tracks: the tracks.
        length_s: seconds that they play.

    Returns:
        "sparse" below 4 onsets a second (a chord counts once in its track), "dense" above 11.
    """
    onsets = sum(
        len({round(note.start_beat * _ONSET_GRID_PER_BEAT) for note in track.notes})
        for track in tracks
    )
    if onsets / length_s < SPARSE_BELOW_HZ:
        return "sparse"
    return "dense" if onsets / length_s > DENSE_ABOVE_HZ else "medium"


def gather_facts(plan: Plan, tracks: tuple[Track, ...], rng: np.random.Generator) -> Facts:
    """Collect what is true of a song.

    Args:
        plan: its plan.
        tracks: its performance.
        rng: random generator: which of the style's moods are named.

    Returns:
        The facts; the main instrument comes first among the instruments.
    """
    ensemble, chart = plan.ensemble, plan.chart
    has_drums = ensemble.groove is not None
    names = [part.instrument.name for part in ensemble.parts] + ["drums"] * has_drums
    style_moods = [str(word) for word in rng.permutation(plan.style.moods)[:STYLE_MOODS]]
    pitched = ensemble.main is not None
    return Facts(
        style=plan.style.name,
        tempo_bpm=plan.tempo_bpm,
        tempo_class=tempo_class(plan.tempo_bpm),
        key=PITCH_NAMES[chart.tonic_pc] if pitched else NO_KEY,
        mode=chart.mode if pitched else NO_KEY,
        is_minor=pitched and is_minor_mode(chart.mode),
        metre=f"{chart.beats_per_bar}/4",
        instruments=tuple(dict.fromkeys(names)),
        main_instrument=ensemble.main.family if ensemble.main else "drums",
        has_drums=has_drums,
        moods=tuple(dict.fromkeys(([plan.mood] if pitched else []) + style_moods)),
        density=density(tracks, chart.total_beats * plan.beat_s),
        solo=ensemble.solo,
        form=plan.form,
    )
