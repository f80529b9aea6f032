"""A running average of the weights, which generates better than the last weights themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """The exponential moving average of parameters, in float32.

    The decay rises from 0.1 towards its final value over the first steps, so that the random
    start is soon forgotten.

    Args:
        parameters: the averaged parameters, in a fixed order.
        decay: share kept at each update, in [0, 1).
    """

    def __init__(self, parameters: Sequence[nn.Parameter], decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self._parameters: list[Tensor] = list(parameters)
        self._averages: list[Tensor] = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Move the averages towards the current weights."""
        self.updates += 1
        kept = min(self.decay, self.updates / (self.updates + 9))
        torch._foreach_lerp_(self._averages, self._parameters, 1 - kept)

    def restart(self) -> None:
        """Begin anew from the weights as they are."""
        self.updates = 0
        self._averages = [parameter.detach().clone() for parameter in self._parameters]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within the block the modules hold the averages; afterwards their own weights again."""
        own = [parameter.detach().clone() for parameter in self._parameters]
        self._set(self._averages)
        try:
            yield
        finally:
            self._set(own)

    def state_dict(self) -> dict[str, object]:
        """All that `load_state_dict` needs."""
        return {"updates": self.updates, "averages": self._averages}

    def load_state_dict(self, state: dict) -> None:
        """Continue from a saved state."""
        self.updates = state["updates"]
        for average, saved in zip(self._averages, state["averages"], strict=True):
            average.copy_(saved)

    @torch.no_grad()
    def _set(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)
