"""Who attends to whom in self-attention. [rows, columns] bool; True: the row may attend.

Source: hybrid stage masks follow the author's draft of Hybrid-MAGNeT; the band of plain MAGNeT
is the restricted context of arXiv 2401.04577, section 3.3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.model.config import ModelConfig


def causal_mask(n_columns: int, device: torch.device | None = None) -> Tensor:
    """Each row attends to its own column and those before it: [S, S]."""
    return torch.ones(n_columns, n_columns, dtype=torch.bool, device=device).tril()


def band_mask(n_frames: int, context: int | None, device: torch.device | None = None) -> Tensor:
    """Each row attends to `context` columns on each side (None: to all): [T, T]."""
    if context is None:
        return torch.ones(n_frames, n_frames, dtype=torch.bool, device=device)
    position = torch.arange(n_frames, device=device)
    return (position[:, None] - position[None, :]).abs() <= context


def delayed_stage_mask(
    stage: int,
    n_frames: int,
    *,
    n_levels: int,
    context: int | None,
    n_columns: int | None = None,
    device: torch.device | None = None,
) -> Tensor:
    """The mask under which level `stage` is refined in the delay layout.

    Rows stage .. stage + T - 1 produce the logits of level `stage`. They attend to the columns
    stage + 1 .. stage + T that hold that level's tokens; above stage 0 only to those at most
    `context` frames away. The other rows attend to everything: they score nothing at this
    stage, but one of their columns is visible, so their states matter.

    Args:
        stage: level being refined, 0 .. K-1.
        n_frames: T.
        n_levels: K.
        context: frames each side in stages > 0; None: all.
        n_columns: S; None: T + K. More pads the sequence.

    Returns:
        [S, S] bool.
    """
    size = n_frames + n_levels if n_columns is None else n_columns
    index = torch.arange(size, device=device)
    row_frame, column_frame = index[:, None] - stage, index[None, :] - stage - 1
    scores = (row_frame >= 0) & (row_frame < n_frames)
    visible = (column_frame >= 0) & (column_frame < n_frames)
    if stage > 0 and context is not None:
        visible = visible & ((column_frame - row_frame).abs() <= context)
    return visible | ~scores


def stage_mask(
    stage: int, n_frames: int, config: ModelConfig, device: torch.device | None = None
) -> Tensor:
    """The self-attention mask of one stage in the model's own layout: [S, S] bool."""
    if config.delayed:
        return delayed_stage_mask(
            stage,
            n_frames,
            n_levels=config.n_levels,
            context=config.context_frames,
            device=device,
        )
    return band_mask(n_frames, config.context_frames if stage > 0 else None, device)


def with_causal_rows(attend: Tensor, boundary: Tensor) -> Tensor:
    """Make the first rows of each mask causal: left to right up to the boundary, then parallel.

    Args:
        attend: [S, S] or [B, S, S] bool.
        boundary: [B] int64; rows < boundary see only themselves and what came before.

    Returns:
        [B, S, S] bool.
    """
    size = attend.shape[-1]
    left_to_right = torch.arange(size, device=attend.device) < boundary[:, None]
    return torch.where(left_to_right[:, :, None], causal_mask(size, attend.device), attend)
