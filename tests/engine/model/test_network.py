"""The language model itself."""

import math
from collections.abc import Callable

import pytest
import torch

from engine.errors import RequestError
from engine.model.attention_masks import causal_mask
from engine.model.config import ModelKind
from engine.model.language_model import LanguageModel, initialise, position_table

Small = Callable[[ModelKind], LanguageModel]


def columns_of(model: LanguageModel, size: int, draws: torch.Generator) -> torch.Tensor:
    return torch.randint(17, (2, 4, size), generator=draws)


def test_positions_are_cosines_then_sines() -> None:
    row = position_table(8, 6)[7].tolist()
    phases = [7 / 10000 ** (index / 2) for index in range(3)]
    expected = [math.cos(phase) for phase in phases] + [math.sin(phase) for phase in phases]
    assert row == pytest.approx(expected, abs=1e-7)


def test_positions_are_not_saved(small: Small) -> None:
    assert "positions" not in small(ModelKind.HYBRID).state_dict()


def test_null_text_adds_exactly_nothing(small: Small, draws: torch.Generator) -> None:
    model = small(ModelKind.HYBRID)
    columns = columns_of(model, 20, draws)
    condition = model.condition(torch.randn(2, 7, 24, generator=draws), torch.zeros(2, 7).bool())
    with_null = model.hidden(columns, condition, causal_mask(20))
    assert torch.equal(with_null, model.hidden(columns, None, causal_mask(20)))


def test_padding_takes_part_in_cross_attention(small: Small, draws: torch.Generator) -> None:
    model = small(ModelKind.HYBRID)
    columns, text = columns_of(model, 20, draws), torch.randn(2, 7, 24, generator=draws)
    mask = torch.tensor([True] * 5 + [False] * 2).expand(2, -1)
    padded = model(columns, text, None, mask)
    alone = model(columns, text[:, :5], None)
    other_padding = model(columns, text + (~mask)[..., None] * 3.0, None, mask)
    assert not torch.allclose(padded, alone, atol=1e-3)
    assert torch.equal(padded, other_padding)


def test_one_mask_serves_all_examples(small: Small, draws: torch.Generator) -> None:
    model, mask = small(ModelKind.HYBRID), causal_mask(20)
    columns = columns_of(model, 20, draws)
    shared = model.hidden(columns, None, mask)
    assert torch.equal(shared, model.hidden(columns, None, mask[None]))
    own = model.hidden(columns, None, mask.expand(2, -1, -1))
    torch.testing.assert_close(own, shared, atol=1e-6, rtol=0)


def test_autocast_keeps_a_float32_stream(small: Small, draws: torch.Generator) -> None:
    model = small(ModelKind.HYBRID)
    columns = columns_of(model, 20, draws)
    exact = model.hidden(columns, None, causal_mask(20))
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.hidden(columns, None, causal_mask(20))
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, atol=0.1, rtol=0)


def test_a_sequence_longer_than_the_window_is_refused(small: Small) -> None:
    model = small(ModelKind.HYBRID)
    with pytest.raises(RequestError, match="155 columns.*154"):
        model.embed(torch.zeros(1, 4, 155, dtype=torch.int64))


def test_same_seed_same_weights(small: Small) -> None:
    one, other = small(ModelKind.MAGNET), small(ModelKind.MAGNET)
    initialise(other, torch.Generator().manual_seed(6))
    assert not torch.equal(one.heads[0].weight, other.heads[0].weight)
    initialise(other, torch.Generator().manual_seed(5))
    theirs = other.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in one.state_dict().items())


def test_deeper_layers_start_smaller(small: Small) -> None:
    model = small(ModelKind.MAGNET)
    deviations = [layer.feed_forward.up.weight.std().item() for layer in model.stack]
    expected = [1 / math.sqrt(32 * 2 * depth) for depth in (1, 2, 3)]
    assert deviations == pytest.approx(expected, rel=0.05)


def test_equal_prediction_before_training(small: Small, draws: torch.Generator) -> None:
    model = small(ModelKind.HYBRID)
    hidden = model.hidden(columns_of(model, 20, draws), None, None)
    logits = model.logits(hidden[:, 3], 2)
    assert logits.shape == (2, 16)
    assert 0.5 < logits.std() < 1.5
