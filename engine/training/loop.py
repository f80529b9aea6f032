"""The training loop: examples in, log lines and saved states out, until the budget is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.folder import ModelParts, load_model
from engine.errors import CheckpointError
from engine.model.config import ModelConfig
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextEncoder
from engine.training.attention import use_plain_attention
from engine.training.data import Batch, ExampleStream, TokenSet, load_tokens, split
from engine.training.language_model import (
    Portion,
    Trainer,
    TrainingOptions,
    score,
    score_drawn,
    step_generator,
)
from engine.training.mixture import Mixture
from engine.training.objectives import Draw, Entropies
from engine.training.precision import trains_in_bfloat16
from engine.training.runs import RunFolder
from engine.training.studio_mini import MODEL, TEXT
from engine.training.text_facts import load_text_weights
from engine.training.tokens import load_codebooks

_VALIDATION_SEED = 7919
_OPENING_FRAMES = 25


@torch.no_grad()
def validate(trainer: Trainer, stream: ExampleStream, *, batches: int = 4) -> dict[str, object]:
    """Score the averaged weights on held-out clips, always with the same crops and masks.

    Returns:
        Mean cross-entropy in nats by kind and level; how much the text lowers it, and how much at
        the coarsest level where there is little else to go by: every frame masked, and the first
        half second left to right.
    """
    options, model = trainer.options, trainer.model
    n_levels = model.config.n_levels
    total, count = torch.zeros(2, n_levels, dtype=torch.float64), torch.zeros(2, n_levels)
    untold, first_gain, opening_gain = 0.0, 0.0, 0.0
    with trainer.average.applied():
        for index in range(batches):
            batch = stream.batch(index * options.batch, options.batch, options.crop_frames)
            hidden, mask = trainer.text_encoder.encode(batch.captions)
            for told in (True, False):
                generator = step_generator(_VALIDATION_SEED, index)
                scored = score(model, batch, hidden, mask & told, Mixture(), generator)
                sums, counts = scored.sums(n_levels)
                if told:
                    total, count = total + sums, count + counts
                else:
                    untold += float(sums.sum())
                blank = score_drawn(model, batch, hidden, mask & told, all_masked(batch))
                first_gain += float(blank.values.mean()) * (-1 if told else 1) / batches
                opening = opening_entropy(model, batch, hidden, mask & told)
                opening_gain += opening * (-1 if told else 1) / batches
    entry = describe(total, count)
    entry["text_gain"] = round((untold - float(total.sum())) / float(count.sum()), 4)
    entry["first_text_gain"] = round(first_gain, 4)
    entry["opening_text_gain"] = round(opening_gain, 4)
    return entry


@torch.no_grad()
def opening_entropy(model: LanguageModel, batch: Batch, text: Tensor, text_mask: Tensor) -> float:
    """Mean cross-entropy of the coarsest level over the first half second, left to right."""
    first = Batch(codes=batch.codes[..., :_OPENING_FRAMES], captions=batch.captions)
    size, n_frames = first.codes.shape[0], first.codes.shape[-1]
    masked = torch.zeros(size, n_frames, dtype=torch.bool)
    masked[:, -1] = True  # a hybrid always has something left to do in parallel
    drawn = Draw(
        stage=torch.zeros(size, dtype=torch.int64),
        boundary=torch.full((size,), n_frames - 1),
        masked=masked,
    )
    scored = score_drawn(model, first, text, text_mask, drawn)
    return float(scored.values[(scored.level == 0) & ~scored.parallel].mean())


def all_masked(batch: Batch) -> Draw:
    """The task with which parallel decoding begins: level 0, nothing known."""
    size, _, n_frames = batch.codes.shape
    zeros = torch.zeros(size, dtype=torch.int64)
    return Draw(stage=zeros, boundary=zeros, masked=torch.ones(size, n_frames, dtype=torch.bool))


def describe(total: Tensor, count: Tensor) -> dict[str, object]:
    """Word sums and counts [2, K] as mean cross-entropies; None where nothing was scored."""
    means = [
        [round(s / n, 4) if n else None for s, n in zip(sums, counts, strict=True)]
        for sums, counts in zip(total.tolist(), count.tolist(), strict=True)
    ]
    sides = [
        round(s / n, 4) if n else None
        for s, n in zip(total.sum(1).tolist(), count.sum(1).tolist(), strict=True)
    ]
    return {
        "left_to_right": sides[0],
        "parallel": sides[1],
        "left_to_right_levels": means[0],
        "parallel_levels": means[1],
    }


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often to write things down: log and validation in steps, saving in seconds."""

    log_steps: int = 20
    validation_steps: int = 500
    save_s: float = 120.0


