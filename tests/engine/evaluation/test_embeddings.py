"""What the embeddings hear and what they do not, on sounds whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

from engine.evaluation import embeddings
from engine.evaluation.embeddings import (
    EMBEDDINGS,
    RATE_HZ,
    Scale,
    distances,
    in_batches,
    references,
    rhythm_and_harmony,
    timbre,
)

Samples = NDArray[np.float32]
SECONDS = 6.0
N = round(SECONDS * RATE_HZ)
MAJOR, DIMINISHED = (0, 4, 7), (0, 3, 6)


def pulses(period_s: float, seed: int = 0) -> Samples:
    """Short bursts of noise, one each period."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 1e-3, N)
    for at in np.arange(0.1, SECONDS - 0.1, period_s):
        first = round(at * RATE_HZ)
        samples[first : first + 800] += rng.normal(0, 0.3, 800) * np.linspace(1, 0, 800)
    return samples.astype(np.float32)


def chords(*pitches: tuple[int, ...], root: int = 60) -> Samples:
    """Equally long chords of MIDI pitches above a root, with three partials each."""
    parts = []
    for chord in pitches:
        times = np.arange(N // len(pitches)) / RATE_HZ
        hz = [440 * 2 ** ((root + each - 69) / 12) for each in chord]
        parts.append(sum(np.sin(2 * np.pi * f * over * times) / over for f in hz
                         for over in (1, 2, 3)))  # fmt: skip
    joined = np.concatenate(parts)
    return np.pad(0.05 * joined, (0, N - len(joined))).astype(np.float32)


def noises(count: int, seed: int = 0) -> Samples:
    """Clips of coloured noise, each of its own colour."""
    rng = np.random.default_rng(seed)
    clips = []
    for _ in range(count):
        b, a = butter(1, rng.uniform(0.05, 0.5))
        clips.append(lfilter(b, a, rng.normal(0, 0.1, N)))
    return np.array(clips, np.float32)


def gap(first: Samples, second: Samples) -> float:
    """How far apart two clips are for the rhythm and harmony."""
    rows = rhythm_and_harmony(np.stack([first, second]))
    return float(np.linalg.norm(rows[0] - rows[1]))


@pytest.mark.parametrize("name", list(EMBEDDINGS))
def test_rows_are_finite_whatever_is_heard(name: str) -> None:
    clips = np.stack([np.zeros(N, np.float32), pulses(0.5), chords(MAJOR), np.ones(N, np.float32)])
    rows = EMBEDDINGS[name].embed(clips)
    assert rows.shape == (4, rows.shape[1]) and rows.dtype == np.float64
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("name", list(EMBEDDINGS))
def test_the_level_of_a_clip_does_not_matter(name: str) -> None:
    clip = pulses(0.4) + chords(MAJOR)
    loud, quiet = EMBEDDINGS[name].embed(np.stack([clip, clip / 20]))
    np.testing.assert_allclose(loud, quiet, atol=1e-3)


@pytest.mark.parametrize("name", list(EMBEDDINGS))
def test_clips_are_heard_alone_as_among_others(name: str) -> None:
    clips = noises(3)
    together = EMBEDDINGS[name].embed(clips)
    np.testing.assert_array_equal(EMBEDDINGS[name].embed(clips[1:2])[0], together[1])


@pytest.mark.parametrize("name", list(EMBEDDINGS))
def test_clips_of_two_seconds_can_be_heard(name: str) -> None:
    assert np.isfinite(EMBEDDINGS[name].embed(noises(2)[:, : 2 * RATE_HZ])).all()


def test_timbre_hears_the_spectrum_and_not_the_order_of_time() -> None:
    clip = pulses(0.5, seed=1) + chords(MAJOR, DIMINISHED)
    dull = lfilter(*butter(4, 2000 / (RATE_HZ / 2)), clip).astype(np.float32)
    own, backwards, filtered = timbre(np.stack([clip, clip[::-1], dull]))
    assert np.linalg.norm(own - filtered) > 10 * np.linalg.norm(own - backwards)


def test_timbre_tells_steady_from_flickering_sound_of_one_spectrum() -> None:
    # the same bursts of noise, in one row and apart
    noise = noises(1)[0]
    flicker = noise * (np.arange(N) // 1600 % 2)
    steady_row, flicker_row = timbre(np.stack([noise, flicker.astype(np.float32)]))
    # the last 8 numbers are of the change from frame to frame, the first of each its mean
    assert flicker_row[20] > 3 * steady_row[20]


def test_pulse_is_found_at_its_period() -> None:
    rows = rhythm_and_harmony(np.stack([pulses(0.5), pulses(0.31), noises(1)[0]]))
    edges_s = np.geomspace(0.15, 2.0, 13)
    half, third = (int(np.searchsorted(edges_s, each)) - 1 for each in (0.5, 0.31))
    assert rows[0, half] > 0.7 and rows[1, third] > 0.7
    # nothing starts again between two onsets, and noise never does
    assert rows[0, third] < 0.1 and rows[1, half] < 0.1 and rows[2, :12].max() < 0.5
    # the thirteenth number: how clear the clearest period is
    np.testing.assert_allclose(rows[:, 12], rows[:, :12].max(axis=1))


def test_another_tempo_is_further_than_the_same_one_again() -> None:
    assert gap(pulses(0.5), pulses(0.31)) > 3 * gap(pulses(0.5), pulses(0.5, seed=1))


def test_harmony_is_the_same_in_another_key_and_not_for_other_chords() -> None:
    song = chords(MAJOR, (5, 9, 12), (7, 11, 14))
    colours, change = slice(31, 37), slice(37, 43)
    own, moved, other, held = (
        rhythm_and_harmony(each[None])[0]
        for each in (
            song,
            chords(MAJOR, (5, 9, 12), (7, 11, 14), root=65),
            chords(DIMINISHED, DIMINISHED, DIMINISHED),
            chords(MAJOR, MAJOR, MAJOR),
        )
    )
    near = np.linalg.norm(own[colours] - moved[colours])
    assert np.linalg.norm(own[colours] - other[colours]) > 5 * near
    # three chords change; one held chord does not
    assert own[change][-1] > 0.2 > 0.05 > held[change][-1]


def test_a_scale_makes_real_clips_standard() -> None:
    rows = np.random.default_rng(0).normal(5, (0.1, 10, 0), size=(50, 3))
    scaled = Scale.fit(rows).apply(rows)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0), (1, 1, 0), atol=1e-9)


