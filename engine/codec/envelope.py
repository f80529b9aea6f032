"""How loud each band of hearing is, four times in 16 ms, and the way to make a sound follow it.

The long spectra of `engine.codec.spectrogram` tell pitches apart but smear time over 60 ms, and
phases that only nearly agree make held notes flutter. Levels of forty bands every 4 ms mend both:
what the spectra give is turned up and down, band by band, towards these levels. Not all the way:
both are guesses at the same sound with errors of their own, and their middle is nearer to it than
either (measured in `engine.evaluation.codec`'s coarse and fine distances).
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from engine.codec.spectrogram import magnitudes

WINDOW, HOP = 512, 128
"""16 and 4 ms at 32 kHz; five hops are a codec frame."""
N_BANDS = 40
FLOOR = 1e-3
"""Of a band's level, some 40 dB under the loudest in music of RMS 0.08 and 12 dB under the median;
it bounds the logarithms."""
_RATE_HZ = 32_000
_N_BINS = WINDOW // 2 + 1
_LOWEST_GAIN, _HIGHEST_GAIN = 0.1, 4.0
_STRENGTH, _ROUNDS = 0.5, 2
"""Each round goes half of the way that is left."""


def band_levels(samples: Tensor) -> Tensor:
    """Logarithms of the levels of bands.

    Args:
        samples: [B, N] float at 32 kHz, N a multiple of `HOP`.

    Returns:
        [B, N / HOP, N_BANDS]: log(level + FLOOR).
    """
    levels = magnitudes(samples, window=WINDOW, hop=HOP) @ mel_bands().to(samples)
    return torch.log(levels + FLOOR)


def follow(samples: Tensor, levels: Tensor) -> Tensor:
    """Turn the bands of a sound up and down towards given levels, three quarters of the way.

    Args:
        samples: [B, N] float32, N a multiple of `HOP`.
        levels: [B, N / HOP, N_BANDS] as `band_levels` returns them.

    Returns:
        [B, N]. A band changes by -20 to 12 dB in a round: what is not there cannot be turned up.
    """
    shares = _shares().to(samples)
    window = torch.hann_window(WINDOW, dtype=samples.dtype, device=samples.device)
    pad = (WINDOW - HOP) // 2
    length = samples.shape[-1] + WINDOW - HOP
    weight = _added((window**2).expand(1, levels.shape[1], WINDOW), length).clamp_min(1e-3)
    for _ in range(_ROUNDS):
        missing = _STRENGTH * (levels - band_levels(samples))
        gains = missing.exp().clamp(_LOWEST_GAIN, _HIGHEST_GAIN) @ shares
        framed = torch.nn.functional.pad(samples, (pad, pad)).unfold(-1, WINDOW, HOP)
        frames = torch.fft.irfft(torch.fft.rfft(framed * window) * gains, n=WINDOW) * window
        samples = (_added(frames, length) / weight)[:, pad:-pad]
    return samples


def _added(frames: Tensor, length: int) -> Tensor:
    """Overlap-add of [B, L, WINDOW] at HOP: [B, length]."""
    folded = torch.nn.functional.fold(
        frames.transpose(1, 2), (1, length), kernel_size=(1, WINDOW), stride=(1, HOP)
    )
    return folded[:, 0, 0]


@lru_cache(maxsize=1)
def mel_bands() -> Tensor:
    """Triangles of equal area, evenly spaced on Slaney's mel scale: [_N_BINS, N_BANDS] float32.

    Written out here: librosa has them, but its filters take seconds to import, and every program
    that decodes would wait for them.

    Source: Slaney, Auditory Toolbox (1998): linear to 1 kHz, logarithmic above.
    """
    edges = _hz(torch.linspace(0, _mel(_RATE_HZ / 2), N_BANDS + 2, dtype=torch.float64))
    triangles = _triangles(edges)
    return (triangles * (2 / (edges[2:] - edges[:-2]))).float()


@lru_cache(maxsize=1)
def _shares() -> Tensor:
    """How much each bin listens to each band, [N_BANDS, _N_BINS]; a bin's shares sum to 1."""
    edges = _hz(torch.linspace(0, _mel(_RATE_HZ / 2), N_BANDS + 2, dtype=torch.float64))
    # bins below the first centre and above the last belong to those bands alone
    hz = torch.linspace(0, _RATE_HZ / 2, _N_BINS, dtype=torch.float64)
    triangles = _triangles(edges, hz.clamp(edges[1], edges[-2]))
    return (triangles / triangles.sum(-1, keepdim=True)).T.float()


def _triangles(edges: Tensor, hz: Tensor | None = None) -> Tensor:
    """Height of each triangle at each bin, 0 to 1: [_N_BINS, N_BANDS]."""
    if hz is None:
        hz = torch.linspace(0, _RATE_HZ / 2, _N_BINS, dtype=torch.float64)
    up = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    return torch.minimum(up, down).clamp_min(0)


_LINEAR_TO_HZ, _HZ_PER_MEL = 1000.0, 200 / 3
_LINEAR_MELS = _LINEAR_TO_HZ / _HZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27


def _mel(hz: float) -> float:
    """Of a frequency above 1 kHz."""
    return _LINEAR_MELS + math.log(hz / _LINEAR_TO_HZ) / _LOG_STEP


def _hz(mel: Tensor) -> Tensor:
    above = _LINEAR_TO_HZ * ((mel - _LINEAR_MELS) * _LOG_STEP).exp()
    return torch.where(mel < _LINEAR_MELS, mel * _HZ_PER_MEL, above)
