"""Settings compared on the same prompts: how far from real each is, and what chance could do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.embeddings import Reference, Rows, Samples, in_batches
from engine.evaluation.frechet import frechet_distance

DRAWS = 400
Heard = dict[str, Rows]
"""[n, d] rows of n clips, by embedding."""


def hear(clips: Iterable[Samples], reference: Mapping[str, Reference]) -> Heard:
    """What every embedding of a reference makes of clips [N]."""
    batches: dict[str, list[Rows]] = {name: [] for name in reference}
    for batch in in_batches(iter(clips)):
        for name, each in reference.items():
            batches[name].append(each.hear(batch))
    return {name: np.concatenate(rows) for name, rows in batches.items()}


def compare(
    settings: Mapping[str, Heard], base: str, reference: Mapping[str, Reference], *, seed: int = 0
) -> dict[str, dict[str, dict[str, Any]]]:
    """Distances of every setting, and their differences from one of them.

    The intervals draw prompts with replacement, the same for both settings: what the choice of
    prompts does to both alike is not in them. The reference clips are taken as they are. A clip
    that is drawn twice makes a cloud narrower and its distance larger, for both settings by about
    as much: so draws serve for differences alone.

    Args:
        settings: what was heard of each, the same prompts in the same order.
        base: one of their names.
        reference: real clips.
        seed: of the draws.

    Returns:
        By setting and embedding, "distance" and "difference": the latter with the interval that
        holds 95 % of the draws.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in settings}
    for embedding, real in reference.items():
        drawn = {}
        for name, heard in settings.items():
            rows = heard[embedding]
            drawn[name] = _resampled(rows, real.rows, seed)
            distance = frechet_distance(rows, real.rows, diagonal=True)
            found[name][embedding] = {"distance": distance}
        for name, each in found.items():
            low, high = np.quantile(drawn[name] - drawn[base], (0.025, 0.975))
            gap = each[embedding]["distance"] - found[base][embedding]["distance"]
            # the draws are a little off the middle themselves: never leave out what was measured
            each[embedding]["difference"] = [gap, min(float(low), gap), max(float(high), gap)]
    return found


def _resampled(rows: Rows, real: Rows, seed: int) -> NDArray[np.float64]:
    """[DRAWS] distances of clips drawn with replacement; the same numbers for every setting."""
    chosen = np.random.default_rng(seed).integers(len(rows), size=(DRAWS, len(rows)))
    return np.array([frechet_distance(rows[each], real, diagonal=True) for each in chosen])


def verdict(difference: Sequence[float]) -> str:
    """What an interval says about a distance: "nearer", "further" or "open"."""
    _, low, high = difference
    if high < 0:
        return "nearer"
    return "further" if low > 0 else "open"


def signed(difference: Sequence[float], digits: int) -> str:
    """A difference with its interval, for a table."""
    # adding 0 turns -0 into 0
    middle, low, high = (f"{round(each, digits) + 0.0:+.{digits}f}" for each in difference)
    return f"{middle} ({low} to {high})"
