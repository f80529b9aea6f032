"""The band in blocks, against the same mask written out."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.model.attention_masks import stage_mask
from engine.model.config import ModelConfig, ModelKind
from engine.model.stage_attention import all_rows, banded_attention, near_rows

SIZES = {"width": 8, "n_layers": 1, "n_heads": 1, "text_width": 4, "context_frames": 5}


def heads(n_rows: int, draws: torch.Generator) -> Tensor:
    return torch.randn(2, 3, n_rows, 8, generator=draws)


@pytest.mark.parametrize(
    ("n_rows", "n_keys", "offset", "context"),
    [(1, 1, 0, 0), (5, 5, 0, 2), (70, 70, 0, 5), (40, 50, 7, 5), (33, 90, 57, 3), (64, 64, 1, 5)],
)
def test_banded_attention_equals_the_dense_mask(
    draws: torch.Generator, n_rows: int, n_keys: int, offset: int, context: int
) -> None:
    query, key, value = heads(n_rows, draws), heads(n_keys, draws), heads(n_keys, draws)
    distance = torch.arange(n_keys) - (torch.arange(n_rows)[:, None] + offset)
    dense = F.scaled_dot_product_attention(query, key, value, distance.abs() <= context)
    banded = banded_attention(query, key, value, offset, context)
    torch.testing.assert_close(banded, dense, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", [ModelKind.MAGNET, ModelKind.HYBRID])
@pytest.mark.parametrize("n_frames", [3, 36, 75])
@pytest.mark.parametrize("start", [0, 2, 17])
@pytest.mark.parametrize("stage", range(4))
@pytest.mark.parametrize("context", [0, 1, 5, None])
def test_rows_of_a_stage_see_what_its_mask_says(
    draws: torch.Generator,
    kind: ModelKind,
    n_frames: int,
    start: int,
    stage: int,
    context: int | None,
) -> None:
    config = ModelConfig(kind=kind, **{**SIZES, "context_frames": context})
    mask = stage_mask(stage, n_frames, config)
    size = len(mask)
    start = min(start, size - 1)
    query, key, value = heads(size, draws), heads(size, draws), heads(size, draws)
    dense = F.scaled_dot_product_attention(query, key, value, mask)
    rows = all_rows(stage, n_frames, start, config)
    mixed = rows.attend(query[:, :, start:], key, value)
    torch.testing.assert_close(mixed, dense[:, :, start:], atol=1e-6, rtol=0)


def test_near_rows_reach_one_context_further_per_layer() -> None:
    rows = all_rows(1, 200, 0, ModelConfig(kind=ModelKind.HYBRID, **SIZES))
    near = near_rows(rows, 100, 102, n_layers=3)
    assert (near.start, near.stop, near.first_column) == (100 - 3 * 4, 103 + 3 * 6, 100 - 3 * 4)


@pytest.mark.parametrize("context", [0, 1])
def test_near_rows_of_a_delayed_clip_never_begin_after_those_wanted(context: int) -> None:
    config = ModelConfig(kind=ModelKind.HYBRID, **{**SIZES, "context_frames": context})
    near = near_rows(all_rows(1, 200, 0, config), 100, 102, n_layers=3)
    assert (near.start, near.stop) == (100, 103 + 3 * (context + 1))


def test_near_the_end_of_a_delayed_clip_every_row_is_reached() -> None:
    rows = all_rows(1, 200, 0, ModelConfig(kind=ModelKind.HYBRID, **SIZES))
    assert near_rows(rows, 190, 192, n_layers=3) == rows


def test_near_the_end_of_a_parallel_clip_the_rows_are_cut() -> None:
    rows = all_rows(1, 200, 0, ModelConfig(kind=ModelKind.MAGNET, **SIZES))
    near = near_rows(rows, 190, 192, n_layers=3)
    assert (near.start, near.stop) == (175, 200)


def test_stage_0_needs_all_rows() -> None:
    rows = all_rows(0, 200, 0, ModelConfig(kind=ModelKind.MAGNET, **SIZES))
    assert near_rows(rows, 100, 102, n_layers=3) == rows
