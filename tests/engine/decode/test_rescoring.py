"""A second model judges the tokens: which spans are drawn again, and what the records say."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import DecodeStep, Mode, encode_header, encode_step, read_trace
from engine.decode.predictor import GuidedLogits
from engine.decode.rescoring import Rescoring
from engine.errors import DeviceError
from tests.engine.decode.conftest import Decode, FakePredictor

N_FRAMES = 21
PLAN: dict[str, Any] = {
    "n_frames": N_FRAMES,
    "steps": (6, 4, 3, 2),
    "temperature": 1.0,
    "rescorer_levels": 4,
}


class Judge(FakePredictor):
    """Other tastes than the model's, and a memory of what it was asked."""

    def __init__(self) -> None:
        super().__init__(boundary=5)
        self.codes: list[Tensor] = []

    def predict(self, codes: Tensor, stage: int, **settings: Any) -> GuidedLogits:
        self.codes.append(codes.clone())
        return super().predict(codes, stage, **settings)


def spans_of(step: DecodeStep) -> Tensor:
    return step.masked[:, step.stage].unflatten(-1, (-1, 3)).all(-1)


@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0])
def test_the_next_spans_are_the_worst_by_the_mixture(decode: Decode, weight: float) -> None:
    """A naive twin of equation 5, from nothing but the records."""
    steps = decode(**PLAN, rescorer=Judge(), rescorer_weight=weight)
    checked = 0
    for step in steps:
        if step.rescored is None:
            continue
        own = step.confidence[:, step.stage]
        mixed = (weight * step.rescored + (1 - weight) * own).unflatten(-1, (-1, 3))
        was_masked = step.updated[:, step.stage].unflatten(-1, (-1, 3)).any(-1)
        score = (1 - mixed.amax(-1)).masked_fill(~was_masked, -1)
        for row, spans in enumerate(spans_of(step)):
            chosen, others = score[row][spans], score[row][~spans & was_masked[row]]
            assert not len(others) or chosen.min() >= others.max()
            checked += len(chosen)
    assert checked > 20


def test_a_weight_of_nothing_asks_nobody(decode: Decode) -> None:
    judge = Judge()
    without = decode(**PLAN)
    with_nothing = decode(**PLAN, rescorer=judge, rescorer_weight=0.0)
    assert judge.codes == []
    for one, other in zip(without, with_nothing, strict=True):
        assert torch.equal(one.codes, other.codes) and other.rescored is None


def test_it_changes_what_is_kept_and_not_what_is_drawn(decode: Decode) -> None:
    without, judged = decode(**PLAN), decode(**PLAN, rescorer=Judge(), rescorer_weight=1.0)
    assert torch.equal(without[0].codes, judged[0].codes)
    assert not torch.equal(without[0].masked, judged[0].masked)
    assert torch.equal(without[0].masked.sum(), judged[0].masked.sum())


def test_it_sees_the_levels_above_as_masked_and_the_rest_whole(decode: Decode) -> None:
    judge = Judge()
    decode(**PLAN, rescorer=judge)
    stages = [stage for stage, n in enumerate(PLAN["steps"]) for _ in range(n - 1)]
    assert len(judge.codes) == len(stages)
    for codes, stage in zip(judge.codes, stages, strict=True):
        assert (codes[:, : stage + 1] < 16).all() and (codes[:, stage + 1 :] == 16).all()


@pytest.mark.parametrize(
    ("every", "levels", "asked"),
    [
        (1, 4, [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3]),
        (2, 4, [0, 0, 0, 1, 1, 2, 3]),
        (9, 4, [0, 1, 2, 3]),
        (1, 1, [0, 0, 0, 0, 0]),
        (3, 2, [0, 0, 1]),
    ],
)
def test_which_steps_it_judges(decode: Decode, every: int, levels: int, asked: list[int]) -> None:
    judge = Judge()
    plan = PLAN | {"rescorer_every": every, "rescorer_levels": levels}
    steps = decode(**plan, rescorer=judge)
    assert [stage for stage, _, _ in judge.asked] == asked
    assert [step.stage for step in steps if step.rescored is not None] == asked
    assert all(not guided for _, _, guided in judge.asked)


