"""Classifier-free guidance."""

from __future__ import annotations

from torch import Tensor

from engine.decode.predictor import GuidedLogits


def guide(logits: GuidedLogits, weight: float) -> Tensor:
    """Push the logits away from the null condition: null + weight * (conditional - null).

    In 32 bits whatever the model computes in: a weight of 10 leaves the range of 16 bits.

    Args:
        logits: both halves, [..., V]; `null` may be None only if `weight` is 1.
        weight: 1 returns the conditional half as it is.

    Returns:
        float32 [..., V].

    Source: section 4, "classifier-free guidance annealing".
    """
    conditional = logits.conditional.float()
    if weight == 1.0:
        return conditional
    assert logits.null is not None, "guidance needs the null half"
    null = logits.null.float()
    return null + (conditional - null) * weight
