"""The Fréchet distance against closed forms and another way to take the root."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from engine.evaluation.frechet import (
    Gaussian,
    between,
    frechet_distance,
    frechet_extrapolated,
    gaussian,
    halves,
    symmetric_root,
)


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Correlated rows: independent ones, mixed."""
    rng = np.random.default_rng(seed)
    mixed: np.ndarray = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d)
    return mixed


def covariance(d: int, seed: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(d, d))
    return np.asarray(root @ root.T)


def test_a_cloud_is_at_no_distance_from_itself() -> None:
    rows = cloud(40, 6)
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(rows, rows, diagonal=True) == 0


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_shift_counts_with_its_square(diagonal: bool) -> None:
    rows = cloud(40, 4)
    shift = np.array([3.0, 0.0, -1.0, 0.5])
    found = frechet_distance(rows, rows + shift, diagonal=diagonal)
    assert found == pytest.approx((shift**2).sum(), rel=1e-9)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_stretch_by_a_factor_has_its_closed_form(diagonal: bool) -> None:
    rows = cloud(50, 5)
    rows = rows - rows.mean(axis=0)
    # (1 - 3)^2 times all variances: the covariances commute
    found = frechet_distance(rows, 3 * rows, diagonal=diagonal)
    assert found == pytest.approx(4 * rows.var(axis=0, ddof=1).sum(), rel=1e-9)


def test_one_dimension_has_its_closed_form() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(1, 2, (30, 1)), rng.normal(-1, 0.5, (20, 1))
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(a, b, diagonal=True) == pytest.approx(expected, rel=1e-9)


def test_it_agrees_with_the_general_matrix_root() -> None:
    a, b = cloud(60, 7, seed=1), cloud(45, 7, seed=2)
    first, second = np.cov(a.T), np.cov(b.T)
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(
        first + second - 2 * sqrtm(first @ second).real
    )
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)


def test_it_is_the_same_in_both_directions_and_in_any_rotation() -> None:
    a, b = cloud(60, 5, seed=1), cloud(45, 5, seed=2)
    turn, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(5, 5)))
    found = frechet_distance(a, b)
    assert frechet_distance(b, a) == pytest.approx(found, rel=1e-9)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(found, rel=1e-9)


def test_singular_covariances_give_a_real_number() -> None:
    # planes through 40 dimensions: x and y spread along axes of their own
    first, second = np.zeros((40, 40)), np.zeros((40, 40))
    first[0, 0], second[1, 1] = 4.0, 9.0
    zero = np.zeros(40)
    found = between(Gaussian(mean=zero, covariance=first), Gaussian(mean=zero, covariance=second))
    assert found == pytest.approx(13.0, rel=1e-12)
    # fewer clips than dimensions
    assert np.isfinite(frechet_distance(cloud(6, 40, seed=1), cloud(5, 40, seed=2)))


def test_correlations_count_only_with_full_covariances() -> None:
    rng = np.random.default_rng(5)
    z = rng.normal(size=(4000, 1))
    together, against = np.hstack([z, z]), np.hstack([z, -z])
    assert frechet_distance(together, against, diagonal=True) < 0.01
    # all variance lies along one diagonal of the plane, and then along the other
    assert frechet_distance(together, against) == pytest.approx(4, rel=0.05)


def test_the_root_times_itself_is_the_matrix() -> None:
    matrix = covariance(6, seed=7)
    root = symmetric_root(matrix)
    np.testing.assert_allclose(root @ root, matrix, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(root, root.T)


def test_extrapolation_takes_out_what_few_clips_add() -> None:
    rng = np.random.default_rng(6)
    plain, corrected, full = [], [], []
    for seed in range(30):
        a, b = rng.normal(size=(64, 8)), rng.normal(size=(64, 8)) + 0.5
        plain.append(frechet_distance(a, b, diagonal=True))
        corrected.append(frechet_extrapolated(a, b, diagonal=True, seed=seed))
        full.append(frechet_extrapolated(a, b, seed=seed, draws=4))
    # true distance 8 * 0.5^2 = 2; of 64 clips each, means alone add 8 * 2 / 64 = 0.25
    assert np.mean(plain) > 2.25
    assert np.mean(corrected) == pytest.approx(2, abs=0.25)
    assert np.mean(full) == pytest.approx(2, abs=0.3)


def test_extrapolation_is_the_same_for_the_same_seed() -> None:
    a, b = cloud(20, 3, seed=1), cloud(20, 3, seed=2)
    assert frechet_extrapolated(a, b, seed=1) == frechet_extrapolated(a, b, seed=1)
    assert frechet_extrapolated(a, b, seed=1) != frechet_extrapolated(a, b, seed=2)


def test_halves_tell_how_sure_a_distance_is() -> None:
    rng = np.random.default_rng(8)
    over_worlds, over_halves = [], []
    for seed in range(60):
        a, b = rng.normal(size=(60, 4)), rng.normal(size=(60, 4)) + 0.7
        over_worlds.append(frechet_distance(a, b, diagonal=True))
        drawn = [frechet_distance(a[i], b[j], diagonal=True) for i, j in halves(60, 60, seed=seed)]
        over_halves.append(np.std(drawn))
    assert np.mean(over_halves) == pytest.approx(np.std(over_worlds), rel=0.35)


def test_halves_draw_no_clip_twice() -> None:
    for first, second in halves(9, 14, draws=5):
        assert len(set(first.tolist())) == 4 and len(set(second.tolist())) == 7


@pytest.mark.parametrize(
    "rows", [np.zeros((1, 3)), np.zeros(5), np.full((4, 2), np.nan), np.zeros((3, 0))]
)
def test_no_gaussian_of_what_is_no_cloud(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected finite"):
        gaussian(rows)


def test_clouds_of_different_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the same"):
        frechet_distance(cloud(9, 3), cloud(9, 4))


def test_extrapolation_of_three_clips_is_refused() -> None:
    with pytest.raises(ValueError, match="4 or more"):
        frechet_extrapolated(cloud(3, 2), cloud(9, 2))
