"""The training loop: it learns, it resumes exactly, it follows its budget."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.table import TokenTable
from engine.training.data import Batch, ExampleStream, TokenSet
from engine.training.ema import WeightAverage
from engine.training.language_model import (
    Beginnings,
    Trainer,
    TrainingOptions,
    parameter_groups,
)
from engine.training.learning_rate import Budget, learning_rate_share
from engine.training.loop import Rhythm, opening_entropy, resume, run, validate
from engine.training.runs import RunFolder

_OPTIONS = TrainingOptions(
    budget=Budget(steps=4), batch=2, crop_frames=12, learning_rate=3e-3, warmup_steps=0
)


def _trainer(options: TrainingOptions = _OPTIONS, width: int = 16) -> Trainer:
    config = ModelConfig(
        kind=ModelKind.HYBRID, width=width, n_layers=2, n_heads=2, text_width=8, codebook_size=16
    )
    values = torch.tensor([[0] * 4, [90, -40, 10, 120], [-100, 60, 20, 5]], dtype=torch.int8)
    tokenizer = Tokenizer(WordLevel({"?": 0, "calm": 1, "loud": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    table = TokenTable(values=values, scales=torch.full((3,), 0.01))
    text_config = MiniTextConfig(width=8, n_layers=1, n_heads=2, max_tokens=4)
    encoder = MiniTextEncoder(text_config, table, tokenizer)
    return Trainer(LanguageModel(config), encoder, options)


def _stream(count: int = 6, frames: int = 14) -> ExampleStream:
    codes = np.random.default_rng(0).integers(0, 16, (count, 4, frames)).astype(np.uint16)
    captions = tuple((("calm", "loud")[clip % 2],) for clip in range(count))
    tokens = TokenSet(codes=codes, facts=(None,) * count, captions=captions)
    return ExampleStream(tokens=tokens, seed=0, fits=lambda text: True)


def _weights(trainer: Trainer) -> list[torch.Tensor]:
    own = [parameter.detach().clone() for parameter in trainer.parameters]
    return own + trainer.average.state_dict()["averages"]


def test_a_resumed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, stream, folder = _trainer(), _stream(), RunFolder(tmp_path)
    run(whole, stream, stream, RunFolder(tmp_path / "whole"))
    first = _trainer()
    run(first, stream, stream, folder, stop=lambda: first.step == 2)
    second = _trainer()
    state = folder.load()
    assert state is not None and state["step"] == 2
    second.load_state_dict(state)
    run(second, stream, stream, folder)
    assert second.step == whole.step == 4
    for resumed, straight in zip(_weights(second), _weights(whole), strict=True):
        assert torch.equal(resumed, straight)


def test_a_few_clips_are_learned_by_heart() -> None:
    options = replace(
        _OPTIONS, budget=Budget(steps=250), batch=8, text_noise=0.0, learning_rate=1e-2
    )
    trainer, stream = _trainer(options, width=64), _stream(count=8, frames=12)
    losses = []
    while trainer.progress < 1:
        scored, _ = trainer.train_step(stream.batch(trainer.examples, 8, 12))
        losses.append(float(scored.values.detach().mean()))
    assert losses[0] > 2.7  # log(16) = 2.77: nothing known
    assert sum(losses[-10:]) / 10 < 1.0


def test_text_is_dropped_for_its_share_of_examples() -> None:
    told = _gradient_reaches_text(dropout=0.0)
    untold = _gradient_reaches_text(dropout=1.0)
    assert told and not untold


def _gradient_reaches_text(dropout: float) -> bool:
    trainer = _trainer(replace(_OPTIONS, text_dropout=dropout, weight_decay=0.0))
    before = trainer.model.text_projection.weight.detach().clone()
    for _ in range(2):  # the first opens the way for the text, which starts closed
        trainer.train_step(_stream().batch(0, 2, 12))
    return not torch.equal(trainer.model.text_projection.weight, before)


def test_the_text_encoder_stays_as_it_was_taught() -> None:
    trainer = _trainer()
    before = [weight.clone() for weight in trainer.text_encoder.parameters()]
    for _ in range(3):
        trainer.train_step(_stream().batch(0, 2, 12))
    for kept, now in zip(before, trainer.text_encoder.parameters(), strict=True):
        assert torch.equal(kept, now)


def test_the_way_of_the_text_has_its_own_rate() -> None:
    model = _trainer().model
    groups = parameter_groups(model, 0.1, text_rate=5.0)
    fast = sum(len(group["params"]) for group in groups if group["rate"] == 5.0)
    # projection with bias; per layer query, keys and values, output, norm with bias
    assert fast == 2 + 5 * len(model.layers)
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_a_gradient_that_is_not_finite_leaves_the_weights() -> None:
    trainer = _trainer()
    with torch.no_grad():
        trainer.model.heads[0].weight[0, 0] = float("inf")
    before = _weights(trainer)
    _, norm = trainer.train_step(_stream().batch(0, 2, 12))
    assert not np.isfinite(norm) and trainer.step == 1
    for kept, now in zip(before, _weights(trainer), strict=True):
        assert torch.equal(kept, now)


def test_a_run_refuses_to_resume_on_other_clips(tmp_path: Path) -> None:
    trainer, stream, folder = _trainer(), _stream(), RunFolder(tmp_path)
    run(trainer, stream, stream, folder)
    state = folder.load()
    assert state is not None
    resume(_trainer(), state, len(stream.tokens))
    with pytest.raises(CheckpointError, match="trained on 6 clips"):
        resume(_trainer(), state, 7)
    with pytest.raises(CheckpointError, match="other sizes"):
        resume(_trainer(width=32), state, 6)


def test_validation_is_repeatable_and_leaves_the_weights() -> None:
    trainer, stream = _trainer(), _stream()
    trainer.train_step(stream.batch(0, 2, 12))
    before = _weights(trainer)
    first = validate(trainer, stream, batches=2)
    assert first == validate(trainer, stream, batches=2)
    for kept, now in zip(before, _weights(trainer), strict=True):
        assert torch.equal(kept, now)
    assert len(first["parallel_levels"]) == 4


def test_validation_judges_the_averaged_weights() -> None:
    trainer, stream = _trainer(), _stream()
    before = validate(trainer, stream, batches=1)
    for parameter in trainer.parameters:
        parameter.data.zero_()
    assert validate(trainer, stream, batches=1) == before


def test_log_lines_are_json(tmp_path: Path) -> None:
    trainer, stream = _trainer(), _stream()
    run(
        trainer, stream, stream, RunFolder(tmp_path), rhythm=Rhythm(log_steps=2, validation_steps=4)
    )
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 4]
    assert {"left_to_right", "parallel", "frames_per_s", "learning_rate"} <= set(lines[0])
    assert {"text_gain", "first_text_gain", "opening_text_gain"} <= set(lines[-1]["held_out"])


def test_an_interrupted_save_leaves_the_old_state(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.save({"step": 1})
    with pytest.raises(AttributeError):
        folder.save({"step": lambda: None})
    assert folder.load() == {"step": 1}


def test_norms_and_embeddings_do_not_decay() -> None:
    model = _trainer().model
    groups = parameter_groups(model, 0.1)
    decayed = [p for group in groups if group["weight_decay"] for p in group["params"]]
    kept = {id(p) for group in groups if not group["weight_decay"] for p in group["params"]}
    assert decayed and all(parameter.dim() == 2 for parameter in decayed)
    assert all(id(weight) in kept for weight in model.embeddings.parameters())
    assert len(decayed) + len(kept) == len(list(model.parameters()))


def test_the_average_follows_the_weights_and_forgets_its_start() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    average = WeightAverage([weight], decay=0.9)
    weight.data.fill_(1.0)
    average.update()
    assert abs(float(average.state_dict()["averages"][0]) - 0.9) < 1e-6
    with average.applied():
        assert abs(weight.item() - 0.9) < 1e-6
    assert weight.item() == 1.0


def test_the_learning_rate_rises_then_falls() -> None:
    shares = [learning_rate_share(step / 100, step, 10) for step in range(101)]
    assert shares[0] < 0.11 and max(shares) == max(shares[8:12])
    assert all(late < early for early, late in zip(shares[10:], shares[11:], strict=False))
    assert abs(shares[-1] - 0.02) < 1e-9


@pytest.mark.parametrize("sizes", [{}, {"minutes": 1.0, "steps": 1}, {"steps": 0}])
def test_a_budget_is_one_positive_number(sizes: dict) -> None:
    with pytest.raises(ValueError, match="minutes or steps"):
        Budget(**sizes)


def test_minutes_count_training_time() -> None:
    budget = Budget(minutes=2)
    assert budget.progress(step=999, elapsed_s=30.0) == 0.25
    assert budget.progress(step=0, elapsed_s=500.0) == 1.0


def test_steps_on_beginnings_take_turns_and_see_as_many_frames(tmp_path: Path) -> None:
    options = replace(_OPTIONS, batch=3, beginnings=Beginnings(every=2, frames=4))
    shapes = [(each.batch, each.crop_frames) for each in map(options.portion, range(4))]
    assert shapes == [(9, 4), (3, 12), (9, 4), (3, 12)]
    assert options.portion(0).mixture is options.beginnings.mixture
    assert options.portion(1).mixture is options.mixture
    trainer = _trainer(options)
    run(trainer, _stream(), _stream(), RunFolder(tmp_path))
    assert trainer.step == 4 and trainer.examples == 2 * (9 + 3)


@pytest.mark.parametrize("wrong", [{"every": 1}, {"frames": 1}])
def test_beginnings_are_neither_all_steps_nor_single_frames(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="2 or more"):
        Beginnings(**wrong)  # type: ignore[arg-type]


def test_the_gain_by_text_in_openings_is_that_of_the_coarsest_level() -> None:
    trainer, stream = _trainer(), _stream(frames=40)
    batch = stream.batch(0, 4, 40)
    text, mask = trainer.text_encoder.encode(batch.captions)
    found = opening_entropy(trainer.model, batch, text, mask)
    shortened = Batch(codes=batch.codes[..., :25], captions=batch.captions)
    assert found == opening_entropy(trainer.model, shortened, text, mask)
    other = Batch(codes=batch.codes.clone(), captions=batch.captions)
    other.codes[:, 1:] = 0  # the finer levels are not scored, but the first frame's has no past
    first = Batch(codes=batch.codes[..., :2], captions=batch.captions)
    second = Batch(codes=other.codes[..., :2], captions=batch.captions)
    assert opening_entropy(trainer.model, first, text, mask) == pytest.approx(
        opening_entropy(trainer.model, second, text, mask), abs=1e-5
    )
