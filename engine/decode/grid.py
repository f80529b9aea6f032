"""The state of decoding: an immutable grid of tokens, and what is known about each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.decode.records import DecodeStep, Phase
from engine.errors import PrecisionError


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Tokens and their state, all [B, K, T]; the fields mean what they mean in `DecodeStep`.

    `late` bool [K, T] marks kept tokens that the model must not see before their level's turn,
    because it never did in training; None: it sees all that are kept.
    """

    codes: Tensor
    masked: Tensor
    updated: Tensor
    keep: Tensor
    confidence: Tensor
    mask_id: int
    late: Tensor | None = None

    def seen_at(self, stage: int) -> Tensor:
        """What the model may see while it refines a level.

        Returns:
            The codes, with the mask id where no token is final or a kept one is too early.
        """
        hidden = self.masked
        if self.late is not None:
            above = torch.arange(len(self.late), device=self.late.device) > stage
            hidden = hidden | (self.late & above[:, None])
        return self.codes.masked_fill(hidden, self.mask_id)

    def hiding(self, late: Tensor) -> Grid:
        """The same with other tokens that come too early."""
        return replace(self, late=late)

    def write(self, where: Tensor, tokens: Tensor, probability: Tensor) -> Grid:
        """Put sampled tokens in; all [B, K, T] (or broadcast to it). They count as final."""
        return replace(
            self,
            codes=torch.where(where, tokens, self.codes),
            confidence=torch.where(where, probability, self.confidence),
            masked=self.masked & ~where,
            updated=where.expand_as(self.masked),
        )

    def keeping(self, where: Tensor) -> Grid:
        """Never let the tokens at bool [B, K, T] `where` change again."""
        return replace(self, keep=self.keep | where)

    def mask_again(self, stage: int, masked: Tensor) -> Grid:
        """Let [B, T] `masked` be the frames of level `stage` that are not final."""
        others = torch.arange(self.masked.shape[1], device=masked.device) != stage
        kept_levels = others[:, None] & self.masked
        return replace(self, masked=kept_levels | (~others[:, None] & masked[:, None]))

    def require_finite(self, judged: Tensor | None = None) -> None:
        """Make sure that every token had a probability; the host waits for the device.

        Once per level is enough: spans that are not a number are masked again until the end.

        Args:
            judged: what a rescorer gave last, which must be finite too.

        Raises:
            PrecisionError: some had none.
        """
        for probability in (self.confidence, judged):
            if probability is not None and not bool(torch.isfinite(probability).all()):
                raise PrecisionError(
                    "the model gave numbers that are not finite",
                    expected="probabilities",
                    advice="Load the model in 32-bit precision, or lower the guidance",
                )

    def record(
        self,
        phase: Phase,
        *,
        stage: int,
        step: int,
        total_steps: int,
        index: int,
        count: int,
        temperature: float,
        cfg_coef: float,
        rescored: Tensor | None = None,
    ) -> DecodeStep:
        """The public record of this state, with copies of the tensors."""
        return DecodeStep(
            phase=phase,
            stage=stage,
            step=step,
            total_steps=total_steps,
            index=index,
            count=count,
            codes=self.codes.clone(),
            masked=self.masked.clone(),
            updated=self.updated.clone(),
            keep=self.keep.clone(),
            confidence=self.confidence.clone(),
            temperature=temperature,
            cfg_coef=cfg_coef,
            rescored=rescored,
        )


def empty_grid(
    n_variations: int,
    n_levels: int,
    n_frames: int,
    *,
    mask_id: int,
    device: torch.device | str,
) -> Grid:
    """A grid in which nothing is known."""
    shape = (n_variations, n_levels, n_frames)
    return Grid(
        codes=torch.full(shape, mask_id, dtype=torch.int64, device=device),
        masked=torch.ones(shape, dtype=torch.bool, device=device),
        updated=torch.zeros(shape, dtype=torch.bool, device=device),
        keep=torch.zeros(shape, dtype=torch.bool, device=device),
        confidence=torch.zeros(shape, device=device),
        mask_id=mask_id,
    )


def given_grid(codes: Tensor, keep: Tensor, *, mask_id: int) -> Grid:
    """A grid with some tokens given.

    Args:
        codes: int64 [B, K, T]; looked at only where kept.
        keep: bool [K, T], the same for all variations.
        mask_id: V.
    """
    kept = keep.expand(codes.shape).clone()
    return Grid(
        codes=codes.masked_fill(~kept, mask_id),
        masked=~kept,
        updated=torch.zeros_like(kept),
        keep=kept,
        confidence=kept.float(),
        mask_id=mask_id,
    )
