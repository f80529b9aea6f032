"""The rules of hearing on sounds made here, whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation.hearing import (
    DRUMS_ABOVE_DB,
    RATE_HZ,
    Heard,
    best_threshold,
    choose_octave,
    hear,
    heard_answers,
    minor_lead,
    percussive_shares,
    pitch_classes,
    rules_right,
    tempo_classes,
)
from engine.training.composer.song import Facts

LENGTH_S = 6.0
MAJOR_CHORDS = ((60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67))
MINOR_CHORDS = ((60, 63, 67), (65, 68, 72), (67, 70, 74), (60, 63, 67))


def chords(pitches: tuple[tuple[int, ...], ...], up: int = 0) -> NDArray[np.float32]:
    """Each chord for as long, of tones with four partials, swelling softly."""
    each_n = round(LENGTH_S * RATE_HZ / len(pitches))
    time_s = np.arange(each_n) / RATE_HZ
    parts = []
    for chord in pitches:
        hertz = [440 * 2 ** ((pitch + up - 69) / 12) for pitch in chord]
        tones = [
            np.sin(2 * np.pi * partial * each * time_s) / partial**2
            for each in hertz
            for partial in (1, 2, 3, 4)
        ]
        parts.append(np.sum(tones, axis=0) * np.sin(np.pi * time_s / time_s[-1]))
    return 0.05 * np.concatenate(parts).astype(np.float32)


def hits(bpm: float, length_s: float = LENGTH_S) -> NDArray[np.float32]:
    """Short bursts of noise, two in a beat, every second one softer."""
    rng = np.random.default_rng(0)
    clip = np.zeros(round(length_s * RATE_HZ), np.float32)
    burst = rng.normal(size=1600) * np.exp(-np.arange(1600) / 300)
    for i, at_s in enumerate(np.arange(0, length_s - 0.1, 30 / bpm)):
        start = round(at_s * RATE_HZ)
        clip[start : start + len(burst)] += burst * (0.3 if i % 2 == 0 else 0.1)
    return clip


def facts(*, tempo: str, drums: bool, mode: str) -> Facts:
    return Facts(
        style="pop", tempo_bpm=100.0, tempo_class=tempo, key="C", mode=mode,
        is_minor=mode == "minor", metre="4/4", instruments=(), main_instrument="piano",
        has_drums=drums, moods=(), density="medium", solo=False, form="steady",
    )  # fmt: skip


@pytest.mark.parametrize("up", [0, 7])
def test_a_cadence_is_major_or_minor_in_every_key(up: int) -> None:
    assert minor_lead(pitch_classes(chords(MAJOR_CHORDS, up))) < -0.05
    assert minor_lead(pitch_classes(chords(MINOR_CHORDS, up))) > 0.05


def test_the_strongest_pitch_class_is_the_one_that_sounds() -> None:
    strength = pitch_classes(chords(((69,),)))
    assert strength.argmax() == 9
    assert strength[9] == pytest.approx(1)


def test_soft_moments_count_like_loud_ones() -> None:
    loud_then_soft = np.concatenate([chords(((69,),)), 0.1 * chords(((66,),))])
    strength = pitch_classes(loud_then_soft)
    assert strength[6] == pytest.approx(strength[9], abs=0.1)


def test_hits_are_percussive_and_held_chords_are_not() -> None:
    for_hits, for_chords = hear(hits(100)), hear(chords(MAJOR_CHORDS))
    assert for_hits.percussive > 0.8 > 0.2 > for_chords.percussive
    assert for_hits.high_percussive_db > DRUMS_ABOVE_DB + 10
    assert for_chords.high_percussive_db < DRUMS_ABOVE_DB - 10


@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_loudness_changes_no_answer(gain: float) -> None:
    clip = hits(100) + chords(MINOR_CHORDS)
    assert heard_answers(hear(gain * clip)) == {"drums": "True", "tempo": "medium", "mode": "minor"}


@pytest.mark.parametrize(("bpm", "tempo"), [(70, "slow"), (100, "medium"), (130, "fast")])
def test_a_plain_beat_has_its_tempo(bpm: float, tempo: str) -> None:
    heard = hear(hits(bpm, 10.0))
    assert heard_answers(heard)["tempo"] == tempo
    assert heard.onset_rate_hz == pytest.approx(2 * bpm / 60, rel=0.1)


def test_brightness_is_a_tone_s_own_frequency() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    heard = hear(0.1 * np.sin(2 * np.pi * 3000 * time_s))
    assert heard.brightness_hz == pytest.approx(3000, rel=0.02)


def test_silence_has_no_tempo_no_mode_and_no_drums() -> None:
    heard = hear(np.zeros(2 * RATE_HZ, np.float32))
    assert (heard.tempo_bpm, heard.minor_lead, heard.percussive) == (None, 0.0, 0.0)
    answers = heard_answers(heard)
    assert (answers["drums"], answers["tempo"]) == ("False", "none")
    assert percussive_shares(np.zeros((513, 40), np.float32)) == (0.0, -90.0)


@pytest.mark.parametrize(
    ("bpm", "onset_rate_hz", "chosen"),
    [(140, 2.0, 70), (140, 4.0, 140), (100, 1.0, 100), (160, 3.9, 80), (160, 4.1, 160)],
)
def test_a_quick_beat_in_which_little_starts_is_halved(
    bpm: float, onset_rate_hz: float, chosen: float
) -> None:
    assert choose_octave(bpm, onset_rate_hz) == chosen


@pytest.mark.parametrize(
    ("bpm", "classes"),
    [
        (100.0, ("medium",)),
        (70.0, ("slow", "fast")),
        (140.0, ("fast", "slow")),
        (60.0, ("slow", "medium")),
        (300.0, ("fast",)),
        (200.0, ("fast", "medium")),
        (None, ()),
    ],
)
def test_octaves_of_a_tempo_stay_within_what_captions_say(
    bpm: float | None, classes: tuple[str, ...]
) -> None:
    assert tempo_classes(bpm) == classes


def test_the_best_line_is_halfway_between_the_two_kinds() -> None:
    assert best_threshold([4.0, 1.0, 3.0, 2.0], [True, False, True, False]) == (2.5, 1.0)
    line, right = best_threshold([1.0, 2.0, 3.0, 4.0, 5.0], [False, True, False, True, True])
    assert (line, right) == (1.5, 0.8) or (line, right) == (3.5, 0.8)
    assert best_threshold([1.0, 1.0, 3.0], [False, True, True])[1] == pytest.approx(2 / 3)
    assert best_threshold([1.0, 2.0], [True, True]) == (0.5, 1.0)
    assert best_threshold([1.0, 2.0], [False, False]) == (2.5, 1.0)


def test_rules_are_right_where_their_answers_are_true() -> None:
    heard = Heard(
        percussive=0.5, high_percussive_db=-10.0, onset_rate_hz=4.0, tempo_bpm=100.0,
        brightness_hz=2000.0, minor_lead=0.1,
    )  # fmt: skip
    truths = [
        facts(tempo="medium", drums=True, mode="minor"),
        facts(tempo="slow", drums=True, mode="major"),
        facts(tempo="medium", drums=False, mode="none"),
        facts(tempo="fast", drums=True, mode="none"),
    ]
    assert rules_right([heard] * 4, truths) == {"drums": 0.75, "tempo": 0.5, "mode": 0.5}
