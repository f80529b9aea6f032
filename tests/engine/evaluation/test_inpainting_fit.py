"""The measures of how a part fits, on sounds whose answer is known, and the tables made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray

from engine.edit import EditSettings
from engine.evaluation.fit import (
    CLIP_RMS,
    RATE_HZ,
    correlation,
    edge_distance_db,
    louder_by_db,
    measure_fit,
    median_interval,
    pulse_agreement,
    surroundings,
)
from engine.evaluation.inpainting import (
    MEASURES,
    MODES,
    RIVAL,
    differences,
    main,
    nearer_shares,
    run_clip,
    summary,
)
from engine.evaluation.inpainting_cases import KINDS, held_clip, with_settings, with_tokens
from engine.music import load
from tests.engine.tiny_model import write_tiny_model

Samples = NDArray[np.float32]
PLACE = slice(4 * RATE_HZ, 6 * RATE_HZ)


def tone(*pitches: float, seconds: float = 10.0) -> Samples:
    """A chord of MIDI pitches with three overtones each, at the clips' level."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hz = [440 * 2 ** ((pitch - 69) / 12) * over for pitch in pitches for over in (1, 2, 3)]
    return levelled(sum((np.sin(2 * np.pi * each * times) for each in hz), np.zeros_like(times)))


def clicks(period_s: float, *, start_s: float = 0.0, seconds: float = 10.0) -> Samples:
    """Short bursts of noise, one each period."""
    rng = np.random.default_rng(0)
    samples = np.zeros(round(seconds * RATE_HZ))
    for at in np.arange(start_s, seconds - 0.05, period_s):
        first = round(at * RATE_HZ)
        samples[first : first + 640] = rng.normal(0, 1, 640) * np.linspace(1, 0, 640)
    return levelled(samples)


def levelled(samples: NDArray[Any]) -> Samples:
    return (samples * CLIP_RMS / np.sqrt(np.mean(samples**2))).astype(np.float32)


def filled(clip: Samples, part: Samples, place: slice = PLACE) -> Samples:
    joined = clip.copy()
    joined[place] = part[place]
    return joined


CHORD = tone(60, 64, 67)


def test_a_clip_fits_itself() -> None:
    fit = measure_fit(CHORD, PLACE, None)
    assert fit.edge_db < 0.5 and fit.timbre_db < 0.1 and fit.level_db < 0.1
    assert fit.chroma > 0.99
    assert fit.pulse is None


def test_silence_is_far_from_everything() -> None:
    fit = measure_fit(filled(CHORD, np.zeros_like(CHORD)), PLACE, None)
    assert fit.louder_db == -60 and fit.level_db == 60
    assert fit.edge_db > 5 and fit.timbre_db > 5
    assert fit.chroma == 0


def test_another_chord_has_other_pitch_classes() -> None:
    same_octave_up = measure_fit(filled(CHORD, tone(72, 76, 79)), PLACE, None)
    near = measure_fit(filled(CHORD, tone(57, 60, 64)), PLACE, None)
    far = measure_fit(filled(CHORD, tone(61, 66, 70)), PLACE, None)
    assert same_octave_up.chroma > 0.9 > near.chroma > far.chroma
    assert far.chroma < 0.3


def test_a_quieter_part_is_told_from_a_louder_one() -> None:
    quiet, loud = (measure_fit(filled(CHORD, gain * CHORD), PLACE, None) for gain in (0.5, 2.0))
    assert quiet.louder_db == pytest.approx(-6.02, abs=0.1)
    assert loud.louder_db == pytest.approx(6.02, abs=0.1)
    assert louder_by_db(np.zeros(9), np.zeros(9)) == 0


def test_an_edge_is_measured_only_where_there_is_another_side() -> None:
    end = slice(8 * RATE_HZ, 10 * RATE_HZ)
    other = tone(61, 66, 70)
    at_end = edge_distance_db(filled(CHORD, other, end), end)
    # The clip's end is no edge; the only one is as far as those of a part in the middle.
    assert at_end == pytest.approx(edge_distance_db(filled(CHORD, other), PLACE), rel=0.1)


def test_surroundings_reach_two_seconds_and_stop_at_the_clips_ends() -> None:
    assert [len(side) / RATE_HZ for side in surroundings(CHORD, PLACE)] == [2, 2]
    first = slice(RATE_HZ, 3 * RATE_HZ)
    assert [len(side) / RATE_HZ for side in surroundings(CHORD, first)] == [1, 2]
    last = slice(8 * RATE_HZ, 10 * RATE_HZ)
    assert [len(side) / RATE_HZ for side in surroundings(CHORD, last)] == [2]


@pytest.mark.parametrize("period_s", [0.4, 0.5, 0.7])
def test_the_same_pulse_agrees_and_another_does_not(period_s: float) -> None:
    beat = clicks(period_s)
    shifted = clicks(period_s, start_s=period_s / 2)
    assert pulse_agreement(beat, PLACE, period_s) > 0.9
    assert pulse_agreement(filled(beat, shifted), PLACE, period_s) < 0.2
    faster = clicks(period_s * 0.73)
    assert pulse_agreement(filled(beat, faster), PLACE, period_s) < 0.6


