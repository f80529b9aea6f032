"""Drum grooves as step patterns, and the drummer who plays them with fills and crashes."""

from dataclasses import dataclass

import numpy as np

from engine.training.composer.form import BarPlan
from engine.training.composer.rhythm import parse_pattern
from engine.training.composer.song import Note

KITS = {"standard": 0, "room": 8, "power": 16, "electronic": 24, "808": 25, "jazz": 32, "brush": 40}
VOICES = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "hat": 42, "pedal": 44, "open": 46,
    "ride": 51, "bell": 53, "crash": 49, "low": 45, "mid": 47, "high": 50, "shaker": 70,
    "tambourine": 54, "cowbell": 56, "conga": 63, "mute_conga": 62, "low_conga": 64,
    "claves": 75, "timpani": 41, "splash": 55, "bongo": 60, "brush": 40,
}  # fmt: skip
VELOCITIES = {"X": 118, "x": 98, "o": 72, "g": 48}


@dataclass(frozen=True, kw_only=True)
class Groove:
    """A drum pattern of one or more bars: voice name to step pattern (X accent, o soft, g ghost).

    `fill` is the fill's step pattern (voices by the first letter in `FILL_VOICES`), or "" for none.
    """

    voices: dict[str, str]
    fill: str = "default"


FILL_VOICES = {"s": "snare", "h": "high", "m": "mid", "l": "low", "k": "kick", "S": "snare",
               "c": "clap", "o": "open", "r": "rim"}  # fmt: skip
FILLS = {
    "default": ("....|....|s.ss|hhml", "....|....|....|ssss", "....|....|s.sh|hmml"),
    "rock": ("....|....|sshh|mmll", "....|....|....|s.sS", "s.ss|hhhh|mmmm|llll"),
    "electronic": ("....|....|....|c.cc", "....|....|s.s.|ssss", "....|....|....|ssss"),
    "latin": ("....|....|h.hm|m.l.", "....|....|..rr|r.r."),
    "reggae": ("....|....|s...|sshl", "....|....|..h.|h.ms"),
    "none": (),
}
HUMAN_GHOST = 0.12


def play_drums(
    groove: Groove,
    *,
    plans: tuple[BarPlan, ...],
    beats_per_bar: int,
    rng: np.random.Generator,
) -> list[Note]:
    """Play a groove over a form: fills end phrases, crashes open sections, rolls lead to drops.

    Args:
        groove: the groove.
        plans: one plan per bar.
        beats_per_bar: 3 or 4.
        rng: random generator (choice of fills, dropped ghost notes).

    Returns:
        Notes on the General MIDI drum map.
    """
    bars = {
        voice: parse_pattern(pattern, beats_per_bar) for voice, pattern in groove.voices.items()
    }
    notes: list[Note] = []
    for bar, plan in enumerate(plans):
        if "drums" not in plan.roles:
            continue
        start = float(bar * beats_per_bar)
        fill = _fill_bar(groove, beats_per_bar, rng) if plan.fill else []
        fill_from = min((beat for beat, _, _ in fill), default=float(beats_per_bar))
        for voice, patterns in bars.items():
            if plan.roll and voice in ("kick", "bass"):
                continue
            for hit in patterns[bar % len(patterns)]:
                if hit.beat >= fill_from - 1e-6 and voice != "kick":
                    continue
                if hit.symbol == "g" and rng.random() < HUMAN_GHOST:
                    continue
                velocity = VELOCITIES[hit.symbol] * plan.intensity
                notes.append(_strike(voice, start + hit.beat, velocity))
        notes += [_strike(voice, start + beat, velocity) for beat, voice, velocity in fill]
        if plan.crash:
            notes.append(_strike("crash", start, 100 * plan.intensity))
        if plan.roll:
            notes += _roll(start, beats_per_bar)
    return notes


def _strike(voice: str, beat: float, velocity: float) -> Note:
    return Note(
        start_beat=beat, length_beats=0.2, pitch=VOICES[voice],
        velocity=int(np.clip(round(velocity), 1, 127)),
    )  # fmt: skip


def _fill_bar(
    groove: Groove, beats_per_bar: int, rng: np.random.Generator
) -> list[tuple[float, str, float]]:
    """Choose a fill: beat in the bar, voice and velocity of each stroke, growing louder."""
    fills = FILLS[groove.fill]
    if not fills:
        return []
    beats = fills[int(rng.integers(len(fills)))].split("|")[-beats_per_bar:]
    strokes = []
    for beat, steps in enumerate(beats):
        for index, letter in enumerate(steps):
            if letter != ".":
                time = beat + index / len(steps)
                velocity = 78 + 36 * time / beats_per_bar
                strokes.append((time, FILL_VOICES[letter], velocity))
    return strokes


def _roll(start: float, beats_per_bar: int) -> list[Note]:
    """A snare roll that doubles its pace half way through the bar."""
    half = beats_per_bar / 2
    eighths = [index * 0.5 for index in range(int(half / 0.5))]
    sixteenths = [half + index * 0.25 for index in range(int(half / 0.25))]
    beats = eighths + sixteenths
    return [_strike("snare", start + beat, 60 + 55 * beat / beats_per_bar) for beat in beats]
