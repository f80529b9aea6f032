import math
import random

import pytest
import torch

from engine.decode import spans

ALL = torch.ones(1, 5, dtype=torch.bool)


def test_free_regions_are_the_runs_that_are_not_kept() -> None:
    assert spans.free_regions([False] * 4) == [(0, 4)]
    assert spans.free_regions([True] * 4) == []
    assert spans.free_regions([False, True, True, False, False]) == [(0, 1), (3, 5)]
    assert spans.free_regions([True, False, True]) == [(1, 2)]
    assert spans.free_regions([]) == []


def test_regions_are_cut_side_by_side_and_the_rest_is_a_shorter_span() -> None:
    assert spans.cut_spans([(0, 7)], 3) == [(0, 3), (3, 6), (6, 7)]
    assert spans.cut_spans([(2, 4), (9, 12)], 3) == [(2, 4), (9, 12)]
    assert spans.cut_spans([(0, 2)], 1) == [(0, 1), (1, 2)]


def test_sliding_spans_start_at_every_frame_and_stay_inside() -> None:
    assert spans.sliding_spans([(0, 5)], 3) == [(0, 3), (1, 4), (2, 5)]
    assert spans.sliding_spans([(4, 6)], 3) == [(4, 6)]


def test_the_frame_table_fills_up_with_the_number_of_frames() -> None:
    assert spans.frame_table([(0, 3), (3, 5)], 3, 5).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_scores_of_five_numbers() -> None:
    probability = torch.tensor([[0.5, 0.25, 0.1, 0.2, 0.4]])
    assert spans.score_max(probability, ALL).item() == pytest.approx(0.5)
    product = math.prod(probability[0].tolist())
    assert spans.score_prod(probability, ALL).item() == pytest.approx(-math.log(product))


def test_a_shorter_span_is_scored_by_its_own_tokens() -> None:
    probability = torch.tensor([[0.5, 0.5, 0.9]])
    member = torch.tensor([[True, True, False]])
    assert spans.score_max(probability, member).item() == 0.5
    assert spans.score_prod(probability, member).item() == pytest.approx(-3 * math.log(0.5))


def test_the_worst_spans_come_in_order_of_time_and_ties_go_to_the_earlier() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.5, 0.9, 0.5], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert spans.worst_spans(scores, 3).tolist() == [[1, 2, 3], [0, 1, 2]]


def naive_cover(scores: list[float], span_len: int, n_frames: int, n_masked: int) -> list[bool]:
    """The release's search, as it is told: one clip, one number after the other."""
    starts = sorted(range(len(scores)), key=lambda start: -scores[start])

    def mask_of(n_spans: int) -> list[bool]:
        mask = [False] * n_frames
        for start in starts[:n_spans]:
            for frame in range(start, start + span_len):
                mask[frame] = True
        return mask

    n_masked = max(n_masked, span_len)
    low, high = n_masked // span_len, n_masked - (span_len - 1)
    middle = round((low + high) / 2)
    mask = mask_of(middle)
    while low < middle < high:
        mask = mask_of(middle)
        if sum(mask) > n_masked:
            high = middle
        else:
            low = middle
        middle = round((low + high) / 2)
    return mask


@pytest.mark.parametrize("span_len", [2, 3, 5])
def test_the_search_equals_its_naive_twin(span_len: int) -> None:
    random.seed(span_len)
    for n_frames in (span_len, 8, 31, 100):
        n_starts = n_frames - span_len + 1
        table = spans.frame_table(
            spans.sliding_spans([(0, n_frames)], span_len), span_len, n_frames
        )
        for n_masked in range(1, n_frames + 1):
            rows = [[random.random() for _ in range(n_starts)] for _ in range(3)]
            masks = spans.cover_frames(torch.tensor(rows), table, n_frames, n_masked)
            twins = [naive_cover(row, span_len, n_frames, n_masked) for row in rows]
            assert masks.tolist() == twins, (n_frames, n_masked)


def test_the_search_comes_close_to_the_wanted_number() -> None:
    generator = torch.Generator().manual_seed(0)
    table = spans.frame_table(spans.sliding_spans([(0, 200)], 3), 3, 200)
    for n_masked in range(3, 200, 7):
        covered = spans.cover_frames(torch.rand(8, 198, generator=generator), table, 200, n_masked)
        assert (covered.sum(-1) - n_masked).abs().max() <= 3
