"""From words to a predictor: a model's own text encoder, bound to its language model."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.checkpoints.parts import AnyParts
from engine.model.predictor import BoundModel


@torch.no_grad()
def bind_texts(
    parts: AnyParts, texts: tuple[str, str], device: torch.device, *, together: bool = False
) -> BoundModel:
    """Bind a prompt and a negative prompt.

    Args:
        parts: the networks.
        texts: both; an empty one is the null condition.
        device: of the language model.
        together: see `BoundModel`.

    Raises:
        RequestError: a text that is too long for the encoder.
    """
    (text, mask), (negative, negative_mask) = _encode(parts, texts, device)
    return BoundModel.bind(
        parts.language_model,
        text,
        text_mask=mask,
        negative=negative,
        negative_mask=negative_mask,
        together=together,
    )


def _encode(
    parts: AnyParts, texts: tuple[str, str], device: torch.device
) -> list[tuple[Tensor | None, Tensor]]:
    """States and mask of each text: its own tokens and no more padding than in training, since
    it must not depend on the others."""
    encoder = parts.text_encoder
    features = encoder.encode(list(texts))
    lengths = features.mask.sum(-1).tolist()
    hidden, mask = (
        F.pad(each, (0, 0) * (each.dim() - 2) + (0, encoder.padding_keys)) for each in features
    )
    bound: list[tuple[Tensor | None, Tensor]] = []
    for row, length in enumerate(lengths):
        seen = slice(0, length + encoder.padding_keys)
        states = hidden[row, seen].to(device) if length else None
        bound.append((states, mask[row, seen].to(device)))
    return bound
