"""Self-attention of one refinement stage without a dense mask, for a range of its rows.

Gives what `engine.model.attention_masks.stage_mask` gives, from three facts: rows that score a
frame see only the columns of frames; above stage 0 only those near them; all other rows see
everything. A block of neighbouring rows needs a short piece of the columns, which makes the
band 5 times cheaper than a masked T x T at T = 500.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.model.config import ModelConfig
from engine.model.layout import first_row, n_columns
from engine.model.transformer import additive_mask

BLOCK = 32
"""Rows that share a piece of columns: 16 to 32 were fastest of 16, 32, 64 and 128."""


@dataclass(frozen=True, kw_only=True)
class StageRows:
    """The rows computed for one stage, and what they see.

    Args:
        start: first row that is computed; rows before it come from a cache.
        stop: end of the rows, and of the columns.
        first_column: the columns before it are not looked at by any row.
        scoring: (begin, end) of all rows that score a frame of this stage.
        shift: a frame's column less its row.
        context: frames each side that a scoring row sees; None: all.
    """

    start: int
    stop: int
    first_column: int
    scoring: tuple[int, int]
    shift: int
    context: int | None

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Mix values for the rows start .. stop.

        Args:
            query: [B, H, stop - start, D / H].
            key, value: [B, H, stop - first_column, D / H].

        Returns:
            [B, H, stop - start, D / H].
        """
        begin = min(max(self.scoring[0], self.start), self.stop)
        end = min(max(self.scoring[1], begin), self.stop)
        parts = [
            _see_all(query[:, :, : begin - self.start], key, value),
            self._score(query[:, :, begin - self.start : end - self.start], key, value, begin),
            _see_all(query[:, :, end - self.start :], key, value),
        ]
        present = [part for part in parts if part.shape[2]]
        return present[0] if len(present) == 1 else torch.cat(present, dim=2)

    def _score(self, query: Tensor, key: Tensor, value: Tensor, begin: int) -> Tensor:
        if not query.shape[2]:
            return query
        low = max(self.scoring[0] + self.shift - self.first_column, 0)
        high = self.scoring[1] + self.shift - self.first_column
        key, value = key[:, :, low:high], value[:, :, low:high]
        if self.context is None:
            return F.scaled_dot_product_attention(query, key, value)
        offset = begin + self.shift - self.first_column - low
        return banded_attention(query, key, value, offset, self.context)


def all_rows(stage: int, n_frames: int, start: int, config: ModelConfig) -> StageRows:
    """Every row of a clip from `start` on."""
    row = first_row(stage, config)
    return StageRows(
        start=start,
        stop=n_columns(n_frames, config),
        first_column=0,
        scoring=(row, row + n_frames),
        shift=1 if config.delayed else 0,
        context=config.context_frames if stage > 0 else None,
    )


def near_rows(rows: StageRows, first: int, last: int, n_layers: int) -> StageRows:
    """Only those rows that can reach the rows first .. last (inclusive) through all layers.

    Each layer of a banded stage carries information `context` frames further. In the delay
    layout one visible column belongs to a row that sees everything: if it can be reached, so
    can every row, and nothing is saved.
    """
    if rows.context is None:
        return rows
    first, last = max(first, rows.start), max(last, rows.start)
    back = max(rows.context - rows.shift, 0)  # with context 0 a delayed row only looks ahead
    low = max(first - n_layers * back, rows.scoring[0])
    high = last + 1 + n_layers * (rows.context + rows.shift)
    if high > rows.scoring[1]:
        if rows.shift:
            return rows
        high = rows.scoring[1]
    return StageRows(
        start=max(low, rows.start),
        stop=high,
        first_column=low,
        scoring=rows.scoring,
        shift=rows.shift,
        context=rows.context,
    )


def banded_attention(
    query: Tensor, key: Tensor, value: Tensor, offset: int, context: int
) -> Tensor:
    """Query i sees the keys from offset + i - context to offset + i + context.

    Args:
        query: [B, H, R, D / H].
        key, value: [B, H, C, D / H]; every query sees at least one.
        offset: 0 .. C.
        context: >= 0.

    Returns:
        [B, H, R, D / H].
    """
    batch, heads, n_rows, _ = query.shape
    n_blocks = -(-n_rows // BLOCK)
    padding = n_blocks * BLOCK - n_rows
    query = F.pad(query, (0, 0, 0, padding)).flatten(0, 1).unflatten(1, (n_blocks, BLOCK))
    mask = _block_mask(n_blocks, key.shape[2], offset, context, query.dtype, query.device)
    mixed = F.scaled_dot_product_attention(
        query,
        _pieces(key, n_blocks, offset, context),
        _pieces(value, n_blocks, offset, context),
        attn_mask=mask,
    )
    return mixed.flatten(1, 2).unflatten(0, (batch, heads))[:, :, :n_rows]


def _pieces(columns: Tensor, n_blocks: int, offset: int, context: int) -> Tensor:
    """The columns that each block needs, as overlapping views: [B*H, blocks, piece, D / H]."""
    piece = BLOCK + 2 * context
    before = context - offset
    after = n_blocks * BLOCK + 2 * context - before - columns.shape[2]
    padded = F.pad(columns, (0, 0, before, after))  # a negative amount cuts
    return padded.flatten(0, 1).unfold(1, piece, BLOCK).transpose(2, 3)


@lru_cache(maxsize=64)
def _block_mask(
    n_blocks: int,
    n_keys: int,
    offset: int,
    context: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Tensor:
    """Additive [1, blocks, BLOCK, piece]. Padding rows at the end may see nothing: dropped."""
    row = torch.arange(n_blocks * BLOCK).view(n_blocks, BLOCK, 1) + offset
    first = torch.arange(n_blocks).view(n_blocks, 1, 1) * BLOCK + offset - context
    key = first + torch.arange(BLOCK + 2 * context)
    attend = ((key - row).abs() <= context) & (key >= 0) & (key < n_keys)
    return additive_mask(attend, dtype)[None].to(device)


def _see_all(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(query, key, value) if query.shape[2] else query
