"""Whole generations of the reference's hybrid draft, token for token, with the real network."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import (
    DecodeStep,
    Mode,
    Phase,
    PromptRows,
    SamplingOptions,
    finish,
    generate_codes,
    variation_generators,
)
from engine.decode.guidance import guide
from engine.decode.schedules import plan_level

MASK_ID = 2048
Golden = Callable[[str], dict[str, Tensor]]
GREEDY = SamplingOptions(greedy=True)


def left_to_right(model: Any, n_frames: int, **settings: Any) -> Tensor:
    steps = generate_codes(
        model,
        mode=Mode.AUTOREGRESSIVE,
        n_frames=n_frames,
        generators=variation_generators(0, 2),
        **settings,
    )
    return finish(steps).codes


@pytest.mark.parametrize(("name", "n_frames"), [("greedy", 21), ("greedy_len30", 30)])
def test_greedy_left_to_right(hybrid_model: Any, golden: Golden, name: str, n_frames: int) -> None:
    expected = golden("hybrid/ar_generate.npz")[name]
    assert torch.equal(left_to_right(hybrid_model, n_frames, options=GREEDY), expected)


def test_greedy_left_to_right_after_a_prompt(
    hybrid_model: Any, golden: Golden, as_given: Callable[..., tuple[Tensor, Tensor]]
) -> None:
    arrays = golden("hybrid/ar_generate.npz")
    given = as_given(arrays["prompt"], 21, MASK_ID)
    codes = left_to_right(hybrid_model, 21, options=GREEDY, given=given)
    assert torch.equal(codes, arrays["prompted_greedy"])


def test_top_k_left_to_right_with_the_recorded_draws(hybrid_model: Any, golden: Golden) -> None:
    arrays = golden("hybrid/ar_generate.npz")
    generator = torch.Generator().manual_seed(int(arrays["seed"]))

    def noise(probability: Tensor, positions: Tensor | None) -> Tensor:
        rows = torch.empty(probability.shape[:2].numel(), probability.shape[2])
        return rows.exponential_(generator=generator).view_as(probability)

    assert torch.equal(left_to_right(hybrid_model, 21, noise=noise), arrays["topk"])


def recorded_hybrid(
    model: Any, arrays: dict[str, Tensor], variant: str, mode: Mode = Mode.HYBRID
) -> list[DecodeStep]:
    steps = generate_codes(
        model,
        mode=mode,
        n_frames=int(arrays["T"]),
        opening_frames=int(arrays["P"]) if mode is Mode.HYBRID else 0,
        generators=variation_generators(0, 2),
        options=SamplingOptions(
            greedy=True,
            steps=tuple(arrays["steps"].tolist()),
            prompt_rows=PromptRows(variant),
        ),
        straddle=True,
    )
    return list(steps)


def visible(step: DecodeStep) -> Tensor:
    return step.codes.masked_fill(step.masked, MASK_ID)


@pytest.mark.parametrize("variant", [rows.value for rows in PromptRows])
def test_a_greedy_hybrid_step_by_step(hybrid_model: Any, golden: Golden, variant: str) -> None:
    arrays = golden(f"hybrid/gen_greedy_{variant}.npz")
    steps = recorded_hybrid(hybrid_model, arrays, variant)
    refined = [step for step in steps if step.phase is Phase.PARALLEL]
    opening = steps[-len(refined) - 1]
    inputs = arrays["step_input"]
    assert [step.stage for step in refined] == arrays["step_stage"].tolist()
    for before, expected in zip([opening, *refined], inputs, strict=False):
        assert torch.equal(visible(before), expected)
    assert torch.equal(steps[-1].codes, arrays["tokens"])


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.PARALLEL])
def test_without_an_opening_the_hybrid_is_parallel(
    hybrid_model: Any, golden: Golden, mode: Mode
) -> None:
    arrays = golden("hybrid/gen_noprompt_branch.npz")
    steps = recorded_hybrid(hybrid_model, arrays, "branch", mode)
    assert torch.equal(steps[-1].codes, arrays["tokens"])


@pytest.mark.parametrize("variant", [rows.value for rows in PromptRows])
def test_an_odd_length_step_by_step(hybrid_model: Any, golden: Golden, variant: str) -> None:
    """The reference pads 50 frames to 60 and counts the spans of all 60, so its masks are not
    ours. The padding is invisible to the 50, so what it writes in them must be ours."""
    arrays = golden(f"hybrid/gen_odd_{variant}.npz")
    n_frames, boundary = int(arrays["T"]), int(arrays["P"])
    causal = 0 if variant == "branch" else boundary
    model = hybrid_model.with_boundary(causal) if causal else hybrid_model
    inputs = arrays["step_input"][..., :n_frames]
    results = [*inputs[1:], arrays["tokens"]]
    plans = [
        plan
        for total_steps in arrays["steps"].tolist()
        for plan in plan_level(SamplingOptions(), total_steps, 20)
    ]
    stages = arrays["step_stage"].tolist()
    for plan, stage, codes, after in zip(plans, stages, inputs, results, strict=True):
        logits = guide(model.predict(codes, stage), plan.cfg_coef)
        written = (codes[:, stage] == MASK_ID) & (after[:, stage] != MASK_ID)
        assert written.any()
        assert torch.equal(logits.argmax(-1)[written], after[:, stage][written])
