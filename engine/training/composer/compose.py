"""Compose a song: choose style, tempo, key and ensemble, chart the chords, play every part."""

import math

import numpy as np

from engine.training.composer.accompaniment import play_chords
from engine.training.composer.bass import play_bass
from engine.training.composer.drums import play_drums
from engine.training.composer.ensemble import Ensemble, Part, choose_ensemble, pick
from engine.training.composer.facts import gather_facts
from engine.training.composer.form import BarPlan, plan_form
from engine.training.composer.harmony import Chart, write_chart
from engine.training.composer.melody import play_melody
from engine.training.composer.rhythm import humanise, swing_notes
from engine.training.composer.song import Note, Room, Song, Track
from engine.training.composer.style import Style
from engine.training.composer.styles import STYLES
from engine.training.composer.theory import BLUES_SCALES, PENTATONICS, is_minor_mode

MID_SONG_SHARE = 0.3
VOLUMES = {"lead": 112, "chords": 86, "pad": 66, "arp": 74, "bass": 98, "drums": 96}
MAIN_VOLUME = 112
PANS = {"lead": 64, "chords": 50, "pad": 78, "arp": 84, "bass": 64, "drums": 64}
REVERB_SENDS = {"lead": 50, "chords": 44, "pad": 64, "arp": 56, "bass": 12, "drums": 26}


def compose(
    rng: np.random.Generator, *, style: str | None = None, length_s: float = 10.0
) -> Song:
    """Compose a song.

    Args:
        rng: random generator; the song depends on nothing else.
        style: a name in `STYLES`, or None to draw one.
        length_s: seconds to be heard, above 0.

    Returns:
        The song; three in ten begin in the middle of the music, the rest on a first bar line.

    Raises:
        ValueError: if the style is unknown or the length not positive.
    """
    if style is not None and style not in STYLES:
        raise ValueError(f"unknown style {style!r}; known: {', '.join(STYLES)}")
    if not length_s > 0:
        raise ValueError(f"length_s must be above 0, got {length_s}")
    chosen = STYLES[style if style is not None else pick(list(STYLES), rng)]
    tempo_bpm = _choose_tempo(chosen, rng)
    modes, weights = zip(*chosen.modes.items(), strict=True)
    mode = str(rng.choice(modes, p=np.array(weights) / sum(weights)))
    tonic_pc = int(rng.integers(12))
    waltz = chosen.three is not None and rng.random() < chosen.three_share
    beats_per_bar, manner = (3, chosen.three) if waltz else (4, chosen.four)
    assert manner is not None
    ensemble = choose_ensemble(
        chosen, manner=manner, tempo_bpm=tempo_bpm, beats_per_bar=beats_per_bar, rng=rng
    )

    beat_s = 60.0 / tempo_bpm
    mid_song = rng.random() < MID_SONG_SHARE
    lead_in_s = float(rng.uniform(0.4, 1.4)) * beats_per_bar * beat_s if mid_song else 0.0
    bars = math.ceil((lead_in_s + length_s) / (beats_per_bar * beat_s) + 0.25)
    form = "steady" if mid_song else pick(chosen.forms, rng)
    if bars < 4 and form != "crescendo":
        form = "steady"
    plans = plan_form(form, bars=bars, phrase_bars=4, main_role=ensemble.main_role, rng=rng)
    chart = write_chart(
        pick(chosen.progressions.get(mode) or _fallback(chosen, mode), rng),
        tonic_pc=tonic_pc, mode=mode, beats_per_bar=beats_per_bar, bars=bars,
    )  # fmt: skip
    tracks = _play(chosen, ensemble, chart, plans, beat_s, rng)
    facts = gather_facts(
        chosen, ensemble, tempo_bpm=tempo_bpm, tonic_pc=tonic_pc, mode=mode,
        beats_per_bar=beats_per_bar, form=form, tracks=tracks, total_beats=chart.total_beats,
        rng=rng,
    )  # fmt: skip
    size, level = chosen.room
    scale = float(rng.uniform(0.7, 1.2))
    room = Room(size=min(1.0, size * scale), level=min(1.0, level * scale))
    return Song(
        facts=facts, tracks=tracks, room=room, lead_in_s=lead_in_s, duration_s=float(length_s)
    )


def _choose_tempo(style: Style, rng: np.random.Generator) -> float:
    low, high = pick(style.tempos, rng)
    return float(round(rng.uniform(low, high), 1))


def _fallback(style: Style, mode: str) -> tuple[str, ...]:
    return style.progressions["minor" if is_minor_mode(mode) else "major"]


def _play(
    style: Style, ensemble: Ensemble, chart: Chart, plans: tuple[BarPlan, ...],
    beat_s: float, rng: np.random.Generator,
) -> tuple[Track, ...]:  # fmt: skip
    """Play every part, then swing and humanise it."""
    jitter_beats = style.jitter_ms / 1000.0 / beat_s
    tracks = []
    for part in ensemble.parts:
        notes = _play_part(style, part, chart, plans, beat_s, rng)
        notes = swing_notes(notes, style.swing)
        notes = humanise(notes, jitter_beats=jitter_beats, velocity_spread=4.0, rng=rng)
        tracks.append(_pitched_track(part, ensemble, notes))
    if ensemble.groove is not None:
        beats = play_drums(ensemble.groove, plans=plans, beats_per_bar=chart.beats_per_bar, rng=rng)
        beats = swing_notes(beats, style.swing)
        beats = humanise(beats, jitter_beats=jitter_beats / 2, velocity_spread=4.0, rng=rng)
        tracks.append(
            Track(
                name="drums", role="drums", program=ensemble.kit or 0, is_drums=True,
                notes=tuple(beats), volume=VOLUMES["drums"], reverb_send=REVERB_SENDS["drums"],
            )  # fmt: skip
        )
    return tuple(tracks)


def _play_part(
    style: Style, part: Part, chart: Chart, plans: tuple[BarPlan, ...], beat_s: float,
    rng: np.random.Generator,
) -> list[Note]:  # fmt: skip
    if part.role == "lead":
        return play_melody(
            part.patterns, chart=chart, plans=plans, instrument=part.instrument,
            scale=_melody_scale(style, chart.mode), rng=rng,
        )  # fmt: skip
    pattern = pick(part.patterns, rng)
    if part.role == "bass":
        return play_bass(pattern, chart=chart, plans=plans, instrument=part.instrument, rng=rng)
    low, high = part.register
    return play_chords(
        pattern, role=part.role, chart=chart, plans=plans, instrument=part.instrument, low=low,
        high=high, rootless=style.rootless, beat_ms=beat_s * 1000.0,
    )  # fmt: skip


def _melody_scale(style: Style, mode: str) -> tuple[int, ...] | None:
    """The scale of a style's weak melody notes, or None for the mode itself."""
    third = "minor" if is_minor_mode(mode) else "major"
    return {
        "mode": None,
        "pentatonic": PENTATONICS[third],
        "blues": BLUES_SCALES[third],
    }[style.melody_scale]


def _pitched_track(part: Part, ensemble: Ensemble, notes: list[Note]) -> Track:
    main = part.role == ensemble.main_role
    volume = (MAIN_VOLUME if main else VOLUMES[part.role]) * math.sqrt(part.instrument.level)
    return Track(
        name=part.instrument.name,
        role=part.role,
        program=part.instrument.program,
        is_drums=False,
        notes=tuple(notes),
        volume=min(127, round(volume)),
        pan=PANS[part.role],
        reverb_send=REVERB_SENDS[part.role],
    )
