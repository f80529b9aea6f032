"""Whole generations of the reference's MAGNeT with the real network and the recorded draws."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import (
    DecodeStep,
    Mode,
    SamplingOptions,
    SpanArrangement,
    SpanScore,
    generate_codes,
    variation_generators,
)
from engine.decode.arrangements import arrange
from engine.decode.guidance import guide
from engine.decode.released import ReleasedNoise
from engine.decode.sampling import draw
from engine.decode.schedules import plan_level

MASK_ID = 2048
NEAR_TIE = 5e-5
Golden = Callable[[str], dict[str, Tensor]]
AsGiven = Callable[..., tuple[Tensor, Tensor]]

SHORT = SamplingOptions(steps=(6, 3, 3, 3))


def recorded_draws(seed: Tensor, n_frames: int, *, by_rank: bool) -> ReleasedNoise:
    return ReleasedNoise(torch.Generator().manual_seed(int(seed)), n_frames, by_rank=by_rank)


def run(
    model: Any,
    arrays: dict[str, Tensor],
    options: SamplingOptions,
    given: tuple[Tensor, Tensor] | None = None,
    n_steps: int | None = None,
) -> list[DecodeStep]:
    n_frames = arrays["tokens"].shape[-1]
    steps = generate_codes(
        model,
        mode=Mode.PARALLEL,
        n_frames=n_frames,
        generators=variation_generators(0, 2),
        options=options,
        given=given,
        noise=recorded_draws(arrays["seed"], n_frames, by_rank=options.top_p is not None),
        straddle=given is not None,
    )
    return list(islice(steps, n_steps))


def run_as_released(
    model: Any,
    arrays: dict[str, Tensor],
    options: SamplingOptions,
    given: tuple[Tensor, Tensor] | None = None,
    n_steps: int | None = None,
) -> list[DecodeStep]:
    """Nothing but the seed and the one option; 500 frames are asked for."""
    steps = generate_codes(
        model,
        mode=Mode.PARALLEL,
        n_frames=500,
        generators=variation_generators(int(arrays["seed"]), 2),
        options=replace(options, as_released=True),
        given=given,
    )
    return list(islice(steps, n_steps))


def assert_same_steps(steps: list[DecodeStep], arrays: dict[str, Tensor]) -> None:
    after = [*arrays["step_input"][1:], arrays["tokens"]]
    assert [step.stage for step in steps] == arrays["step_stage"].tolist()[: len(steps)]
    for step, expected in zip(steps, after, strict=False):
        assert torch.equal(step.codes.masked_fill(step.masked, MASK_ID), expected), step.index


WHOLE: dict[str, SamplingOptions] = {
    "greedy": SamplingOptions(greedy=True),
    "stride1_greedy": SamplingOptions(greedy=True, arrangement=SpanArrangement.STRIDE1),
}
SAMPLED: dict[str, SamplingOptions] = {
    "prod_topp": SamplingOptions(span_score=SpanScore.PROD),
    "plain": SamplingOptions(top_p=None),
    "noanneal": SamplingOptions(temperature=1.0, anneal_temperature=False),
    "cfg1": SamplingOptions(temperature=1.0, cfg_start=1.0, cfg_end=1.0),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_greedy_generation(plain_model: Any, golden: Golden, name: str) -> None:
    arrays = golden(f"plain/gen_{name}.npz")
    steps = run(plain_model, arrays, WHOLE[name])
    assert len(steps) == 50
    assert_same_steps(steps, arrays)


@pytest.mark.parametrize("name", SAMPLED)
def test_the_start_of_a_sampled_generation(plain_model: Any, golden: Golden, name: str) -> None:
    arrays = golden(f"plain/gen_{name}.npz")
    assert_same_steps(run(plain_model, arrays, SAMPLED[name], n_steps=6), arrays)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLED)
def test_a_sampled_generation(plain_model: Any, golden: Golden, name: str) -> None:
    arrays = golden(f"plain/gen_{name}.npz")
    steps = run(plain_model, arrays, SAMPLED[name])
    assert len(steps) == 50
    assert_same_steps(steps, arrays)


def test_a_continuation_with_overlapping_spans(
    plain_model: Any, golden: Golden, as_given: AsGiven
) -> None:
    arrays = golden("plain/gen_prompt_stride1.npz")
    given = as_given(arrays["prompt"], 500, MASK_ID)
    options = SamplingOptions(steps=(6, 3, 3, 3), arrangement=SpanArrangement.STRIDE1)
    assert_same_steps(run(plain_model, arrays, options, given), arrays)


class Recorded:
    """One recorded step: what went in, what was drawn, and our plan for it."""

    def __init__(self, arrays: dict[str, Tensor], index: int, options: SamplingOptions) -> None:
        stages = arrays["step_stage"].tolist()
        self.stage = stages[index]
        self.codes = arrays["step_input"][index]
        self.drawn = arrays["step_sampled"][index]
        step = index - stages.index(self.stage)
        plans = plan_level(options, options.steps[self.stage], 166)
        self.plan = plans[step]
        self.masked = self.codes[:, self.stage] == MASK_ID

    def draw_again(self, model: Any, noise: ReleasedNoise, options: SamplingOptions) -> None:
        """Draw from the recorded input and compare, forgiving near-ties.

        Two ranks of all but the same probability may swap, and with them their noise; or two
        tokens may be all but equally good under the noise (p / e).
        """
        logits = guide(model.predict(self.codes, self.stage), self.plan.cfg_coef)
        self.probability = torch.softmax(logits / self.plan.temperature, -1)
        drawn_noise = noise(self.probability, None)
        tokens, _ = draw(
            logits,
            temperature=self.plan.temperature,
            top_p=options.top_p,
            top_k=options.top_k,
            noise=lambda probability, positions: drawn_noise,
        )
        ours, theirs = (
            torch.stack([self.probability, self.probability / drawn_noise])
            .take_along_dim(choice[None, ..., None], -1)
            .squeeze(-1)
            for choice in (tokens, self.drawn)
        )
        near = ((ours[0] - theirs[0]).abs() < NEAR_TIE) | (theirs[1] > 0.999 * ours[1])
        differs = self.masked & (tokens != self.drawn)
        assert near[differs].all()
        assert differs.sum() <= 5


def test_a_continuation_from_each_recorded_input(
    plain_model: Any, golden: Golden, as_given: AsGiven
) -> None:
    """Two ranks of nearly the same probability swap at the first step (3e-10 apart), so this
    one is compared step by step: the draws, and the spans that are masked after them."""
    arrays = golden("plain/gen_prompt_topp.npz")
    _, keep = as_given(arrays["prompt"], 498, MASK_ID)
    noise = recorded_draws(arrays["seed"], 498, by_rank=True)
    steps = [Recorded(arrays, index, SHORT) for index in range(15)]
    for step in steps:
        step.draw_again(plain_model, noise, SHORT)
    for step, after in pairwise(steps):
        if after.stage == step.stage:
            spans = arrange(keep[step.stage], options=SHORT, span_len=3, straddle=True)
            n_masked = plan_level(SHORT, SHORT.steps[step.stage], spans.n_free)[
                after.plan.step
            ].n_masked
            drawn = step.probability.take_along_dim(step.drawn[..., None], -1)[..., 0]
            assert torch.equal(spans.again(drawn, step.masked, n_masked).masked, after.masked)


TOP_K = SamplingOptions(top_p=None, top_k=250)


def test_as_released_the_clip_is_cut_to_whole_spans_and_ranked_after_top_k(
    plain_model: Any, golden: Golden
) -> None:
    arrays = golden("plain/gen_topk.npz")
    steps = run_as_released(plain_model, arrays, TOP_K, n_steps=6)
    assert steps[0].codes.shape == (2, 4, 498)
    assert_same_steps(steps, arrays)


@pytest.mark.slow
def test_as_released_a_whole_generation_with_top_k(plain_model: Any, golden: Golden) -> None:
    arrays = golden("plain/gen_topk.npz")
    assert_same_steps(run_as_released(plain_model, arrays, TOP_K), arrays)


def test_as_released_a_continuation(plain_model: Any, golden: Golden, as_given: AsGiven) -> None:
    arrays = golden("plain/gen_prompt_stride1.npz")
    given = as_given(arrays["prompt"], 500, MASK_ID)
    options = SamplingOptions(steps=(6, 3, 3, 3), arrangement=SpanArrangement.STRIDE1)
    assert_same_steps(run_as_released(plain_model, arrays, options, given), arrays)


def test_top_k_from_recorded_inputs(plain_model: Any, golden: Golden) -> None:
    """By default spans are ranked by the unfiltered probability, with top-k as with top-p, so
    the draws are compared and not the masks."""
    arrays = golden("plain/gen_topk.npz")
    noise = recorded_draws(arrays["seed"], 498, by_rank=False)
    for index in range(6):
        Recorded(arrays, index, TOP_K).draw_again(plain_model, noise, TOP_K)
