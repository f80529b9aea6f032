"""Training of the mini codec: regression of log spectra through residual codebooks.

No waveform is made while training, so a step costs little more than the networks themselves.
Encoder and codebooks may rest: then tokens keep their meaning, for the language models that were
trained on them, and only the decoder learns to make more of them.
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

from engine.codec import envelope, spectrogram
from engine.codec.mini import LONG_FLOOR, Decoded, MiniCodec, MiniCodecConfig, log_magnitudes
from engine.errors import CheckpointError
from engine.evaluation.codec import measure_codec, mel_filters
from engine.training.codec_data import crops, held_out, load_shards
from engine.training.muon import Muon, Together
from engine.training.precision import fast_numbers
from engine.training.quantiser import LearnedCodebooks

_LOG_STEPS, _MEASURE_STEPS, _MEASURED_CLIPS = 50, 500, 16
_SAVE_S = 120.0
_MEL_BANDS = 128
_MEL_FLOOR = 1e-3
_CPU = torch.device("cpu")


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
        bins, mel, levels, commitment: weights of the losses: log-magnitudes of bins and of mel
            bands, short levels of bands, and distance to the codes.
        decoder_only: encoder and codebooks stay as they are.
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
    bins: float = 1.0
    mel: float = 0.5
    levels: float = 1.0
    commitment: float = 0.25
    decoder_only: bool = False
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


def decoding_losses(decoded: Decoded, long: Tensor, samples: Tensor) -> dict[str, Tensor]:
    """Losses of what the decoder made of samples [B, N] with the log-magnitudes `long`."""
    bins, mel = spectral_losses(decoded.spectra.float(), long)
    losses = {"bins": bins, "mel": mel}
    if decoded.levels is not None:
        wanted = envelope.band_levels(samples)
        losses["levels"] = (decoded.levels.float() - wanted).abs().mean()
    return losses


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
        self.codec.encoder.requires_grad_(not settings.decoder_only)
        learned = [(n, each) for n, each in self.codec.named_parameters() if each.requires_grad]
        hidden = [each for name, each in learned if ".blocks." in name and each.dim() == 2]
        rest = [each for name, each in learned if ".blocks." not in name or each.dim() != 2]
        self.optimiser = Together(
            (
                Muon([{"params": hidden, "weight_decay": 0.01}], lr=0.0),
                torch.optim.AdamW(rest, lr=0.0, betas=(0.9, 0.95), weight_decay=0.01, fused=True),
            )
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
        losses = self._losses(batch)
        weights = {name: getattr(self.settings, name) for name in losses}
        torch.stack([weights[name] * loss for name, loss in losses.items()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.codec.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.spent_s += time.monotonic() - began
        return {name: round(float(value.detach()), 4) for name, value in losses.items()}

    def _losses(self, batch: Tensor) -> dict[str, Tensor]:
        long, short = log_magnitudes(batch)
        n_levels = self.codec.n_levels
        if torch.rand((), generator=self.generator) < self.settings.level_drop:
            n_levels = int(torch.randint(1, n_levels, (), generator=self.generator))
        with fast_numbers(_CPU):
            latents = self.codec.encoder(long, short).float()
        losses = {}
        if self.settings.decoder_only:
            codes = self.codec.quantise(latents)
            vectors = self.codec.latents(codes[:, :n_levels])
        else:
            quantised = self.books(latents.flatten(0, 1), n_levels, self.generator)
            vectors = quantised.vectors.view(*latents.shape)
            losses["commitment"] = quantised.commitment
        with fast_numbers(_CPU):
            decoded = self.codec.decoder(vectors)
        return losses | decoding_losses(decoded, long, batch)

    def measured(self, clips: Tensor) -> dict[str, object]:
        """Measures of the codec as it is now, on clips [B, N]."""
        if not self.settings.decoder_only:
            self.codec.codebooks.copy_(self.books.books)
        return measure_codec(self.codec, clips)

    def begin_with(self, trained: MiniCodec) -> None:
        """Take the weights of a trained codec; parts that it does not have stay as they are.

        Raises:
            CheckpointError: its networks have other sizes.
        """
        try:
            left = self.codec.load_state_dict(trained.state_dict(), strict=False)
        except RuntimeError as error:
            raise CheckpointError(
                f"the codec to start from has other sizes: {trained.config}",
                expected=f"{self.codec.config}",
                advice="Start from a codec of the same recipe, or from none",
            ) from error
        if left.unexpected_keys:
            raise CheckpointError(
                f"the codec to start from has parts too many: {', '.join(left.unexpected_keys)}",
                expected=f"{self.codec.config}",
                advice="Start from a codec of the same recipe, or from none",
            )
        self.books.start_from(self.codec.codebooks)

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
    start_from: MiniCodec | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> MiniCodec:
    """Train until `settings.minutes` have been spent, over all resumed runs together.

    Args:
        settings, config: of the run and of the codec.
        start_from: a trained codec whose weights a new run begins with, as far as it has them.
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
    if start_from is not None:
        trainer.begin_with(start_from)
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
