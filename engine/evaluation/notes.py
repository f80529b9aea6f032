"""Sustained notes: whether a codec keeps one held note steady.

Heard is the strongest partial of a single note. It is turned down to 0 Hz and low-passed, so that
what is left is this partial alone as a complex number over time: its angle's speed is how far the
frequency is from the partial's, its size is the partial's amplitude.

Source: both are the textbook definition of the analytic signal's instantaneous frequency and
amplitude; the band and the weights are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, firwin, kaiserord, sosfiltfilt

from engine.evaluation.codec import RATE_HZ
from engine.training.composer.instruments import INSTRUMENTS
from engine.training.composer.render import SoundFontPlayer
from engine.training.composer.song import Facts, Note, Room, Song, Track

NOTE_S = 4.0
STEADY_S = (0.75, 3.5)
"""Of a note that is held all the time: after the attack, before the end."""
HELD = (
    "organ", "church organ", "accordion", "violin", "string section", "flute", "trumpet",
    "french horn", "alto sax", "synth lead", "synth pad", "piano",
)  # fmt: skip
"""Instruments of the test. All but the piano sustain; its slow decay is no modulation here."""
LOWEST_HZ = 100.0
"""Below, the next partial is too near to tell modulations of 40 Hz from it."""
MODULATION_HZ = (4.0, 40.0)
_RMS = 0.08
_PASS_HZ, _EDGE_HZ = 45.0, 35.0
"""Half the band that is kept around a partial, and from there to where it is shut."""
_PASS_SHARE = 0.03
"""The band is wider by this share of the partial's frequency: 50 cents of vibrato stay inside."""
_SHUT_DB = 70.0
_STEP = 32
TRACK_HZ = RATE_HZ / _STEP
_EDGE_S = 0.15
"""Left out at either end of a band-passed envelope, where the filter has seen one side alone."""

Samples = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Partial:
    """One partial over time, a value each millisecond.

    Args:
        cents: [n] its frequency against the one it was looked for at.
        amplitude: [n] of the sinusoid.
    """

    cents: NDArray[np.float64]
    amplitude: NDArray[np.float64]

    @property
    def mean_cents(self) -> float:
        """Its frequency as a whole."""
        return float(np.average(self.cents, weights=self.amplitude**2))

    @property
    def deviation_cents(self) -> float:
        """Standard deviation of the frequency; moments count by their power.

        So a moment of near silence between two beats, when frequency means nothing, counts little.
        A vibrato of 20 cents either way deviates by 14.
        """
        return _deviation(self.cents, self.amplitude**2)

    @property
    def modulation_db(self) -> float:
        """How much 4 to 40 Hz lift the level: 20 log10(1 + m), m the depth of modulation.

        The amplitude over its own course below 2 Hz is band-passed; m is the depth of a sinusoid
        of the same RMS, so that a tremolo of 12 % (amplitude 0.88 to 1.12) reads 1 dB.
        """
        low, high = MODULATION_HZ
        slow = sosfiltfilt(butter(2, low / 2, "lowpass", fs=TRACK_HZ, output="sos"), self.amplitude)
        relative = self.amplitude / np.maximum(slow, 0.05 * self.amplitude.mean())
        band = butter(4, (low, high), "bandpass", fs=TRACK_HZ, output="sos")
        edge = round(_EDGE_S * TRACK_HZ)
        inner = sosfiltfilt(band, relative)[edge:-edge]
        return float(20 * np.log10(1 + np.sqrt(2 * np.mean(inner**2))))


def _deviation(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    middle = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - middle) ** 2, weights=weights)))


