"""What is asked of the model in training, and the loss."""

from math import comb
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.checkpoints.upstream_names import translate
from engine.model.attention_masks import causal_mask, stage_mask, with_causal_rows
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel, initialise
from engine.model.layout import undelay
from engine.training.objectives import (
    Draw,
    draw,
    draw_spans,
    entropies,
    prepare,
    span_count_table,
    spread,
)
from tests.engine.golden import GOLDEN

MASK_ID = 2048
SIZES: dict[str, Any] = {"width": 16, "n_layers": 2, "n_heads": 2, "text_width": 8}


def config_of(kind: ModelKind) -> ModelConfig:
    return ModelConfig(kind=kind, codebook_size=16, window_s=2.0, **SIZES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Tensor]:
    """One training step of the reference: 8 examples of 36 frames."""
    with np.load(GOLDEN / "hybrid" / "training.npz") as arrays:
        tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return {k: t.long() if t.dtype == torch.int16 else t for k, t in tensors.items()}


@pytest.fixture
def recorded_draw(recorded: dict[str, Tensor]) -> Draw:
    stage, given = recorded["stage"], recorded["input"]
    masked = given[torch.arange(len(stage)), stage] == MASK_ID
    return Draw(stage=stage, boundary=recorded["t"], masked=masked)


@pytest.fixture
def model() -> LanguageModel:
    path = GOLDEN / "hybrid" / "checkpoint" / "state_dict.bin"
    state = torch.load(path, weights_only=True)["best_state"]
    config = ModelConfig(
        kind=ModelKind.HYBRID, width=64, n_layers=4, n_heads=4, text_width=768, window_s=6.0
    )
    model = LanguageModel(config)
    model.load_state_dict(translate({name: weight.float() for name, weight in state.items()}))
    return model


class Conditioned(LanguageModel):
    """Takes the recorded condition, which is projected already."""

    def condition(self, text: Tensor, text_mask: Tensor | None = None) -> Tensor:
        return text


def test_span_counts_equal_the_recorded_ones(recorded: dict[str, Tensor]) -> None:
    assert torch.equal(span_count_table(36, 3), recorded["lut"])
    with np.load(GOLDEN / "plain" / "span_counts.npz") as arrays:
        expected = torch.from_numpy(arrays["T500"]).long()
    assert torch.equal(span_count_table(500, 3)[-1], expected)


@pytest.mark.parametrize("span_len", [1, 2, 3, 5])
def test_span_counts_are_the_smallest_that_reach_the_share(span_len: int) -> None:
    table = span_count_table(12, span_len)
    for n in range(1, 13):
        reached = [1 - comb(max(n - span_len, 0), u) / comb(n, u) for u in range(n + 1)]
        for percent in range(0, 101, 7):
            naive = next(u for u in range(n + 1) if reached[u] >= percent / 100 - 1e-12)
            assert table[n - 1, percent] == naive


def test_spread_of_span_starts() -> None:
    starts = torch.tensor([[1, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1]]).bool()
    assert spread(starts, 3).int().tolist() == [[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1]]
    assert torch.equal(spread(starts, 1), starts)


def test_spans_stay_behind_the_first_free_frame() -> None:
    first = torch.tensor([0, 10, 49])
    for seed in range(20):
        masked = draw_spans(first, torch.tensor([0.3, 0.9, 0.1]), 50, 3, seeded(seed))
        assert masked.any(dim=1).all()
        assert not masked[1, :10].any() and not masked[2, :49].any()


@pytest.mark.parametrize("span_len", [1, 3])
def test_the_masked_share_is_the_rate(span_len: int) -> None:
    rate = torch.tensor([0.1, 0.4, 0.8, 1.0]).repeat_interleave(300)
    first = torch.zeros(1200, dtype=torch.int64)
    masked = draw_spans(first, rate, 200, span_len, seeded())
    share = masked.float().mean(1).view(4, 300).mean(1)
    assert share.tolist() == pytest.approx([0.1, 0.4, 0.8, 1.0], abs=0.02)


