"""Where bars start, on a few numbers and on chords."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.bars import harmony_changes, strongest_phase

_RATE_HZ = 22_050


def _chord(*hz: float) -> np.ndarray:
    times = np.arange(_RATE_HZ) / _RATE_HZ
    return sum(np.sin(2 * np.pi * each * times) for each in hz) * np.float64(0.1)


@pytest.mark.parametrize(
    ("accents", "beats_per_bar", "phase"),
    [([1, 2, 1, 1] * 3, 4, 1), ([1, 1, 5] * 3, 3, 2), ([3, 1] * 4, 2, 0)],
)
def test_the_strongest_place_starts_the_bar(
    accents: list[float], beats_per_bar: int, phase: int
) -> None:
    found = strongest_phase(np.array(accents), beats_per_bar)
    assert found.phase == phase
    assert found.confidence == pytest.approx(1.0)


def test_two_places_as_strong_or_too_few_bars_give_no_confidence() -> None:
    assert strongest_phase(np.array([2.0, 1, 2, 1] * 4), 4).confidence == 0
    assert strongest_phase(np.ones(16), 4).confidence == 0
    assert strongest_phase(np.array([2.0, 1, 1, 1] * 2)[:7], 4).confidence == 0


def test_chance_gives_little_confidence_in_bars() -> None:
    rng = np.random.default_rng(0)
    found = [strongest_phase(rng.random(32), 4).confidence for _ in range(100)]
    assert np.mean(found) < 0.1


def test_harmony_changes_where_the_chord_does() -> None:
    c_major, g_major = _chord(262, 330, 392), _chord(392, 494, 587)
    samples = np.concatenate([c_major, c_major, g_major, g_major]).astype(np.float32)
    changes = harmony_changes(samples, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], _RATE_HZ)
    assert int(np.argmax(changes)) == 4
    assert changes[4] > 0.3
    assert np.delete(changes, 4).max() < 0.1
    assert changes[0] == 0  # nothing is before it


def test_silence_has_no_harmony_to_change() -> None:
    assert harmony_changes(np.zeros(_RATE_HZ, np.float32), [0.2, 0.5], _RATE_HZ).tolist() == [0, 0]
