"""The Fréchet distance: how far apart two clouds of clip embeddings lie.

Each cloud is taken for a Gaussian. The distance is that of the means, plus what it costs to turn
one covariance into the other:

    |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1^1/2 C2 C1^1/2)^1/2)

It is 0 for equal Gaussians and grows with the square of a shift. From few clips it is too large:
two samples of one and the same music are some distance apart, and more so the more dimensions
there are. So there are three readings: `frechet_distance` with full covariances for many clips,
with `diagonal=True` for few, and `frechet_extrapolated`, which takes out most of the excess.

Source: Dowson and Landau 1982 (the formula); Kilgour et al. 2019, arXiv 1812.08466 (of audio);
Gui et al. 2023, arXiv 2311.01616, and Chong and Forsyth 2020, arXiv 1911.07023 (extrapolation).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARES = (0.5, 0.625, 0.75, 0.875, 1.0)
"""Of the clips, that the extrapolation looks at."""

Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaussian:
    """What is left of a cloud.

    Args:
        mean: [d].
        covariance: [d, d], or [d] variances where dimensions are taken one by one.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def gaussian(rows: Rows, *, diagonal: bool = False) -> Gaussian:
    """The Gaussian of a cloud, by the usual unbiased estimates.

    Args:
        rows: [n, d] finite, n 2 or more.
        diagonal: leave out how dimensions go together.

    Raises:
        ValueError: another shape, fewer than two rows, or some that are not finite.
    """
    cloud = np.asarray(rows, np.float64)
    if cloud.ndim != 2 or len(cloud) < 2 or not cloud.shape[1] or not np.isfinite(cloud).all():
        raise ValueError(f"the embeddings are {cloud.shape}; expected finite [2 or more, d]")
    mean = cloud.mean(axis=0)
    away = cloud - mean
    freedom = len(cloud) - 1
    covariance = (away**2).sum(axis=0) / freedom if diagonal else away.T @ away / freedom
    return Gaussian(mean=mean, covariance=covariance)


def frechet_distance(first: Rows, second: Rows, *, diagonal: bool = False) -> float:
    """The distance between the Gaussians of two clouds, in squared units of the embedding.

    With full covariances and no more clips than dimensions the result is finite, but rests on
    covariances of too low a rank: then take `diagonal`, which needs some ten clips.

    Args:
        first: [n, d].
        second: [m, d].
        diagonal: compare each dimension's mean and deviation only.

    Returns:
        0 or more.

    Raises:
        ValueError: clouds of different dimensions, or see `gaussian`.
    """
    return between(gaussian(first, diagonal=diagonal), gaussian(second, diagonal=diagonal))


def between(first: Gaussian, second: Gaussian) -> float:
    """The distance between two Gaussians, both full or both diagonal.

    Raises:
        ValueError: Gaussians of different kinds.
    """
    if first.covariance.shape != second.covariance.shape:
        raise ValueError(
            f"covariances are {first.covariance.shape} and {second.covariance.shape}; "
            "expected the same"
        )
    shift = float(((first.mean - second.mean) ** 2).sum())
    if first.covariance.ndim == 1:
        deviations = np.sqrt(first.covariance) - np.sqrt(second.covariance)
        return shift + float((deviations**2).sum())
    # The trace of the root of C1^1/2 C2 C1^1/2 is the sum of the singular values of
    # C1^1/2 C2^1/2. A general matrix root of C1 C2, which is not symmetric, may come out complex
    # or not at all where a covariance is singular, and it is with fewer clips than dimensions;
    # roots of symmetric matrices and singular values are always real.
    crossed = symmetric_root(first.covariance) @ symmetric_root(second.covariance)
    together = np.linalg.svd(crossed, compute_uv=False).sum()
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2 * together
    # below 0 by rounding alone
    return shift + max(float(spread), 0.0)


def symmetric_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The root of a symmetric positive semidefinite [d, d]; eigenvalues below 0 are rounding."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def frechet_extrapolated(
    first: Rows,
    second: Rows,
    *,
    diagonal: bool = False,
    draws: int = 8,
    seed: int = 0,
    shares: Sequence[float] = SHARES,
) -> float:
    """What the distance would be with clips without end, read off smaller and smaller samples.

    The excess of a distance falls as 1 / n. So it is measured on parts of both clouds, drawn
    without replacement, and the straight line over 1 / share is followed to 0. That holds while
    even the smallest part has several times more clips than dimensions, and for `diagonal` with
    some ten; for full covariances from fewer clips the line bends and too much is taken out.

    Args:
        first: [n, d]. second: [m, d]; 4 or more of each.
        diagonal: see `frechet_distance`.
        draws: parts of each size; even shares of 1 are drawn once.
        seed: of their choice.
        shares: sizes in (0, 1], two or more different ones.

    Returns:
        The line's value at 1 / n = 0. It is an estimate with no bound: for equal music it is
        below 0 as often as above.

    Raises:
        ValueError: too few clips, or see `frechet_distance`.
    """
    if min(len(first), len(second)) < 4:
        raise ValueError(f"there are {len(first)} and {len(second)} clips; expected 4 or more")
    rng = np.random.default_rng(seed)
    inverse, found = [], []
    for share in shares:
        sizes = [max(round(share * len(rows)), 2) for rows in (first, second)]
        for _ in range(1 if share == 1 else draws):
            parts = [rows[rng.choice(len(rows), size, replace=False)]
                     for rows, size in zip((first, second), sizes, strict=True)]  # fmt: skip
            inverse.append(len(first) / sizes[0])
            found.append(frechet_distance(*parts, diagonal=diagonal))
    # each size counts once, however often it was drawn: the full clouds are the best known
    weight = np.array([np.sqrt(1.0 if each == 1 else 1.0 / draws) for each in inverse])
    return float(np.polyfit(inverse, found, 1, w=weight)[1])


def halves(
    n: int, m: int, *, draws: int = 24, seed: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Random halves of two clouds, as indices, to learn how sure a distance is.

    The deviation of a distance over halves drawn without replacement is about that of the whole
    distance over other clips (the delete-half jackknife: half as many clips, but half of them
    shared). A bootstrap would not do: clips that occur twice make a cloud too narrow and the
    distance too large.

    Args:
        n, m: rows of the clouds, 4 or more each.
        draws: halves of each.
        seed: of their choice.
    """
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield (rng.choice(n, n // 2, replace=False), rng.choice(m, m // 2, replace=False))
