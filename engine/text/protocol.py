"""What a language model needs of a text encoder, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor


class TextFeatures(NamedTuple):
    """Encoded prompts.

    `hidden` [B, P, width] float32, exactly zero where `mask` is False; `mask` [B, P] bool is
    True on tokens of the text. An empty text, the null condition, has no True at all.
    """

    hidden: Tensor
    mask: Tensor


class TextEncoder(Protocol):
    """Texts in, features out; a text's features must not depend on the others of its batch."""

    width: int
    padding_keys: int
    """Keys of zeros that cross-attention sees after a text's own, as in training: they let a
    query take nothing."""

    def encode(self, texts: Sequence[str]) -> TextFeatures:
        """Encode prompts.

        Args:
            texts: B prompts; an empty one is the null condition.

        Returns:
            Features of B rows.

        Raises:
            RequestError: a text that is too long.
        """
        ...
