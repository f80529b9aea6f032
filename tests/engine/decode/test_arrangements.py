import pytest
import torch
from torch import Tensor

from engine.decode import SamplingOptions, SpanArrangement
from engine.decode.arrangements import Arrangement, Nonoverlap, Stride1, arrange
from engine.decode.spans import score_max

KEEP = torch.tensor([True, True, False, False, False, False, True, False, False, True])


def build(keep: Tensor, arrangement: SpanArrangement, straddle: bool = False) -> Arrangement:
    options = SamplingOptions(arrangement=arrangement)
    return arrange(keep, options=options, span_len=3, straddle=straddle)


@pytest.mark.parametrize("arrangement", list(SpanArrangement))
def test_the_first_step_draws_everything_that_is_free(arrangement: SpanArrangement) -> None:
    selection = build(KEEP, arrangement).first(2)
    assert torch.equal(selection.masked, (~KEEP).expand(2, -1))


def test_spans_are_cut_within_each_free_region() -> None:
    arrangement = build(KEEP, SpanArrangement.NONOVERLAP)
    assert arrangement.n_free == 3  # 2-4, 5, 7-8
    probability = torch.tensor([[0.0, 0.0, 0.9, 0.1, 0.1, 0.5, 0.0, 0.2, 0.3, 0.0]])
    selection = arrangement.again(probability, ~KEEP[None], 1)
    assert selection.masked[0].nonzero()[:, 0].tolist() == [7, 8]
    assert selection.positions is not None and selection.slots is not None
    assert selection.positions.tolist() == [[7, 8, 7]]
    assert selection.slots.tolist() == [[7, 8, 10]]


def test_a_straddling_span_holds_kept_frames_and_scores_them_but_never_writes_them() -> None:
    keep = torch.tensor([True] * 4 + [False] * 5)
    arrangement = build(keep, SpanArrangement.NONOVERLAP, straddle=True)
    assert arrangement.n_free == 2  # 3-5 with the kept frame 3, and 6-8
    probability = torch.tensor([[1.0, 1.0, 1.0, 0.9, 0.1, 0.1, 0.5, 0.5, 0.5]])
    selection = arrangement.again(probability, ~keep[None], 1)
    assert selection.masked[0].nonzero()[:, 0].tolist() == [6, 7, 8]
    probability[0, 3] = 0.2
    selection = arrangement.again(probability, ~keep[None], 1)
    assert selection.masked[0].nonzero()[:, 0].tolist() == [4, 5]
    assert selection.positions is not None and selection.positions.tolist() == [[3, 4, 5]]


def test_a_fixed_span_is_never_masked_again_when_side_by_side() -> None:
    keep = torch.zeros(9, dtype=torch.bool)
    arrangement = Nonoverlap(keep, [(0, 9)], 3, score_max)
    masked = torch.tensor([[False] * 3 + [True] * 6])
    probability = torch.tensor([[0.0] * 3 + [0.9] * 3 + [0.8] * 3])
    for n_masked, frames in ((1, [6, 7, 8]), (2, [3, 4, 5, 6, 7, 8])):
        again = arrangement.again(probability, masked, n_masked).masked
        assert again[0].nonzero()[:, 0].tolist() == frames


def test_overlapping_spans_prefer_fresh_tokens_and_stay_off_kept_frames() -> None:
    keep = torch.tensor([True] * 3 + [False] * 9)
    arrangement = Stride1(keep, [(3, 12)], 3)
    masked = ~keep[None].clone()
    masked[0, 3:6] = False
    probability = torch.full((1, 12), 0.5)
    probability[0, 8:11] = 0.1
    again = arrangement.again(probability, masked, 3).masked
    assert again[0].nonzero()[:, 0].tolist() == [8, 9, 10]


@pytest.mark.parametrize("arrangement", list(SpanArrangement))
def test_a_region_shorter_than_a_span_is_drawn_whole(arrangement: SpanArrangement) -> None:
    keep = torch.tensor([True, False, True, True])
    again = build(keep, arrangement).again(torch.rand(1, 4), ~keep[None], 1)
    assert again.masked.tolist() == [[False, True, False, False]]


def test_overlapping_spans_ask_for_the_free_frames_alone() -> None:
    arrangement = build(KEEP, SpanArrangement.STRIDE1)
    for selection in (arrangement.first(2), arrangement.again(torch.rand(2, 10), ~KEEP[None], 3)):
        assert selection.positions is not None
        assert selection.positions[0].tolist() == [2, 3, 4, 5, 7, 8]
    assert build(torch.zeros(10).bool(), SpanArrangement.STRIDE1).first(2).positions is None