@pytest.mark.parametrize("arrangement", ["nonoverlap", "stride1"])
def test_kept_tokens_stay_under_a_rescorer(
    decode: Decode, region_mask: Any, arrangement: str
) -> None:
    from engine.decode import SpanArrangement

    codes = torch.randint(0, 16, (1, 4, N_FRAMES), generator=torch.Generator().manual_seed(0))
    keep = region_mask(N_FRAMES, [(2, 4), (9, 20)])
    plan = PLAN | {"arrangement": SpanArrangement(arrangement)}
    last = decode(**plan, given=(codes, keep), rescorer=Judge())[-1]
    assert torch.equal(last.codes[:, keep], codes[:, keep].expand(2, -1))
    assert (last.codes < 16).all()


def test_a_variation_alone_is_judged_as_in_a_batch(decode: Decode) -> None:
    together = decode(**PLAN, n=3, rescorer=Judge())
    for i in range(3):
        alone = decode(**PLAN, n=1, seed=i, rescorer=Judge())
        assert torch.equal(alone[-1].codes[0], together[-1].codes[i])


def test_the_trace_tells_what_the_rescorer_thought(decode: Decode) -> None:
    steps = decode(**PLAN, rescorer=Judge())
    text = encode_header(steps[0], mask_id=16) + "".join(map(encode_step, steps))
    for read, written in zip(read_trace(text), steps, strict=True):
        assert (read.rescored is None) == (written.rescored is None)
        if written.rescored is not None and read.rescored is not None:
            torch.testing.assert_close(read.rescored, written.rescored, atol=0.5 / 255, rtol=0)


@pytest.mark.parametrize("settings", [{"arrangement": "stride1"}, {"straddle": True}])
def test_only_the_tokens_of_the_step_are_recorded_as_judged(
    decode: Decode, region_mask: Any, settings: dict[str, Any]
) -> None:
    """Overlapping spans, and those over the edge of a prompt, ask about other frames too."""
    from engine.decode import SpanArrangement

    if "arrangement" in settings:
        settings = {"arrangement": SpanArrangement(settings["arrangement"])}
    codes = torch.zeros(1, 4, N_FRAMES, dtype=torch.int64)
    given = codes, region_mask(N_FRAMES, [(4, N_FRAMES)])
    steps = decode(**PLAN, **settings, given=given, rescorer=Judge())
    judged = [step for step in steps if step.rescored is not None]
    assert any((~step.updated[:, step.stage]).any() for step in judged)
    for step in judged:
        assert step.rescored is not None
        assert torch.equal(step.rescored > 0, step.updated[:, step.stage])


def test_in_hybrid_mode_the_opening_is_not_judged(decode: Decode) -> None:
    steps = decode(Mode.HYBRID, opening_frames=6, **PLAN, rescorer=Judge())
    assert [step.rescored is None for step in steps[:6]] == [True] * 6
    assert any(step.rescored is not None for step in steps)


def test_numbers_that_are_not_finite_are_said(decode: Decode) -> None:
    class Broken(Judge):
        def predict(self, codes: Tensor, stage: int, **settings: Any) -> GuidedLogits:
            logits = super().predict(codes, stage, **settings)
            return GuidedLogits(logits.conditional * torch.nan, None)

    with pytest.raises(DeviceError, match="not finite"):
        decode(**PLAN, rescorer=Broken())


def test_its_probability_is_the_recorded_likelihood(golden: Any) -> None:
    """MusicGen's own score of each code of a given clip, against the reference."""
    from tests.engine.decode.test_golden_released import bound_musicgen

    arrays = golden("musicgen/teacher_forced.npz")
    bound, n_rows = bound_musicgen(golden), 2
    judge = Rescoring(predictor=bound.left_to_right(), weight=1.0, n_levels=4)
    codes = arrays["codes"][:n_rows]
    positions = torch.tensor([[0, 3, 7], [1, 2, 9]])
    for level in range(4):
        expected = arrays["token_logprobs"][:n_rows, level].exp()
        found = judge.probability(codes, level, None)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
        some = judge.probability(codes, level, positions)
        torch.testing.assert_close(some, expected.gather(1, positions), atol=1e-4, rtol=0)
