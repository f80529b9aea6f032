"""Ours against the naive twin, on settings and weights that no recording has."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.decode import (
    Mode,
    SamplingOptions,
    SpanScore,
    finish,
    generate_codes,
    variation_generators,
)
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel, initialise
from engine.model.predictor import BoundModel
from tests.engine.decode.conftest import prompt_of
from tests.engine.decode.naive_magnet import naive_codes, naive_inpainting

MASK_ID = 64


@pytest.fixture(scope="module", params=[0, 1])
def model(request: pytest.FixtureRequest) -> LanguageModel:
    config = ModelConfig(
        kind=ModelKind.MAGNET, width=32, n_layers=3, n_heads=4, text_width=8,
        codebook_size=MASK_ID, context_frames=4, window_s=3.0,
    )  # fmt: skip
    network = LanguageModel(config).eval()
    initialise(network, torch.Generator().manual_seed(request.param))
    for head in network.heads:  # sharper, so that guidance and filters matter
        head.weight.data *= 3
    return network


SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {"greedy": True},
    "top-p": {"top_p": 0.7, "temperature": 2.0},
    "top-k": {"top_p": None, "top_k": 9, "temperature": 1.5},
    "plain": {"top_p": None, "temperature": 1.0, "anneal_temperature": False},
    "product": {"span_score": SpanScore.PROD, "cfg_start": 4.0, "cfg_end": 2.0},
    "wide spans": {"span_len": 5, "cfg_start": 20.0, "top_p": 0.8},
    "single tokens": {"span_len": 1, "temperature": 0.5},
    "one step each": {"steps": (1, 1, 1, 1)},
}


@pytest.mark.parametrize("n_frames", [100, 149])
@pytest.mark.parametrize("name", SETTINGS)
def test_token_for_token(model: LanguageModel, name: str, n_frames: int) -> None:
    options = SamplingOptions(**{"steps": (7, 4, 3, 2), "as_released": True} | SETTINGS[name])
    assert_equal(model, options, n_frames, None)


@pytest.mark.parametrize("n_given", [3, 10, 50])
def test_a_continuation_token_for_token(model: LanguageModel, n_given: int) -> None:
    prompt = torch.randint(0, MASK_ID, (2, 4, n_given), generator=torch.Generator().manual_seed(4))
    options = SamplingOptions(steps=(7, 4, 3, 2), as_released=True, temperature=1.0)
    assert_equal(model, options, 100, prompt)


def mask_of(rectangles: list[tuple[int, int, int, int]], n_frames: int) -> torch.Tensor:
    """Rectangles of first and last level, first frame and the one after the last."""
    keep = torch.ones(4, n_frames, dtype=torch.bool)
    for low, high, first, stop in rectangles:
        keep[low:high, first:stop] = False
    return keep


@pytest.mark.parametrize(
    "rectangles",
    [
        [(0, 4, 30, 61)],
        [(0, 4, 7, 18), (0, 4, 40, 95)],
        [(0, 4, 0, 10), (0, 4, 89, 100)],
        [(0, 4, 0, 100)],
        [(2, 4, 20, 80)],
        [(0, 1, 10, 40), (1, 3, 30, 70), (3, 4, 0, 100)],
    ],
    ids=["one region", "two", "both ends", "all", "fine levels", "painted"],
)
@pytest.mark.parametrize("score", [SpanScore.MAX, SpanScore.PROD])
def test_regions_token_for_token(
    model: LanguageModel, rectangles: list[tuple[int, int, int, int]], score: SpanScore
) -> None:
    """Every step too: what is masked, and what stands in each place."""
    keep = mask_of(rectangles, 100)
    codes = torch.randint(0, MASK_ID, (1, 4, 100), generator=torch.Generator().manual_seed(4))
    options = SamplingOptions(steps=(7, 4, 3, 2), greedy=True, span_score=score)
    condition = torch.randn(1, 6, 32, generator=torch.Generator().manual_seed(5))
    ours = generate_codes(
        BoundModel.bind_conditions(model, condition),
        mode=Mode.PARALLEL,
        n_frames=100,
        generators=variation_generators(11, 1),
        options=options,
        given=(codes, keep),
    )
    theirs = naive_inpainting(model, condition, codes, keep, options)
    for step, (expected, masked) in zip(ours, theirs, strict=True):
        assert torch.equal(step.codes[:, step.stage], expected[:, step.stage])
        assert torch.equal(step.masked[0, step.stage], masked)


def assert_equal(
    model: LanguageModel, options: SamplingOptions, n_frames: int, prompt: torch.Tensor | None
) -> None:
    condition = torch.randn(2, 6, 32, generator=torch.Generator().manual_seed(5))
    ours = generate_codes(
        BoundModel.bind_conditions(model, condition),
        mode=Mode.PARALLEL,
        n_frames=n_frames,
        generators=variation_generators(11, 2),
        options=options,
        given=None if prompt is None else prompt_of(prompt, n_frames, MASK_ID),
    )
    theirs = naive_codes(model, condition, n_frames, options, 11, prompt)
    assert torch.equal(finish(ours).codes, theirs)
