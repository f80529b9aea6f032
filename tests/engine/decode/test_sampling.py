import pytest
import torch
from torch import Tensor

from engine.decode.sampling import (
    VariationNoise,
    draw,
    keep_most_likely,
    keep_nucleus,
    variation_generators,
)

FIVE = torch.tensor([0.1, 0.4, 0.05, 0.25, 0.2])


def naive_nucleus(row: list[float], top_p: float) -> set[int]:
    kept: set[int] = set()
    total = 0.0
    for token in sorted(range(len(row)), key=lambda i: -row[i]):
        if total > top_p:
            break
        kept.add(token)
        total += row[token]
    return kept


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.3, {1}), (0.5, {1, 3}), (0.7, {1, 3, 4}), (0.99, {0, 1, 2, 3, 4})]
)
def test_the_nucleus_of_five_numbers(top_p: float, kept: set[int]) -> None:
    filtered = keep_nucleus(FIVE, top_p)
    assert set(filtered.nonzero()[:, 0].tolist()) == kept == naive_nucleus(FIVE.tolist(), top_p)
    assert torch.equal(filtered[filtered > 0], FIVE[filtered > 0])


def test_the_nucleus_equals_its_naive_twin_on_many_rows() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.softmax(torch.randn(50, 40, generator=generator) * 2, -1)
    for top_p in (0.1, 0.5, 0.9, 1.0):
        for row, filtered in zip(rows, keep_nucleus(rows, top_p), strict=True):
            assert set(filtered.nonzero()[:, 0].tolist()) == naive_nucleus(row.tolist(), top_p)


def test_tokens_as_likely_as_the_last_of_the_nucleus_stay() -> None:
    assert (keep_nucleus(torch.full((4,), 0.25), 0.3) > 0).all()


def test_top_k_keeps_the_k_most_likely_and_their_equals() -> None:
    assert keep_most_likely(FIVE, 2).nonzero()[:, 0].tolist() == [1, 3]
    assert keep_most_likely(torch.tensor([0.2, 0.2, 0.2, 0.4]), 2).count_nonzero() == 4
    assert torch.equal(keep_most_likely(FIVE, 5), FIVE)
    assert torch.equal(keep_most_likely(FIVE, 99), FIVE)


def one_draw(logits: Tensor, seed: int, **filters: float | None) -> tuple[Tensor, Tensor]:
    noise = VariationNoise(variation_generators(seed, len(logits)))
    settings = {"temperature": 1.0, "top_p": None, "top_k": None} | filters
    return draw(logits, noise=noise, **settings)  # type: ignore[arg-type]


def test_draws_follow_the_distribution() -> None:
    logits = FIVE.log().expand(1, 50_000, 5)
    shares = one_draw(logits, 1)[0].flatten().bincount(minlength=5) / 50_000
    assert shares.tolist() == pytest.approx(FIVE.tolist(), abs=0.01)


def test_filters_hold_for_the_draw_but_not_for_the_probability() -> None:
    logits = FIVE.log().expand(1, 1000, 5)
    for filters in ({"top_p": 0.5}, {"top_k": 2}, {"top_p": 0.5, "top_k": 5}):
        tokens, probability = one_draw(logits, 2, **filters)
        assert set(tokens.flatten().tolist()) == {1, 3}
        assert torch.allclose(probability, FIVE[tokens])


def test_greedy_takes_the_most_likely_and_reports_its_tempered_probability() -> None:
    drawn = draw(FIVE.log()[None, None], temperature=0.5, top_p=0.1, top_k=1, noise=None)
    assert drawn.tokens.tolist() == [[1]]
    assert drawn.probability.item() == pytest.approx(0.16 / (FIVE**2).sum().item())


def test_a_variation_draws_the_same_alone_and_in_a_batch() -> None:
    logits = torch.randn(3, 20, 16, generator=torch.Generator().manual_seed(3))
    together = one_draw(logits, 10)[0]
    for i in range(3):
        assert torch.equal(one_draw(logits[i : i + 1], 10 + i)[0][0], together[i])


def test_arguments_are_left_as_they_are() -> None:
    logits = torch.randn(2, 7, 16, generator=torch.Generator().manual_seed(4))
    before = logits.clone()
    for filters in ({"top_p": 0.9}, {"top_k": 3}, {}):
        one_draw(logits, 0, **filters)
    assert torch.equal(logits, before)


def test_a_draw_of_exactly_zero_still_gives_the_only_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Tensor, "uniform_", lambda self, generator: self.zero_())
    noise = VariationNoise(variation_generators(0, 1))(FIVE[None, None], None)
    assert torch.isfinite(noise).all() and (noise > 0).all()
    tokens, _ = one_draw(FIVE.log()[None, None], 0, top_p=0.3)
    assert tokens.tolist() == [[1]]
