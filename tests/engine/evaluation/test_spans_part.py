"""Small models that differ in spans and context alone: trained, kept, and compared fairly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from engine.errors import CheckpointError
from engine.evaluation import spans_part, spans_training
from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.embeddings import Embedding
from engine.evaluation.part import Result, Setup
from engine.evaluation.prompts import Prompt
from engine.evaluation.spans_training import (
    Sizes,
    Variant,
    config_of,
    held_out_scores,
    new_trainer,
    own_parts,
    steps_for,
    tokens_of,
)
from engine.model.language_model import LanguageModel
from engine.music import load
from engine.training.data import Batch, TokenSet
from tests.engine.tiny_model import write_tiny_model

SIZES = Sizes(width=16, n_layers=1, n_heads=2, window_s=0.5, clips=4, batch=2)
SMALL = Variant(span_len=3, context_frames=5)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    folder = write_tiny_model(tmp_path_factory.mktemp("spans") / "tiny")
    model = load(str(folder), device="cpu", dtype=torch.float32)
    return Setup(model=model, cache=tmp_path_factory.mktemp("cache"), clips=8)


def _tokens(count: int) -> TokenSet:
    codes = np.random.default_rng(count).integers(0, 32, (count, 4, 30)).astype(np.uint16)
    return TokenSet(codes=codes, facts=(None,) * count, captions=(("calm piano",),) * count)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips, prompts and real music that need no synthesiser."""
    noise = np.random.default_rng(0).normal(size=(4, 32_000)).astype(np.float32)
    level = Embedding(name="level", why="", embed=lambda samples: samples[:, :2].astype(float))
    monkeypatch.setattr(spans_part, "tokens_of", lambda setup, seed, count: _tokens(2))
    monkeypatch.setattr(spans_part, "SPANS", (1, 3))
    monkeypatch.setattr(spans_part, "DEFAULT_PRESET", "draft")
    monkeypatch.setattr(spans_part, "steps_for", lambda *_: 2)
    monkeypatch.setattr(spans_part, "EMBEDDINGS", {"level": level})
    monkeypatch.setattr(spans_part, "PROMPTS", (Prompt(text="calm"), Prompt(text="loud piano")))
    monkeypatch.setattr(
        spans_part, "held_out", lambda count, first: ClipSet(name="", samples=noise)
    )


