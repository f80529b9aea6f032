"""Attention for training on a CPU: three plain matrix steps instead of the fused kernel.

PyTorch's fused attention saves memory, but its backward pass on a CPU takes twice as long as
batched matrix products do (8 clips of 504 columns, 6 heads of 64, bfloat16: 170 against 82 ms
for both passes on one core). In float32 it is the other way round: 4.6 against 3.6 s for a step of
the whole model. Scores are rounded to bfloat16 here; at inference they are not.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from engine.model.language_model import LanguageModel
from engine.model.transformer import CrossAttention, SelfAttention, merge_heads, split_heads


def use_plain_attention(model: LanguageModel) -> None:
    """Let the layers of this model attend by plain matrix products from now on."""
    for module in model.modules():
        # a bound method as an instance attribute: weights and their names stay as they are
        if isinstance(module, SelfAttention):
            module.forward = partial(_self_attention, module)  # type: ignore[method-assign]
        elif isinstance(module, CrossAttention):
            module.forward = partial(_cross_attention, module)  # type: ignore[method-assign]


def plain_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """What `scaled_dot_product_attention` computes.

    Args:
        query: [B, H, R, D / H].
        key, value: [B, H, S, D / H].
        mask: additive, broadcastable to [B, H, R, S]; None: all visible.

    Returns:
        [B, H, R, D / H].
    """
    batch, heads, rows, size = query.shape
    columns = key.shape[2]
    flat = [part.reshape(batch * heads, -1, size) for part in (query, key, value)]
    scale = size**-0.5
    if mask is None:
        scores = torch.bmm(flat[0] * scale, flat[1].transpose(1, 2))
    else:
        bias = mask.expand(batch, heads, rows, columns).reshape(batch * heads, rows, columns)
        scores = torch.baddbmm(bias, flat[0], flat[1].transpose(1, 2), alpha=scale)
    # under autocast softmax would return float32, twice the memory traffic
    weights = torch.softmax(scores, dim=-1, dtype=scores.dtype)
    return torch.bmm(weights, flat[2]).view(batch, heads, rows, size)


def _self_attention(module: SelfAttention, x: Tensor, mask: Tensor | None) -> Tensor:
    return module.out(merge_heads(plain_attention(*module.project(x), mask)))


def _cross_attention(module: CrossAttention, x: Tensor, condition: Tensor) -> Tensor:
    query = split_heads(module.query(x), module.n_heads)
    key, value = module.project_text(condition)
    return module.out(merge_heads(plain_attention(query, key, value, None)))
