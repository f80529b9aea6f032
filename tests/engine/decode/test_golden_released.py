"""MusicGen and the sound model, read from their released files, against the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import (
    Mode,
    SamplingOptions,
    finish,
    generate_codes,
    variation_generators,
)
from engine.model.layout import to_columns
from engine.model.predictor import BoundModel
from tests.engine.decode.conftest import prompt_of
from tests.engine.decode.test_golden_plain import (
    MASK_ID,
    Recorded,
    assert_same_steps,
    recorded_draws,
    run,
)
from tests.engine.golden import golden_model

Golden = Callable[[str], dict[str, Tensor]]


def _bound(folder: str, conditions: str, golden: Golden) -> BoundModel:
    condition = golden(conditions)["cond"]
    return BoundModel.bind_conditions(golden_model(folder), condition[:2], condition[2:])


def bound_musicgen(golden: Golden) -> BoundModel:
    return _bound("musicgen", "plain/conditions.npz", golden)


@pytest.fixture(scope="module")
def musicgen(golden: Golden) -> BoundModel:
    return bound_musicgen(golden)


def _continue(model: Any, n_frames: int, seed: int = 0, **settings: Any) -> Tensor:
    return finish(
        generate_codes(
            model,
            mode=Mode.AUTOREGRESSIVE,
            n_frames=n_frames,
            generators=variation_generators(seed, 2),
            **settings,
        )
    ).codes


def test_teacher_forced_scores(musicgen: BoundModel, golden: Golden) -> None:
    """Two texts and two null conditions over given codes: logits, and each code's score."""
    arrays = golden("musicgen/teacher_forced.npz")
    model, condition = musicgen.model, golden("plain/conditions.npz")["cond"]
    columns = to_columns(arrays["codes"], model.config)
    assert torch.equal(columns, arrays["pattern_sequence"])
    scorer = BoundModel.bind_conditions(model, condition).with_boundary(columns.shape[-1])
    for level in range(4):
        logits = scorer.predict(arrays["codes"], level, guided=False).conditional
        scores = logits.log_softmax(-1).take_along_dim(arrays["codes"][:, level, :, None], -1)
        expected = arrays["token_logprobs"][:, level]
        torch.testing.assert_close(scores[..., 0], expected, atol=1e-4, rtol=0)


def test_a_greedy_clip(musicgen: BoundModel, golden: Golden) -> None:
    codes = _continue(musicgen, 50, options=SamplingOptions(greedy=True))
    assert torch.equal(codes, golden("musicgen/gen_greedy.npz")["tokens"])


def test_a_greedy_continuation(
    musicgen: BoundModel, golden: Golden, as_given: Callable[..., tuple[Tensor, Tensor]]
) -> None:
    arrays = golden("musicgen/gen_prompt_greedy.npz")
    given = as_given(arrays["prompt"], 50, MASK_ID)
    codes = _continue(musicgen, 50, options=SamplingOptions(greedy=True), given=given)
    assert torch.equal(codes, arrays["tokens"])


def test_a_sampled_clip_with_the_recorded_draws(musicgen: BoundModel, golden: Golden) -> None:
    arrays = golden("musicgen/gen_topk.npz")
    generator = torch.Generator().manual_seed(int(arrays["seed"]))

    def noise(probability: Tensor, positions: Tensor | None) -> Tensor:
        rows = torch.empty(probability.shape[:2].numel(), probability.shape[2])
        return rows.exponential_(generator=generator).view_as(probability)

    assert torch.equal(_continue(musicgen, 50, noise=noise), arrays["tokens"])


def test_as_released_draws_as_the_reference_from_the_seed_alone(
    musicgen: BoundModel, golden: Golden
) -> None:
    arrays = golden("musicgen/gen_topk.npz")
    seed = int(arrays["seed"])
    codes = _continue(musicgen, 50, options=SamplingOptions(as_released=True), seed=seed)
    assert torch.equal(codes, arrays["tokens"])


def test_musicgen_opens_for_a_plain_magnet(musicgen: BoundModel, golden: Golden) -> None:
    """Its opening is what it writes alone, and the rest a continuation of that by MAGNeT."""
    plain = _bound("plain", "plain/conditions.npz", golden)
    options = SamplingOptions(greedy=True, steps=(3, 2, 1, 1))
    common: dict[str, Any] = {"generators": variation_generators(0, 2), "options": options}
    crossed = finish(
        generate_codes(
            plain, mode=Mode.HYBRID, n_frames=60, opening_frames=21, opener=musicgen, **common
        )
    ).codes
    opening = _continue(musicgen, 21, options=options)
    assert torch.equal(crossed[..., :21], opening)
    given = prompt_of(opening, 60, MASK_ID)
    rest = generate_codes(plain, mode=Mode.PARALLEL, n_frames=60, given=given, **common)
    assert torch.equal(crossed, finish(rest).codes)


def test_the_sound_model_from_recorded_inputs(golden: Golden) -> None:
    """With guidance of 20 near-ties are common (one at the fourth step), so steps are compared."""
    arrays = golden("audio/gen_topp_audio.npz")
    model = _bound("audio", "audio/conditions.npz", golden)
    options = SamplingOptions(temperature=3.5, top_p=0.8, cfg_start=20.0)
    assert_same_steps(run(model, arrays, options, n_steps=3), arrays)
    noise = recorded_draws(arrays["seed"], 498, by_rank=True)
    for index in range(24):
        Recorded(arrays, index, options).draw_again(model, noise, options)


def test_recorded_draws_are_those_of_one_generator() -> None:
    draws = recorded_draws(torch.tensor(3), 4, by_rank=False)
    probability = torch.ones(1, 4, 5)
    expected = torch.empty(4, 5).exponential_(generator=torch.Generator().manual_seed(3))
    assert torch.equal(draws(probability, None)[0], expected)
