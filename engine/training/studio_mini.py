"""The sizes and the recipe of studio-mini: what a few hours on two CPU cores can train."""

from __future__ import annotations

from engine.codec.mini import MiniCodecConfig
from engine.model.config import ModelConfig, ModelKind
from engine.text.mini import MiniTextConfig
from engine.training.language_model import Beginnings
from engine.training.mixture import Mixture

CODEC = MiniCodecConfig(envelope=True)

TEXT = MiniTextConfig(width=256, n_layers=2, n_heads=4, max_tokens=48)

MODEL = ModelConfig(kind=ModelKind.HYBRID, width=384, n_layers=8, n_heads=6, text_width=TEXT.width)

# Half of all use is the hybrid with an opening of a second, most of the rest has none. The
# coarsest level decides what is played; the others are nearly local given it.
MIXTURE = Mixture(
    blank=0.12,
    no_opening=0.23,
    short_opening=0.35,
    short_frames=100,
    stages=(0.5, 0.2, 0.15, 0.15),
    parallel_weight=2.0,
    levels=(1.0, 0.6, 0.4, 0.4),
)

BEGINNINGS = Beginnings(
    every=2,
    frames=32,
    mixture=Mixture(blank=0.1, no_opening=0.1, short_opening=0.8, short_frames=32,
                    stages=(0.7, 0.1, 0.1, 0.1), levels=(1.0, 0.5, 0.3, 0.3)),
)  # fmt: skip
