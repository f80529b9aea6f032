"""The shares of the objective: what is drawn, and what each position counts."""

import pytest
import torch

from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel, initialise
from engine.training.attention import use_plain_attention
from engine.training.mixture import Mixture, draw_mixed
from engine.training.objectives import Entropies, draw, entropies, prepare

_CONFIG = ModelConfig(
    kind=ModelKind.HYBRID, width=16, n_layers=2, n_heads=2, text_width=8, codebook_size=32
)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_plain_mixture_draws_boundaries_evenly_over_the_clip() -> None:
    drawn = draw_mixed(20_000, 40, _CONFIG, Mixture(), _generator())
    published = draw(20_000, 40, _CONFIG, _generator(1))
    counts = torch.bincount(drawn.boundary, minlength=40)
    assert len(counts) == 40 and counts.min() > 400 and counts.max() < 600
    assert abs(drawn.masked.float().mean() - published.masked.float().mean()) < 0.01
    assert torch.bincount(drawn.stage).min() > 4700


def test_shares_of_openings_are_kept() -> None:
    mixture = Mixture(no_opening=0.3, short_opening=0.5, short_frames=10)
    boundary = draw_mixed(20_000, 100, _CONFIG, mixture, _generator()).boundary
    none = (boundary == 0).float().mean()
    short = (boundary <= 10).float().mean()
    # a short or a free opening can have no frames too
    assert abs(none - (0.3 + 0.5 / 11 + 0.2 / 100)) < 0.01
    assert abs(short - (0.8 + 0.2 * 11 / 100)) < 0.01


def test_short_openings_fit_into_short_clips() -> None:
    mixture = Mixture(short_opening=1.0, short_frames=100)
    drawn = draw_mixed(1000, 12, _CONFIG, mixture, _generator())
    assert drawn.boundary.max() == 11
    assert drawn.masked.any(1).all()


def test_levels_are_drawn_by_their_weights() -> None:
    mixture = Mixture(stages=(0.4, 0.2, 0.4, 0.0))
    stage = draw_mixed(20_000, 12, _CONFIG, mixture, _generator()).stage
    shares = torch.bincount(stage, minlength=4) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.4, 0.2, 0.4, 0.0]), atol=0.01, rtol=0)


def test_blank_examples_know_nothing_but_the_text() -> None:
    drawn = draw_mixed(4000, 30, _CONFIG, Mixture(blank=0.25, stages=(0, 0, 1, 1)), _generator())
    blank = drawn.stage == 0
    assert abs(float(blank.float().mean()) - 0.25) < 0.03
    assert drawn.masked[blank].all() and not drawn.boundary[blank].any()


def test_shares_over_one_are_refused() -> None:
    with pytest.raises(ValueError, match="exceed 1"):
        Mixture(no_opening=0.6, short_opening=0.5)


def test_positions_count_by_their_weights() -> None:
    scored = Entropies(
        values=torch.tensor([1.0, 2.0, 6.0]),
        level=torch.tensor([0, 1, 1]),
        parallel=torch.tensor([False, False, True]),
    )
    assert scored.mean().item() == 3.0
    assert scored.mean(2.0).item() == (1 + 2 + 12) / 4
    assert scored.mean(2.0, (4.0, 1.0)).item() == pytest.approx((4 + 2 + 12) / 7)


def test_sums_are_kept_by_kind_and_level() -> None:
    scored = Entropies(
        values=torch.tensor([1.0, 2.0, 6.0, 4.0]),
        level=torch.tensor([0, 1, 1, 1]),
        parallel=torch.tensor([False, False, True, True]),
    )
    total, count = scored.sums(3)
    assert total.tolist() == [[1, 2, 0], [0, 10, 0]]
    assert count.tolist() == [[1, 1, 0], [0, 2, 0]]


def test_plain_attention_changes_neither_loss_nor_gradient() -> None:
    model = LanguageModel(_CONFIG)
    initialise(model, _generator())
    codes = torch.randint(32, (6, 4, 30), generator=_generator(1))
    task = prepare(codes, draw_mixed(6, 30, _CONFIG, Mixture(), _generator(2)), _CONFIG)
    text, told = torch.randn(6, 5, 8, generator=_generator(3)), torch.rand(6, 5) < 0.5
    results = []
    for _ in range(2):
        model.zero_grad()
        loss = entropies(model, task, text, told).mean()
        loss.backward()
        results.append((loss.detach(), [p.grad.clone() for p in model.parameters()]))
        use_plain_attention(model)
    torch.testing.assert_close(results[0], results[1])
