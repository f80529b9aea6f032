"""Who attends to whom."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.model.attention_masks import (
    band_mask,
    causal_mask,
    delayed_stage_mask,
    stage_mask,
    with_causal_rows,
)
from engine.model.config import ModelConfig, ModelKind

Golden = Callable[[str], dict[str, Tensor]]
SIZES = {"width": 8, "n_layers": 1, "n_heads": 1, "text_width": 4}
HYBRID = ModelConfig(kind=ModelKind.HYBRID, **SIZES)


def test_stage_masks_equal_the_recorded_ones(golden: Golden) -> None:
    recorded = golden("hybrid/masks.npz")["stage_masks"]
    for stage in range(4):
        assert torch.equal(stage_mask(stage, 36, HYBRID), recorded[stage])


def test_padded_stage_masks_equal_the_recorded_ones(golden: Golden) -> None:
    recorded = golden("hybrid/masks.npz")["padded_T50_S64"]
    for stage in range(4):
        mask = delayed_stage_mask(stage, 50, n_levels=4, context=5, n_columns=64)
        assert torch.equal(mask, recorded[stage])


@pytest.mark.parametrize("boundary", [0, 1, 2, 9, 20, 35])
def test_masks_with_a_boundary_equal_the_recorded_ones(golden: Golden, boundary: int) -> None:
    recorded = golden("hybrid/masks.npz")[f"semi_t{boundary}"]
    masks = torch.stack([stage_mask(stage, 36, HYBRID) for stage in range(4)])
    assert torch.equal(with_causal_rows(masks, torch.full((4,), boundary)), recorded)


@pytest.mark.parametrize("context", [2, None])
def test_stage_mask_row_by_row(context: int | None) -> None:
    n_frames, n_levels = 9, 3
    for stage in range(n_levels):
        mask = delayed_stage_mask(stage, n_frames, n_levels=n_levels, context=context)
        for row in range(12):
            frame = row - stage
            for column in range(12):
                other = column - stage - 1
                near = stage == 0 or context is None or abs(other - frame) <= context
                sees = not 0 <= frame < n_frames or (0 <= other < n_frames and near)
                assert bool(mask[row, column]) == sees


def test_plain_magnet_is_banded_above_stage_0_only() -> None:
    config = ModelConfig(kind=ModelKind.MAGNET, context_frames=1, **SIZES)
    assert stage_mask(0, 4, config).all()
    assert stage_mask(2, 3, config).tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]


def test_no_context_means_no_band() -> None:
    assert band_mask(5, None).all()


def test_rows_before_the_boundary_see_nothing_that_comes_later() -> None:
    masks = with_causal_rows(stage_mask(1, 8, HYBRID), torch.tensor([0, 5, 12]))
    assert torch.equal(masks[0], stage_mask(1, 8, HYBRID))
    assert torch.equal(masks[1, :5], causal_mask(12)[:5])
    assert torch.equal(masks[1, 5:], stage_mask(1, 8, HYBRID)[5:])
    assert torch.equal(masks[2], causal_mask(12))
