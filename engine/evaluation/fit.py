"""How well a part of a clip fits what is around it: pure measures on samples at 32 kHz.

None of them says whether music is good. They say whether a part sounds like its neighbours: an
edge that is no jump, the same timbres and level, the same notes, the same pulse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation.codec import RATE_HZ, mel_filters

EDGE_S = 0.1
"""Compared on either side of an edge."""
AROUND_S = 2.0
"""What counts as surroundings, on either side."""

_WINDOW, _HOP, _N_MELS = 1024, 256, 64
CHROMA_WINDOW, _CHROMA_HOP = 8192, 2048
_FLOOR = 1e-3
"""Of a band's magnitude: some 55 dB below a full one at the clip's level of `CLIP_RMS`."""
CLIP_RMS = 0.08
_PHASES = 16
_SEAM_S = 0.06
"""Next to an edge, where a join itself may look like an onset."""
_MOST_DB = 60.0

Samples = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One part in its surroundings; 0 is perfect for those in dB, 1 for the others.

    Args:
        edge_db: mean distance of log-mel spectra between the 100 ms inside and outside of the
            edges.
        timbre_db: the same between the whole part and the 2 s on either side of it.
        louder_db: how much louder it is than these, -60 to 60; below 0 it is quieter.
        chroma: correlation of the strengths of the twelve pitch classes with theirs, -1 to 1.
        pulse: correlation of when in a beat things start inside and outside of it, -1 to 1; None
            where the clip has no clear beat.
    """

    edge_db: float
    timbre_db: float
    louder_db: float
    chroma: float
    pulse: float | None

    @property
    def level_db(self) -> float:
        """How far its level is from theirs, in either direction."""
        return abs(self.louder_db)


def measure_fit(samples: Samples, place: slice, period_s: float | None) -> Fit:
    """All measures of one part.

    Args:
        samples: [N] the whole clip at 32 kHz, scaled so that the source has RMS `CLIP_RMS`.
        place: the part, of 0.3 s or more; some of the clip lies outside of it.
        period_s: of a beat; None: unknown.

    Raises:
        ValueError: a part or surroundings too short to measure.
    """
    inside, around = samples[place], surroundings(samples, place)
    if len(inside) < CHROMA_WINDOW or sum(map(len, around)) < CHROMA_WINDOW:
        raise ValueError(
            f"the part has {len(inside):,} samples and its surroundings "
            f"{sum(map(len, around)):,}; expected {CHROMA_WINDOW:,} or more"
        )
    return Fit(
        edge_db=edge_distance_db(samples, place),
        timbre_db=_distance(_mean_mel_db([inside]), _mean_mel_db(around)),
        louder_db=louder_by_db(inside, np.concatenate(around)),
        chroma=correlation(_mean_chroma([inside]), _mean_chroma(around)),
        pulse=None if period_s is None else pulse_agreement(samples, place, period_s),
    )


def surroundings(samples: Samples, place: slice) -> list[Samples]:
    """The up to 2 s before and after a part, those that are there."""
    reach = round(AROUND_S * RATE_HZ)
    sides = (samples[max(place.start - reach, 0) : place.start],
             samples[place.stop : place.stop + reach])  # fmt: skip
    return [side for side in sides if len(side)]


def edge_distance_db(samples: Samples, place: slice) -> float:
    """Log-mel distance across the edges of a part, the mean over those inside of the clip.

    Args:
        samples: [N] at 32 kHz.
        place: the part; one of its ends at least lies 100 ms or more inside of the clip.
    """
    reach = round(EDGE_S * RATE_HZ)
    edges = [(place.start, 1), (place.stop, -1)]
    found = []
    for at, inward in edges:
        sides = [samples[min(at, at + way * reach) : max(at, at + way * reach)]
                 for way in (inward, -inward) if 0 <= at + way * reach <= len(samples)]  # fmt: skip
        if len(sides) == 2:
            found.append(_distance(*(_mean_mel_db([side]) for side in sides)))
    return float(np.mean(found))


