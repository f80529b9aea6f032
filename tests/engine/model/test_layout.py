"""Where each token sits."""

from collections.abc import Callable

import torch
from torch import Tensor

from engine.model.config import ModelConfig, ModelKind
from engine.model.layout import delay, first_row, n_columns, to_columns, undelay

SIZES = {"width": 8, "n_layers": 1, "n_heads": 1, "text_width": 4}


def test_delay_of_three_frames() -> None:
    codes = torch.tensor([[1, 2, 3], [4, 5, 6]])
    assert delay(codes, 9).tolist() == [[9, 1, 2, 3, 9], [9, 9, 4, 5, 6]]


def test_token_of_level_k_frame_t_is_in_column_t_plus_k_plus_1(draws: torch.Generator) -> None:
    codes = torch.randint(50, (2, 4, 7), generator=draws)
    columns = delay(codes, 99)
    for level in range(4):
        for frame in range(7):
            assert torch.equal(columns[:, level, frame + level + 1], codes[:, level, frame])
    assert int((columns == 99).sum()) == 2 * 4 * 4


def test_undelay_reads_back_what_delay_wrote(draws: torch.Generator) -> None:
    codes = torch.randint(50, (2, 3, 4, 7), generator=draws)
    assert torch.equal(undelay(delay(codes, 99)), codes)


def test_delay_equals_the_recorded_layout(golden: Callable[[str], dict[str, Tensor]]) -> None:
    layout = golden("hybrid/masks.npz")["layout"]
    assert torch.equal(delay(torch.arange(4 * 36).view(4, 36), -1), layout)


def test_parallel_layout_leaves_the_codes_where_they_are(draws: torch.Generator) -> None:
    config = ModelConfig(kind=ModelKind.MAGNET, **SIZES)
    codes = torch.randint(50, (4, 7), generator=draws)
    assert torch.equal(to_columns(codes, config), codes)
    assert (n_columns(7, config), first_row(2, config)) == (7, 0)


def test_delay_layout_has_one_column_more_per_level() -> None:
    config = ModelConfig(kind=ModelKind.HYBRID, **SIZES)
    assert (n_columns(7, config), first_row(2, config)) == (11, 2)