def test_distances_are_smaller_for_more_of_the_same() -> None:
    reference = references(noises(12), EMBEDDINGS)
    same = distances(noises(12, seed=1), reference)
    clicks = distances(np.stack([pulses(0.1 * k, seed=k) for k in range(2, 14)]), reference)
    assert list(same) == list(EMBEDDINGS)
    for name in EMBEDDINGS:
        assert clicks[name] > 3 * same[name]


def test_a_reference_is_at_no_distance_from_itself() -> None:
    clips = noises(5)
    assert max(distances(clips, references(clips, EMBEDDINGS)).values()) < 1e-9


def test_batches_have_all_clips_in_order() -> None:
    clips = [np.full(2, k, np.float32) for k in range(5)]
    found = list(in_batches(iter(clips), 2))
    assert [len(each) for each in found] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(found), clips)


def test_the_probe_is_one_more_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    @dataclass
    class Probe:
        def embed(self, samples: Samples) -> Samples:
            return samples[:, :3]

    module = ModuleType("engine.evaluation.probe")
    module.probe_for = lambda setup: Probe()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "engine.evaluation.probe", module)
    found = embeddings.embeddings_for(None)  # type: ignore[arg-type]
    assert list(found) == [*EMBEDDINGS, "probe"]
    rows = found["probe"].embed(noises(2))
    assert rows.shape == (2, 3) and rows.dtype == np.float64
