"""Bass lines from step patterns of chord degrees, and walking lines for jazz."""

import numpy as np

from engine.training.composer.form import BarPlan
from engine.training.composer.harmony import Chart
from engine.training.composer.instruments import Instrument
from engine.training.composer.rhythm import parse_pattern
from engine.training.composer.song import Note
from engine.training.composer.theory import Chord, nearest_pitch

WALKING = "walk"
VELOCITY = 100
GHOST_VELOCITY = 62
# Symbols of a bass pattern; lower-case `g` is a dead note on the root, `a` leads to the next root.
_DEGREES = {"R": 1, "r": 1, "3": 3, "5": 5, "7": 7, "g": 1}


def play_bass(
    pattern: str,
    *,
    chart: Chart,
    plans: tuple[BarPlan, ...],
    instrument: Instrument,
    rng: np.random.Generator,
) -> list[Note]:
    """Play a bass line.

    Args:
        pattern: `walk`, or steps of R root, 8 octave, 3 5 7 chord degrees, d the fifth below,
            a approach to the next chord, g ghost note, r soft root.
        chart: the chords.
        plans: one plan per bar.
        instrument: the bass; its register is kept.
        rng: random generator (walking lines only).

    Returns:
        Notes.
    """
    notes: list[Note] = []
    root = _root_pitch(chart.chord_at(0.0), instrument, None)
    for bar in range(chart.bars):
        if "bass" not in plans[bar].roles:
            continue
        if pattern == WALKING:
            bar_notes = _walk_bar(chart, bar, instrument, notes, rng)
        else:
            bar_notes, root = _pattern_bar(pattern, chart, bar, instrument, root)
        intensity = plans[bar].intensity
        notes += [
            Note(
                start_beat=note.start_beat,
                length_beats=note.length_beats,
                pitch=note.pitch,
                velocity=min(127, round(note.velocity * intensity)),
            )
            for note in bar_notes
        ]
    return notes


def _root_pitch(chord: Chord, instrument: Instrument, previous: int | None) -> int:
    """The root in the bass register, near the previous one and never in its top fifth."""
    target = 36 if previous is None else (previous + 36) // 2
    pitch = nearest_pitch(chord.root_pc, target)
    while pitch < instrument.low:
        pitch += 12
    while pitch > instrument.high - 7:
        pitch -= 12
    return pitch


def _pattern_bar(
    pattern: str, chart: Chart, bar: int, instrument: Instrument, root: int
) -> tuple[list[Note], int]:
    """One bar of a step pattern, and the root it ends on."""
    start = float(bar * chart.beats_per_bar)
    bars = parse_pattern(pattern, chart.beats_per_bar)
    notes = []
    for hit in bars[bar % len(bars)]:
        beat = start + hit.beat
        chord = chart.chord_at(beat)
        root = _root_pitch(chord, instrument, root)
        pitch = _tone(hit.symbol, chord, root, chart.next_chord(beat))
        if pitch < instrument.low:
            pitch += 12
        quiet = hit.symbol in "gr"
        length = 0.12 if hit.symbol == "g" else hit.length_beats * 0.95
        velocity = GHOST_VELOCITY if quiet else VELOCITY + (6 if hit.beat == 0 else 0)
        notes.append(Note(start_beat=beat, length_beats=length, pitch=pitch, velocity=velocity))
    return notes, root


def _tone(symbol: str, chord: Chord, root: int, following: Chord) -> int:
    if symbol == "8":
        return root + 12
    if symbol == "d":
        return root - (root - chord.tone_pc(5)) % 12
    if symbol == "a":
        return nearest_pitch(following.root_pc, root) - 1
    return root + (chord.tone_pc(_DEGREES[symbol]) - root) % 12


def _walk_bar(
    chart: Chart, bar: int, instrument: Instrument, before: list[Note], rng: np.random.Generator
) -> list[Note]:
    """Quarter notes: each chord's root on its first beat, then chord and scale tones, and a
    chromatic or scale step into the next root."""
    notes: list[Note] = []
    previous = before[-1].pitch if before else None
    end = (bar + 1) * chart.beats_per_bar
    for span in chart.spans_in_bar(bar):
        root = _root_pitch(span.chord, instrument, previous)
        target = _root_pitch(chart.chord_at(span.start_beat + span.length_beats), instrument, root)
        count = max(1, round(min(span.start_beat + span.length_beats, end) - span.start_beat))
        line = _walk_line(root, target, count, chart.scale_at(span.start_beat), span.chord, rng)
        for index, pitch in enumerate(line):
            velocity = VELOCITY if index % 2 else VELOCITY - 6
            notes.append(
                Note(
                    start_beat=span.start_beat + index,
                    length_beats=0.92,
                    pitch=pitch,
                    velocity=velocity,
                )  # fmt: skip
            )
        previous = line[-1]
    return notes


def _walk_line(
    root: int, target: int, count: int, scale: tuple[int, ...], chord: Chord,
    rng: np.random.Generator,
) -> list[int]:  # fmt: skip
    if count == 1:
        return [root]
    approach = target + int(rng.choice([-1, 1]))
    tones = [p for p in range(root - 5, root + 11) if p % 12 in chord.pitch_classes and p != root]
    if count == 2:
        return [root, approach if rng.random() < 0.6 else int(rng.choice(tones))]
    rising = target >= root or rng.random() < 0.4
    allowed = chord.pitch_classes | set(scale)
    steps = [p for p in range(root - 9, root + 13) if p % 12 in allowed]
    inner = [p for p in steps if (p > root if rising else p < root)]
    inner = inner if rising else inner[::-1]
    chordal = [p for p in inner if p % 12 in chord.pitch_classes]
    middle = inner[: count - 2] if rng.random() < 0.4 else (chordal + inner)[: count - 2]
    return [root, *middle, approach]
