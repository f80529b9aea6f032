"""Where each token sits in the sequence that the transformer sees.

Parallel layout (MAGNeT): the token of frame τ is in column τ, and its logits come from row τ.

Delay layout (hybrid, autoregressive): level k sits k columns later, after one start column.
The token of level k, frame τ is in column τ + k + 1; its logits come from row τ + k. All other
cells hold the mask id, which is also the start and the filler::

    column   0  1  2  3  4  5
    level 0  *  0  1  2  *  *       T = 3, K = 3, S = T + K = 6
    level 1  *  *  0  1  2  *
    level 2  *  *  *  0  1  2
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.model.config import ModelConfig


def delay(codes: Tensor, mask_id: int) -> Tensor:
    """Lay codes out with one column of delay per level, after a start column.

    Args:
        codes: [..., K, T] int64.
        mask_id: fills every other cell.

    Returns:
        [..., K, T + K] int64.
    """
    *batch, n_levels, n_frames = codes.shape
    columns = codes.new_full((*batch, n_levels, n_frames + n_levels), mask_id)
    for level in range(n_levels):
        columns[..., level, level + 1 : level + 1 + n_frames] = codes[..., level, :]
    return columns


def undelay(columns: Tensor) -> Tensor:
    """Read the codes back out of the delay layout: [..., K, T + K] to [..., K, T]."""
    n_levels, n_frames = columns.shape[-2], columns.shape[-1] - columns.shape[-2]
    levels = [columns[..., level, level + 1 : level + 1 + n_frames] for level in range(n_levels)]
    return torch.stack(levels, dim=-2)


def to_columns(codes: Tensor, config: ModelConfig) -> Tensor:
    """The model's input for these codes: [..., K, T] to [..., K, S]."""
    return delay(codes, config.mask_id) if config.delayed else codes


def n_columns(n_frames: int, config: ModelConfig) -> int:
    """S for a clip of T frames."""
    return n_frames + config.n_levels if config.delayed else n_frames


def first_row(level: int, config: ModelConfig) -> int:
    """The row whose logits score frame 0 of `level`; frame τ is τ rows further."""
    return level if config.delayed else 0