def test_every_frame_is_masked_alike() -> None:
    first, rate = torch.zeros(4000, dtype=torch.int64), torch.full((4000,), 0.5)
    share = draw_spans(first, rate, 20, 1, seeded()).float().mean(0)
    assert share.tolist() == pytest.approx([0.5] * 20, abs=0.04)


def test_hybrid_task_equals_the_recorded_one(
    recorded: dict[str, Tensor], recorded_draw: Draw, model: LanguageModel
) -> None:
    task = prepare(recorded["codes"], recorded_draw, model.config)
    assert torch.equal(undelay(task.columns), recorded["input"])
    assert torch.equal(task.attend, recorded["attn"])
    assert torch.equal(task.left_to_right | task.in_parallel, recorded["loss_mask"])
    assert not (task.left_to_right & task.in_parallel).any()


def test_hybrid_loss_and_gradients_equal_the_recorded_ones(
    recorded: dict[str, Tensor], recorded_draw: Draw, model: LanguageModel
) -> None:
    conditioned = Conditioned(model.config)
    conditioned.load_state_dict(model.state_dict())
    task = prepare(recorded["codes"], recorded_draw, model.config)
    loss = entropies(conditioned, task, recorded["cond"]).mean()
    loss.backward()
    assert loss.item() == pytest.approx(15.213978, abs=2e-5)
    exact = {"atol": 1e-6, "rtol": 0}
    grads = {name: weight.grad for name, weight in conditioned.named_parameters()}
    torch.testing.assert_close(grads["embeddings.1.weight"], recorded["grad_emb1"], **exact)
    torch.testing.assert_close(grads["heads.2.weight"], recorded["grad_lin2"], **exact)
    for key, norm in recorded.items():
        if key.startswith("grad_norm:"):
            ours = translate({key.removeprefix("grad_norm:"): torch.zeros(3, 1)})
            squares = [(grads[name] ** 2).sum() for name in ours]
            assert float(sum(squares) ** 0.5) == pytest.approx(float(norm), rel=1e-3)


def test_entropies_equal_a_cross_entropy_over_all_logits() -> None:
    config = config_of(ModelKind.HYBRID)
    model = LanguageModel(config)
    initialise(model, seeded(1))
    codes = torch.randint(16, (3, 4, 30), generator=seeded(2))
    drawn = draw(3, 30, config, seeded(3))
    task = prepare(codes, drawn, config)
    hidden = model.hidden(task.columns, None, task.attend)
    entropy = torch.zeros(3, 4, 30)
    for level in range(4):
        scores = model.logits(hidden[:, level : level + 30], level).log_softmax(-1)
        entropy[:, level] = -scores.gather(-1, codes[:, level, :, None])[..., 0]
    result = entropies(model, task, None)
    both = task.left_to_right | task.in_parallel
    assert result.mean().item() == pytest.approx(entropy[both].mean().item(), abs=1e-5)
    total, count = result.sums(4)
    for side, chosen in enumerate((task.left_to_right, task.in_parallel)):
        assert count[side].tolist() == chosen.sum((0, 2)).tolist()
        expected = (entropy * chosen).sum((0, 2)).double()
        torch.testing.assert_close(total[side], expected, atol=1e-3, rtol=1e-5)


def test_hybrid_draws_a_stage_and_a_boundary_for_each_example() -> None:
    config = config_of(ModelKind.HYBRID)
    drawn = draw(400, 40, config, seeded())
    assert torch.equal(drawn.stage.unique(), torch.arange(4))
    assert torch.equal(drawn.boundary.unique(), torch.arange(40))
    first = (drawn.boundary - drawn.stage).clamp(min=0)
    assert not (drawn.masked & (torch.arange(40) < first[:, None])).any()