def louder_by_db(first: Samples, second: Samples) -> float:
    """How much louder (RMS) the first is than the second; -60 to 60."""
    rms = [max(float(np.sqrt(np.mean(np.square(each)))), 1e-12) for each in (first, second)]
    return float(np.clip(20 * np.log10(rms[0] / rms[1]), -_MOST_DB, _MOST_DB))


def pulse_agreement(samples: Samples, place: slice, period_s: float) -> float:
    """Whether things start in the same sixteenths of a beat inside and outside of a part.

    The strength of onsets is summed by its place in the beat, inside and outside; these two
    profiles are correlated. What is next to the edges counts for neither.

    Args:
        samples: [N] at 32 kHz. place: the part.
        period_s: of a beat.

    Returns:
        -1 to 1; near 0 for another tempo, 0 where nothing starts.
    """
    # librosa takes a second to import.
    import librosa

    strength = librosa.onset.onset_strength(
        y=np.asarray(samples, np.float32), sr=RATE_HZ, hop_length=_HOP
    )
    at = np.arange(len(strength)) * _HOP
    seam = round(_SEAM_S * RATE_HZ)
    inside = (at >= place.start + seam) & (at < place.stop - seam)
    outside = (at < place.start - seam) | (at >= place.stop + seam)
    phase = (at / (period_s * RATE_HZ) * _PHASES).astype(int) % _PHASES
    return correlation(*(_profile(strength[each], phase[each]) for each in (inside, outside)))


def correlation(first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]]) -> float:
    """Pearson's, of two equally long rows; 0 where one of them is constant."""
    a, b = (np.asarray(each, np.float64) - np.mean(each) for each in (first, second))
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return 0.0 if size < 1e-9 else float(np.clip(a @ b / size, -1, 1))


def median_interval(
    values: Sequence[float], *, draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """The median, and the interval that holds 95 % of the medians of bootstrap samples.

    Args:
        values: one or more.
        draws: bootstrap samples.
        seed: of their choice.
    """
    array = np.asarray(values, np.float64)
    chosen = np.random.default_rng(seed).integers(len(array), size=(draws, len(array)))
    medians = np.median(array[chosen], axis=1)
    low, high = np.quantile(medians, (0.025, 0.975))
    return float(np.median(array)), float(low), float(high)


def _profile(strength: NDArray[Any], phase: NDArray[Any]) -> NDArray[np.float64]:
    count = np.maximum(np.bincount(phase, minlength=_PHASES), 1)
    return np.bincount(phase, weights=strength, minlength=_PHASES) / count


def _spectrum(samples: Samples, window: int, hop: int) -> Tensor:
    """[window / 2 + 1, n] magnitudes of whole windows alone: nothing from outside."""
    tensor = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
    if len(tensor) < window:
        tensor = torch.nn.functional.pad(tensor, (0, window - len(tensor)))
    shape = torch.hann_window(window)
    return torch.stft(
        tensor, window, hop, window=shape, center=False, return_complex=True
    ).abs()  # fmt: skip


def _mean_mel_db(parts: Sequence[Samples]) -> NDArray[np.float64]:
    """[n_mels] the level of each band, averaged as magnitudes."""
    filters = mel_filters(_WINDOW, _N_MELS)
    frames = torch.cat([filters @ _spectrum(part, _WINDOW, _HOP) for part in parts], dim=-1)
    return (20 * torch.log10(frames.mean(-1) + _FLOOR)).double().numpy()


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.abs(first - second).mean())


def _mean_chroma(parts: Sequence[Samples]) -> NDArray[np.float64]:
    """[12] the strength of each pitch class."""
    spectra = [_spectrum(part, CHROMA_WINDOW, _CHROMA_HOP) for part in parts]
    return (chroma_filters() @ torch.cat(spectra, dim=-1).mean(-1)).double().numpy()


@lru_cache(maxsize=1)
def chroma_filters() -> Tensor:
    """How much each bin of `CHROMA_WINDOW` samples at 32 kHz is of each pitch class, [12, bins]."""
    import librosa

    filters = librosa.filters.chroma(sr=RATE_HZ, n_fft=CHROMA_WINDOW)
    return torch.from_numpy(np.asarray(filters, np.float32))