def strongest_partial_hz(samples: Samples, note_hz: float) -> float:
    """The frequency of the strongest partial of a note in its steady part.

    Looked for among those whose neighbours, vibrato included, stay out of the tracker's band:
    0.06 f + 80 Hz < 0.9 `note_hz`.

    Args:
        samples: [N] at 32 kHz, `NOTE_S` long.
        note_hz: its pitch, `LOWEST_HZ` or more; partials are this far apart.

    Returns:
        Hz, to a fraction of a bin by a parabola through three log-magnitudes.

    Raises:
        ValueError: a lower note.
    """
    if note_hz < LOWEST_HZ:
        raise ValueError(f"the note has {note_hz:.1f} Hz; expected {LOWEST_HZ:g} Hz or more")
    steady = np.asarray(_steady(samples), np.float64)
    level = np.log(np.abs(np.fft.rfft(steady * np.hanning(len(steady)))) + 1e-12)
    bin_hz = RATE_HZ / len(steady)
    highest_hz = (0.9 * note_hz - _PASS_HZ - _EDGE_HZ) / (2 * _PASS_SHARE)
    first = round(0.8 * note_hz / bin_hz)
    # at least the fundamental is always looked at
    last = round(min(max(highest_hz, 1.1 * note_hz), 0.45 * RATE_HZ) / bin_hz)
    peak = first + int(np.argmax(level[first:last]))
    left, mid, right = level[peak - 1 : peak + 2]
    return float(bin_hz * (peak + 0.5 * (left - right) / (left - 2 * mid + right)))


def track(samples: Samples, partial_hz: float) -> Partial:
    """Follow one partial through the steady part of a note.

    Args:
        samples: [N] at 32 kHz, `NOTE_S` long.
        partial_hz: where it is, within some 50 cents.
    """
    half_hz = _PASS_HZ + _PASS_SHARE * partial_hz
    taps, beta = kaiserord(_SHUT_DB, 2 * _EDGE_HZ / RATE_HZ)
    low_pass = firwin(taps | 1, half_hz + _EDGE_HZ / 2, window=("kaiser", beta), fs=RATE_HZ)
    turning = np.exp(-2j * np.pi * partial_hz / RATE_HZ * np.arange(len(samples)))
    base = 2 * fftconvolve(samples * turning, low_pass, mode="same")
    base = _steady(base)[::_STEP]
    # a turn of n radians from one value to the next, and never further than the band is wide
    away_hz = np.angle(base[1:] * base[:-1].conj()) * TRACK_HZ / (2 * np.pi)
    widest_hz = min(half_hz + _EDGE_HZ, 0.9 * partial_hz)
    away_hz = np.clip(away_hz, -widest_hz, widest_hz)
    amplitude = np.abs(base)
    return Partial(
        cents=1200 * np.log2(1 + away_hz / partial_hz),
        amplitude=np.maximum((amplitude[1:] + amplitude[:-1]) / 2, 1e-9),
    )


def _steady(samples: NDArray[Any]) -> NDArray[Any]:
    first, last = (round(at_s * RATE_HZ) for at_s in STEADY_S)
    return samples[first:last]


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """A decoded note against its source, by the strongest partial of the source.

    Args:
        partial_hz: of the source.
        source_cents, decoded_cents: `Partial.deviation_cents`.
        apart_cents: standard deviation of the difference of the two courses of frequency: a
            vibrato that is lost shows here, too.
        shift_cents: how much higher the decoded one is on the whole.
        source_db, decoded_db: `Partial.modulation_db`.
        louder_db: how much stronger the decoded partial is.
    """

    partial_hz: float
    source_cents: float
    decoded_cents: float
    apart_cents: float
    shift_cents: float
    source_db: float
    decoded_db: float
    louder_db: float

    @property
    def added_cents(self) -> float:
        """Deviation that the codec adds; below 0 where it loses vibrato."""
        return self.decoded_cents - self.source_cents

    @property
    def added_db(self) -> float:
        """Modulation of 4 to 40 Hz that the codec adds; below 0 where it loses some."""
        return self.decoded_db - self.source_db


