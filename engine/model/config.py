"""What a language model is: its sizes, and which of the three published kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ModelKind(str, Enum):
    """The three kinds share every weight's name and shape; they differ in layout and masks."""

    MAGNET = "magnet"
    """Parallel layout, bidirectional: masked generation only."""
    HYBRID = "hybrid"
    """Delay layout, trained on both objectives: every mode."""
    AUTOREGRESSIVE = "autoregressive"
    """Delay layout, causal: MusicGen and AudioGen."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes of one language model.

    Args:
        kind: layout and masks.
        width: D, the residual stream.
        n_layers: transformer layers.
        n_heads: H; the head dimension is width / n_heads.
        text_width: width of the text encoder's output, projected to `width`.
        n_levels: K codebook levels.
        codebook_size: V; id V is the mask, the start and the filler of the delay layout.
        ffn_ratio: feed-forward width / width.
        context_frames: frames each side that a row of stages > 0 attends to; None: all.
        span_len: frames in the atomic span of masking.
        window_s: the longest clip of one window, in seconds.
        frame_rate_hz: codec frames per second.

    Raises:
        ValueError: sizes that do not fit together.
    """

    kind: ModelKind
    width: int
    n_layers: int
    n_heads: int
    text_width: int
    n_levels: int = 4
    codebook_size: int = 2048
    ffn_ratio: int = 4
    context_frames: int | None = 5
    span_len: int = 3
    window_s: float = 10.0
    frame_rate_hz: int = 50

    def __post_init__(self) -> None:
        if self.width % self.n_heads or self.width % 2:
            raise ValueError(
                f"width {self.width} must be even and a multiple of n_heads {self.n_heads}"
            )

    @property
    def mask_id(self) -> int:
        """The one special token: mask, start and filler (2048 in every published model)."""
        return self.codebook_size

    @property
    def window_frames(self) -> int:
        """The largest T of one window."""
        return round(self.window_s * self.frame_rate_hz)

    @property
    def delayed(self) -> bool:
        """True where level k sits k columns later (S = T + K), False where S = T."""
        return self.kind is not ModelKind.MAGNET
