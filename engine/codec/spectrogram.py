"""Short-time magnitudes aligned to codec frames, and the way back to samples.

A codec frame covers `2 * HOP` samples and owns two spectra, centred at its first and third
quarter, so that [N] samples give exactly N / HOP spectra and no clip edge is special.

The way back needs phases, which tokens do not carry. Single-pass spectrogram inversion
(Beauregard et al. 2015) reads the frequency of every spectral peak off its neighbours and
advances its phase; fast Griffin-Lim (Perraudin et al. 2013) then makes neighbouring spectra
agree. A sustained note therefore has one steady frequency by construction.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

HOP = 320
WINDOW = 1920
"""60 ms: six hops, so that overlap-add is a sum of six shifted copies; 16.7 Hz between bins."""
N_BINS = WINDOW // 2 + 1
_PAD = (WINDOW - HOP) // 2
_HOPS = WINDOW // HOP
_FIXED_POINT = 2**30
"""Units in a turn. Phases are summed as whole numbers: exact over any length, where float32 loses
digits with every frame and float64 does not exist on every device."""
_MOMENTUM = 0.99
_TINY = 1e-8


def _window(like: Tensor) -> Tensor:
    return torch.hann_window(WINDOW, dtype=like.dtype, device=like.device)


def magnitudes(samples: Tensor, *, window: int = WINDOW, hop: int = HOP) -> Tensor:
    """Magnitude spectra of a signal.

    Args:
        samples: [B, N] float; N a multiple of `hop`.
        window: length of the Hann window in samples.
        hop: samples between spectra.

    Returns:
        [B, N / hop, window / 2 + 1], spectrum j centred at sample (j + 1/2) * hop.
    """
    pad = (window - hop) // 2
    mode = "reflect" if samples.shape[-1] > pad else "constant"
    padded = F.pad(samples[:, None], (pad, window - hop - pad), mode=mode)[:, 0]
    frames = padded.unfold(-1, window, hop)
    shape = torch.hann_window(window, dtype=samples.dtype, device=samples.device)
    return torch.fft.rfft(frames * shape).abs()


def _analyse(padded: Tensor, window: Tensor) -> Tensor:
    return torch.fft.rfft(padded.unfold(-1, WINDOW, HOP) * window)


def _overlap_add(frames: Tensor) -> Tensor:
    """Sum windowed frames [B, L, WINDOW] at HOP spacing: [B, (L - 1) * HOP + WINDOW]."""
    batch, length, _ = frames.shape
    parts = WINDOW // HOP
    blocks = frames.reshape(batch, length, parts, HOP)
    out = frames.new_zeros(batch, length + parts - 1, HOP)
    for part in range(parts):
        out[:, part : part + length] += blocks[:, :, part]
    return out.reshape(batch, -1)


def peak_phases(magnitude: Tensor) -> Tensor:
    """First guess of all phases from magnitudes alone.

    Every bin follows the nearest spectral peak, whose frequency a parabola through three
    log-magnitudes gives to a fraction of a bin.

    Args:
        magnitude: [B, L, N_BINS].

    Returns:
        [B, L, N_BINS] radians in [0, 2 pi), referred to the start of each window.
    """
    level = torch.log(magnitude + _TINY)
    left, mid, right = level[..., :-2], level[..., 1:-1], level[..., 2:]
    is_peak = F.pad((mid >= left) & (mid > right), (1, 1))
    curve = left - 2 * mid + right
    offset = F.pad(0.5 * (left - right) / torch.where(curve == 0, -1.0, curve), (1, 1))
    bins = torch.arange(N_BINS, device=magnitude.device)
    below = torch.where(is_peak, bins, -N_BINS).cummax(-1).values
    above = torch.where(is_peak, bins, 2 * N_BINS).flip(-1).cummin(-1).values.flip(-1)
    nearest = torch.where(above - bins < bins - below, above, below).clamp(0, N_BINS - 1)
    # Whole turns drop out before anything is summed: bin b turns HOP / WINDOW * b = b / 6 times.
    turns = (nearest % _HOPS + torch.gather(offset.clamp(-0.5, 0.5), -1, nearest)) / _HOPS
    summed = (turns * _FIXED_POINT).round().long().cumsum(-2) % _FIXED_POINT
    return summed.to(magnitude.dtype) * (2 * math.pi / _FIXED_POINT)


def invert(magnitude: Tensor, *, iterations: int = 8) -> Tensor:
    """Samples whose short-time magnitudes come close to the given ones.

    Args:
        magnitude: [B, L, N_BINS] float32, as `magnitudes` returns them.
        iterations: Griffin-Lim rounds after the first guess; 0 uses the guess as it is.

    Returns:
        [B, L * HOP] samples.
    """
    window = _window(magnitude)
    length = magnitude.shape[1]
    weight = _overlap_add((window**2).expand(1, length, WINDOW)).clamp_min(1e-3)
    spectra = torch.polar(magnitude, peak_phases(magnitude))
    before = torch.zeros_like(spectra)
    for _ in range(iterations):
        padded = _overlap_add(torch.fft.irfft(spectra, n=WINDOW) * window) / weight
        agreed = _analyse(padded, window)
        ahead = agreed + _MOMENTUM * (agreed - before)
        before = agreed
        spectra = ahead * (magnitude / (ahead.abs() + _TINY))
    padded = _overlap_add(torch.fft.irfft(spectra, n=WINDOW) * window) / weight
    return padded[:, _PAD : _PAD + length * HOP]
