"""What makes a style: tempo, modes, progressions, instruments by role, and patterns by metre."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.training.composer.drums import Groove
from engine.training.composer.rhythm import Swing


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a style moves in one metre: alternative patterns for each role (see `rhythm`)."""

    chords: tuple[str, ...]
    basses: tuple[str, ...]
    melodies: tuple[str, ...]
    grooves: tuple[Groove, ...] = ()
    arps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Style:
    """One style of music as data.

    `tempos` are ranges in bpm, chosen from with equal chance. `modes` weigh names in
    `theory.SCALES`; `progressions` are keyed by mode, "minor" and "major" standing in for modes
    without their own. Instruments are names in `instruments.INSTRUMENTS`, repeated for weight.
    `drums_share` is the chance that a band plays with drums, `solo_share` that one instrument
    plays alone (drawn from `solos`, with `solo_chords` in place of the family's own).
    `energy` -1..1 biases the mood, and `lively_minor` names that of lively music in minor.
    `jitter_ms` is the looseness of timing. `chords_db` is the chords' level against a melody;
    held notes may swell or, in dance music with drums, pump.
    """

    name: str
    tempos: tuple[tuple[float, float], ...]
    modes: dict[str, float]
    progressions: Mapping[str, tuple[str, ...]]
    leads: tuple[str, ...]
    chords: tuple[str, ...]
    basses: tuple[str, ...]
    four: Manner
    pads: tuple[str, ...] = ()
    arps: tuple[str, ...] = ()
    kits: tuple[str, ...] = ("standard",)
    three: Manner | None = None
    three_share: float = 0.0
    swing: Swing | None = None
    melody_scale: str = "mode"
    rootless: bool = False
    drums_share: float = 0.6
    solo_share: float = 0.1
    solos: tuple[str, ...] = ()
    solo_chords: tuple[str, ...] = ()
    pad_share: float = 0.5
    arp_share: float = 0.4
    lead_share: float = 0.85
    forms: tuple[str, ...] = ("steady", "steady", "steady", "intro", "crescendo")
    jitter_ms: float = 7.0
    energy: float = 0.0
    lively_minor: str = "tense"
    chords_db: float = -9.0
    swells: bool = False
    pumps: bool = False
    moods: tuple[str, ...] = ()
    room: tuple[float, float] = (0.5, 0.4)
    chord_register: tuple[int, int] = (53, 76)
