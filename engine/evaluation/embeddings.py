"""What an offline judge hears of a clip: a few dozen numbers, without a network or training.

Clips are far apart in an embedding if they differ in what it hears, and in nothing else: one for
timbre, one for rhythm and harmony. So every distance is given by embedding, with its name. None of
them hears form, melody or taste. The third, from the probe, hears what its training asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import dct
from torch import Tensor

from engine.evaluation.codec import RATE_HZ, mel_filters
from engine.evaluation.fit import CHROMA_WINDOW, chroma_filters
from engine.evaluation.frechet import frechet_distance

if TYPE_CHECKING:
    from engine.evaluation.part import Setup

Samples = NDArray[np.float32]
Rows = NDArray[np.float64]

_RMS = 0.08
_FLOOR = 1e-3
"""Of a mel band's magnitude: the definition of the project's log-mel distances."""

_WINDOW, _HOP = 1024, 512
_RATE_FRAMES_HZ = RATE_HZ / _HOP
_N_BANDS = 32
_SHAPES = (12, 8, 8)
"""Terms kept of the mean level over the bands, of its deviation and of its change."""

_CHROMA_HOP = 4096
_CHROMA_LAGS = (1, 2, 4, 8, 16, 32)
"""In chroma frames of 0.128 s: an eighth of a second to four seconds."""

_SHORTEST_LAG_S, _LONGEST_LAG_S, _N_LAGS = 0.15, 2.0, 12
_MODULATION_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 31.0)
_RANGES = 3
"""Low, middle and high bands, whose modulations are counted apart."""


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """One way of listening.

    Args:
        name: in tables.
        why: one sentence: what it hears.
        embed: from [n, N] float32 samples at 32 kHz to [n, d].
    """

    name: str
    why: str
    embed: Callable[[Samples], Rows]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """Mean and deviation of each dimension over real clips, so that none outweighs the others.

    Args:
        mean: [d].
        deviation: [d], above 0.
    """

    mean: Rows
    deviation: Rows

    @staticmethod
    def fit(rows: Rows) -> Scale:
        """Of real clips [n, d]; what never varies among them stays in its own unit."""
        deviation = rows.std(axis=0)
        return Scale(mean=rows.mean(axis=0), deviation=np.where(deviation > 1e-9, deviation, 1.0))

    def apply(self, rows: Rows) -> Rows:
        """Rows [n, d] in deviations from the mean."""
        return (rows - self.mean) / self.deviation


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """Clips to compare with, as one embedding hears them.

    Args:
        embedding: what hears.
        scale: of real clips.
        rows: [m, d] the clips, scaled.
    """

    embedding: Embedding
    scale: Scale
    rows: Rows

    def hear(self, samples: Samples) -> Rows:
        """Other clips [n, N] at 32 kHz in the same units, [n, d]."""
        return self.scale.apply(self.embedding.embed(samples))


def references(real: Samples, embeddings: Mapping[str, Embedding]) -> dict[str, Reference]:
    """Real clips [m, N], which also give the scale, as references of some embeddings."""
    heard = {name: each.embed(real) for name, each in embeddings.items()}
    scales = {name: Scale.fit(rows) for name, rows in heard.items()}
    return {
        name: Reference(embedding=each, scale=scales[name], rows=scales[name].apply(heard[name]))
        for name, each in embeddings.items()
    }


def distances(generated: Samples, reference: Mapping[str, Reference]) -> dict[str, float]:
    """Diagonal Fréchet distance of clips [n, N] from a reference, by embedding.

    Compare it only with distances that rest on as many clips from the same reference.
    """
    return {
        name: frechet_distance(each.hear(generated), each.rows, diagonal=True)
        for name, each in reference.items()
    }


def timbre(samples: Samples) -> Rows:
    """The shape over 32 mel bands of the mean level, its deviation and its change between frames.

    Shapes, as the first terms of a cosine transform of the logs: neighbouring bands go together so
    closely that the bands themselves would say the same thing several times, and a covariance of
    96 numbers cannot be had from 64 clips. Between 64 renders and 64 others the full distance of
    the bands was 17, that of these numbers 5 to 6, where both would be 0 with clips without end.

    Args:
        samples: [n, N] at 32 kHz, half a second or more; level does not matter.

    Returns:
        [n, 28]: 12 of the mean, 8 of the deviation, 8 of the change.
    """
    return np.stack([_timbre(_log_mel(clip)) for clip in samples])


def _timbre(bands: Tensor) -> Rows:
    change = bands.diff(dim=-1).abs().mean(-1)
    profiles = zip((bands.mean(-1), bands.std(-1), change), _SHAPES, strict=True)
    return np.concatenate([dct(each.double().numpy(), norm="ortho")[:n] for each, n in profiles])


def rhythm_and_harmony(samples: Samples) -> Rows:
    """When things start, how fast levels move, and which pitch classes sound together.

    - 12 correlations of the strength of onsets with itself later, the highest in each of 12 ranges
      from 0.15 to 2 s, and the highest of all;
    - 18 shares of the movement of levels: low, middle and high bands, by 0.5 Hz to 31 Hz;
    - 6 of the pitch classes, by Fourier size: the same in every key;
    - 6 changes of the pitch classes over 0.13 s to 4 s, and how evenly they are used at a time.

    Args:
        samples: [n, N] at 32 kHz, 1 s or more, equally long in all sets that are compared: below
            5 s the longest lags are cut short. Level does not matter.

    Returns:
        [n, 44].
    """
    found = []
    for clip in samples:
        bands = _log_mel(clip)
        found.append(np.concatenate([_pulse(bands), _modulation(bands), _harmony(clip)]))
    return np.stack(found)


def _pulse(bands: Tensor) -> Rows:
    rises = bands.diff(dim=-1).clamp_min(0).mean(0).double().numpy()
    rises = rises - rises.mean()
    size = 1 << (2 * len(rises) - 1).bit_length()
    power = np.abs(np.fft.rfft(rises, size)) ** 2
    correlation = np.fft.irfft(power)[: len(rises)] / max(float(rises @ rises), 1e-9)
    # fewer pairs at longer lags; where only a few are left, they are not trusted as much
    correlation *= len(rises) / np.maximum(np.arange(len(rises), 0, -1), len(rises) / 4)
    # the best lag of each range: peaks are narrow and fall between any fixed lags
    edges = np.geomspace(_SHORTEST_LAG_S, _LONGEST_LAG_S, _N_LAGS + 1) * _RATE_FRAMES_HZ
    there = np.pad(correlation, (0, max(round(edges[-1]) + 1 - len(rises), 0)))
    best = [there[round(first) : round(last)].max() for first, last in itertools.pairwise(edges)]
    return np.array([*best, max(best)])


def _modulation(bands: Tensor) -> Rows:
    """Log shares of power by modulation rate, [ranges * rates]."""
    ranges = torch.stack([each.mean(0) for each in bands.tensor_split(_RANGES)]).double().numpy()
    ranges = (ranges - ranges.mean(axis=1, keepdims=True)) * np.hanning(ranges.shape[1])
    power = np.abs(np.fft.rfft(ranges)) ** 2
    rates_hz = np.fft.rfftfreq(ranges.shape[1], 1 / _RATE_FRAMES_HZ)
    edges = np.searchsorted(rates_hz, _MODULATION_HZ)
    sums = np.add.reduceat(power, edges[:-1], axis=1)
    shares = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-9)
    return np.log(shares + 1e-3).ravel()


def _harmony(clip: Samples) -> Rows:
    magnitudes = _spectrum(_levelled(clip), CHROMA_WINDOW, _CHROMA_HOP)
    chroma = (chroma_filters() @ magnitudes).double().numpy()
    chroma = chroma / np.maximum(np.linalg.norm(chroma, axis=0), 1e-9)
    whole = chroma.mean(axis=1)
    # Sizes of the Fourier coefficients of the twelve classes: another key only turns their
    # phases. The third is large for triads, the fifth for a diatonic scale, the sixth for whole
    # tones.
    colours = np.abs(np.fft.rfft(whole))[1:] / max(float(whole.sum()), 1e-9)
    lags = [min(lag, chroma.shape[1] - 1) for lag in _CHROMA_LAGS]
    change = [1 - (chroma[:, lag:] * chroma[:, :-lag]).sum(axis=0).mean() for lag in lags]
    share = chroma / np.maximum(chroma.sum(axis=0), 1e-9)
    evenness = -(share * np.log(share + 1e-12)).sum(axis=0).mean()
    return np.array([*colours, *change, evenness])


def _log_mel(clip: Samples) -> Tensor:
    """[bands, frames] of one clip at RMS 0.08."""
    bands = mel_filters(_WINDOW, _N_BANDS) @ _spectrum(_levelled(clip), _WINDOW, _HOP)
    return torch.log(bands + _FLOOR)


def _levelled(clip: Samples) -> Tensor:
    samples = torch.from_numpy(np.ascontiguousarray(clip, np.float32))
    return samples * (_RMS / samples.square().mean().sqrt().clamp_min(1e-6))


def _spectrum(samples: Tensor, window: int, hop: int) -> Tensor:
    """Magnitudes [window / 2 + 1, frames] of whole windows."""
    shape = torch.hann_window(window)
    return torch.stft(
        samples, window, hop, window=shape, center=False, return_complex=True
    ).abs()  # fmt: skip


EMBEDDINGS: Mapping[str, Embedding] = MappingProxyType(
    {
        each.name: each
        for each in (
            Embedding(
                name="timbre",
                why="The long-term spectrum, how much it varies and how quickly it changes.",
                embed=timbre,
            ),
            Embedding(
                name="rhythm and harmony",
                why="Repetition and speed of onsets, the colour of the chords and how often "
                "they change, in any key.",
                embed=rhythm_and_harmony,
            ),
        )
    }
)
"""Those that need nothing but the clips."""


def embeddings_for(setup: Setup) -> dict[str, Embedding]:
    """`EMBEDDINGS`, and what the probe hears; it is trained first if the cache has none."""
    # Here, not above: the probe needs FluidSynth to be trained.
    from engine.evaluation.probe import probe_for

    probe = probe_for(setup)
    learned = Embedding(
        name="probe",
        why="What a small network, trained on real renders to tell instruments, drums, tempo and "
        "mode, makes of a clip.",
        embed=lambda samples: np.asarray(probe.embed(samples), np.float64),
    )
    return {**EMBEDDINGS, learned.name: learned}


def in_batches(clips: Iterator[Samples], size: int = 16) -> Iterator[Samples]:
    """Stack clips [N] as they come to [size or fewer, N]: many do not fit into memory at once."""
    batch: list[Samples] = []
    for clip in clips:
        batch.append(clip)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
