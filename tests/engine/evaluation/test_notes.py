"""The tracker of held notes reads what was put in: detuning, vibrato, tremolo."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation.codec import RATE_HZ
from engine.evaluation.notes import (
    HELD,
    LOWEST_HZ,
    NOTE_S,
    Steadiness,
    compare_notes,
    note_hz,
    pitches,
    played_notes,
    pure_tones,
    strongest_partial_hz,
    track,
)
from engine.training.composer.render import SoundFontPlayer

Samples = NDArray[np.float64]
TIMES = np.arange(round(NOTE_S * RATE_HZ)) / RATE_HZ


def tone(
    hz: float, *, vibrato_cents: float = 0.0, vibrato_hz: float = 6.0, partials: int = 1
) -> Samples:
    """Partials of equal strength; the vibrato is sinusoidal in cents."""
    cents = vibrato_cents * np.sin(2 * np.pi * vibrato_hz * TIMES)
    phase = 2 * np.pi * np.cumsum(hz * 2 ** (cents / 1200)) / RATE_HZ
    return 0.1 * sum((np.sin(k * phase) for k in range(1, partials + 1)), 0 * phase)


def tremolo(samples: Samples, depth: float, hz: float) -> Samples:
    return samples * (1 + depth * np.sin(2 * np.pi * hz * TIMES))


@pytest.mark.parametrize("hz", [103.83, 440.0, 1318.5, 3951.1])
@pytest.mark.parametrize("cents", [-35.0, 1.0])
def test_a_detuned_tone_reads_its_detuning_within_a_cent(hz: float, cents: float) -> None:
    found = compare_notes(tone(hz), tone(hz * 2 ** (cents / 1200)), hz)
    assert found.shift_cents == pytest.approx(cents, abs=0.2)
    assert abs(found.added_cents) < 0.2 and abs(found.added_db) < 0.01


@pytest.mark.parametrize("hz", [101.37, 443.21, 1000.4])
def test_the_partial_is_found_between_bins(hz: float) -> None:
    assert 1200 * np.log2(strongest_partial_hz(tone(hz), hz) / hz) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("hz", [110.0, 1760.0])
@pytest.mark.parametrize(("depth", "rate_hz"), [(10.0, 4.0), (30.0, 8.0), (20.0, 12.0)])
def test_a_vibrato_reads_its_depth(hz: float, depth: float, rate_hz: float) -> None:
    found = compare_notes(tone(hz), tone(hz, vibrato_cents=depth, vibrato_hz=rate_hz), hz)
    assert found.added_cents == pytest.approx(depth / np.sqrt(2), rel=0.03)
    assert found.apart_cents == pytest.approx(depth / np.sqrt(2), rel=0.03)
    assert abs(found.shift_cents) < 0.5 and abs(found.added_db) < 0.1


def test_a_lost_vibrato_is_below_zero_and_shows_as_apart() -> None:
    found = compare_notes(tone(440, vibrato_cents=30), tone(440), 440)
    assert found.added_cents == pytest.approx(-21.2, abs=0.7)
    assert found.apart_cents == pytest.approx(21.2, abs=0.7)


def test_a_vibrato_that_is_kept_is_not_added() -> None:
    note = tone(440, vibrato_cents=30)
    found = compare_notes(note, 0.5 * note, 440)
    assert found.source_cents > 20
    assert abs(found.added_cents) < 0.01 and found.apart_cents < 0.01
    assert found.louder_db == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize("rate_hz", [7.0, 30.0])
def test_a_tremolo_of_12_percent_reads_1_db(rate_hz: float) -> None:
    found = compare_notes(tone(440), tremolo(tone(440), 10 ** (1 / 20) - 1, rate_hz), 440)
    assert found.added_db == pytest.approx(1, abs=0.06)
    assert abs(found.added_cents) < 0.1


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 90.0])
def test_swells_and_roughness_outside_of_4_to_40_hz_do_not_count(rate_hz: float) -> None:
    assert track(tremolo(tone(440), 0.3, rate_hz), 440).modulation_db < 0.06


def test_a_dying_note_is_not_modulated() -> None:
    found = track(tone(440) * np.exp(-TIMES), 440)
    assert found.modulation_db < 0.01 and found.deviation_cents < 0.1


@pytest.mark.parametrize("hz", [103.83, 220.0, 440.0])
def test_neighbouring_partials_stay_out(hz: float) -> None:
    note = tone(hz, partials=12, vibrato_cents=15)
    found = track(note, strongest_partial_hz(note, hz))
    assert found.deviation_cents == pytest.approx(15 / np.sqrt(2), rel=0.05)
    assert found.modulation_db < 0.05


def test_the_strongest_partial_is_followed_where_it_stands_alone() -> None:
    loud_third = tone(440) + 3 * tone(1320)
    assert strongest_partial_hz(loud_third, 440) == pytest.approx(1320, abs=0.1)
    # At 110 Hz the fifth partial's band would reach into its neighbours' vibrato.
    loud_fifth = tone(110) + 3 * tone(550)
    assert strongest_partial_hz(loud_fifth, 110) == pytest.approx(110, abs=0.1)


def test_attack_and_release_are_left_out() -> None:
    note = tone(440)
    rough = note.copy()
    rough[: round(0.6 * RATE_HZ)] += np.random.default_rng(0).normal(0, 0.2, round(0.6 * RATE_HZ))
    rough[round(3.6 * RATE_HZ) :] = 0
    found = compare_notes(note, rough, 440)
    assert abs(found.added_cents) < 0.1 and abs(found.added_db) < 0.01


def test_noise_around_a_tone_reads_as_unsteady_as_it_is() -> None:
    # 40 dB below the tone over all frequencies: little falls into the partial's band.
    noisy = tone(440) + np.random.default_rng(0).normal(0, 0.001 / np.sqrt(2), len(TIMES))
    assert compare_notes(tone(440), noisy, 440).added_cents < 0.3
    # White noise alone has no pitch: tens of cents.
    noise = np.random.default_rng(0).normal(0, 0.1, len(TIMES))
    assert compare_notes(tone(440), noise, 440).added_cents > 40


def test_a_partial_that_is_gone_gives_figures_all_the_same() -> None:
    found = compare_notes(tone(440), np.zeros_like(TIMES), 440)
    assert found.louder_db < -100
    values = [getattr(found, name) for name in Steadiness.__dataclass_fields__]
    assert np.isfinite(values).all()


def test_a_note_too_low_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="100 Hz"):
        strongest_partial_hz(tone(82.4), 82.4)


def test_every_pitch_of_the_test_can_be_measured() -> None:
    for name in HELD:
        chosen = pitches(name)
        assert len(set(chosen)) == 3 and note_hz(min(chosen)) >= LOWEST_HZ
    assert note_hz(69) == 440 and note_hz(57) == pytest.approx(220)


def test_the_control_is_steady_by_itself() -> None:
    for note in pure_tones():
        found = track(note.samples, strongest_partial_hz(note.samples, note.note_hz))
        assert found.deviation_cents < 0.5 and found.modulation_db < 0.01
        assert abs(found.mean_cents) < 0.5


def test_instruments_hold_the_note_that_was_asked() -> None:
    notes = list(played_notes(SoundFontPlayer(), ("flute",)))
    assert [note.pitch for note in notes] == list(pitches("flute"))
    for note in notes:
        assert note.samples.shape == TIMES.shape and note.samples.dtype == np.float32
        assert np.sqrt(np.mean(note.samples**2)) == pytest.approx(0.08, rel=1e-3)
        ratio = strongest_partial_hz(note.samples, note.note_hz) / note.note_hz
        assert abs(1200 * np.log2(ratio / round(ratio))) < 20
        # still sounding at the end of what is measured
        held = [np.square(note.samples[round(s * RATE_HZ) :][:8000]).mean() for s in (0.75, 3.25)]
        assert held[1] > 0.3 * held[0]