def run(
    trainer: Trainer,
    training: ExampleStream,
    held_out: ExampleStream,
    folder: RunFolder,
    *,
    rhythm: Rhythm = Rhythm(),
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train until the budget is used or `stop` says so, from where the folder's state is.

    Args:
        trainer: new or loaded.
        training, held_out: examples.
        folder: gets the state and the log.
        rhythm: how often to log, validate and save.
        stop: asked after every step; the state is saved before returning.
    """
    window = Window(trainer.model.config)
    saved = time.monotonic()

    def save() -> None:
        folder.save({**trainer.state_dict(), "clips": len(training.tokens)})

    while trainer.progress < 1 and not stop():
        portion = trainer.portion
        batch = training.batch(trainer.examples, portion.batch, portion.crop_frames)
        scored, norm = trainer.train_step(batch)
        window.add(scored, norm, portion)
        if trainer.step % rhythm.log_steps == 0:
            folder.log({**_position(trainer), **window.close()})
            window = Window(trainer.model.config)
        if trainer.step % rhythm.validation_steps == 0:
            folder.log({**_position(trainer), "held_out": validate(trainer, held_out)})
        if time.monotonic() - saved > rhythm.save_s:
            save()
            saved = time.monotonic()
    save()
    if trainer.progress >= 1 and trainer.step % rhythm.validation_steps:
        folder.log({**_position(trainer), "held_out": validate(trainer, held_out)})


def train_folder(
    token_folder: Path,
    text_folder: Path,
    folder: RunFolder,
    options: TrainingOptions,
    *,
    start_from: Path | None = None,
    device: torch.device | str = "cpu",
    rhythm: Rhythm = Rhythm(),
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train studio-mini from files, from the start or from where the run stopped.

    Args:
        token_folder: codes of the clips.
        text_folder: token table and tokeniser; the encoder's weights, if it was taught.
        folder: of the run.
        start_from: a model folder whose weights a new run begins with (the text encoder's too,
            where the text folder has none).
        device: to train on.
        options, rhythm, stop: see `run`.

    Raises:
        CheckpointError: tokens, texts, state or the model to start from cannot be used.
    """
    training, held_out = split(load_tokens(token_folder))
    encoder = MiniTextEncoder.from_folder(text_folder, TEXT)
    trainer = Trainer(LanguageModel(MODEL), encoder, options, load_codebooks(token_folder), device)
    device = torch.device(device)
    if device.type == "cpu" and trains_in_bfloat16(device):
        use_plain_attention(trainer.model)
    if start_from is not None:
        load_weights(trainer, load_model(start_from))
    load_text_weights(encoder, text_folder)
    trainer.average.restart()
    state = folder.load()
    if state is not None:
        resume(trainer, state, len(training))
    folder.log({"clips": len(training), "held_out_clips": len(held_out), **asdict(options)})

    def stream(tokens: TokenSet) -> ExampleStream:
        return ExampleStream(tokens=tokens, seed=options.seed, fits=encoder.fits)

    run(trainer, stream(training), stream(held_out), folder, rhythm=rhythm, stop=stop)


def resume(trainer: Trainer, state: dict[str, Any], n_clips: int) -> None:
    """Continue from a saved state.

    Raises:
        CheckpointError: it was made with another number of clips, so that example n is another
            one now, or with a model of other sizes.
    """
    if state.get("clips", n_clips) != n_clips:
        raise CheckpointError(
            f"the run was trained on {state['clips']} clips, the folder holds {n_clips}",
            expected="the clips that the run began with",
            advice="Begin a new run: export this one and give it as --start-from",
        )
    try:
        trainer.load_state_dict(state)
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            "the run's state belongs to a model of other sizes",
            expected=f"{trainer.model.config}",
            advice="Begin a new run in an empty folder",
        ) from error


def load_weights(trainer: Trainer, parts: ModelParts) -> None:
    """Set the networks of a trainer to those of a finished model of the same sizes.

    Raises:
        CheckpointError: the sizes differ.
    """
    try:
        trainer.model.load_state_dict(parts.language_model.state_dict())
        trainer.text_encoder.load_state_dict(parts.text_encoder.state_dict())
    except RuntimeError as error:
        raise CheckpointError(
            f"the model {parts.name} has other sizes than the one to train",
            expected=f"{trainer.model.config}",
            advice="Start from a model of that recipe, or from none",
        ) from error


class Window:
    """Means over the steps since the last log line."""

    def __init__(self, config: ModelConfig) -> None:
        self._total = torch.zeros(2, config.n_levels, dtype=torch.float64)
        self._count = torch.zeros(2, config.n_levels)
        self._norms: list[float] = []
        self._frames = 0
        self._started = time.perf_counter()

    def add(self, scored: Entropies, norm: float, portion: Portion) -> None:
        """Count a step in."""
        self._frames += portion.batch * portion.crop_frames
        total, count = scored.sums(self._total.shape[1])
        self._total, self._count = self._total + total, self._count + count
        self._norms.append(norm)

    def close(self) -> dict[str, object]:
        """Describe these steps; the window ends here."""
        seconds = time.perf_counter() - self._started
        entry = describe(self._total, self._count)
        entry["gradient_norm"] = round(_mean(self._norms), 3)
        entry["frames_per_s"] = round(self._frames / seconds)
        return entry


def _position(trainer: Trainer) -> dict[str, object]:
    return {
        "step": trainer.step,
        "examples": trainer.examples,
        "minutes": round(trainer.elapsed_s / 60, 2),
        "learning_rate": round(trainer.optimizer.param_groups[0]["lr"], 7),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
