"""Chords as patterns: struck, held, broken or plucked, voiced with least movement."""

from engine.training.composer.form import BarPlan
from engine.training.composer.harmony import Chart
from engine.training.composer.instruments import Instrument
from engine.training.composer.rhythm import Hit, parse_pattern
from engine.training.composer.song import Note
from engine.training.composer.theory import Chord, nearest_pitch, voice_chord

VELOCITIES = {"X": 102, "x": 88, "o": 68}
PICK_VELOCITY = 86
BASS_VELOCITY = 92
LONGEST_RING_BEATS = 4.0
PAD = "pad"


def play_chords(
    pattern: str,
    *,
    role: str,
    chart: Chart,
    plans: tuple[BarPlan, ...],
    instrument: Instrument,
    low: int = 52,
    high: int = 76,
    rootless: bool = False,
    beat_ms: float = 500.0,
) -> list[Note]:
    """Play an accompaniment.

    Args:
        pattern: `pad` to hold each chord, or steps: X x o the whole chord (loud to soft), a digit
            one note of the voicing from below (past its top, an octave higher), b the bass note,
            p the fifth below it. A sounding chord changes with the chart, not only on steps.
        role: the role that must be in a bar's plan.
        chart: the chords.
        plans: one plan per bar.
        instrument: what plays; strummed instruments spread their chords.
        low: lowest pitch of the voicing.
        high: highest pitch of the voicing.
        rootless: leave roots of four-note chords to the bass.
        beat_ms: length of a beat, to spread strums by milliseconds.

    Returns:
        Notes.
    """
    voicings = _voicings(chart, low, high, rootless)
    notes: list[Note] = []
    for bar in range(chart.bars):
        if role not in plans[bar].roles:
            continue
        intensity = plans[bar].intensity
        if pattern == PAD:
            hits = [
                (span.start_beat, Hit(beat=0, length_beats=span.length_beats, symbol="x"))
                for span in chart.spans_in_bar(bar)
            ]
        else:
            bars = parse_pattern(pattern, chart.beats_per_bar)
            start = bar * chart.beats_per_bar
            hits = [(start + hit.beat, hit) for hit in bars[bar % len(bars)]]
        for beat, hit in hits:
            voicing = voicings[_span_index(chart, beat)]
            spread = instrument.strum_ms / beat_ms
            notes += _sound(hit, beat, voicing, chart, instrument, spread, intensity)
    return notes


def _voicings(chart: Chart, low: int, high: int, rootless: bool) -> list[tuple[int, ...]]:
    voicings: list[tuple[int, ...]] = []
    for span in chart.spans:
        previous = voicings[-1] if voicings else None
        voicings.append(
            voice_chord(span.chord, low=low, high=high, previous=previous, rootless=rootless)
        )
    return voicings


def _span_index(chart: Chart, beat: float) -> int:
    return sum(span.start_beat <= beat + 1e-6 for span in chart.spans) - 1


def _sound(
    hit: Hit, beat: float, voicing: tuple[int, ...], chart: Chart, instrument: Instrument,
    spread: float, intensity: float,
) -> list[Note]:  # fmt: skip
    """The notes of one step."""
    if hit.symbol in VELOCITIES:
        velocity = VELOCITIES[hit.symbol] * intensity
        # Up-strokes (off the eighth grid's beats) run from the top string down.
        order = voicing if (beat * 2) % 2 == 0 else voicing[::-1]
        return [
            _note(beat + index * spread, hit.length_beats - index * spread, pitch, velocity)
            for index, pitch in enumerate(order)
        ]
    if hit.symbol.isdigit():
        octave, index = divmod(int(hit.symbol), len(voicing))
        accent = 8 if hit.beat % 1 == 0 else 0
        velocity = (PICK_VELOCITY + accent) * intensity
        length = _ringing(hit, beat, chart, instrument)
        return [_note(beat, length, voicing[index] + 12 * octave, velocity)]
    bass = _bass_pitch(hit.symbol, chart.chord_at(beat), voicing[0] - 12, instrument.deepest)
    length = _ringing(hit, beat, chart, instrument)
    return [_note(beat, length, bass, BASS_VELOCITY * intensity)]


def _bass_pitch(symbol: str, chord: Chord, target: int, deepest: int) -> int:
    """The chord's root (b) near a target, or the fifth below it (p), no deeper than allowed."""
    if symbol not in ("b", "p"):
        raise ValueError(f"unknown step {symbol!r} in an accompaniment pattern")
    pitch = nearest_pitch(chord.root_pc, target)
    if symbol == "p":
        pitch -= (pitch - chord.tone_pc(5)) % 12
    while pitch < deepest:
        pitch += 12
    return pitch


def _ringing(hit: Hit, beat: float, chart: Chart, instrument: Instrument) -> float:
    """Single notes of instruments that decay ring on to the end of their chord, as with a pedal."""
    if instrument.sustains:
        return hit.length_beats
    span = chart.spans[_span_index(chart, beat)]
    rest_beats = span.start_beat + span.length_beats - beat
    return max(hit.length_beats, min(rest_beats, LONGEST_RING_BEATS))


def _note(beat: float, length: float, pitch: int, velocity: float) -> Note:
    return Note(
        start_beat=beat,
        length_beats=max(0.08, length * 0.97),
        pitch=pitch,
        velocity=max(1, min(127, round(velocity))),
    )
