"""The one record that every consumer of decoding reads: grid, trace, progress bar, tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from torch import Tensor


class Phase(str, Enum):
    """Which part of the work a step belongs to."""

    OPENING = "opening"
    """One column written left to right."""
    PARALLEL = "parallel"
    """One masked refinement of a level."""


@dataclass(frozen=True, kw_only=True)
class DecodeStep:
    """The state right after one step; tensors are copies that nobody changes later.

    Args:
        phase: opening or parallel.
        stage: codebook level refined (0 in the opening, which writes all levels).
        step, total_steps: position within the stage (or within the opening), 0-based.
        index, count: position within the whole request, 0-based.
        codes: [B, K, T] int64; every token sampled so far, also those that the next step will
            re-mask (so any step can be listened to); the mask id where nothing was sampled yet.
        masked: [B, K, T] bool; True where no token is final. Under `stride1` a token that was
            final can be masked again, without having been updated in this step.
        updated: [B, K, T] bool; True where this step sampled.
            updated & ~masked: fixed in this step. updated & masked: sampled, then re-masked.
        keep: [B, K, T] bool; True where the token was given or written by the opening.
        confidence: [B, K, T] float32; probability of the sampled token under the guided,
            temperature-scaled distribution; 0 where nothing was sampled, 1 where given.
        temperature, cfg_coef: what this step used.
        rescored: [B, T] float32; what a rescorer gave the tokens sampled in this step (level
            `stage`), 0 elsewhere. Spans were ranked by a mixture of it and `confidence`. None
            where nobody was asked.
    """

    phase: Phase
    stage: int
    step: int
    total_steps: int
    index: int
    count: int
    codes: Tensor
    masked: Tensor
    updated: Tensor
    keep: Tensor
    confidence: Tensor
    temperature: float
    cfg_coef: float
    rescored: Tensor | None = None
