"""Who plays: the choice of instruments and their patterns for a song in a style."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from engine.training.composer.drums import KITS, Groove
from engine.training.composer.instruments import INSTRUMENTS, MAIN_FAMILIES, Instrument
from engine.training.composer.solos import LINE_INSTRUMENTS, SOLOS
from engine.training.composer.style import Manner, Style

Option = TypeVar("Option")
DRUMS_ONLY_SHARE = 0.045
DRUMS_ONLY_FROM = 0.7
SOLO_FAST_FROM_BPM = 108.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One role filled: an instrument and the patterns that it plays from."""

    role: str
    instrument: Instrument
    patterns: tuple[str, ...]
    register: tuple[int, int] = (53, 76)


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """All parts of a song. `groove` and `kit` are None without drums; `main` without pitches."""

    parts: tuple[Part, ...]
    groove: Groove | None
    kit: int | None
    main: Instrument | None
    main_role: str
    solo: bool


# Families that few styles lead with are drawn more often, so that all are learned.
LEAD_WEIGHTS = {"saxophone": 2.0, "bells": 2.2, "acoustic guitar": 1.6, "flute": 1.4, "organ": 1.5,
                "electric guitar": 0.75, "brass": 0.8}  # fmt: skip


def pick(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """Choose one item of a sequence with equal chance."""
    return options[int(rng.integers(len(options)))]


def choose_ensemble(
    style: Style, *, manner: Manner, tempo_bpm: float, beats_per_bar: int, rng: np.random.Generator
) -> Ensemble:
    """Choose who plays in a style: one instrument alone, drums alone, or a band.

    Args:
        style: the style.
        manner: its patterns for the metre in use.
        tempo_bpm: tempo; solo pianists and guitarists accompany themselves by it.
        beats_per_bar: 3 or 4.
        rng: random generator.

    Returns:
        The ensemble.
    """
    if style.solos and rng.random() < style.solo_share:
        return _solo(style, manner, tempo_bpm, beats_per_bar, rng)
    can_drum = bool(manner.grooves)
    if can_drum and style.drums_share >= DRUMS_ONLY_FROM and rng.random() < DRUMS_ONLY_SHARE:
        return _band((), None, "drums", style, manner, rng, drums=True)
    drums = can_drum and rng.random() < style.drums_share
    return _choose_band(style, manner, drums, rng)


def _solo(
    style: Style, manner: Manner, tempo_bpm: float, beats_per_bar: int, rng: np.random.Generator
) -> Ensemble:
    family = pick(style.solos, rng)
    solo = SOLOS[family]
    own = [name for name in style.leads if INSTRUMENTS[name].family == family]
    instrument = INSTRUMENTS[pick(own or solo.instruments, rng)]
    if beats_per_bar == 3:
        chords = solo.waltz
    else:
        by_tempo = solo.fast if tempo_bpm >= SOLO_FAST_FROM_BPM else solo.slow
        chords = style.solo_chords or by_tempo
        chords = chords if by_tempo else ()
    parts = [Part(role="lead", instrument=instrument, patterns=manner.melodies)]
    if chords and instrument.name not in LINE_INSTRUMENTS:
        parts.append(
            Part(role="chords", instrument=instrument, patterns=chords, register=solo.register)
        )
    return Ensemble(
        parts=tuple(parts), groove=None, kit=None, main=instrument, main_role="lead", solo=True
    )


def _choose_band(style: Style, manner: Manner, drums: bool, rng: np.random.Generator) -> Ensemble:
    """Lead, chords and perhaps pad, arpeggio and bass, no instrument twice where it can be."""
    taken: set[str] = set()

    def take(names: tuple[str, ...]) -> Instrument:
        fresh = [name for name in names if name not in taken] or list(names)
        name = pick(fresh, rng)
        taken.add(name)
        return INSTRUMENTS[name]

    parts = []
    has_lead = rng.random() < style.lead_share
    if has_lead:
        lead = _pick_lead(style.leads, rng)
        taken.add(lead.name)
        parts.append(Part(role="lead", instrument=lead, patterns=manner.melodies))
    main_chords = tuple(n for n in style.chords if INSTRUMENTS[n].family in MAIN_FAMILIES)
    chords = take(style.chords if has_lead else main_chords)
    parts.append(
        Part(
            role="chords", instrument=chords, patterns=manner.chords, register=style.chord_register
        )
    )
    if style.pads and rng.random() < style.pad_share:
        pad = take(style.pads)
        if pad.name not in {part.instrument.name for part in parts}:
            parts.append(Part(role="pad", instrument=pad, patterns=("pad",), register=(50, 72)))
    if style.arps and manner.arps and rng.random() < style.arp_share:
        arp = take(style.arps)
        parts.append(Part(role="arp", instrument=arp, patterns=manner.arps, register=(60, 81)))
    if style.basses and manner.basses and (drums or rng.random() < 0.65):
        parts.append(Part(role="bass", instrument=take(style.basses), patterns=manner.basses))
    main = parts[0]
    return _band(tuple(parts), main.instrument, main.role, style, manner, rng, drums=drums)


def _pick_lead(names: tuple[str, ...], rng: np.random.Generator) -> Instrument:
    leads = [INSTRUMENTS[name] for name in names]
    weights = np.array([LEAD_WEIGHTS.get(lead.family, 1.0) for lead in leads])
    return leads[int(rng.choice(len(leads), p=weights / weights.sum()))]


def _band(
    parts: tuple[Part, ...], main: Instrument | None, main_role: str, style: Style,
    manner: Manner, rng: np.random.Generator, *, drums: bool,
) -> Ensemble:  # fmt: skip
    groove = pick(manner.grooves, rng) if drums else None
    kit = KITS[pick(style.kits, rng)] if drums else None
    solo = len({part.instrument.name for part in parts}) + drums == 1
    return Ensemble(parts=parts, groove=groove, kit=kit, main=main, main_role=main_role, solo=solo)
