"""Scales, chords named by roman numerals, and voicings led by least movement."""

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
PENTATONICS = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}
BLUES_SCALES = {"major": (0, 2, 3, 4, 7, 9), "minor": (0, 3, 5, 6, 7, 10)}

_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_ROMAN = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I)(.*)$", re.IGNORECASE)
_MAJOR_SHAPES = {
    "": (0, 4, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 14),
    "add9": (0, 4, 7, 14),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "13": (0, 4, 10, 14, 21),
}
_MINOR_SHAPES = {
    "": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 3, 7, 9),
    "7": (0, 3, 7, 10),
    "9": (0, 3, 7, 10, 14),
    "add9": (0, 3, 7, 14),
    "m7b5": (0, 3, 6, 10),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
}


def is_minor_mode(mode: str) -> bool:
    """Say whether a mode has a minor third above its tonic."""
    return 3 in SCALES[mode]


@dataclass(frozen=True, kw_only=True)
class Chord:
    """A chord: `root_pc` in 0..11 and `intervals` in semitones above the root, ascending."""

    root_pc: int
    intervals: tuple[int, ...]

    @property
    def pitch_classes(self) -> frozenset[int]:
        return frozenset((self.root_pc + interval) % 12 for interval in self.intervals)

    def tone_pc(self, degree: int) -> int:
        """Return the pitch class of the chord's third (3), fifth (5), seventh (7) or root (1)."""
        wanted = {1: (0,), 3: (4, 3, 5, 2), 5: (7, 6, 8), 7: (10, 11, 9)}[degree]
        fallback = {1: 0, 3: 7, 5: 7, 7: 12}[degree]
        found = next((i for i in wanted if i in self.intervals), fallback)
        return (self.root_pc + found) % 12


def parse_chord(numeral: str, tonic_pc: int) -> Chord:
    """Read a roman numeral such as `ii7`, `bVII` or `Imaj7` against a tonic.

    Degrees are those of the major scale, so a minor key writes `i bVI bIII bVII`.

    Args:
        numeral: accidental, roman numeral (upper case major, lower case minor) and shape.
        tonic_pc: pitch class of the tonic, 0 to 11.

    Returns:
        The chord.

    Raises:
        ValueError: if the numeral or its shape is unknown.
    """
    match = _ROMAN.match(numeral)
    if match is None:
        raise ValueError(f"unknown chord {numeral!r}; expected a roman numeral such as 'ii7'")
    accidental, degree, shape = match.groups()
    shapes = _MAJOR_SHAPES if degree.isupper() else _MINOR_SHAPES
    if shape not in shapes:
        raise ValueError(f"unknown chord shape {shape!r} in {numeral!r}; known: {sorted(shapes)}")
    shift = {"": 0, "b": -1, "#": 1}[accidental]
    root_pc = (tonic_pc + _DEGREES[degree.upper()] + shift) % 12
    return Chord(root_pc=root_pc, intervals=shapes[shape])


def chord_scale(scale: tuple[int, ...], tonic_pc: int, chord: Chord) -> tuple[int, ...]:
    """Bend a scale to a chord: chord tones enter, scale tones a semitone off them leave.

    This is what raises the leading tone over a dominant in a minor key.

    Args:
        scale: semitones above the tonic.
        tonic_pc: pitch class of the tonic.
        chord: the chord that sounds.

    Returns:
        Sorted pitch classes that a melody may use.
    """
    pitch_classes = {(tonic_pc + step) % 12 for step in scale}
    foreign = chord.pitch_classes - pitch_classes
    clashing = {(pc + shift) % 12 for pc in foreign for shift in (-1, 1)} - chord.pitch_classes
    return tuple(sorted((pitch_classes - clashing) | chord.pitch_classes))


def pitches_between(pitch_classes: Collection[int], low: int, high: int) -> list[int]:
    """List the MIDI pitches in [low, high] that belong to the pitch classes, ascending."""
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in pitch_classes]


def nearest_pitch(pitch_class: int, target: int) -> int:
    """Return the MIDI pitch of a pitch class that lies nearest to a target pitch."""
    return target + (pitch_class - target + 6) % 12 - 6


def _close_positions(pitch_classes: list[int], low: int, high: int) -> list[tuple[int, ...]]:
    """Every close-position inversion of the pitch classes whose notes fit in [low, high]."""
    ordered = sorted(set(pitch_classes))
    found = []
    for turn, octave in itertools.product(range(len(ordered)), range(11)):
        notes = [12 * octave + ordered[turn]]
        for pc in ordered[turn + 1 :] + ordered[:turn]:
            notes.append(notes[-1] + (pc - notes[-1]) % 12)
        if low <= notes[0] and notes[-1] <= high:
            found.append(tuple(notes))
    return found


def voice_chord(
    chord: Chord, *, low: int, high: int, previous: tuple[int, ...] | None, rootless: bool = False
) -> tuple[int, ...]:
    """Voice a chord in a register with the least movement from the previous voicing.

    Args:
        chord: the chord.
        low: lowest MIDI pitch allowed.
        high: highest MIDI pitch allowed; high - low must be at least 12.
        previous: the voicing to lead from, or None to start near the middle of the register.
        rootless: leave the root to the bass when four or more tones remain to choose from.

    Returns:
        Ascending MIDI pitches.
    """
    pitch_classes = [(chord.root_pc + interval) % 12 for interval in chord.intervals]
    if rootless and len(pitch_classes) >= 4:
        pitch_classes = pitch_classes[1:]
    candidates = _close_positions(pitch_classes, low, high)
    assert candidates, f"no voicing of {chord} between {low} and {high}"
    middle = (low + high) / 2

    def cost(voicing: tuple[int, ...]) -> float:
        drift = abs(sum(voicing) / len(voicing) - middle)
        if previous is None:
            return drift
        movement = sum(min(abs(note - old) for old in previous) for note in voicing)
        return movement + abs(voicing[-1] - previous[-1]) + 0.25 * drift

    return min(candidates, key=cost)