def compare_notes(source: Samples, decoded: Samples, note_hz: float) -> Steadiness:
    """All measures of one held note.

    Args:
        source, decoded: [N] at 32 kHz, `NOTE_S` long, aligned.
        note_hz: its pitch, `LOWEST_HZ` or more.

    Raises:
        ValueError: a lower note.
    """
    partial_hz = strongest_partial_hz(source, note_hz)
    true, heard = (track(each, partial_hz) for each in (source, decoded))
    powers = [float(np.mean(each.amplitude**2)) for each in (true, heard)]
    return Steadiness(
        partial_hz=partial_hz,
        source_cents=true.deviation_cents,
        decoded_cents=heard.deviation_cents,
        apart_cents=_deviation(heard.cents - true.cents, true.amplitude * heard.amplitude),
        shift_cents=heard.mean_cents - true.mean_cents,
        source_db=true.modulation_db,
        decoded_db=heard.modulation_db,
        louder_db=10 * float(np.log10(powers[1] / powers[0])),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldNote:
    """One held note to send through a codec.

    Args:
        instrument: its name.
        pitch: MIDI.
        samples: [N] at 32 kHz, RMS 0.08, `NOTE_S` long.
    """

    instrument: str
    pitch: int
    samples: NDArray[np.float32]

    @property
    def note_hz(self) -> float:
        """In equal temperament, A4 = 440 Hz."""
        return note_hz(self.pitch)


def note_hz(pitch: float) -> float:
    """The frequency of a MIDI pitch, A4 = 440 Hz."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def played_notes(
    player: SoundFontPlayer, instruments: tuple[str, ...] = HELD
) -> Iterator[HeldNote]:
    """A low, a middle and a high note of each instrument, held, without reverberation.

    Args:
        player: at 32 kHz.
        instruments: names in the composer's table.
    """
    for name in instruments:
        for pitch in pitches(name):
            samples = player.render(_held_song(name, pitch))
            yield HeldNote(instrument=name, pitch=pitch, samples=_levelled(samples))


def pitches(instrument: str) -> tuple[int, ...]:
    """A sixth, a half and five sixths up an instrument's range, no lower than A2."""
    found = INSTRUMENTS[instrument]
    low = max(found.low, 45)
    return tuple(low + round((found.high - low) * share) for share in (1 / 6, 1 / 2, 5 / 6))


def pure_tones() -> Iterator[HeldNote]:
    """The control that needs no soundfont: sines, and tones of eight partials, without vibrato."""
    times = np.arange(round(NOTE_S * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1, np.minimum(times, NOTE_S - times) / 0.02)
    for name, n_partials in (("sine", 1), ("eight partials", 8)):
        for pitch in (45, 57, 69, 81):
            phase = 2 * np.pi * note_hz(pitch) * times
            tone = sum((np.sin(k * phase) / k for k in range(1, n_partials + 1)), 0 * times)
            yield HeldNote(instrument=name, pitch=pitch, samples=_levelled(fade * tone))


def _levelled(samples: NDArray[Any]) -> NDArray[np.float32]:
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return (samples * (_RMS / max(level, 1e-9))).astype(np.float32)


def _held_song(instrument: str, pitch: int) -> Song:
    """One note from the first sample to beyond the last, dry; a beat is a second."""
    found = INSTRUMENTS[instrument]
    note = Note(start_beat=0.0, length_beats=NOTE_S + 1, pitch=pitch, velocity=90)
    track = Track(
        name=instrument, role="melody", program=found.program, is_drums=False, notes=(note,),
        volume=100, reverb_send=0,
    )  # fmt: skip
    facts = Facts(
        style="held note", tempo_bpm=60.0, tempo_class="slow", key="none", mode="none",
        is_minor=False, metre="4/4", instruments=(instrument,), main_instrument=found.family,
        has_drums=False, moods=(), density="sparse", solo=True, form="held note",
    )  # fmt: skip
    room = Room(size=0.0, level=0.0)
    return Song(facts=facts, tracks=(track,), room=room, lead_in_s=0.0, duration_s=NOTE_S)
