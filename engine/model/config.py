"""What a language model is: its sizes, and which of the three published kinds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from engine.decode.timing import frames_from_seconds


class ModelKind(str, Enum):
    """The three kinds share every weight's name and shape; they differ in layout and masks."""

    MAGNET = "magnet"
    """Parallel layout, bidirectional: masked generation only."""
    HYBRID = "hybrid"
    """Delay layout, trained on both objectives: every mode."""
    AUTOREGRESSIVE = "autoregressive"
    """Delay layout, causal: MusicGen and AudioGen."""


LONGEST_WINDOW_S = 600.0
_RANGES = {
    "width": (2, 2**16),
    "n_layers": (1, 1000),
    "n_heads": (1, 1000),
    "text_width": (1, 2**16),
    "n_levels": (1, 64),
    "codebook_size": (2, 2**15 - 1),  # traces hold tokens, and the mask id, as int16
    "ffn_ratio": (1, 64),
    "context_frames": (0, 2**16),
    "span_len": (1, 1000),
    "frame_rate_hz": (1, 1000),
}
"""Far beyond any model: a damaged configuration must fail in words, not in memory."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes of one language model, whole numbers but for `window_s`; ranges in `_RANGES`.

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
        window_s: the longest clip of one window, at least a frame and at most 600 seconds.
        frame_rate_hz: codec frames per second.

    Raises:
        ValueError: a size out of its range, or sizes that do not fit together.
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
        if not isinstance(self.kind, ModelKind):
            raise ValueError(f"kind is {self.kind!r}, not a ModelKind")
        for name, (lowest, highest) in _RANGES.items():
            size = getattr(self, name)
            if name == "context_frames" and size is None:
                continue
            if type(size) is not int or not lowest <= size <= highest:
                raise ValueError(f"{name} is {size!r}, not a whole number, {lowest} to {highest}")
        is_number = type(self.window_s) in (int, float) and math.isfinite(self.window_s)
        if not is_number or not 0 < self.window_s <= LONGEST_WINDOW_S or not self.window_frames:
            raise ValueError(f"window_s is {self.window_s!r}, not 1 frame to {LONGEST_WINDOW_S} s")
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
        """The largest T of one window, by the one rule of rounding that requests use too."""
        return frames_from_seconds(self.window_s, self.frame_rate_hz)

    @property
    def delayed(self) -> bool:
        """True where level k sits k columns later (S = T + K), False where S = T."""
        return self.kind is not ModelKind.MAGNET
