"""How well a clip closes on itself when it is repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.audio.waveform import Waveform
from engine.errors import RequestError


@dataclass(frozen=True, kw_only=True)
class LoopJump:
    """The step from one sample to the next at a seam, beside the steps around it.

    Args:
        jump: at the seam, in the channel whose ratio is the largest; full scale is 1.
        local: the largest step around the seam in the same channel, without the seam's own.
    """

    jump: float
    local: float

    @property
    def ratio(self) -> float:
        """At most 1: no jump beyond the clip's own steps. Infinite for a jump in silence."""
        if self.local == 0:
            return math.inf if self.jump > 0 else 0.0
        return self.jump / self.local


def loop_jump(waveform: Waveform, at_sample: int = 0, *, window_s: float = 0.05) -> LoopJump:
    """The step at the seam of a clip that is repeated without a gap.

    Args:
        waveform: at least three samples.
        at_sample: the first sample after the seam, 0 <= at_sample < N; 0 is the loop point, where
            the last sample is followed by the first.
        window_s: > 0; how far the surroundings reach to either side, around the ends too.

    Returns:
        The channel with the largest ratio.

    Raises:
        RequestError: a seam outside of the clip, a clip without surroundings, an empty window.
    """
    n_samples = waveform.n_samples
    if not (0 <= at_sample < n_samples and n_samples >= 3 and window_s > 0):
        raise RequestError(
            f"the seam at sample {at_sample:,} of {n_samples:,}, seen over {window_s} s",
            expected="a seam inside of a clip of three samples or more, and a window above 0 s",
            advice="Use a longer clip",
        )
    reach = min(max(1, round(window_s * waveform.sample_rate_hz)), (n_samples - 1) // 2)
    places = np.arange(at_sample - reach - 1, at_sample + reach + 1)
    around = waveform.samples.take(places, axis=1, mode="wrap").astype(np.float64)
    steps = np.abs(np.diff(around, axis=1))  # the seam's own is at `reach`
    local = np.delete(steps, reach, axis=1).max(axis=1)
    jumps = [
        LoopJump(jump=float(jump), local=float(other))
        for jump, other in zip(steps[:, reach], local, strict=True)
    ]
    return max(jumps, key=lambda each: each.ratio)
