"""The language model over codec tokens: one class for all three kinds of `ModelConfig`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import RequestError
from engine.model.config import ModelConfig
from engine.model.transformer import Layer, additive_mask


def position_table(n_positions: int, width: int) -> Tensor:
    """Sinusoidal positions, cosines first: [S, D] float32.

    Computed by numpy in double precision: PyTorch's first multi-threaded cosine of a process
    can be off by 1.5e-4, and this table is kept.
    """
    half = width // 2
    frequency = 10000.0 ** -(np.arange(half) / max(half - 1, 1))
    phase = np.arange(n_positions)[:, None] * frequency
    return torch.from_numpy(np.concatenate([np.cos(phase), np.sin(phase)], axis=1)).float()


class LanguageModel(nn.Module):
    """Codes and text in, logits out.

    The weights start from PyTorch's global generator; call `initialise` for reproducible ones.
    Layout and mask are the caller's: `engine.model.layout` and `engine.model.attention_masks`.
    """

    positions: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width, size = config.width, config.codebook_size
        self.text_projection = nn.Linear(config.text_width, width)
        self.embeddings = nn.ModuleList(
            nn.Embedding(size + 1, width) for _ in range(config.n_levels)
        )
        self.layers = nn.ModuleList(
            Layer(width, config.n_heads, config.ffn_ratio) for _ in range(config.n_layers)
        )
        self.final_norm = nn.LayerNorm(width)
        self.heads = nn.ModuleList(
            nn.Linear(width, size, bias=False) for _ in range(config.n_levels)
        )
        longest = config.window_frames + config.n_levels
        self.register_buffer("positions", position_table(longest, width), persistent=False)

    @property
    def stack(self) -> Sequence[Layer]:
        """The layers, for those who run their parts one by one."""
        return cast("Sequence[Layer]", self.layers)

    def embed(self, columns: Tensor, first: int = 0) -> Tensor:
        """Sum the levels' embeddings and add positions.

        Args:
            columns: [B, K, S] int64, ids 0 .. V.
            first: position of the first column.

        Returns:
            [B, S, D].

        Raises:
            RequestError: the sequence is longer than the model's window.
        """
        last = first + columns.shape[-1]
        if last > self.positions.shape[0]:
            raise RequestError(
                f"a sequence of {last} columns",
                expected=f"at most {self.positions.shape[0]} ({self.config.window_s:g} s)",
                advice="Ask for a shorter clip, or use a model with a longer window",
            )
        x = self.embeddings[0](columns[:, 0])
        for level in range(1, self.config.n_levels):
            x = x + self.embeddings[level](columns[:, level])
        return x + self.positions[first:last]

    def condition(self, text: Tensor, text_mask: Tensor | None = None) -> Tensor:
        """Project the text encoder's states and zero what is not text.

        Args:
            text: [B, P, text_width].
            text_mask: [B, P] bool, True where there is text; None: everywhere. A row of False
                is the null condition. Zeroed positions stay in cross-attention as zero keys.

        Returns:
            [B, P, D].
        """
        projected = self.text_projection(text)
        if text_mask is None:
            return projected
        return projected * text_mask[..., None].to(projected.dtype)

    def hidden(self, columns: Tensor, condition: Tensor | None, attend: Tensor | None) -> Tensor:
        """The normed states from which `logits` reads, for every row.

        Args:
            columns: [B, K, S] int64.
            condition: [B, P, D] from `condition`; None for no text at all.
            attend: [S, S], [1, S, S] or [B, S, S] bool, True: may attend; None: all may.

        Returns:
            [B, S, D].
        """
        x = self.embed(columns)
        mask = None
        if attend is not None:
            batched = attend if attend.dim() == 3 else attend[None]
            mask = additive_mask(batched[:, None], self._attention_dtype(x))
        for layer in self.stack:
            x = layer(x, condition, mask)
        return self.final_norm(x)

    def logits(self, hidden: Tensor, level: int) -> Tensor:
        """Scores of one level's V codes for states [..., D]: [..., V]."""
        return self.heads[level](hidden)

    def forward(
        self,
        columns: Tensor,
        text: Tensor | None,
        attend: Tensor | None,
        text_mask: Tensor | None = None,
    ) -> Tensor:
        """`hidden` with raw text [B, P, text_width]: [B, S, D]."""
        condition = None if text is None else self.condition(text, text_mask)
        return self.hidden(columns, condition, attend)

    @staticmethod
    def _attention_dtype(x: Tensor) -> torch.dtype:
        """What queries and keys will be computed in: under autocast not the dtype of x."""
        if torch.is_autocast_enabled(x.device.type):
            return torch.get_autocast_dtype(x.device.type)
        return x.dtype


@torch.no_grad()
def initialise(model: LanguageModel, generator: torch.Generator) -> None:
    """Draw all weights anew: normal cut at 3 deviations, deviation 1/sqrt(inputs).

    Within layer n (from 1) the deviation is divided by sqrt(2n), which keeps the residual
    stream from growing with depth.
    """
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    nn.init.zeros_(model.text_projection.bias)
    outer = [model.text_projection, *model.embeddings, *model.heads]
    for module in outer:
        draw_weight(module.weight, 1.0, generator)
    for depth, layer in enumerate(model.layers, start=1):
        for module in layer.modules():
            if isinstance(module, nn.Linear):
                draw_weight(module.weight, 1 / math.sqrt(2 * depth), generator)


def draw_weight(weight: Tensor, gain: float, generator: torch.Generator) -> None:
    """Fill a matrix: normal, deviation gain / sqrt(inputs), cut at 3 deviations."""
    std = gain / math.sqrt(weight.shape[1])
    nn.init.trunc_normal_(weight, std=std, a=-3 * std, b=3 * std, generator=generator)
