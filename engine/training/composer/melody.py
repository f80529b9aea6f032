"""Melodies from one motif: repeated, moved with the chords, answered, and brought home."""

from dataclasses import dataclass

import numpy as np

from engine.training.composer.form import BarPlan
from engine.training.composer.harmony import Chart
from engine.training.composer.instruments import Instrument
from engine.training.composer.rhythm import Hit, parse_pattern
from engine.training.composer.song import Note
from engine.training.composer.theory import pitches_between

VELOCITY = 104
# Each letter is a bar: A the motif, B its answer, C the cadence (long notes that come to rest).
PHRASES = ("AABC", "ABAC", "AAAC", "ABAB", "ABBC")
STEPS = (-2, -1, 0, 1, 2)
STEP_WEIGHTS = (0.12, 0.3, 0.14, 0.3, 0.14)
CADENCES = {4: ("x---x-------....", "x-----x---------", "x-x-x-----------"),
            3: ("x-----------", "x---x-------")}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Motif:
    """A bar of melody without pitches: its hits, and each note's scale steps from the anchor."""

    hits: tuple[Hit, ...]
    contour: tuple[int, ...]


def invent_motif(pattern: str, beats_per_bar: int, rng: np.random.Generator) -> Motif:
    """Give a rhythm a contour: mostly steps, some leaps, staying within a sixth of the anchor."""
    hits = parse_pattern(pattern, beats_per_bar)[0]
    contour = [0]
    for _ in hits[1:]:
        step = int(rng.choice(STEPS, p=STEP_WEIGHTS))
        if rng.random() < 0.12:
            step = int(rng.choice([-4, -3, 3, 4]))
        contour.append(int(np.clip(contour[-1] + step, -4, 5)))
    return Motif(hits=hits, contour=tuple(contour))


def play_melody(
    rhythms: tuple[str, ...],
    *,
    chart: Chart,
    plans: tuple[BarPlan, ...],
    instrument: Instrument,
    scale: tuple[int, ...] | None,
    rng: np.random.Generator,
    velocity: int = VELOCITY,
) -> list[Note]:
    """Play a melody in phrases of four bars.

    Args:
        rhythms: bars of rhythm to choose the motif and its answer from.
        chart: the chords; strong notes are theirs.
        plans: one plan per bar.
        instrument: what plays; its register is kept.
        scale: semitones above the tonic for the weak notes, or None for the mode's.
        rng: random generator.
        velocity: velocity of an unaccented note.

    Returns:
        Notes, one at a time.
    """
    beats = chart.beats_per_bar
    chosen = rng.choice(len(rhythms), size=2, replace=len(rhythms) < 2)
    cadences = CADENCES[beats]
    motifs = {
        "A": invent_motif(rhythms[chosen[0]], beats, rng),
        "B": invent_motif(rhythms[chosen[1]], beats, rng),
        "C": invent_motif(cadences[int(rng.integers(len(cadences)))], beats, rng),
    }
    phrase = PHRASES[int(rng.integers(len(PHRASES)))]
    centre = (instrument.low + instrument.high) // 2 + int(rng.integers(-2, 3))
    anchor = centre
    notes: list[Note] = []
    for bar in range(chart.bars):
        letter = phrase[bar % 4]
        target = round(0.6 * centre + 0.4 * anchor)
        bar_notes = _realise(motifs[letter], bar, chart, instrument, scale, target)
        anchor = bar_notes[0].pitch if bar_notes else anchor
        if "lead" in plans[bar].roles:
            notes += [_accented(note, velocity, plans[bar], beats) for note in bar_notes]
    return notes


def _realise(
    motif: Motif, bar: int, chart: Chart, instrument: Instrument,
    scale: tuple[int, ...] | None, target: int,
) -> list[Note]:  # fmt: skip
    """Pitch a motif over a bar's chords, anchored on the chord tone nearest to a target.

    The first bar is anchored on the tonic itself, so that the key is plain from the start.
    """
    start = float(bar * chart.beats_per_bar)
    low, high = instrument.low, instrument.high
    anchor = _anchor(chart, start, low, high, target, at_home=bar == 0)
    notes: list[Note] = []
    before = 0
    for hit, steps in zip(motif.hits, motif.contour, strict=True):
        beat = start + hit.beat
        ladder = pitches_between(chart.scale_at(beat, scale), low, high)
        rung = min(range(len(ladder)), key=lambda index: abs(ladder[index] - anchor))
        pitch = ladder[max(0, min(len(ladder) - 1, rung + steps))]
        if hit.beat % 1 == 0 or hit.length_beats >= 1:
            tones = pitches_between(chart.chord_at(beat).pitch_classes, low, high)
            stuck = notes[-1].pitch if notes and steps != before else None
            pitch = _chord_tone(tones, pitch, moving=steps - before, stuck=stuck)
        before = steps
        notes.append(
            Note(start_beat=beat, length_beats=hit.length_beats * 0.95, pitch=pitch, velocity=100)
        )
    return notes


def _anchor(chart: Chart, beat: float, low: int, high: int, target: int, *, at_home: bool) -> int:
    """The chord tone nearest to a target; at home the tonic, where the chord has it."""
    pitch_classes = chart.chord_at(beat).pitch_classes
    if at_home and chart.tonic_pc in pitch_classes:
        pitch_classes = frozenset({chart.tonic_pc})
    return min(pitches_between(pitch_classes, low, high), key=lambda pitch: abs(pitch - target))


def _chord_tone(tones: list[int], pitch: int, *, moving: int, stuck: int | None) -> int:
    """The chord tone nearest to a pitch, but not the one before it where the motif moves on."""
    choice = min(tones, key=lambda tone: (abs(tone - pitch), tone))
    if choice != stuck:
        return choice
    onward = [tone for tone in tones if (tone > choice if moving > 0 else tone < choice)]
    return min(onward, key=lambda tone: abs(tone - choice)) if onward else choice


def _accented(note: Note, velocity: int, plan: BarPlan, beats_per_bar: int) -> Note:
    in_bar = note.start_beat % beats_per_bar
    accent = 6 if in_bar == 0 else (2 if in_bar % 1 == 0 else -6)
    arch = 4 if note.length_beats >= 1 else 0
    loud = round((velocity + accent + arch) * (0.5 + 0.5 * plan.intensity))
    return Note(
        start_beat=note.start_beat,
        length_beats=note.length_beats,
        pitch=note.pitch,
        velocity=max(1, min(127, loud)),
    )
