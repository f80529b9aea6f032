"""Measures of a codec: how far decoded sound is from its source, and how the codes are used."""

from __future__ import annotations

from functools import lru_cache

import librosa
import torch
from torch import Tensor

from engine.codec.protocol import Codec

COARSE = (2048, 512, 128)
FINE = (512, 128, 40)
"""Window, hop and mel bands of the two resolutions of `mel_distance`."""
_RMS = 0.08
_FLOOR = 1e-3


def mel_distance(source: Tensor, decoded: Tensor, resolution: tuple[int, int, int]) -> float:
    """Mean absolute difference of log-mel spectra, both clips scaled to RMS 0.08 before.

    Args:
        source, decoded: [B, N] samples at 32 kHz.
        resolution: `COARSE` or `FINE`.
    """
    window, hop, n_mels = resolution
    filters = mel_filters(window, n_mels)

    def bands(samples: Tensor) -> Tensor:
        level = samples.pow(2).mean(-1, keepdim=True).sqrt().clamp_min(1e-6)
        spectrum = torch.stft(
            samples * (_RMS / level), window, hop,
            window=torch.hann_window(window), return_complex=True,
        )  # fmt: skip
        return torch.log(filters @ spectrum.abs() + _FLOOR)

    return float((bands(source) - bands(decoded)).abs().mean())


def perplexities(codes: Tensor, codebook_size: int) -> list[float]:
    """exp(entropy) of the codes of each level, over all of [B, K, T]."""
    found = []
    for level in codes.unbind(1):
        share = torch.bincount(level.flatten(), minlength=codebook_size).double()
        share = share / share.sum()
        found.append(float((-(share * share.clamp_min(1e-12).log()).sum()).exp()))
    return found


@torch.no_grad()
def measure_codec(codec: Codec, clips: Tensor) -> dict[str, object]:
    """Encode and decode clips [B, N] and take all measures."""
    codes = codec.encode(clips[:, None])
    decoded = codec.decode(codes)[:, 0, : clips.shape[-1]]
    return {
        "coarse": round(mel_distance(clips, decoded, COARSE), 4),
        "fine": round(mel_distance(clips, decoded, FINE), 4),
        "perplexities": [round(value, 1) for value in perplexities(codes, codec.codebook_size)],
    }


@lru_cache(maxsize=4)
def mel_filters(window: int, n_mels: int) -> Tensor:
    """Slaney's filters at 32 kHz, [n_mels, window / 2 + 1]."""
    return torch.from_numpy(librosa.filters.mel(sr=32000, n_fft=window, n_mels=n_mels))