def test_all_models_are_measured_and_what_is_trained_is_kept(
    setup: Setup, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = spans_part.measure(setup, minutes=0.1, sizes=SIZES)
    assert (found["steps"], found["clips"], found["base"]) == (2, 2, "span 3, context 5")
    names = [row["name"] for row in found["models"]]
    assert names == [f"span {span}, context {seen}" for seen in (5, "all") for span in (1, 3)]
    base = found["models"][1]
    assert base["differences"] == {"1": [0, 0, 0], "3": [0, 0, 0]}
    assert base["distances"]["level"]["difference"] == [0, 0, 0]
    assert len({row["entropies"]["3"] for row in found["models"]}) == 4

    def no_training(*_: Any, **__: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(spans_training, "run", no_training)
    assert spans_part.measure(setup, minutes=0.1, sizes=SIZES) == found
    with pytest.raises(AssertionError, match="trained again"):
        spans_part.measure(setup, minutes=0.2, sizes=SIZES)


def test_a_model_that_knows_nothing_is_scored_as_such(setup: Setup) -> None:
    model = LanguageModel(config_of(own_parts(setup), SIZES, SMALL))
    for head in model.heads:
        torch.nn.init.zeros_(head.get_parameter("weight"))
    scores = held_out_scores(setup, model.eval(), _tokens(3), 3)
    assert scores.shape == (3, 4)
    assert scores == pytest.approx(np.full((3, 4), math.log(32)), abs=1e-5)


@pytest.mark.parametrize("span_len", [1, 3, 5])
def test_masks_depend_on_the_clip_and_the_span_alone(span_len: int) -> None:
    batch = Batch(codes=torch.zeros(1, 4, 60, dtype=torch.int64), captions=("",))
    first, again = (spans_training._draw_all_levels(batch, 7, span_len, 4) for _ in range(2))
    assert torch.equal(first.masked, again.masked) and first.stage.tolist() == [0, 1, 2, 3]
    assert (first.masked == first.masked[:1]).all() and not first.boundary.any()
    runs = [
        len(list(each)) for masked, each in itertools.groupby(first.masked[0].tolist()) if masked
    ]
    assert min(runs[:-1], default=span_len) >= span_len  # the last may be cut by the end
    shares = [
        float(spans_training._draw_all_levels(batch, number, span_len, 4).masked[0].float().mean())
        for number in range(20)
    ]
    assert min(shares) < 0.4 and max(shares) > 0.9


def test_training_begins_with_the_text_encoder_as_it_is_taught(setup: Setup) -> None:
    taught = own_parts(setup).text_encoder
    before = {name: value.clone() for name, value in taught.state_dict().items()}
    trainer = new_trainer(setup, SIZES, SMALL, 2)
    for network in (trainer.text_encoder, taught):
        assert all(torch.equal(network.state_dict()[name], each) for name, each in before.items())
    assert trainer.text_encoder is not taught
    config = trainer.model.config
    assert (config.span_len, config.context_frames, config.window_frames) == (3, 5, 25)


def test_minutes_become_steps_at_the_pace_of_this_computer(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    # the clock is read twice a step by the trainer, and twice around the eight that count
    monkeypatch.setattr(spans_training.time, "perf_counter", lambda: float(next(ticks)))
    steps = steps_for(setup, SIZES, SMALL, _tokens(4), 10.0)
    assert steps == round(600 / ((2 * 8 + 1) / 8))


def test_the_number_of_steps_is_found_once(tmp_path: Path) -> None:
    assert spans_part._steps(tmp_path / "run", lambda: 70) == 70
    assert spans_part._steps(tmp_path / "run", lambda: 50) == 70


def test_clips_become_tokens_once(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def clips(seed: int, *, start: int) -> Iterator[SimpleNamespace]:
        for index in itertools.count(start):
            made.append(index)
            samples = np.random.default_rng([seed, index]).normal(0, 0.1, 6400)
            yield SimpleNamespace(
                samples=samples.astype(np.float32), captions=(f"clip {index}", "calm")
            )

    monkeypatch.setattr(spans_training, "iter_clips", clips)
    monkeypatch.setattr(spans_training, "_CHUNK", 2)
    first = tokens_of(setup, 3, 3)
    assert first.codes.shape == (3, 4, 10) and made == [0, 1, 2, 3]
    assert first.captions == (("clip 0", "calm"), ("clip 1", "calm"), ("clip 2", "calm"))
    more = tokens_of(setup, 3, 5)
    assert made == [0, 1, 2, 3, 4, 5] and np.array_equal(more.codes[:3], first.codes)


def test_a_model_of_another_format_is_refused(setup: Setup) -> None:
    released: Any = SimpleNamespace(parts=object(), name="magnet-small")
    with pytest.raises(CheckpointError, match="magnet-small is in a published format"):
        spans_part.measure(replace(setup, model=released))


def _row(span: int, context: int | None, gap: list[float]) -> dict[str, Any]:
    variant = Variant(span_len=span, context_frames=context)
    return {
        "span_len": span,
        "context_frames": context,
        "name": variant.name,
        "entropies": {"1": 4.0 + gap[0], "3": 5.0 + gap[0]},
        "differences": {"1": gap, "3": gap},
        "levels": [3.0, 6.0],
        "distances": {"timbre": {"distance": 9.0 + gap[0], "difference": gap}},
    }


def _result(*rows: dict[str, Any]) -> Result:
    numbers = ("width n_layers n_heads window_s clips batch minutes steps parameters clips_learned "
               "clips_held_out real_clips")  # fmt: skip
    return {**dict.fromkeys(numbers.split(), 8), "base": SMALL.name, "models": list(rows)}


def test_the_words_follow_from_the_figures() -> None:
    base, worse = _row(3, 5, [0, 0, 0]), _row(1, None, [2, 1, 3])
    body = spans_part.describe(_result(base, worse)).body
    assert "timbre: span 3, context 5 is nearest, clearly nearer than span 1, context all." in body
    assert "| span 1, context all | 11.00; +2.00 (+1.00 to +3.00) |" in body
    assert "| span 3, context 5 | 4.000 | 5.000 | 3.000 | 6.000 |" in body
    body = spans_part.describe(_result(base, _row(5, 5, [-1, -2, 1]))).body
    assert "timbre: span 5, context 5 is nearest, but not clearly nearer than span 3" in body
    assert "masks of 3: span 5, context 5 is lowest, but not clearly lower than span 3" in body
    body = spans_part.describe(_result(base, _row(5, 5, [-1, -2, -0.5]))).body
    assert "span 5, context 5 is nearest, clearly nearer than span 3, context 5." in body


def test_the_picture_has_a_line_for_each_context() -> None:
    rows = [_row(span, seen, [span, 0, 9]) for seen in (5, None) for span in (1, 3, 5)]
    (plot,) = spans_part.describe(_result(*rows)).plots
    ax = Figure().subplots()
    plot.draw(ax)
    assert [line.get_label() for line in ax.lines] == ["context: 5 frames", "context: all frames"]
    assert [list(line.get_ydata()) for line in ax.lines] == [[10, 12, 14]] * 2  # type: ignore[arg-type]
