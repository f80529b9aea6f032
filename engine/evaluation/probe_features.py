"""What the probe hears of a clip: its spectrum over time, its pulse and its pitch classes.

The network would need far more clips to find pulse and key in a spectrum by itself, so both are
laid out for it: how strongly onsets repeat after each lag, and how strong each pitch class is.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.evaluation.codec import mel_filters
from engine.evaluation.fit import CHROMA_WINDOW, chroma_filters

N_MELS = 64
_WINDOW, _HOP = 2048, 800
"""64 and 25 ms."""
_FLOOR = 1e-3
_RMS = 0.08
_BANDS = (slice(0, 12), slice(12, 40), slice(40, 64))
"""Bass, middle, treble: kick, chords and hi-hats each have a pulse of their own."""
_LAGS = slice(6, 84)
"""0.15 to 2.1 s, in hops."""
_CHROMA_HOP = 4096
_BASS_BINS = 64
"""Below 250 Hz, where the bass tells the root."""

N_PULSE = len(_BANDS) * (_LAGS.stop - _LAGS.start)


class Features(NamedTuple):
    """Of n clips.

    `spectra` [n, N_MELS, F] logarithms of mel levels, about 0 in the mean; `pulse` [n, N_PULSE],
    -1 to 1; `chroma` [n, 2, 12], shares of the pitch classes in all and in the bass.
    """

    spectra: Tensor
    pulse: Tensor
    chroma: Tensor


def features(samples: Tensor) -> Features:
    """Hear clips.

    Args:
        samples: [n, N] float32 at 32 kHz, all of one length; a level changes nothing.
    """
    level = samples.pow(2).mean(-1, keepdim=True).sqrt().clamp_min(1e-5)
    samples = samples * (_RMS / level)
    spectra = torch.log(mel_filters(_WINDOW, N_MELS) @ _spectrum(samples, _WINDOW, _HOP) + _FLOOR)
    fine = _spectrum(samples, CHROMA_WINDOW, _CHROMA_HOP).mean(-1)
    bass = torch.zeros_like(fine)
    bass[:, :_BASS_BINS] = fine[:, :_BASS_BINS]
    chroma = torch.stack([fine, bass], 1) @ chroma_filters().T
    share = chroma / chroma.sum(-1, keepdim=True).clamp_min(1e-6)
    return Features(spectra + 5.0, _pulse(spectra), 12 * share)


def _pulse(spectra: Tensor) -> Tensor:
    """Correlation of the onset strength of three bands with itself, by lag."""
    rise = (spectra[..., 1:] - spectra[..., :-1]).clamp_min(0)
    strength = torch.stack([rise[:, band].mean(1) for band in _BANDS], 1)
    strength = strength - strength.mean(-1, keepdim=True)
    power = torch.fft.rfft(strength, n=2 * strength.shape[-1]).abs().square()
    correlation = torch.fft.irfft(power)
    return (correlation[..., _LAGS] / correlation[..., :1].clamp_min(1e-6)).flatten(1)


def _spectrum(samples: Tensor, window: int, hop: int) -> Tensor:
    shape = torch.hann_window(window)
    return torch.stft(samples, window, hop, window=shape, return_complex=True).abs()
