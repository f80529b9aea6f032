"""The figures of the part about music, from what was heard of each set of clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.embeddings import Reference, Rows
from engine.evaluation.frechet import frechet_distance, frechet_extrapolated, halves
from engine.evaluation.music import (
    Codes,
    Levels,
    Training,
    apart,
    below,
    longest_run,
    mean_apart,
    mean_apart_within,
    nearer_share,
    nearest,
)

REAL, OTHER, CODEC, OTHER_CODEC = "held-out", "other held-out", "codec", "other codec"
"""Held-out clips whose captions are played, and others; as they are, and through the codec."""
VARIATIONS = 4
"""Clips of one caption, for the diversity."""
LEAST_TO_EXTRAPOLATE = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """A set of clips as far as the measures need it.

    Args:
        rows: [n, d] by embedding, scaled.
        codes: [n, T] tokens of the coarsest level.
        levels: of batches of the clips.
    """

    rows: Mapping[str, Rows]
    codes: Codes
    levels: Sequence[Levels]


def _comparisons(modes: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Against what, in which set, and who is compared, by which set."""
    for who, own in {"floor": REAL, "codec": CODEC, **{mode: mode for mode in modes}}.items():
        yield "renders", OTHER, who, own
    for who, own in {"floor": CODEC, **{mode: mode for mode in modes}}.items():
        yield "decoded", OTHER_CODEC, who, own


def distance_rows(
    sets: Mapping[str, Heard], embedding: str, modes: Sequence[str]
) -> list[dict[str, Any]]:
    """One row for each set, against real clips as they are and through the codec."""
    return [
        {"embedding": embedding, "against": against, "who": who,
         **estimate(sets[own].rows[embedding], sets[other].rows[embedding])}
        for against, other, who, own in _comparisons(modes)
    ]  # fmt: skip


def estimate(rows: Rows, others: Rows) -> dict[str, float | None]:
    """All readings of one distance, with their deviations; none extrapolated from few clips."""
    found: dict[str, float | None] = {
        "diagonal": _diagonal(rows, others),
        "deviation": _deviation(_diagonal, rows, others),
        "full": frechet_distance(rows, others),
        "extrapolated": None,
        "extrapolated_deviation": None,
    }
    if min(len(rows), len(others)) >= LEAST_TO_EXTRAPOLATE:
        found["extrapolated"] = _extrapolated(rows, others)
        found["extrapolated_deviation"] = _deviation(_extrapolated_quickly, rows, others)
    return found


_diagonal = partial(frechet_distance, diagonal=True)
_extrapolated = partial(frechet_extrapolated, diagonal=True)
# Of halves, of which there are many: fewer draws each add little to how far they scatter.
_extrapolated_quickly = partial(frechet_extrapolated, diagonal=True, draws=3)


def _deviation(distance: Callable[[Rows, Rows], float], rows: Rows, others: Rows) -> float:
    return float(np.std([distance(rows[a], others[b])
                         for a, b in halves(len(rows), len(others))]))  # fmt: skip


def ratio_row(sets: Mapping[str, Heard], embedding: str, mode: str) -> dict[str, Any]:
    """How many times the codec's distance a mode's is, with an interval of 95 %.

    `extrapolated` is the ratio of the extrapolated distances; None from few clips, and where the
    codec's cannot be told from 0.
    """
    own, codec, others = (sets[name].rows[embedding] for name in (mode, CODEC, OTHER))
    ratio = _diagonal(own, others) / _diagonal(codec, others)
    logs = [np.log(_diagonal(own[a], others[b]) / _diagonal(codec[a], others[b]))
            for a, b in halves(len(own), len(others))]  # fmt: skip
    reach = float(np.exp(1.96 * np.std(logs)))
    estimated = estimate(codec, others)
    base, deviation = estimated["extrapolated"], estimated["extrapolated_deviation"]
    clear = base is not None and deviation is not None and base > 2 * deviation
    return {
        "embedding": embedding,
        "mode": mode,
        "ratio": ratio,
        "low": ratio / reach,
        "high": ratio * reach,
        "extrapolated": _extrapolated(own, others) / base if clear and base else None,
    }


def diversity(
    sets: Mapping[str, Heard], varied: Mapping[str, Heard], embedding: str, real: ClipSet
) -> dict[str, Any]:
    """Mean distances between clips of one prompt, beside those between real clips.

    `varied` has the clips of the first prompts but for the first of each, which is in `sets`.
    """
    decoded_rows = np.concatenate([sets[name].rows[embedding] for name in (CODEC, OTHER_CODEC)])
    same = apart(sets[REAL].rows[embedding], sets[CODEC].rows[embedding]).diagonal()
    styles = [facts.style for facts in real.facts or ()]
    return {
        "same clip": float(same.mean()),
        "same style": mean_apart_within(decoded_rows, styles) if styles else None,
        "other clips": mean_apart(decoded_rows),
        "modes": {
            mode: {
                "by_prompt": [
                    mean_apart(np.vstack([sets[mode].rows[embedding][number], rows]))
                    for number, rows in enumerate(
                        np.split(each.rows[embedding], len(each.codes) // (VARIATIONS - 1))
                    )
                ],
                "other prompts": mean_apart(sets[mode].rows[embedding]),
            }
            for mode, each in varied.items()
        },
    }  # fmt: skip


def copies(
    sets: Mapping[str, Heard],
    known: Training,
    reference: Mapping[str, Reference],
    modes: Sequence[str],
) -> dict[str, Any]:
    """How near clips come to the training, and how long they follow it token by token.

    `as many` compares each clip with equally many clips of the training and of the held-out set:
    the share that is nearer to (or runs longer in) the training, one half where nothing is
    copied.
    """
    alike = min(len(known.codes), len(sets[OTHER].codes))
    whose = (CODEC, *modes)
    near: dict[str, dict[str, Any]] = {}
    for name, each in reference.items():
        rows, other = each.scale.apply(known.rows[name]), sets[OTHER].rows[name]
        found = {who: nearest(sets[who].rows[name], rows) for who in whose}
        near[name] = {
            who: {
                "distances": _rounded(found[who]),
                "below": below(found[who], found[CODEC]),
                "as many": nearer_share(nearest(sets[who].rows[name], rows[:alike]),
                                        nearest(sets[who].rows[name], other[:alike])),
            }
            for who in whose
        }  # fmt: skip
    return {"training": len(known.codes), "as many": alike, "nearest": near,
            "runs": {who: _runs(sets[who].codes, known.codes, sets[OTHER].codes, alike)
                     for who in whose}}  # fmt: skip


def _runs(own: Codes, known: Codes, other: Codes, alike: int) -> dict[str, Any]:
    runs = [longest_run(tokens, known) for tokens in own]
    # Clips of the training are a few frames longer, which would give them more to find.
    length = min(known.shape[1], other.shape[1])
    few, held = (
        np.array([longest_run(tokens, codes[:alike, :length]).n_frames for tokens in own])
        for codes in (known, other)
    )
    first = int(np.argmax([each.n_frames for each in runs]))
    return {
        "frames": [each.n_frames for each in runs],
        "as many": nearer_share(held, few),
        "longest": {"clip": first, "training": runs[first].clip, "frames": runs[first].n_frames},
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(each), 4) for each in values]
