"""The null test finds every bit that differs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio.proof import null_test, null_test_files
from engine.audio.regions import Region
from engine.audio.source import Depth, Source
from engine.errors import AudioError, RequestError

_REGION = Region(start_sample=10, stop_sample=20)


def _source(samples: np.ndarray, *, rate_hz: int = 8_000) -> Source:
    return Source(samples=samples.astype(np.float32), sample_rate_hz=rate_hz, depth=Depth.FLOAT_32)


def _noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (2, 100))


def test_changes_inside_of_a_region_do_not_count() -> None:
    changed = _noise()
    changed[:, 10:20] = 0.7
    found = null_test(_source(_noise()), _source(changed), [_REGION])
    assert found.passed
    assert (found.compared_samples, found.largest_difference) == (180, 0.0)


@pytest.mark.parametrize("place", [0, 9, 20, 99])
def test_one_sample_outside_is_found_right_up_to_the_edge(place: int) -> None:
    changed = _noise()
    changed[1, place] += 0.25
    found = null_test(_source(_noise()), _source(changed), [_REGION])
    assert not found.passed
    assert found.different_samples == 1
    assert found.largest_difference == pytest.approx(0.25, abs=1e-6)


def test_the_sign_of_zero_is_a_bit_too() -> None:
    found = null_test(_source(np.zeros((1, 30))), _source(-np.zeros((1, 30))), [_REGION])
    assert (found.different_samples, found.largest_difference) == (20, 0.0)
    assert not found.passed


@pytest.mark.parametrize("seed", range(3))
def test_it_counts_as_a_naive_twin_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = _noise().astype(np.float32)
    after = np.where(rng.random(before.shape) < 0.3, before + np.float32(0.1), before)
    regions = [_REGION, Region(start_sample=50, stop_sample=51)]
    outside = [i for i in range(100) if not (10 <= i < 20 or i == 50)]
    differences = [abs(float(before[c, i]) - float(after[c, i])) for c in (0, 1) for i in outside]
    found = null_test(_source(before), _source(after), regions)
    assert found.compared_samples == len(differences)
    assert found.different_samples == sum(each > 0 for each in differences)
    assert found.largest_difference == max(differences)


def test_a_region_that_is_the_whole_clip_leaves_nothing_to_compare() -> None:
    whole = Region(start_sample=0, stop_sample=100)
    found = null_test(_source(_noise()), _source(0 * _noise()), [whole])
    assert found.passed and found.compared_samples == 0


def test_files_of_another_depth_do_not_pass_even_with_the_same_numbers(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).integers(-(2**15), 2**15, 100).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", numbers, 8_000, subtype="PCM_16")
    soundfile.write(tmp_path / "b.wav", numbers, 8_000, subtype="PCM_32")
    found = null_test_files(tmp_path / "a.wav", tmp_path / "b.wav", [_REGION])
    assert (found.different_samples, found.passed) == (0, False)
    assert (found.source_depth, found.result_depth) == (Depth.INT_16, Depth.INT_32)


def test_clips_of_another_shape_or_rate_cannot_be_compared() -> None:
    for other in (_source(_noise()[:1]), _source(_noise(), rate_hz=16_000)):
        with pytest.raises(AudioError, match="expected the source's 2 channels"):
            null_test(_source(_noise()), other, [_REGION])
    with pytest.raises(RequestError, match="no region"):
        null_test(_source(_noise()), _source(_noise()), [])
