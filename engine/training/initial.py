"""First weights for short runs.

The published recipe (`engine.model.language_model.initialise`) suits a million updates: at first
tokens are far quieter than the positions they are added to, deep layers hardly act, and that two
codes sound alike has to be learned for each pair. A run of a few thousand updates starts from
what the codec knows: the embedding of a code is its codebook vector in a random rotation, one
rotation a level, and its output weights are the same vector, so that "as in the frame before"
is the model's first guess and codes that sound alike are learned together.

Tried on held-out clips before any training, in nats a token of the coarsest level, left to right:
codebook vectors as they are 6.4, all of one length 5.8, their loud directions damped as well 5.2,
with the louder output weights below 4.5.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.model.language_model import LanguageModel, draw_weight

_EMBEDDING_RMS = 0.35
"""The sum of four token vectors is then as loud as a position, of root mean square 0.71."""
_HEAD_RMS = (0.06, 0.035, 0.02, 0.015)
"""By level: makes repetition as likely as it is, which it hardly ever is in the finest."""


def initialise_for_short_runs(
    model: LanguageModel, generator: torch.Generator, codebooks: Tensor | None = None
) -> None:
    """Draw all weights anew: normal cut at 3 deviations, deviation 1/sqrt(inputs).

    What writes to the residual stream is divided by sqrt(2 * layers); what brings the text in
    starts at zero. While the model knows nothing of music any text is noise to it, and with other
    weights it soon learns to look away for good (tried: after 1,000 steps no gradient reached the
    text any more).

    Args:
        model: of any kind.
        generator: the source of chance.
        codebooks: [K, V, code width] of the codec; None: random vectors in their place.
    """
    config = model.config
    shape = (config.n_levels, config.codebook_size, config.width)
    if codebooks is None:
        codebooks = torch.randn(shape, generator=generator)
    nn.init.zeros_(model.text_projection.bias)
    draw_weight(model.text_projection.weight, 1.0, generator)
    for level, (book, embedding, head) in enumerate(
        zip(codebooks, model.embeddings, model.heads, strict=True)
    ):
        directions = _directions(book, config.width, generator)
        with torch.no_grad():
            draw_weight(
                embedding.get_parameter("weight"), _EMBEDDING_RMS * config.width**0.5, generator
            )
            embedding.get_parameter("weight")[: len(book)] = _EMBEDDING_RMS * directions
            gain = _HEAD_RMS[min(level, len(_HEAD_RMS) - 1)]
            head.get_parameter("weight").copy_(gain * directions)
    quiet = (2 * len(model.layers)) ** -0.5
    for name, module in model.layers.named_modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            writes = name.endswith((".out", ".down"))
            draw_weight(module.weight, quiet if writes else 1.0, generator)
    for layer in model.layers:
        nn.init.zeros_(layer.get_submodule("cross_attention.out").get_parameter("weight"))


def _directions(book: Tensor, width: int, generator: torch.Generator) -> Tensor:
    """Codebook vectors [V, code width] as rows [V, width] of root mean square 1, turned at random.

    Principal directions are damped to the square root of their spread, so that codes that differ
    in more than loudness are told apart.
    """
    principal, spread, _ = torch.linalg.svd(
        book.float() - book.float().mean(0), full_matrices=False
    )
    damped = principal * spread.sqrt()
    basis = torch.randn(width, max(width, damped.shape[1]), generator=generator)
    turned = damped @ torch.linalg.qr(basis.T).Q[: damped.shape[1], :width]
    return turned / turned.pow(2).mean(1, keepdim=True).sqrt().clamp_min(1e-6)
