"""Learning residual codebooks by moving averages.

Ours and not the `encodec` package's: there a code that fell out of use is replaced, and in the
same step overwritten by its own old average, so that it stays dead; and its residuals carry a
gradient into later levels. With 2,048 codes and small batches both matter.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

_DECAY = 0.99
_DEAD_SHARE = 0.1
"""A code used less than this share of the mean is moved onto a vector of the batch."""


class Quantised(NamedTuple):
    """`vectors` [M, width] with a straight-through gradient, `codes` [K, M], and a scalar."""

    vectors: Tensor
    codes: Tensor
    commitment: Tensor


class LearnedCodebooks(nn.Module):
    """K residual codebooks [K, V, width] with their running statistics."""

    def __init__(self, n_levels: int, codebook_size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("books", torch.zeros(n_levels, codebook_size, width))
        self.register_buffer("sums", torch.zeros(n_levels, codebook_size, width))
        self.register_buffer("counts", torch.zeros(n_levels, codebook_size))
        self.books: Tensor
        self.sums: Tensor
        self.counts: Tensor

    @property
    def started(self) -> bool:
        """True once the first batch has placed the codes."""
        return bool(self.counts.any())

    def start_from(self, books: Tensor) -> None:
        """Go on from trained codebooks [K, V, width], all codes as if used alike."""
        self.books.copy_(books)
        self.counts.fill_(1.0)
        self.sums.copy_(books)

    def forward(self, vectors: Tensor, n_levels: int, generator: torch.Generator) -> Quantised:
        """Quantise with the first `n_levels` levels and, in training, move their codes.

        Args:
            vectors: [M, width] float32.
            n_levels: 1 to K.
            generator: draws the vectors that replace dead codes.
        """
        start = self.training and not self.started
        residual, codes, commitment = vectors.detach(), [], vectors.new_zeros(())
        for level in range(n_levels if not start else len(self.books)):
            if start:
                self._place(level, residual, generator)
            book = self.books[level]
            code = (residual @ book.T - 0.5 * book.pow(2).sum(-1)).argmax(-1)
            chosen = book[code]
            if self.training:
                self._follow(level, residual, code, generator)
            codes.append(code)
            residual = residual - chosen
            commitment = commitment + (vectors - (vectors.detach() - residual)).pow(2).mean()
        quantised = vectors + (-residual).detach()  # vectors - residual, gradient of vectors
        return Quantised(quantised, torch.stack(codes), commitment / len(codes))

    @torch.no_grad()
    def _place(self, level: int, residual: Tensor, generator: torch.Generator) -> None:
        size = self.books.shape[1]
        pick = torch.randint(len(residual), (size,), generator=generator)
        spread = residual.std() * 0.05
        noise = torch.randn(size, residual.shape[1], generator=generator) * spread
        self.books[level] = residual[pick] + noise
        self.counts[level] = len(residual) / size
        self.sums[level] = self.books[level] * self.counts[level][:, None]

    @torch.no_grad()
    def _follow(
        self, level: int, residual: Tensor, code: Tensor, generator: torch.Generator
    ) -> None:
        counts, sums = self.counts[level], self.sums[level]
        counts.mul_(_DECAY).index_add_(0, code, counts.new_full((len(code),), 1 - _DECAY))
        sums.mul_(_DECAY).index_add_(0, code, residual * (1 - _DECAY))
        mean = len(residual) / len(counts)
        dead = counts < _DEAD_SHARE * mean
        pick = torch.randint(len(residual), (int(dead.sum()),), generator=generator)
        counts[dead] = mean
        sums[dead] = residual[pick] * mean
        self.books[level] = sums / counts[:, None]
