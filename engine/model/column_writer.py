"""Left-to-right writing with its key/value cache."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.decode.predictor import GuidedLogits
from engine.model.language_model import LanguageModel
from engine.model.passes import CausalCache, TextKeys, join, write_causal


class ColumnWriter:
    """Left-to-right writing, one column a call; implements `engine.decode.predictor.Opening`.

    Args:
        model: in evaluation mode.
        texts: the two halves of guidance.
        parts: variations that run together, all of them in order.
        n_columns: the most that will be fed; memory for them is taken at once.
    """

    def __init__(
        self,
        model: LanguageModel,
        texts: tuple[TextKeys, TextKeys],
        parts: Sequence[slice],
        n_columns: int,
    ) -> None:
        self.model = model
        self.length = 0
        self._null_length = 0
        size = (parts[-1].stop, model.config.n_levels, n_columns)
        self._fed = torch.empty(size, dtype=torch.int64, device=model.positions.device)
        self._parts = [
            (
                part,
                [text.rows(part) for text in texts],
                CausalCache(model, 2 * (part.stop - part.start), n_columns),
            )
            for part in parts
        ]

    @torch.no_grad()
    def feed(self, columns: Tensor) -> None:
        """Feed the first columns [B, K, n] at once; the null half follows when it is needed.

        Raises:
            ValueError: something was fed before, or more than was announced.
        """
        size = columns.shape[-1]
        if self.length or size > self._fed.shape[-1]:
            raise ValueError(f"no room for {size} columns after {self.length}")
        self._fed[..., :size] = columns
        for part, halves, cache in self._parts:
            rows = slice(0, part.stop - part.start)
            write_causal(self.model, halves[:1], columns[part], cache, start=0, rows=rows)
        self.length = size

    @torch.no_grad()
    def advance(self, column: Tensor, *, guided: bool = True) -> GuidedLogits:
        """Feed the next input column [B, K] (mask id where a level has no token there).

        Returns:
            The logits of that row for all heads: [B, K, V] float32 each half.

        Raises:
            ValueError: more columns than were announced.
        """
        if self.length == self._fed.shape[-1]:
            raise ValueError(f"no room after {self.length} columns: open with more")
        if guided:
            self._catch_up()
            self._null_length += 1
        self._fed[:, :, self.length] = column
        parts = [self._advance_part(number, guided) for number in range(len(self._parts))]
        self.length += 1
        return join(parts, guided)

    def cache_of(self, part: slice) -> CausalCache:
        """Both halves of what was written for the variations of one part."""
        self._catch_up()
        return next(cache for own, _, cache in self._parts if own == part)

    def _advance_part(self, number: int, guided: bool) -> list[Tensor]:
        part, halves, cache = self._parts[number]
        texts = halves if guided else halves[:1]
        rows = slice(0, len(texts) * (part.stop - part.start))
        column = self._fed[part, :, self.length, None]
        final = write_causal(self.model, texts, column, cache, start=self.length, rows=rows)[:, 0]
        levels = range(self.model.config.n_levels)
        logits = torch.stack([self.model.logits(final, level) for level in levels], dim=1)
        return list(logits.float().chunk(len(texts)))

    @torch.no_grad()
    def _catch_up(self) -> None:
        """Write the null half of columns that were fed without guidance."""
        if self._null_length == self.length:
            return
        for part, halves, cache in self._parts:
            size = part.stop - part.start
            given = self._fed[part, :, : self.length]
            rows = slice(size, 2 * size)
            write_causal(self.model, halves[1:], given, cache, start=0, rows=rows)
        self._null_length = self.length
