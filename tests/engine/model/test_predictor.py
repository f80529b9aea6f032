"""A model with its text bound: what it spares must not show."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode.predictor import GuidedLogits
from engine.model.attention_masks import causal_mask, stage_mask, with_causal_rows
from engine.model.config import ModelKind
from engine.model.language_model import LanguageModel
from engine.model.layout import first_row, to_columns
from engine.model.passes import write_causal
from engine.model.predictor import BoundModel, ColumnWriter

Small = Callable[[ModelKind], LanguageModel]
N_FRAMES = 60
KINDS = [ModelKind.MAGNET, ModelKind.HYBRID]
EXACT = {"atol": 2e-5, "rtol": 0}


@pytest.fixture
def codes(draws: torch.Generator) -> Tensor:
    return torch.randint(17, (3, 4, N_FRAMES), generator=draws)


@pytest.fixture
def text(draws: torch.Generator) -> Tensor:
    """One text for each of three variations."""
    return torch.randn(3, 6, 24, generator=draws)


def dense(
    model: LanguageModel, codes: Tensor, text: Tensor | None, stage: int, boundary: int = 0
) -> Tensor:
    """The same logits from the whole network with its mask written out."""
    mask = stage_mask(stage, codes.shape[-1], model.config)
    attend = with_causal_rows(mask, torch.tensor([boundary]))
    hidden = model(to_columns(codes, model.config), text, attend)
    row = first_row(stage, model.config)
    return model.logits(hidden[:, row : row + codes.shape[-1]], stage)


def write(bound: BoundModel, codes: Tensor, n_columns: int, guided: bool = True) -> ColumnWriter:
    opening = bound.open(len(codes), n_columns)
    for column in to_columns(codes, bound.model.config)[..., :n_columns].unbind(-1):
        opening.advance(column, guided=guided)
    return opening


def assert_halves(logits: GuidedLogits, conditional: Tensor, null: Tensor) -> None:
    torch.testing.assert_close(logits.conditional, conditional, **EXACT)
    assert logits.null is not None
    torch.testing.assert_close(logits.null, null, **EXACT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", range(4))
def test_both_halves_equal_the_whole_network(
    small: Small, codes: Tensor, text: Tensor, kind: ModelKind, stage: int
) -> None:
    model = small(kind)
    logits = BoundModel.bind(model, text).predict(codes, stage)
    assert_halves(logits, dense(model, codes, text, stage), dense(model, codes, None, stage))


@pytest.mark.parametrize("boundary", [1, 3, 40, N_FRAMES + 2])
@pytest.mark.parametrize("stage", [0, 2])
def test_a_cached_opening_equals_the_whole_network(
    small: Small, codes: Tensor, text: Tensor, stage: int, boundary: int
) -> None:
    model = small(ModelKind.HYBRID)
    bound = BoundModel.bind(model, text)
    expected = [dense(model, codes, given, stage, boundary) for given in (text, None)]
    opening = write(bound, codes, boundary)
    assert_halves(bound.after(opening, boundary).predict(codes, stage), *expected)
    assert_halves(bound.with_boundary(boundary).predict(codes, stage), *expected)


def test_an_opening_may_be_longer_than_the_boundary(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    short, long = write(bound, codes, 20), write(bound, codes, 23)
    expected = bound.after(short, 20).predict(codes, 1).conditional
    assert torch.equal(bound.after(long, 20).predict(codes, 1).conditional, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("boundary", [0, 30])
@pytest.mark.parametrize("stage", range(4))
@pytest.mark.parametrize("wanted", [(0,), (35, 37, 36), (29, 30, 31), (5, 50), (57, 59)])
def test_some_positions_equal_those_of_all(
    small: Small,
    codes: Tensor,
    text: Tensor,
    kind: ModelKind,
    boundary: int,
    stage: int,
    wanted: tuple[int, ...],
) -> None:
    bound = BoundModel.bind(small(kind), text)
    bound = bound.with_boundary(boundary if kind is ModelKind.HYBRID else 0)
    whole = bound.predict(codes, stage)
    positions = torch.tensor(wanted).expand(3, -1)
    assert whole.null is not None
    assert_halves(
        bound.predict(codes, stage, positions=positions),
        whole.conditional[:, list(wanted)],
        whole.null[:, list(wanted)],
    )


def test_each_variation_has_its_own_positions(small: Small, codes: Tensor, text: Tensor) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    whole = bound.predict(codes, 1).conditional
    positions = torch.tensor([[3, 4], [50, 2], [30, 31]])
    some = bound.predict(codes, 1, positions=positions).conditional
    expected = whole[torch.arange(3)[:, None], positions]
    torch.testing.assert_close(some, expected, **EXACT)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_variation_alone_equals_itself_in_a_batch(
    small: Small, codes: Tensor, text: Tensor, dtype: torch.dtype
) -> None:
    model = small(ModelKind.HYBRID).to(dtype)
    together, shared = BoundModel.bind(model, text), BoundModel.bind(model, text[1])
    alone = BoundModel.bind(model, text[1, None])
    positions = torch.arange(20, 40).expand(3, -1)
    for stage in range(4):
        batch = together.predict(codes, stage, positions=positions)
        one = alone.predict(codes[1, None], stage, positions=positions[:1])
        same_text = shared.predict(codes, stage, positions=positions)
        assert batch.null is not None and one.null is not None
        assert torch.equal(batch.conditional[1, None], one.conditional)
        assert torch.equal(same_text.conditional[1, None], one.conditional)
        assert torch.equal(batch.null[1, None], one.null)
    batch_after = together.after(write(together, codes, 9), 9).predict(codes, 1)
    alone_after = alone.after(write(alone, codes[1, None], 9), 9).predict(codes[1, None], 1)
    assert torch.equal(batch_after.conditional[1, None], alone_after.conditional)


def test_one_column_at_a_time_equals_all_at_once(small: Small, codes: Tensor, text: Tensor) -> None:
    model = small(ModelKind.HYBRID)
    columns = to_columns(codes, model.config)[..., :25]
    opening = BoundModel.bind(model, text).open(3, columns.shape[-1])
    hidden = model(columns, text, causal_mask(columns.shape[-1]))
    for row, column in enumerate(columns.unbind(-1)):
        logits = opening.advance(column).conditional
        for level in range(4):
            expected = model.logits(hidden[:, row], level)
            torch.testing.assert_close(logits[:, level], expected, **EXACT)


def test_without_guidance_there_is_one_half(small: Small, codes: Tensor, text: Tensor) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    one, both = bound.predict(codes, 1, guided=False), bound.predict(codes, 1)
    assert one.null is None
    torch.testing.assert_close(one.conditional, both.conditional, **EXACT)
    assert bound.open(3, 1).advance(codes[..., 0], guided=False).null is None


def test_the_null_half_catches_up_after_steps_without_guidance(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    expected = bound.after(write(bound, codes, 12), 12).predict(codes, 1)
    assert expected.null is not None
    late = bound.after(write(bound, codes, 12, guided=False), 12).predict(codes, 1)
    assert_halves(late, expected.conditional, expected.null)
    column = codes[..., 20]
    guided_next = write(bound, codes, 13).advance
    with pytest.raises(ValueError, match="no room after 13"):
        guided_next(column)


def test_guidance_may_be_switched_on_during_the_opening(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    columns = to_columns(codes, bound.model.config).unbind(-1)
    mixed, whole = bound.open(3, 10), bound.open(3, 10)
    for number, column in enumerate(columns[:10]):
        late = mixed.advance(column, guided=number > 5)
        full = whole.advance(column)
    assert full.null is not None
    assert_halves(late, full.conditional, full.null)


def test_a_negative_text_takes_the_place_of_the_null_half(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    model = small(ModelKind.HYBRID)
    negative = text[0, :4] * 0.5
    logits = BoundModel.bind(model, text, negative=negative).predict(codes, 2)
    expected = dense(model, codes, negative.expand(3, -1, -1), 2)
    assert_halves(logits, dense(model, codes, text, 2), expected)


def test_no_text_at_all_makes_the_halves_equal(small: Small, codes: Tensor) -> None:
    logits = BoundModel.bind(small(ModelKind.HYBRID)).predict(codes, 0)
    assert logits.null is not None
    torch.testing.assert_close(logits.conditional, logits.null, **EXACT)


def test_a_boundary_past_the_end_gives_left_to_right_likelihoods(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    model = small(ModelKind.HYBRID)
    bound = BoundModel.bind(model, text).with_boundary(10_000)
    hidden = model(to_columns(codes, model.config), text, causal_mask(N_FRAMES + 4))
    for level in range(4):
        expected = model.logits(hidden[:, level : level + N_FRAMES], level)
        torch.testing.assert_close(bound.predict(codes, level).conditional, expected, **EXACT)


def test_a_left_to_right_model_never_looks_ahead(small: Small, codes: Tensor, text: Tensor) -> None:
    bound = BoundModel.bind(small(ModelKind.AUTOREGRESSIVE), text)
    changed = codes.clone()
    changed[..., 30:] = 3
    before, after = bound.predict(codes, 1).conditional, bound.predict(changed, 1).conditional
    assert torch.equal(before[:, :30], after[:, :30])
    assert not torch.equal(before[:, 31:], after[:, 31:])


def test_given_codes_that_change_are_read_again(small: Small, codes: Tensor, text: Tensor) -> None:
    model = small(ModelKind.HYBRID)
    bound = BoundModel.bind(model, text).with_boundary(30)
    bound.predict(codes, 1)
    changed = codes.clone()
    changed[:, 0, 3] = (changed[:, 0, 3] + 1) % 16
    logits = bound.predict(changed, 1).conditional
    torch.testing.assert_close(logits, dense(model, changed, text, 1, 30), **EXACT)


def test_arguments_are_not_changed(small: Small, codes: Tensor, text: Tensor) -> None:
    bound, before = BoundModel.bind(small(ModelKind.HYBRID), text), codes.clone()
    bound.with_boundary(5).predict(codes, 1)
    assert torch.equal(codes, before)


def test_bfloat16_weights_give_float32_logits(small: Small, codes: Tensor, text: Tensor) -> None:
    exact = BoundModel.bind(small(ModelKind.HYBRID), text).predict(codes, 1).conditional
    rough = BoundModel.bind(small(ModelKind.HYBRID).bfloat16(), text).predict(codes, 1)
    assert rough.conditional.dtype == torch.float32
    assert (rough.conditional - exact).std() < 0.03


def test_a_boundary_beyond_the_opening_is_refused(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    bound = BoundModel.bind(small(ModelKind.HYBRID), text)
    with pytest.raises(ValueError, match="boundary 9 .* 8 columns"):
        bound.after(write(bound, codes, 8), 9)


def test_padded_text_needs_its_mask(small: Small, codes: Tensor, text: Tensor) -> None:
    model = small(ModelKind.HYBRID)
    mask = torch.tensor([[True] * 4 + [False] * 2] * 3)
    masked = BoundModel.bind(model, text, text_mask=mask).predict(codes, 0).conditional
    attend = stage_mask(0, N_FRAMES, model.config)
    hidden = model(to_columns(codes, model.config), text, attend, mask)
    torch.testing.assert_close(masked, model.logits(hidden[:, :N_FRAMES], 0), **EXACT)


def test_variations_together_equal_variations_one_by_one_up_to_rounding(
    small: Small, codes: Tensor, text: Tensor
) -> None:
    model = small(ModelKind.HYBRID)
    positions = torch.tensor([[20, 21], [30, 9], [25, 26]])

    def run(together: bool) -> list[GuidedLogits]:
        bound = BoundModel.bind(model, text, together=together)
        after = bound.after(write(bound, codes, 10), 10)
        return [
            after.predict(codes, 1, positions=positions),
            bound.with_boundary(10).predict(codes, 0),
        ]

    for together, alone in zip(run(True), run(False), strict=True):
        assert alone.null is not None
        assert_halves(together, alone.conditional, alone.null)


@pytest.mark.parametrize("together", [False, True])
def test_the_given_columns_run_once(
    small: Small, codes: Tensor, text: Tensor, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    runs: list[int] = []

    def counted(*arguments: Any, **settings: Any) -> Tensor:
        runs.append(1)
        return write_causal(*arguments, **settings)

    monkeypatch.setattr("engine.model.predictor.write_causal", counted)
    bound = BoundModel.bind(small(ModelKind.HYBRID), text, together=together).with_boundary(20)
    for stage in (0, 0, 1):
        codes = codes.clone()
        codes[:, :, 30 + stage] = 3
        bound.predict(codes, stage)
    assert len(runs) == (1 if together else 3)


@pytest.mark.parametrize("context", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", [1, 3])
def test_some_positions_equal_those_of_all_in_a_context_of_hardly_anything(
    small: Small, codes: Tensor, text: Tensor, kind: ModelKind, context: int, stage: int
) -> None:
    model = small(kind)
    model.config = replace(model.config, context_frames=context)
    bound = BoundModel.bind(model, text)
    for wanted in ([0], [30, 31], [59]):
        some = bound.predict(codes, stage, positions=torch.tensor(wanted).expand(3, -1))
        expected = dense(model, codes, text, stage)[:, wanted]
        torch.testing.assert_close(some.conditional, expected, **EXACT)
