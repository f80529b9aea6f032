"""Training of the mini codec: regression of log spectra through residual codebooks.

No waveform is made while training, so a step costs little more than the networks themselves.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from engine.codec import spectrogram
from engine.codec.mini import LONG_FLOOR, MiniCodec, MiniCodecConfig, log_magnitudes
from engine.errors import CheckpointError
from engine.evaluation.codec import measure_codec, mel_filters
from engine.training.codec_data import crops, held_out, load_shards
from engine.training.quantiser import LearnedCodebooks

_LOG_STEPS, _MEASURE_STEPS, _MEASURED_CLIPS = 50, 500, 16
_SAVE_S = 120.0
_MEL_BANDS = 128
_MEL_FLOOR = 1e-3


@dataclass(frozen=True, kw_only=True)
class CodecTraining:
    """Settings of one run.

    Args:
        data: folder of `shard_*.npy`, int16 [n, N] at 32 kHz.
        out: folder for `codec.pt` (resumable) and `log.jsonl`.
        minutes: time to spend; the learning rate reaches 0 at its end.
        batch: crops a step. frames: codec frames a crop.
        learning_rate: peak of the cosine. warmup_steps: of linear rise.
        level_drop: share of steps that use only the first 1 to K - 1 levels, so that coarse
            levels can stand alone.
        commitment, mel: weights of those losses beside the log-magnitude loss.
        seed: of all draws.
    """

    data: Path
    out: Path
    minutes: float = 30.0
    batch: int = 24
    frames: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    level_drop: float = 0.25
    commitment: float = 0.25
    mel: float = 0.5
    seed: int = 0


@lru_cache(maxsize=1)
def _bin_weights() -> Tensor:
    """Hearing's resolution falls with frequency: bins count by mel density, plus a floor."""
    hz = torch.arange(spectrogram.N_BINS) * (MiniCodec.sample_rate_hz / spectrogram.WINDOW)
    weight = 1 / (1 + hz / 700) + 0.15
    return weight / weight.mean()


def spectral_losses(predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """L1 of log-magnitudes (bins weighted by hearing) and of log-mel bands.

    Args:
        predicted, target: log(magnitude + floor), [B, T, 2, N_BINS].

    Returns:
        The two means.
    """
    bins = ((predicted - target).abs() * _bin_weights()).mean()
    filters = mel_filters(spectrogram.WINDOW, _MEL_BANDS).T

    def bands(log_magnitude: Tensor) -> Tensor:
        magnitude = (log_magnitude.exp() - LONG_FLOOR).clamp_min(0)
        return torch.log(magnitude @ filters + _MEL_FLOOR)

    return bins, (bands(predicted) - bands(target)).abs().mean()


class CodecTrainer:
    """Networks, codebooks, optimiser and counters of one run.

    Args:
        config: sizes of the codec.
        settings: of the run.
    """

    def __init__(self, config: MiniCodecConfig, settings: CodecTraining) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.codec = MiniCodec(config)
        self.books = LearnedCodebooks(config.n_levels, config.codebook_size, config.code_width)
        self.optimiser = torch.optim.AdamW(
            self.codec.parameters(), lr=0.0, betas=(0.9, 0.95), weight_decay=0.01, fused=True
        )
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.step = 0
        self.spent_s = 0.0

    @property
    def progress(self) -> float:
        """Share of the time used."""
        return self.spent_s / (60 * self.settings.minutes)

    def train_step(self, batch: Tensor) -> dict[str, float]:
        """Learn from crops [B, N]; returns the losses before the update."""
        began = time.monotonic()
        rate = self.settings.learning_rate * min(1, (self.step + 1) / self.settings.warmup_steps)
        rate *= 0.5 + 0.5 * math.cos(math.pi * min(1, self.progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        bins, mel, commitment = self._losses(batch)
        loss = bins + self.settings.mel * mel + self.settings.commitment * commitment
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.codec.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.spent_s += time.monotonic() - began
        losses = {"bins": bins, "mel": mel, "commitment": commitment}
        return {name: round(float(value.detach()), 4) for name, value in losses.items()}

    def _losses(self, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        long, short = log_magnitudes(batch)
        n_levels = self.codec.n_levels
        if torch.rand((), generator=self.generator) < self.settings.level_drop:
            n_levels = int(torch.randint(1, n_levels, (), generator=self.generator))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            latents = self.codec.encoder(long, short)
        quantised = self.books(latents.float().flatten(0, 1), n_levels, self.generator)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            predicted = self.codec.decoder(quantised.vectors.view(*latents.shape))
        return *spectral_losses(predicted.float(), long), quantised.commitment

    def measured(self, clips: Tensor) -> dict[str, object]:
        """Measures of the codec as it is now, on clips [B, N]."""
        self.codec.codebooks.copy_(self.books.books)
        return measure_codec(self.codec, clips)

    def save(self, path: Path) -> None:
        """Write all that a resumed run needs, whole or not at all."""
        state = {
            "codec": self.codec.state_dict(), "books": self.books.state_dict(),
            "optimiser": self.optimiser.state_dict(), "generator": self.generator.get_state(),
            "step": self.step, "spent_s": self.spent_s,
        }  # fmt: skip
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Continue from what `save` wrote."""
        state = torch.load(path, weights_only=True)
        self.codec.load_state_dict(state["codec"])
        self.books.load_state_dict(state["books"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        self.step, self.spent_s = state["step"], state["spent_s"]


def train(
    settings: CodecTraining,
    config: MiniCodecConfig,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> MiniCodec:
    """Train until `settings.minutes` have been spent, over all resumed runs together.

    Args:
        settings, config: of the run and of the codec.
        stop: asked after every step; the state is saved before returning.

    Returns:
        The codec, with its codebooks as of the last measurement.

    Raises:
        CheckpointError: the folder holds a codec of other sizes.
        AudioError: too few clips.
    """
    settings.out.mkdir(parents=True, exist_ok=True)
    _describe(config, settings.out / "config.json")
    shards = load_shards(settings.data)
    clips = held_out(shards)
    trainer = CodecTrainer(config, settings)
    saved, saved_at = settings.out / "codec.pt", time.monotonic()
    if saved.exists():
        trainer.load(saved)
    batches = crops(
        shards, batch=settings.batch, frames=settings.frames, generator=trainer.generator
    )
    while trainer.progress < 1 and not stop():
        losses = trainer.train_step(next(batches))
        if trainer.step % _MEASURE_STEPS == 0:
            _log(trainer, trainer.measured(clips[:_MEASURED_CLIPS]))
        if trainer.step % _LOG_STEPS == 0:
            _log(trainer, losses)
        if time.monotonic() - saved_at > _SAVE_S:
            trainer.save(saved)
            saved_at = time.monotonic()
    trainer.save(saved)
    if trainer.progress >= 1:
        _log(trainer, trainer.measured(clips))
    return trainer.codec


def _describe(config: MiniCodecConfig, path: Path) -> None:
    """Write down the sizes of a run, or check that a resumed one has the same."""
    sizes = asdict(config)
    if path.is_file() and json.loads(path.read_text()) != sizes:
        raise CheckpointError(
            f"{path.parent} holds a codec of other sizes: {path.read_text().strip()}",
            expected=json.dumps(sizes),
            advice="Begin a new run in an empty folder",
        )
    path.write_text(json.dumps(sizes) + "\n")


def _log(trainer: CodecTrainer, facts: dict[str, object] | dict[str, float]) -> None:
    line = json.dumps({"step": trainer.step, "minutes": round(trainer.spent_s / 60, 2), **facts})
    print(line, flush=True)
    with (trainer.settings.out / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
