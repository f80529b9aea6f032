"""Instruments: General MIDI program, register, loudness and the family that listeners name."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One instrument.

    `family` is one of the ten main instruments, or an accompanying kind. `low` and `high` bound
    melodies (MIDI pitch). `loudness_db` is how much louder than the piano it sounds in FluidR3 at
    the same volume (A-weighted RMS of a line of quarters at 120 bpm), for mixing.
    `sustains` is True where a held note keeps sounding. `strum_ms` spreads a chord's notes.
    `deepest` is the lowest pitch of the bass notes among its own chords.
    """

    name: str
    family: str
    program: int
    low: int
    high: int
    loudness_db: float = 0.0
    sustains: bool = False
    strum_ms: float = 0.0
    deepest: int = 33


MAIN_FAMILIES = (
    "piano",
    "acoustic guitar",
    "electric guitar",
    "strings",
    "synth",
    "organ",
    "flute",
    "brass",
    "saxophone",
    "bells",
)


_DEEPEST = {"acoustic guitar": 40, "electric guitar": 40, "bells": 48, "banjo": 48, "harp": 36}


def _plucked(
    name: str, family: str, program: int, low: int, high: int, loudness_db: float,
    strum_ms: float = 0.0,
) -> Instrument:  # fmt: skip
    return Instrument(
        name=name, family=family, program=program, low=low, high=high, loudness_db=loudness_db,
        strum_ms=strum_ms, deepest=_DEEPEST.get(family, 33),
    )  # fmt: skip


def _held(
    name: str, family: str, program: int, low: int, high: int, loudness_db: float
) -> Instrument:
    return Instrument(
        name=name, family=family, program=program, low=low, high=high, loudness_db=loudness_db,
        sustains=True, deepest=_DEEPEST.get(family, 33),
    )  # fmt: skip


_ALL = (
    _plucked("piano", "piano", 0, 60, 88, 0.0),
    _plucked("electric piano", "piano", 4, 58, 84, 10.4),
    _plucked("acoustic guitar", "acoustic guitar", 25, 55, 81, 7.2, 14),
    _plucked("nylon guitar", "acoustic guitar", 24, 55, 79, 6.7, 12),
    _plucked("electric guitar", "electric guitar", 27, 55, 84, 8.2, 10),
    _held("overdriven guitar", "electric guitar", 29, 55, 86, 13.5),
    _held("distorted guitar", "electric guitar", 30, 52, 86, 16.6),
    _plucked("muted guitar", "electric guitar", 28, 55, 79, 0.4, 6),
    _plucked("jazz guitar", "electric guitar", 26, 55, 81, 12.2, 8),
    _held("violin", "strings", 40, 60, 91, 7.6),
    _held("cello", "strings", 42, 43, 69, 3.4),
    _held("string section", "strings", 48, 55, 84, 5.7),
    _plucked("pizzicato strings", "strings", 45, 55, 84, 5.9),
    _held("synth lead", "synth", 81, 58, 86, 8.6),
    _held("square synth", "synth", 80, 58, 88, 9.4),
    _held("synth pad", "synth", 89, 52, 79, -0.7),
    _held("polysynth", "synth", 90, 55, 84, 5.2),
    _held("organ", "organ", 16, 55, 84, 2.1),
    _held("rock organ", "organ", 18, 55, 84, 9.0),
    _held("church organ", "organ", 19, 52, 84, 10.3),
    _held("flute", "flute", 73, 65, 93, 12.1),
    _held("pan flute", "flute", 75, 62, 89, 10.8),
    _held("recorder", "flute", 74, 65, 91, 13.3),
    _held("trumpet", "brass", 56, 58, 82, 9.9),
    _held("muted trumpet", "brass", 59, 58, 82, 10.3),
    _held("trombone", "brass", 57, 46, 70, 12.7),
    _held("french horn", "brass", 60, 48, 72, 9.5),
    _held("brass section", "brass", 61, 53, 79, 10.6),
    _held("alto sax", "saxophone", 65, 56, 80, 12.5),
    _held("tenor sax", "saxophone", 66, 50, 75, 12.3),
    _held("soprano sax", "saxophone", 64, 60, 85, 13.1),
    _plucked("music box", "bells", 10, 67, 96, 9.0),
    _plucked("glockenspiel", "bells", 9, 72, 98, 7.2),
    _plucked("vibraphone", "bells", 11, 60, 86, 0.0),
    _plucked("marimba", "bells", 12, 55, 86, 5.4),
    _plucked("celesta", "bells", 8, 65, 96, 9.0),
    _plucked("tubular bells", "bells", 14, 60, 80, 10.8),
    # accompanying kinds
    _plucked("acoustic bass", "bass", 32, 28, 52, -5.3),
    _plucked("electric bass", "bass", 33, 28, 52, 0.6),
    _plucked("picked bass", "bass", 34, 28, 52, 2.1),
    _plucked("slap bass", "bass", 36, 28, 52, -1.0),
    _held("synth bass", "bass", 38, 28, 52, -2.9),
    _held("contrabass", "bass", 43, 28, 52, -5.3),
    _held("choir", "choir", 52, 52, 79, 6.6),
    _plucked("harp", "harp", 46, 48, 91, 4.1),
    _plucked("banjo", "banjo", 105, 55, 81, 5.2, 8),
    _held("accordion", "accordion", 21, 55, 84, 5.6),
    _held("harmonica", "harmonica", 22, 60, 84, 9.0),
)
INSTRUMENTS: dict[str, Instrument] = {instrument.name: instrument for instrument in _ALL}
