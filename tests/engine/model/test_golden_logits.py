"""Logits of the reference, from the dense network and from the bound model."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.model.attention_masks import causal_mask, stage_mask, with_causal_rows
from engine.model.language_model import LanguageModel
from engine.model.layout import to_columns
from engine.model.predictor import BoundModel

Golden = Callable[[str], dict[str, Tensor]]
EXACT = {"atol": 5e-5, "rtol": 0}


@pytest.fixture
def condition(golden: Golden) -> Tensor:
    """Two texts, then two null conditions."""
    return golden("hybrid/conditions.npz")["cond"]


def test_projected_text(plain: LanguageModel, golden: Golden) -> None:
    arrays = golden("plain/conditions.npz")
    condition = plain.condition(arrays["t5_hidden"], arrays["cond_mask"].bool())
    torch.testing.assert_close(condition, arrays["cond"], **EXACT)


def test_left_to_right_logits(hybrid: LanguageModel, golden: Golden, condition: Tensor) -> None:
    arrays = golden("hybrid/ar_forward.npz")
    columns = to_columns(arrays["codes"], hybrid.config)
    assert torch.equal(columns, arrays["delayed"])
    hidden = hybrid.hidden(columns, condition, causal_mask(40))
    for level in range(4):
        logits = hybrid.logits(hidden[:, arrays["frames"] + level], level)
        expected = arrays["logits"][:, level]
        torch.testing.assert_close(logits[arrays["rows"]], expected, **EXACT)


def test_left_to_right_logits_one_column_at_a_time(
    hybrid: LanguageModel, golden: Golden, condition: Tensor
) -> None:
    arrays = golden("hybrid/ar_forward.npz")
    opening = BoundModel.bind_conditions(hybrid, condition).open(4, 40)
    columns = arrays["delayed"].unbind(-1)
    rows = torch.stack([opening.advance(column).conditional for column in columns], dim=2)
    for level in range(4):
        logits = rows[:, level, arrays["frames"] + level]
        expected = arrays["logits"][:, level]
        torch.testing.assert_close(logits[arrays["rows"]], expected, **EXACT)


@pytest.mark.parametrize("stage", range(4))
def test_stage_logits(hybrid: LanguageModel, golden: Golden, condition: Tensor, stage: int) -> None:
    arrays = golden("hybrid/nar_forward.npz")
    expected, chosen = arrays[f"branch_logits{stage}"], arrays["branch_rows"]
    columns = to_columns(arrays[f"in{stage}"], hybrid.config)
    hidden = hybrid.hidden(columns, condition, stage_mask(stage, 36, hybrid.config))
    dense = hybrid.logits(hidden[:, arrays["frames"] + stage], stage)
    torch.testing.assert_close(dense[chosen], expected, **EXACT)
    bound = BoundModel.bind_conditions(hybrid, condition)
    logits = bound.predict(arrays[f"in{stage}"], stage).conditional
    torch.testing.assert_close(logits[chosen][:, arrays["frames"]], expected, **EXACT)


@pytest.mark.parametrize("stage", range(4))
def test_stage_logits_with_a_boundary_per_example(
    hybrid: LanguageModel, golden: Golden, condition: Tensor, stage: int
) -> None:
    arrays = golden("hybrid/nar_forward.npz")
    codes, expected = arrays[f"in{stage}"], arrays[f"semi_logits{stage}"]
    boundary = arrays["t_per_example"]
    attend = with_causal_rows(stage_mask(stage, 36, hybrid.config), boundary)
    hidden = hybrid.hidden(to_columns(codes, hybrid.config), condition, attend)
    dense = hybrid.logits(hidden[:, arrays["frames"] + stage], stage)
    torch.testing.assert_close(dense, expected, **EXACT)
    for example in range(4):
        bound = BoundModel.bind_conditions(hybrid, condition[example, None])
        bound = bound.with_boundary(int(boundary[example]))
        logits = bound.predict(codes[example, None], stage).conditional
        torch.testing.assert_close(logits[0, arrays["frames"]], expected[example], **EXACT)


@pytest.mark.parametrize("stage", range(4))
def test_plain_stage_logits(plain: LanguageModel, golden: Golden, stage: int) -> None:
    arrays = golden("plain/logits.npz")
    condition = golden("plain/conditions.npz")["cond"]
    chosen, positions = arrays["rows"], arrays["positions"]
    bound = BoundModel.bind_conditions(plain, condition[chosen])
    logits = bound.predict(arrays[f"seq{stage}"][chosen], stage, positions=positions.expand(2, -1))
    torch.testing.assert_close(logits.conditional, arrays[f"logits{stage}"], atol=1e-4, rtol=0)
    assert logits.null is not None
    torch.testing.assert_close(logits.null[1], arrays[f"logits{stage}"][1], atol=1e-4, rtol=0)
