"""Rescoring: a second model has a say in which spans are drawn again.

After each step the model's tokens form a candidate. A left-to-right model (MusicGen, AudioGen, or
the hybrid itself) reads it once and gives the probability that it would have written each token
there. Spans are then ranked by

    weight * p_rescorer + (1 - weight) * p_model

so that the weight is 1 - w of the paper's equation 5 (its figure 4 has w in the other sense). The
tokens themselves stay those of the model: rescoring changes what is kept, not what is drawn.

The levels above the one being refined are not known yet. The rescorer sees the mask id there,
which it knows as the filler of its delay layout; see `docs/rescoring.md` for what that costs.

Source: section 3.4 and equation 5 of the paper. The published code has no rescoring.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.decode.predictor import Predictor
from engine.decode.requests import SamplingOptions


@dataclass(frozen=True, kw_only=True)
class Rescoring:
    """A second model and when it is asked.

    Args:
        predictor: all of whose rows are causal: MusicGen's, or a hybrid's `with_boundary` past
            the end. It has its own text bound.
        weight: of its probability, in (0, 1].
        n_levels: levels from the coarsest that it judges.
        every: it is asked at every n-th step of a level, from the first.
    """

    predictor: Predictor
    weight: float
    n_levels: int
    every: int = 1

    def is_due(self, stage: int, step: int) -> bool:
        """Whether it is asked after this step. (After the last one nothing is drawn again.)"""
        return stage < self.n_levels and step % self.every == 0

    def probability(self, codes: Tensor, stage: int, positions: Tensor | None) -> Tensor:
        """What the rescorer thinks of the tokens of one level.

        One pass, without guidance and at temperature 1: the plain likelihood.

        Args:
            codes: [B, K, T] int64, the mask id in the levels above `stage`.
            stage: level to judge.
            positions: [B, M] frames; None: all T.

        Returns:
            [B, M] float32.
        """
        logits = self.predictor.predict(codes, stage, positions=positions, guided=False)
        tokens = codes[:, stage]
        if positions is not None:
            tokens = tokens.gather(1, positions)
        likelihood = torch.softmax(logits.conditional.float(), dim=-1)
        return likelihood.gather(-1, tokens[..., None])[..., 0]

    def mix(self, own: Tensor, other: Tensor) -> Tensor:
        """The probability by which spans are ranked: equation 5."""
        return self.weight * other + (1 - self.weight) * own


def rescoring_from(predictor: Predictor | None, options: SamplingOptions) -> Rescoring | None:
    """The rescoring that a request asks for; None where nobody is asked or it counts nothing."""
    if predictor is None or options.rescorer_weight == 0:
        return None
    return Rescoring(
        predictor=predictor,
        weight=options.rescorer_weight,
        n_levels=options.rescorer_levels,
        every=options.rescorer_every,
    )
