"""What decoding and editing need of a codec."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Codec(Protocol):
    """Turns [B, C, N] samples into [B, K, T] tokens and back; T * hop_samples = N.

    Implementations keep no state between calls.
    """

    sample_rate_hz: int
    frame_rate_hz: int
    n_levels: int
    codebook_size: int

    def encode(self, samples: Tensor) -> Tensor:
        """Encode [B, 1, N] float32 samples in [-1, 1]; N is padded with silence to whole frames.

        Returns:
            [B, K, T] int64 codes, T = ceil(N / hop).

        Raises:
            AudioError: more than one channel, no samples, or some that are not finite.
        """
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Decode int64 codes below `codebook_size` to [B, 1, T * hop] float32 samples.

        Args:
            codes: [B, K, T], or the first levels alone for a coarser sound.

        Raises:
            RequestError: no frames, more levels than there are, or ids out of range.
        """
        ...
