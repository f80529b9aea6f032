"""The plan of a song: everything decided before the first note is played."""

import math
from dataclasses import dataclass

import numpy as np

from engine.training.composer.ensemble import Ensemble, choose_ensemble, pick
from engine.training.composer.form import BarPlan, plan_form
from engine.training.composer.harmony import Chart, write_chart
from engine.training.composer.moods import main_mood
from engine.training.composer.song import tempo_class
from engine.training.composer.style import Style
from engine.training.composer.theory import is_minor_mode

MID_SONG_SHARE = 0.3
PHRASE_BARS = 4
SHORTEST_FORM_BARS = 4


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Style, tempo, mood, players, chords and form of a song, with one `BarPlan` per bar."""

    style: Style
    tempo_bpm: float
    mood: str
    ensemble: Ensemble
    chart: Chart
    form: str
    bar_plans: tuple[BarPlan, ...]
    lead_in_s: float

    @property
    def beat_s(self) -> float:
        return 60.0 / self.tempo_bpm


def make_plan(style: Style, *, length_s: float, rng: np.random.Generator) -> Plan:
    """Decide everything about a song but its notes.

    Args:
        style: the style.
        length_s: seconds to be heard.
        rng: random generator.

    Returns:
        The plan; its bars cover the lead-in, the length and a little more.
    """
    low, high = pick(style.tempos, rng)
    tempo_bpm = float(round(rng.uniform(low, high), 1))
    mode = str(rng.choice(list(style.modes), p=_shares(style.modes)))
    tonic_pc = int(rng.integers(12))
    waltz = style.three if rng.random() < style.three_share else None
    beats_per_bar, manner = (3, waltz) if waltz is not None else (4, style.four)
    ensemble = choose_ensemble(
        style, manner=manner, tempo_bpm=tempo_bpm, beats_per_bar=beats_per_bar, rng=rng
    )
    bar_s = beats_per_bar * 60.0 / tempo_bpm
    mid_song = rng.random() < MID_SONG_SHARE
    lead_in_s = float(rng.uniform(0.4, 1.4)) * bar_s if mid_song else 0.0
    bars = math.ceil((lead_in_s + length_s) / bar_s + 0.25)
    form = "steady" if mid_song else pick(style.forms, rng)
    if bars < SHORTEST_FORM_BARS and form != "crescendo":
        form = "steady"
    bar_plans = plan_form(
        form, bars=bars, phrase_bars=PHRASE_BARS, main_role=ensemble.main_role, rng=rng
    )
    chart = write_chart(
        pick(_progressions(style, mode), rng),
        tonic_pc=tonic_pc, mode=mode, beats_per_bar=beats_per_bar, bars=bars,
    )  # fmt: skip
    mood = main_mood(
        style,
        minor=ensemble.main is not None and is_minor_mode(mode),
        tempo=tempo_class(tempo_bpm),
        has_drums=ensemble.groove is not None,
    )
    return Plan(
        style=style, tempo_bpm=tempo_bpm, mood=mood, ensemble=ensemble, chart=chart, form=form,
        bar_plans=bar_plans, lead_in_s=lead_in_s,
    )  # fmt: skip


def _shares(weights: dict[str, float]) -> np.ndarray:
    values = np.array(list(weights.values()))
    return values / values.sum()


def _progressions(style: Style, mode: str) -> tuple[str, ...]:
    standing_in = "minor" if is_minor_mode(mode) else "major"
    return style.progressions.get(mode) or style.progressions[standing_in]
