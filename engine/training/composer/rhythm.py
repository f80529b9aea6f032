"""Rhythms as text: one character a step, `-` holds, `.` rests, `|` ends a bar.

A bar's characters divide it evenly, so sixteen in 4/4 are sixteenths and twelve are triplets.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from engine.training.composer.song import Note

RELEASE_GAP_BEATS = 0.02


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One event of a pattern: start and length in beats from the bar line, and its symbol."""

    beat: float
    length_beats: float
    symbol: str


@dataclass(frozen=True, kw_only=True)
class Swing:
    """Delay of every second unit: `unit_beats` 0.5 (eighths) or 0.25; `ratio` 0.5 is straight."""

    unit_beats: float
    ratio: float


@cache
def parse_pattern(pattern: str, beats_per_bar: int) -> tuple[tuple[Hit, ...], ...]:
    """Read a pattern into its bars.

    Args:
        pattern: bars separated by `|`; in each, one character a step.
        beats_per_bar: beats that a bar spans.

    Returns:
        One tuple of hits per bar. A hold at the start of a bar does nothing: notes end at the bar.
    """
    return tuple(_parse_bar(bar, beats_per_bar) for bar in pattern.split("|"))


def _parse_bar(bar: str, beats_per_bar: int) -> tuple[Hit, ...]:
    step_beats = beats_per_bar / len(bar)
    hits = []
    for index, symbol in enumerate(bar):
        if symbol in ".-":
            continue
        held = len(bar[index + 1 :]) - len(bar[index + 1 :].lstrip("-"))
        hits.append(
            Hit(beat=index * step_beats, length_beats=(1 + held) * step_beats, symbol=symbol)
        )
    return tuple(hits)


def swing_beat(beat: float, swing: Swing) -> float:
    """Move a time in beats as swing does: stretch the first unit of each pair, squeeze the second.

    Args:
        beat: straight time in beats.
        swing: unit and ratio.

    Returns:
        The swung time; pair boundaries stay where they are.
    """
    pair = 2 * swing.unit_beats
    whole, phase = divmod(beat, pair)
    phase /= pair
    if phase < 0.5:
        bent = phase * 2 * swing.ratio
    else:
        bent = swing.ratio + (phase - 0.5) * 2 * (1 - swing.ratio)
    return (whole + bent) * pair


def swing_notes(notes: list[Note], swing: Swing | None) -> list[Note]:
    """Swing the starts and ends of notes; with None return them as they are."""
    if swing is None:
        return notes
    swung = []
    for note in notes:
        start = swing_beat(note.start_beat, swing)
        end = swing_beat(note.start_beat + note.length_beats, swing)
        swung.append(replace(note, start_beat=start, length_beats=max(end - start, 0.05)))
    return swung


def humanise(
    notes: list[Note], *, jitter_beats: float, velocity_spread: float, rng: np.random.Generator
) -> list[Note]:
    """Scatter the starts and velocities of notes a little, as hands do.

    Args:
        notes: the notes.
        jitter_beats: standard deviation of the start, in beats (cut at twice that).
        velocity_spread: standard deviation of the velocity, in MIDI units.
        rng: random generator.

    Returns:
        New notes; no start is negative.
    """
    shifts = np.clip(rng.normal(0.0, 1.0, len(notes)), -2, 2) * jitter_beats
    pushes = rng.normal(0.0, velocity_spread, len(notes))
    return [
        replace(
            note,
            start_beat=max(0.0, note.start_beat + float(shift)),
            velocity=int(np.clip(round(note.velocity + push), 1, 127)),
        )
        for note, shift, push in zip(notes, shifts, pushes, strict=True)
    ]


def release_before_repeats(notes: list[Note]) -> list[Note]:
    """End each note before its own pitch is struck again: a late note-off would end the new one.

    Args:
        notes: notes of one track, in any order.

    Returns:
        The notes by start; lengths at least 0.02 beats.
    """
    ordered = sorted(notes, key=lambda note: note.start_beat)
    following: dict[int, float] = {}
    released = []
    for note in reversed(ordered):
        latest_end = following.get(note.pitch, float("inf")) - RELEASE_GAP_BEATS
        length = max(RELEASE_GAP_BEATS, min(note.length_beats, latest_end - note.start_beat))
        released.append(replace(note, length_beats=length))
        following[note.pitch] = note.start_beat
    return released[::-1]
