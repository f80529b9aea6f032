"""What every codec refuses, in words."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.errors import AudioError, RequestError


def require_samples(samples: Tensor) -> None:
    """Check what `Codec.encode` is given; raises AudioError."""
    if samples.dim() != 3 or samples.shape[1] != 1 or not samples.numel():
        raise AudioError(
            f"the samples have the shape {list(samples.shape)}",
            expected="[clips, 1 channel, 1 sample or more]",
            advice="Mix the channels to mono",
        )
    if not samples.is_floating_point() or not bool(torch.isfinite(samples).all()):
        raise AudioError(
            f"the samples are {samples.dtype}, or not all are finite",
            expected="finite floating-point numbers",
            advice="Repair or convert the recording",
        )


def require_codes(codes: Tensor, n_levels: int, codebook_size: int) -> None:
    """Check what `Codec.decode` is given; raises RequestError."""
    if codes.dim() != 3 or not 1 <= codes.shape[1] <= n_levels or not codes.numel():
        raise RequestError(
            f"the codes have the shape {list(codes.shape)}",
            expected=f"[clips, 1 to {n_levels} levels, 1 frame or more]",
            advice="Decode at least one frame of the codec's own levels",
        )
    if codes.dtype != torch.int64 or not 0 <= int(codes.min()) <= int(codes.max()) < codebook_size:
        raise RequestError(
            f"the codes are {codes.dtype}, {codes.min()} to {codes.max()}",
            expected=f"torch.int64, 0 to {codebook_size - 1}",
            advice="Leave out frames that are not written yet",
        )


def written_part(codes: Tensor, codebook_size: int) -> Tensor:
    """What can be heard of tokens that are not all written.

    Args:
        codes: [B, K, T] int64; `codebook_size` and above is no token.

    Returns:
        The frames up to the first without a coarsest token in some variation, and of their
        levels those that are complete.

    Raises:
        RequestError: nothing is written yet.
    """
    known = (codes < codebook_size).all(0)
    n_frames = int(known[0].long().cumprod(0).sum())
    n_levels = int(known[:, :n_frames].all(1).long().cumprod(0).sum()) if n_frames else 0
    if n_levels == 0:
        raise RequestError(
            "nothing is written yet",
            expected="at least one frame of the coarsest level",
            advice="Listen to a later step",
        )
    return codes[:, :n_levels, :n_frames]
