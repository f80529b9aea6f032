from __future__ import annotations

import math
import time

import numpy as np
import pytest

from studio.editing.peaks import peaks_of


def naive(samples: np.ndarray, rate: int) -> list[list[int]]:
    n_samples = samples.shape[1]
    columns = []
    for column in range(math.ceil(n_samples * 200 / rate)):
        start, stop = column * rate // 200, (column + 1) * rate // 200
        seen = samples[:, start : max(start + 1, min(stop, n_samples))]
        columns.append([round(max(-127, min(127, 127 * float(f(seen))))) for f in (np.min, np.max)])
    return columns


@pytest.mark.parametrize("rate", [100, 150, 199, 8_000, 11_025, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_column_has_its_lowest_and_highest_sample(rate: int, dtype: type) -> None:
    rng = np.random.default_rng(rate)
    for n_samples in (1, 2, rate // 7 + 1, rate // 2 + 3):
        samples = rng.normal(0, 0.5, (3, n_samples)).astype(dtype)
        found = peaks_of(samples, rate)
        assert found.dtype == np.int8
        assert np.abs(found - np.array(naive(samples, rate))).max() <= 1  # halves, in float32


def test_louder_samples_are_drawn_at_the_edge() -> None:
    assert peaks_of(np.array([[9.0, -9.0]], np.float32), 8_000).tolist() == [[-127, 127]]


def test_a_piece_of_a_longer_clip_is_no_other_sound() -> None:
    samples = np.random.default_rng(0).normal(0, 0.3, (2, 9_000)).astype(np.float32)
    piece = samples[:, 500:5_000]
    assert np.array_equal(peaks_of(piece, 8_000), peaks_of(piece.copy(), 8_000))


def test_half_an_hour_is_drawn_quickly() -> None:
    samples = np.zeros((1, 1800 * 44_100), np.float32)
    started = time.perf_counter()
    assert len(peaks_of(samples, 44_100)) == 1800 * 200
    assert time.perf_counter() - started < 5
