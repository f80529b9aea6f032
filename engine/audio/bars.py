"""Where bars start: the place among the beats at which harmony and bass change the most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_HOP_SAMPLES = 512
_N_FFT = 4_096
"""At 22,050 Hz: 5 Hz per bin, to tell semitones apart from 100 Hz on."""


class BarPhase(NamedTuple):
    """Which of the first beats starts a bar, and how clearly, in [0, 1]."""

    phase: int
    confidence: float


def strongest_phase(accents: NDArray[np.floating], beats_per_bar: int) -> BarPhase:
    """The place in the bar whose beats are the strongest.

    Args:
        accents: [n] >= 0, the strength of each beat, n >= 1.
        beats_per_bar: 1 or more.

    Returns:
        The confidence is the share of variance that the place in the bar explains (adjusted for
        the number of beats, so that chance gives about 0), times the lead of the strongest place
        over the next as a share of its lead over the weakest. 0 for less than two bars.
    """
    n_beats = len(accents)
    if beats_per_bar == 1 or n_beats < 2 * beats_per_bar:
        return BarPhase(0, 0.0)
    phases = np.arange(n_beats) % beats_per_bar
    means = np.bincount(phases, weights=accents) / np.bincount(phases)
    best = int(np.argmax(means))
    _, second, first = means.min(), *np.sort(means)[-2:]
    total = float(np.var(accents))
    if total <= 1e-12 * float(np.mean(np.square(accents))):
        return BarPhase(best, 0.0)
    unexplained = float(np.mean(np.square(accents - means[phases]))) / total
    adjusted = 1 - unexplained * (n_beats - 1) / (n_beats - beats_per_bar)
    lead = (first - second) / (first - means.min())
    return BarPhase(best, max(0.0, adjusted) * float(lead))


def harmony_changes(
    samples: NDArray[np.float32], beats_s: Sequence[float], sample_rate_hz: int
) -> NDArray[np.float64]:
    """How much the notes after each beat differ from those before it.

    Args:
        samples: [n] mono.
        beats_s: [n_beats] ascending, inside of the samples.
        sample_rate_hz: of the samples.

    Returns:
        [n_beats], each 1 minus the cosine between the two mean chroma vectors (the energy of the
        twelve notes), in [0, 1]; 0 where there is nothing before or after.
    """
    import librosa

    chroma = librosa.feature.chroma_stft(
        y=samples, sr=sample_rate_hz, n_fft=_N_FFT, hop_length=_HOP_SAMPLES, tuning=0.0
    )
    frames = np.rint(np.asarray(beats_s) * sample_rate_hz / _HOP_SAMPLES).astype(int)
    notes = [
        np.median(chroma[:, start:stop], axis=1) if start < stop else np.zeros(len(chroma))
        for start, stop in pairwise([0, *frames.tolist(), chroma.shape[1]])
    ]
    return np.array([_change(before, after) for before, after in pairwise(notes)])


def _change(before: NDArray[np.floating], after: NDArray[np.floating]) -> float:
    sizes = float(np.linalg.norm(before) * np.linalg.norm(after))
    return max(0.0, 1 - float(before @ after) / sizes) if sizes > 0 else 0.0
