"""What decoding needs of a model, and nothing else: a language model with its prompt bound."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor


class GuidedLogits(NamedTuple):
    """Both halves of classifier-free guidance.

    `conditional` [B, M, V]; `null` the same, or None if the caller said `guided=False`.
    """

    conditional: Tensor
    null: Tensor | None


class Opening(Protocol):
    """Left-to-right writing with its key/value cache; one column a call."""

    def feed(self, columns: Tensor) -> None:
        """Feed the first columns [B, K, n] at once, when none has been fed and no row of theirs
        has anything to score."""
        ...

    def advance(self, column: Tensor, *, guided: bool = True) -> GuidedLogits:
        """Feed the next input column [B, K] (mask id where a level has no token there).

        Returns the logits of that row for all heads: [B, K, V] each half.
        """
        ...


class Predictor(Protocol):
    """A model with text (and negative text) bound; variations are rows of one batch.

    A row's result must not depend on which other rows are in the batch, to the last bit and on
    every device: variation i alone is variation i in a batch. (An implementation may offer to
    give this up for speed, never by default.)
    """

    n_levels: int
    codebook_size: int
    span_len: int
    writes_left_to_right: bool
    """Whether it was trained to have causal rows: `open`, `after` and `with_boundary` are for
    such models alone."""

    def predict(
        self,
        codes: Tensor,
        stage: int,
        *,
        positions: Tensor | None = None,
        guided: bool = True,
    ) -> GuidedLogits:
        """Score level `stage`, given the others.

        Args:
            codes: [B, K, T] int64, the mask id where unknown.
            stage: level to score.
            positions: [B, M] int64 frames whose logits are wanted; None: all T in order.
            guided: False skips the null half (guidance weight 1).
        """
        ...

    def open(self, n_variations: int, n_columns: int) -> Opening:
        """Start writing left to right; `n_columns` is the most that will be fed."""
        ...

    def after(self, opening: Opening, boundary: int) -> Predictor:
        """A predictor whose first `boundary` rows are the opening's: causal, from its cache."""
        ...

    def with_boundary(self, boundary: int) -> Predictor:
        """A predictor whose first `boundary` rows are causal, computed from the given codes.

        The first `boundary` columns must not change between calls on one predictor.
        """
        ...
