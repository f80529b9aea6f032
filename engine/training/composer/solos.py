"""How one instrument plays alone: its own chords under its own melody, or a bare line."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SoloManner:
    """How a family of instruments accompanies itself: chord patterns by tempo and metre.

    `instruments` are repeated for weight. Empty patterns mean a melody alone. `register` bounds
    the chords' voicings (MIDI pitch). The melody's rhythms are the style's own.
    """

    instruments: tuple[str, ...]
    slow: tuple[str, ...] = ()
    fast: tuple[str, ...] = ()
    waltz: tuple[str, ...] = ()
    register: tuple[int, int] = (48, 69)


SOLOS: dict[str, SoloManner] = {
    "piano": SoloManner(
        instruments=("piano", "piano", "piano", "electric piano"),
        slow=("b-0-1-2-1-2-1-0-", "b---x-------x---", "b-0-2-1-2-1-0-1-"),
        fast=("b---x---p---x---", "b-x-p-x-b-x-p-x-", "0-2-1-2-0-2-1-2-"),
        waltz=("b---x---x---", "b-0-1-2-1-0-"),
    ),
    "acoustic guitar": SoloManner(
        instruments=("acoustic guitar", "nylon guitar"),
        slow=("b-1-2-1-3-1-2-1-", "b-0-1-2-1-0-1-2-", "x-------x---x---"),
        fast=("b-2-p-1-b-2-p-1-", "x---x-xo..xox-xo", "b-x-p-x-b-x-p-x-"),
        waltz=("b-1-2-1-2-1-", "b---x---x---"),
        register=(48, 66),
    ),
    "electric guitar": SoloManner(
        instruments=("electric guitar", "jazz guitar", "overdriven guitar", "electric guitar"),
        slow=("x---------------", "b-0-1-2-1-0-1-2-"),
        fast=("x-x-x-x-x-x-x-x-", "b---x---p---x---"),
        waltz=("b---x---x---",),
        register=(45, 64),
    ),
    "strings": SoloManner(
        instruments=("string section", "string section", "violin", "cello", "pizzicato strings"),
        slow=("pad", "x-------x-------"),
        fast=("x-x-x-x-x-x-x-x-", "pad"),
        waltz=("b---x---x---", "pad"),
    ),
    "synth": SoloManner(
        instruments=("synth lead", "square synth", "polysynth", "synth pad"),
        slow=("pad", "0-1-2-1-3-2-1-2-"),
        fast=("0123012301230123", "x-..x-..x-..x-..", "pad"),
        waltz=("0-1-2-3-2-1-", "pad"),
    ),
    "organ": SoloManner(
        instruments=("organ", "church organ", "church organ", "rock organ"),
        slow=("pad", "x-------x-------"),
        fast=("x---x---x---x---", "0-2-1-2-0-2-1-2-"),
        waltz=("pad", "b---x---x---"),
    ),
    "flute": SoloManner(instruments=("flute", "pan flute", "recorder", "flute")),
    "brass": SoloManner(
        instruments=("trumpet", "trombone", "french horn", "brass section", "muted trumpet")
    ),
    "saxophone": SoloManner(instruments=("alto sax", "tenor sax", "soprano sax")),
    "bells": SoloManner(
        instruments=("music box", "marimba", "vibraphone", "celesta", "glockenspiel"),
        slow=("0-1-2-1-0-1-2-1-", "b---1-2-1-2-1---"),
        fast=("0-2-1-2-0-2-1-2-", "b---2---p---2---"),
        waltz=("b---1---2---", "0-1-2-1-2-1-"),
        register=(55, 76),
    ),
}

# These never accompany themselves, even within a family that does.
LINE_INSTRUMENTS = frozenset({"violin", "cello"})
