"""The performance of a plan: every part played, swung, humanised and mixed into tracks."""

from dataclasses import replace

import numpy as np

from engine.training.composer import mix
from engine.training.composer.accompaniment import PAD, play_chords
from engine.training.composer.bass import play_bass
from engine.training.composer.drums import play_drums
from engine.training.composer.ensemble import Part, pick
from engine.training.composer.melody import play_melody
from engine.training.composer.plan import Plan
from engine.training.composer.rhythm import humanise, release_before_repeats, swing_notes
from engine.training.composer.song import Note, Swell, Track
from engine.training.composer.theory import BLUES_SCALES, PENTATONICS, is_minor_mode

# Velocities are scaled by mood: a soft touch also darkens most instruments' tone.
TOUCHES = {"calm": 0.8, "sad": 0.82, "happy": 1.0, "tense": 1.04, "groovy": 1.0}
VELOCITY_SPREAD = 4.0
SHORT_NOTED = frozenset({"pizzicato strings", "harp"})
BROKEN_CHORDS = {4: "0-1-2-1-0-1-2-1-", 3: "0-1-2-1-2-1-"}
SWELL_BEATS = (4.0, 8.0)
# Drummers keep time for the rest: their timing is tighter.
DRUMS_TIGHTNESS = 0.5


def perform(plan: Plan, rng: np.random.Generator) -> tuple[Track, ...]:
    """Play a plan.

    Args:
        plan: the plan.
        rng: random generator (patterns, melodies, timing).

    Returns:
        One track per part, drums last.
    """
    tracks = [_pitched_track(plan, part, rng) for part in plan.ensemble.parts]
    if plan.ensemble.groove is not None:
        tracks.append(_drum_track(plan, rng))
    return tuple(tracks)


def _finish(
    notes: list[Note], plan: Plan, rng: np.random.Generator, tightness: float = 1.0
) -> tuple[Note, ...]:
    """Swing, touch and humanise notes."""
    touch = TOUCHES[plan.mood]
    notes = swing_notes(notes, plan.style.swing)
    notes = [replace(note, velocity=min(127, round(note.velocity * touch))) for note in notes]
    jitter_beats = plan.style.jitter_ms / 1000.0 / plan.beat_s * tightness
    notes = humanise(notes, jitter_beats=jitter_beats, velocity_spread=VELOCITY_SPREAD, rng=rng)
    return tuple(release_before_repeats(notes))


def _pitched_track(plan: Plan, part: Part, rng: np.random.Generator) -> Track:
    pattern = _pattern(plan, part, rng)
    notes = _play(plan, part, pattern, rng)
    volume = mix.channel_volume(
        part.role,
        is_main=part.role == plan.ensemble.main_role,
        is_solo=plan.ensemble.solo,
        loudness_db=part.instrument.loudness_db,
        chords_db=plan.style.chords_db,
    )
    return Track(
        name=part.instrument.name,
        role=part.role,
        program=part.instrument.program,
        is_drums=False,
        notes=_finish(notes, plan, rng),
        volume=volume,
        pan=mix.PANS[part.role],
        reverb_send=mix.REVERB_SENDS[part.role],
        swells=_swells(plan, part, pattern, rng),
    )


def _pattern(plan: Plan, part: Part, rng: np.random.Generator) -> str:
    """One of the part's patterns, but no held chords for what cannot hold them."""
    pattern = pick(part.patterns, rng)
    if pattern == PAD and part.instrument.name in SHORT_NOTED:
        return BROKEN_CHORDS[plan.chart.beats_per_bar]
    return pattern


def _drum_track(plan: Plan, rng: np.random.Generator) -> Track:
    ensemble = plan.ensemble
    assert ensemble.groove is not None and ensemble.kit is not None
    notes = play_drums(
        ensemble.groove, plans=plan.bar_plans, beats_per_bar=plan.chart.beats_per_bar, rng=rng
    )
    volume = mix.channel_volume(
        "drums", is_main=False, is_solo=False, loudness_db=mix.KIT_DB[ensemble.kit],
        chords_db=plan.style.chords_db,
    )  # fmt: skip
    return Track(
        name="drums",
        role="drums",
        program=ensemble.kit,
        is_drums=True,
        notes=_finish(notes, plan, rng, DRUMS_TIGHTNESS),
        volume=volume,
        reverb_send=mix.REVERB_SENDS["drums"],
    )


def _play(plan: Plan, part: Part, pattern: str, rng: np.random.Generator) -> list[Note]:
    if part.role == "lead":
        return play_melody(
            part.patterns, chart=plan.chart, plans=plan.bar_plans, instrument=part.instrument,
            scale=_melody_scale(plan), rng=rng,
        )  # fmt: skip
    if part.role == "bass":
        return play_bass(
            pattern, chart=plan.chart, plans=plan.bar_plans, instrument=part.instrument, rng=rng
        )
    low, high = part.register
    return play_chords(
        pattern, role=part.role, chart=plan.chart, plans=plan.bar_plans,
        instrument=part.instrument, low=low, high=high, rootless=plan.style.rootless,
        beat_ms=plan.beat_s * 1000.0,
    )  # fmt: skip


def _melody_scale(plan: Plan) -> tuple[int, ...] | None:
    """The scale of a style's weak melody notes, or None for the mode itself."""
    third = "minor" if is_minor_mode(plan.chart.mode) else "major"
    scales = {"mode": None, "pentatonic": PENTATONICS[third], "blues": BLUES_SCALES[third]}
    return scales[plan.style.melody_scale]


def _swells(plan: Plan, part: Part, pattern: str, rng: np.random.Generator) -> tuple[Swell, ...]:
    """Expression of a held accompaniment: pumping under dance drums, else breathing."""
    if part.role == "lead" or not part.instrument.sustains or pattern != PAD:
        return ()
    if plan.style.pumps and plan.ensemble.groove is not None:
        return mix.pump(plan.chart.total_beats)
    return mix.swell(plan.chart.total_beats, pick(SWELL_BEATS, rng)) if plan.style.swells else ()
