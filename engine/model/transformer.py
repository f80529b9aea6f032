"""A pre-norm transformer with cross-attention, in parts that decoding can also call one by one.

No biases but in the norms. Self-attention takes additive masks in the dtype of its input,
because PyTorch would convert a boolean mask again in every layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def additive_mask(attend: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where True and -inf where False, in a dtype that attention takes as it is."""
    mask = torch.zeros(attend.shape, dtype=dtype, device=attend.device)
    return mask.masked_fill_(~attend, float("-inf"))


def split_heads(rows: Tensor, n_heads: int) -> Tensor:
    """[B, S, D] to [B, H, S, D / H], a view."""
    return rows.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def merge_heads(heads: Tensor) -> Tensor:
    """[B, H, S, D / H] to [B, S, D]."""
    return heads.transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    """Attention among the columns, in two halves so that a key/value cache can come between."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, [B, H, S, D / H] each, of normed rows [B, S, D]."""
        query, key, value = self.qkv(x).unflatten(-1, (3, self.n_heads, -1)).unbind(2)
        return query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """All rows [B, S, D] at once; `mask` is additive, None sees all."""
        query, key, value = self.project(x)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(merge_heads(mixed))


class CrossAttention(nn.Module):
    """Attention to the prompt's text. Padding is not masked: it is a key of zeros."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def project_text(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [B, H, P, D / H] of a condition [B, P, D]: constant in a request."""
        key, value = self.key_value(condition).chunk(2, dim=-1)
        return split_heads(key, self.n_heads), split_heads(value, self.n_heads)

    def attend(self, x: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """What normed rows [B, S, D] take from the text."""
        query = split_heads(self.query(x), self.n_heads)
        return self.out(merge_heads(F.scaled_dot_product_attention(query, key, value)))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """`attend` with the text projected on the way."""
        return self.attend(x, *self.project_text(condition))


class FeedForward(nn.Module):
    """Two linear maps with an exact GELU between."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, ratio * width, bias=False)
        self.down = nn.Linear(ratio * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Each row [..., D] for itself."""
        return self.down(F.gelu(self.up(x)))


class Layer(nn.Module):
    """Self-attention, cross-attention, feed-forward; each normed before and added after."""

    def __init__(self, width: int, n_heads: int, ffn_ratio: int) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = SelfAttention(width, n_heads)
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = CrossAttention(width, n_heads)
        self.ffn_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, ffn_ratio)

    def forward(self, x: Tensor, condition: Tensor | None, mask: Tensor | None) -> Tensor:
        """One layer over all columns.

        Args:
            x: [B, S, D].
            condition: [B, P, D] projected text; None adds exactly what an all-zero one would.
            mask: additive, broadcastable to [B, H, S, S]; None sees all.
        """
        x = x + self.self_attention(self.self_norm(x), mask)
        if condition is not None:
            x = x + self.cross_attention(self.cross_norm(x), condition)
        return x + self.feed_forward(self.ffn_norm(x))