def test_a_silent_part_has_no_pulse() -> None:
    beat = clicks(0.5)
    part = slice(PLACE.start - 3200, PLACE.stop - 3200)
    assert abs(pulse_agreement(filled(beat, np.zeros_like(beat), part), part, 0.5)) < 0.4


def test_a_part_too_short_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        measure_fit(CHORD, slice(0, 100), None)


def test_correlation_of_a_constant_is_none_at_all() -> None:
    assert correlation(np.ones(5), np.arange(5.0)) == 0
    assert correlation(np.arange(5.0), np.arange(5.0) * 3 + 1) == pytest.approx(1)
    assert correlation(np.arange(5.0), -np.arange(5.0)) == pytest.approx(-1)


def test_the_interval_holds_the_median_and_narrows_with_more_clips() -> None:
    values = np.random.default_rng(1).normal(3, 1, 400)
    few, many = median_interval(list(values[:20])), median_interval(list(values))
    for middle, low, high in (few, many):
        assert low <= middle <= high
    assert many[2] - many[1] < few[2] - few[1]
    assert median_interval([2.0]) == (2.0, 2.0, 2.0)


# --- tables


def record(clip: int, who: str, **values: float | None) -> dict[str, Any]:
    base = {"edge_db": 1.0, "timbre_db": 1.0, "louder_db": -1.0, "level_db": 1.0, "chroma": 0.5,
            "pulse": None}  # fmt: skip
    return {"clip": clip, "kind": "2 s", "who": who, **base, **values}


def test_a_way_is_nearer_where_its_distance_is_less_or_its_correlation_more() -> None:
    own = {0: record(0, "a", edge_db=0.5, chroma=0.9), 1: record(1, "a", edge_db=3.0, chroma=0.4)}
    rivals = {0: record(0, RIVAL), 1: record(1, RIVAL)}
    shares = nearer_shares(own, rivals)
    assert shares == {
        "edge_db": 0.5, "timbre_db": 0.5, "level_db": 0.5, "chroma": 0.5, "pulse": None
    }  # fmt: skip


def test_summaries_and_differences_have_a_row_for_each_way() -> None:
    gaps = {"a": 0.0, "b": 2.0, RIVAL: 9.0}
    records = [record(n, who, edge_db=n + gap) for n in range(5) for who, gap in gaps.items()]
    rows = {row["who"]: row for row in summary(records)}
    assert rows["a"]["edge_db"][0] == 2 and rows["b"]["edge_db"][0] == 4
    assert rows["a"]["clips"] == 5 and rows["a"]["pulse"] is None
    assert rows["a"]["nearer"]["edge_db"] == 1 and rows[RIVAL]["nearer"] is None
    apart = {row["who"]: row["edge_db"] for row in differences(records, "a")}
    assert apart == {"b": (2, 2, 2), RIVAL: (9, 9, 9)}


def test_tables_are_printed_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "fit.jsonl"
    path.write_text("\n".join(json.dumps(record(0, who)) for who in ("a", RIVAL)))
    printed = CliRunner().invoke(main, ["--read", str(path)])
    assert printed.exit_code == 0, printed.output
    assert "**2 s**" in printed.output and "| a (1) |" in printed.output
    as_json = CliRunner().invoke(main, ["--read", str(path), "--json"])
    assert {row["who"] for row in json.loads(as_json.output)} == {"a", RIVAL}


# --- with a model


def test_every_filling_has_all_measures_and_is_not_made_twice(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    held = held_clip(model, 3, tone(60, 64, seconds=4.0), "calm")
    held = replace(held, beats=replace(held.beats, confidence=0.0))
    other = torch.randint(0, 32, held.clip.codes.shape)
    kinds = ("1 s", "end 2 s", "loop 2 s")
    records = list(run_clip(model, held, other, kinds, MODES, frozenset()))
    done = frozenset((each["clip"], each["kind"], each["who"]) for each in records)
    assert len(done) == len(records) == 3 * 8
    assert all(set(MEASURES) <= each.keys() for each in records)
    assert all(np.isfinite(each["edge_db"]) for each in records)
    assert list(run_clip(model, held, other, kinds, MODES, done)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_put_where_they_are_heard(tmp_path: Path, kind: str) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    held = held_clip(model, 0, clicks(0.5, seconds=8.0), "")
    case = KINDS[kind](held)
    base = case.plan.base
    again = with_tokens(model, case, base.codes[:, case.order])
    samples, place = case.heard(again)
    before, _ = case.heard(base.source)
    changed = np.flatnonzero(samples != before)
    assert place.start <= changed.min() and changed.max() < place.stop
    assert (place.stop - place.start) / RATE_HZ == pytest.approx(float(kind.split()[-2]), abs=0.03)


def test_recipes_keep_tokens_inside_of_the_same_region(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    case = KINDS["2 s"](held_clip(model, 0, clicks(0.5), ""))
    kept = with_settings(case, EditSettings(keep_onsets_s=0.1))
    assert kept.plan.regions == case.plan.regions
    assert 0 < int(kept.plan.keep.sum() - case.plan.keep.sum()) < 4 * len(case.order)
    assert with_settings(case, EditSettings()) is case