def test_magnet_draws_one_stage_for_the_batch_and_no_boundary() -> None:
    config = config_of(ModelKind.MAGNET)
    stages = set()
    for seed in range(30):
        drawn = draw(5, 40, config, seeded(seed))
        assert drawn.stage.unique().numel() == 1 and not drawn.boundary.any()
        stages.add(int(drawn.stage[0]))
    assert stages == {0, 1, 2, 3}


def test_magnet_task_gives_lower_levels_and_hides_higher_ones() -> None:
    config = config_of(ModelKind.MAGNET)
    codes = torch.arange(12).view(1, 4, 3)
    masked = torch.tensor([[False, True, True]])
    drawn = Draw(stage=torch.tensor([1]), boundary=torch.tensor([0]), masked=masked)
    task = prepare(codes, drawn, config)
    assert task.columns[0].tolist() == [[0, 1, 2], [3, 16, 16], [16, 16, 16], [16, 16, 16]]
    assert task.in_parallel.nonzero()[:, 1:].tolist() == [[1, 1], [1, 2]]
    assert not task.left_to_right.any()
    assert torch.equal(task.attend, stage_mask(1, 3, config)[None])


def test_a_left_to_right_model_learns_every_token_causally() -> None:
    config = config_of(ModelKind.AUTOREGRESSIVE)
    codes = torch.randint(16, (2, 4, 10), generator=seeded())
    task = prepare(codes, draw(2, 10, config, seeded()), config)
    assert torch.equal(undelay(task.columns), codes)
    assert task.left_to_right.all() and not task.in_parallel.any()
    assert torch.equal(task.attend, causal_mask(14)[None])


def test_hybrid_attention_is_the_stage_mask_behind_each_boundary() -> None:
    config = config_of(ModelKind.HYBRID)
    drawn = draw(6, 20, config, seeded(4))
    task = prepare(torch.zeros(6, 4, 20, dtype=torch.int64), drawn, config)
    for example in range(6):
        mask = stage_mask(int(drawn.stage[example]), 20, config)
        expected = with_causal_rows(mask, drawn.boundary[example, None])[0]
        assert torch.equal(task.attend[example], expected)


def test_padding_is_not_learnt() -> None:
    config = config_of(ModelKind.HYBRID)
    codes = torch.randint(16, (4, 4, 20), generator=seeded())
    drawn = draw(4, 20, config, seeded())
    valid = torch.arange(20).expand(4, -1) < torch.tensor([5, 10, 15, 20])[:, None]
    task, whole = prepare(codes, drawn, config, valid=valid), prepare(codes, drawn, config)
    assert torch.equal(task.left_to_right, whole.left_to_right & valid[:, None])
    assert torch.equal(task.in_parallel, whole.in_parallel & valid[:, None])
    assert torch.equal(task.columns, whole.columns)


def test_nothing_to_learn_is_an_error() -> None:
    config = config_of(ModelKind.MAGNET)
    codes = torch.zeros(1, 4, 8, dtype=torch.int64)
    nothing = torch.zeros(1, 8, dtype=torch.bool)
    task = prepare(codes, draw(1, 8, config, seeded()), config, valid=nothing)
    with pytest.raises(ValueError, match="no position"):
        entropies(LanguageModel(config), task, None)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_same_seed_same_draw(kind: ModelKind) -> None:
    config = config_of(kind)
    one, other = draw(3, 30, config, seeded(9)), draw(3, 30, config, seeded(9))
    assert torch.equal(one.stage, other.stage)
    assert torch.equal(one.boundary, other.boundary)
    assert torch.equal(one.masked, other.masked)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_codes_are_left_unmodified(kind: ModelKind) -> None:
    config = config_of(kind)
    codes = torch.randint(16, (2, 4, 30), generator=seeded())
    before = codes.clone()
    prepare(codes, draw(2, 30, config, seeded()), config)
    assert torch.equal(codes, before)
