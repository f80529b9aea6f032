"""Mel filters as HTK and Kaldi have them: triangles on the mel axis, not on that of frequency."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

from engine.torchaudio_stand_in import ensure_torchaudio


def mel_triangles(
    n_mels: int, n_fft: int, *, rate_hz: int, low_hz: float, high_hz: float
) -> Tensor:
    """Filters [n_fft / 2 + 1, n_mels], each with its peak of 1 at its centre.

    Args:
        n_mels: bands, equally wide on the axis 1127 ln(1 + f / 700).
        n_fft: of the spectrum, even.
        rate_hz: of the samples.
        low_hz, high_hz: where the lowest band begins and the highest ends.
    """
    ensure_torchaudio()
    from transformers.audio_utils import mel_filter_bank

    with warnings.catch_warnings():
        # PaSST's lowest bands are narrower than a bin of its spectrum, and empty.
        warnings.simplefilter("ignore")
        filters = mel_filter_bank(
            num_frequency_bins=n_fft // 2 + 1,
            num_mel_filters=n_mels,
            min_frequency=low_hz,
            max_frequency=high_hz,
            sampling_rate=rate_hz,
            norm=None,
            mel_scale="kaldi",
            triangularize_in_mel_space=True,
        )
    return torch.from_numpy(np.asarray(filters, np.float32))
