"""Sizes that no model can have are refused in words."""

import math
from typing import Any

import pytest

from engine.decode import frames_from_seconds
from engine.model.config import ModelConfig, ModelKind

SIZES: dict[str, Any] = {
    "kind": ModelKind.HYBRID,
    "width": 8,
    "n_layers": 1,
    "n_heads": 2,
    "text_width": 4,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "hybrid"},
        {"width": -8},
        {"width": 7},
        {"width": 8.0},
        {"n_layers": 0},
        {"n_heads": 0},
        {"n_heads": 3},
        {"text_width": None},
        {"n_levels": True},
        {"codebook_size": 32768},
        {"ffn_ratio": 0},
        {"context_frames": -1},
        {"span_len": 0},
        {"frame_rate_hz": 0},
        {"window_s": 1e10},
        {"window_s": 0.001},
        {"window_s": math.nan},
        {"window_s": "10"},
    ],
)
def test_sizes_out_of_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ModelConfig(**{**SIZES, **wrong})


def test_a_window_has_the_frames_that_a_request_for_it_has() -> None:
    config = ModelConfig(**SIZES, window_s=0.25, frame_rate_hz=50)
    assert config.window_frames == frames_from_seconds(0.25, 50) == 13
