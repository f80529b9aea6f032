"""Whole generations of the reference's hybrid draft, token for token, with the real network."""

from __future__ import annotations

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
from engine.decode.predictor import GuidedLogits
from engine.model.attention_masks import delayed_stage_mask, with_causal_rows
from engine.model.layout import delay
from engine.model.predictor import BoundModel

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
def test_a_variation_of_the_network_is_the_same_alone_and_in_a_batch(
    hybrid_model: Any, golden: Golden, variant: str
) -> None:
    condition = golden("hybrid/conditions.npz")["cond"][:1]
    model = BoundModel.bind_conditions(hybrid_model.model, condition)

    def run(seed: int, n_variations: int) -> Tensor:
        steps = generate_codes(
            model,
            mode=Mode.HYBRID,
            n_frames=20,
            opening_frames=7,
            generators=variation_generators(seed, n_variations),
            options=SamplingOptions(steps=(4, 2, 1, 1), prompt_rows=PromptRows(variant)),
        )
        return finish(steps).codes

    together = run(5, 3)
    for i in range(3):
        assert torch.equal(run(5 + i, 1)[0], together[i])


class PaddedLikeTheReference:
    """The reference pads 50 frames to 60 and 54 columns to 64. That is not invisible: the last
    token's column is read by all, and as a row it attends to everything, padding included."""

    writes_left_to_right = True

    n_levels, codebook_size, span_len = 4, MASK_ID, 3

    def __init__(self, bound: Any, condition: Tensor, n_frames: int, boundary: int = 0) -> None:
        self.bound, self.condition = bound, condition
        self.n_frames, self.boundary = n_frames, boundary

    def open(self, n_variations: int, n_columns: int) -> Any:
        return self.bound.open(n_variations, n_columns)

    def after(self, opening: Any, boundary: int) -> PaddedLikeTheReference:
        return PaddedLikeTheReference(self.bound, self.condition, self.n_frames, boundary)

    @torch.no_grad()
    def predict(
        self, codes: Tensor, stage: int, *, positions: Tensor | None = None, guided: bool = True
    ) -> GuidedLogits:
        columns = delay(codes, MASK_ID)
        attend = delayed_stage_mask(
            stage, self.n_frames, n_levels=4, context=5, n_columns=columns.shape[-1]
        )
        attend = with_causal_rows(attend, torch.tensor([self.boundary]))
        network = self.bound.model
        rows = network.hidden(columns.repeat(2, 1, 1), self.condition, attend)
        logits = network.logits(rows[:, stage : stage + codes.shape[-1]], stage)
        if positions is not None:
            logits = logits.take_along_dim(positions.repeat(2, 1)[..., None], dim=1)
        return GuidedLogits(*logits.chunk(2))


@pytest.mark.parametrize("variant", [rows.value for rows in PromptRows])
def test_an_odd_length_under_the_padding_of_the_reference(
    hybrid_model: Any, golden: Golden, variant: str
) -> None:
    arrays = golden(f"hybrid/gen_odd_{variant}.npz")
    n_frames = int(arrays["T"])
    condition = golden("hybrid/conditions.npz")["cond"]
    arrays["T"] = torch.tensor(arrays["step_input"].shape[-1])
    padded = PaddedLikeTheReference(hybrid_model, condition, n_frames)
    steps = recorded_hybrid(padded, arrays, variant)
    assert torch.equal(steps[-1].codes[..., :n_frames], arrays["tokens"])
