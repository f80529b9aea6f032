"""From guided logits to tokens: greedy, top-p, top-k or plain, with every random draw explicit.

A draw is argmax(p / e) with e exponential noise, which takes id i with probability p[i]. Nothing
here waits for the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

_SMALLEST = torch.finfo(torch.float32).tiny


class Noise(Protocol):
    """Where exponential noise comes from."""

    def __call__(self, probability: Tensor, positions: Tensor | None) -> Tensor:
        """Noise for one draw of every row.

        Args:
            probability: float32 [B, M, V], the unfiltered distribution of each row: its shape and
                device are the wanted ones; its values must not be needed.
            positions: [B, M] frames of the rows; None: all frames in order (or the K levels of a
                left-to-right step).

        Returns:
            float32 [B, M, V], > 0 and finite, indexed by token id.
        """
        ...


class VariationNoise:
    """Noise with one generator per variation, so that a variation does not depend on the others.

    Args:
        generators: B of them, on the device of the codes.
    """

    def __init__(self, generators: Sequence[torch.Generator]) -> None:
        self._generators = tuple(generators)

    def __call__(self, probability: Tensor, positions: Tensor | None) -> Tensor:
        """-log(u), u uniform in [0, 1): five times faster on a CPU than `exponential_`.

        A u of exactly 0 (once in 2**24 draws) would give infinite noise, under which even the
        only token of a nucleus has p / e = 0 and id 0 is taken instead.
        """
        noise = torch.empty_like(probability)
        for row, generator in zip(noise, self._generators, strict=True):
            row.uniform_(generator=generator)
        return noise.clamp_(min=_SMALLEST).log_().neg_()


def variation_generators(
    seed: int, n_variations: int, device: torch.device | str = "cpu"
) -> tuple[torch.Generator, ...]:
    """The generators of a request: variation i is seeded with `seed + i`."""
    return tuple(torch.Generator(device).manual_seed(seed + i) for i in range(n_variations))


class Drawn(NamedTuple):
    """Tokens int64 [B, M] and the probability float32 [B, M] that each had before any filter."""

    tokens: Tensor
    probability: Tensor


def keep_nucleus(probability: Tensor, top_p: float) -> Tensor:
    """Zero all but the most likely tokens that together reach `top_p`.

    A token stays if the tokens before it, in falling order, sum to at most `top_p`; tokens as
    likely as the last one that stays, stay too.

    Args:
        probability: float32 [..., V].
        top_p: in (0, 1].

    Returns:
        The same shape, not renormalised.
    """
    falling = _sorted_falling(probability)
    before = falling.cumsum(-1) - falling
    lowest = falling.masked_fill(before > top_p, torch.inf).amin(-1, keepdim=True)
    return probability.masked_fill(probability < lowest, 0)


def keep_most_likely(probability: Tensor, top_k: int) -> Tensor:
    """Zero all but the `top_k` most likely tokens (and those as likely as the last of them)."""
    if top_k >= probability.shape[-1]:
        return probability
    lowest = probability.topk(top_k, dim=-1).values[..., -1:]
    return probability.masked_fill(probability < lowest, 0)


def draw(
    logits: Tensor,
    *,
    temperature: float,
    top_p: float | None,
    top_k: int | None,
    noise: Noise | None,
    positions: Tensor | None = None,
    score_after_top_k: bool = False,
) -> Drawn:
    """Draw one token per row.

    Args:
        logits: float32 [B, M, V], guided.
        temperature: > 0.
        top_p: nucleus share, or None; wins over `top_k`.
        top_k: candidates, or None.
        noise: None takes the most likely token and ignores both filters.
        positions: passed on to `noise`.
        score_after_top_k: the probabilities are those after a top-k filter (the published code).

    Returns:
        Tokens and their probabilities at this temperature, before the filters.
    """
    probability = torch.softmax(logits / temperature, dim=-1)
    if noise is None:
        tokens = logits.argmax(-1)
    else:
        kept = _filtered(probability, top_p, top_k)
        tokens = (kept / noise(probability, positions)).argmax(-1)
        if score_after_top_k and top_p is None and top_k is not None:
            probability = kept / kept.sum(-1, keepdim=True)
    return Drawn(tokens, probability.gather(-1, tokens[..., None])[..., 0])


def _filtered(probability: Tensor, top_p: float | None, top_k: int | None) -> Tensor:
    if top_p is not None:
        return keep_nucleus(probability, top_p) if top_p < 1 else probability
    return keep_most_likely(probability, top_k) if top_k is not None else probability


def _sorted_falling(values: Tensor) -> Tensor:
    # torch always sorts the ids along with the values: 33 ms for [300, 2048] on one core, where
    # NumPy's sort of the values alone takes 5.
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.detach().numpy(), axis=-1)).flip(-1)
    return values.sort(dim=-1, descending=True).values
