"""The training loop: examples in, log lines and saved states out, until the budget is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.model.config import ModelConfig
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextEncoder
from engine.training.attention import use_plain_attention
from engine.training.data import ExampleStream, TokenSet, load_tokens, split
from engine.training.language_model import Trainer, TrainingOptions, score, step_generator
from engine.training.mixture import Entropies, Mixture
from engine.training.runs import RunFolder
from engine.training.studio_mini import MODEL, TEXT
from engine.training.text_facts import load_text_weights
from engine.training.tokens import load_codebooks

_VALIDATION_SEED = 7919


@torch.no_grad()
def validate(trainer: Trainer, stream: ExampleStream, *, batches: int = 4) -> dict[str, object]:
    """Score the averaged weights on held-out clips, always with the same crops and masks.

    Returns:
        Mean cross-entropy in nats by kind and level, and how much the text lowers it.
    """
    options, model = trainer.options, trainer.model
    n_levels = model.config.n_levels
    total, count = torch.zeros(2, n_levels, dtype=torch.float64), torch.zeros(2, n_levels)
    untold = 0.0
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
    entry = describe(total, count)
    entry["text_gain"] = round((untold - float(total.sum())) / float(count.sum()), 4)
    return entry


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
    options = trainer.options
    window = Window(trainer.model.config)
    saved = time.monotonic()
    while trainer.progress < 1 and not stop():
        batch = training.batch(trainer.examples, options.batch, options.crop_frames)
        scored, norm = trainer.train_step(batch)
        window.add(scored, norm)
        if trainer.step % rhythm.log_steps == 0:
            folder.log({**_position(trainer), **window.close(options.batch)})
            window = Window(trainer.model.config)
        if trainer.step % rhythm.validation_steps == 0:
            folder.log({**_position(trainer), "held_out": validate(trainer, held_out)})
        if time.monotonic() - saved > rhythm.save_s:
            folder.save(trainer.state_dict())
            saved = time.monotonic()
    folder.save(trainer.state_dict())
    if trainer.progress >= 1 and trainer.step % rhythm.validation_steps:
        folder.log({**_position(trainer), "held_out": validate(trainer, held_out)})


def train_folder(
    token_folder: Path,
    text_folder: Path,
    folder: RunFolder,
    options: TrainingOptions,
    *,
    rhythm: Rhythm = Rhythm(),
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train studio-mini from files, from the start or from where the run stopped.

    Args:
        token_folder: codes of the clips.
        text_folder: token table and tokeniser; first weights of the encoder, if trained before.
        folder: of the run.
        options, rhythm, stop: see `run`.
    """
    training, held_out = split(load_tokens(token_folder))
    encoder = MiniTextEncoder.from_folder(text_folder, TEXT)
    trainer = Trainer(LanguageModel(MODEL), encoder, options, load_codebooks(token_folder))
    use_plain_attention(trainer.model)
    if load_text_weights(encoder, text_folder):
        trainer.average.restart()
    state = folder.load()
    if state is not None:
        trainer.load_state_dict(state)
    folder.log({"clips": len(training), "held_out_clips": len(held_out), **asdict(options)})

    def stream(tokens: TokenSet) -> ExampleStream:
        return ExampleStream(tokens=tokens, seed=options.seed, fits=encoder.fits)

    run(trainer, stream(training), stream(held_out), folder, rhythm=rhythm, stop=stop)


class Window:
    """Means over the steps since the last log line."""

    def __init__(self, config: ModelConfig) -> None:
        self._total = torch.zeros(2, config.n_levels, dtype=torch.float64)
        self._count = torch.zeros(2, config.n_levels)
        self._norms: list[float] = []
        self._started = time.perf_counter()

    def add(self, scored: Entropies, norm: float) -> None:
        """Count a step in."""
        total, count = scored.sums(self._total.shape[1])
        self._total, self._count = self._total + total, self._count + count
        self._norms.append(norm)

    def close(self, batch: int) -> dict[str, object]:
        """Describe the steps of `batch` examples each; the window ends here."""
        seconds = time.perf_counter() - self._started
        entry = describe(self._total, self._count)
        entry["gradient_norm"] = round(_mean(self._norms), 3)
        entry["clips_per_s"] = round(len(self._norms) * batch / seconds, 2)
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
