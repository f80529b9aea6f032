"""Training of the mini codec: regression of log spectra through residual codebooks.

No waveform is made while training, so a step costs little more than the networks themselves.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
from torch import Tensor

from engine.codec import spectrogram
from engine.codec.mini import FRAME_SAMPLES, MiniCodec, MiniCodecConfig, log_magnitudes
from engine.training.quantiser import LearnedCodebooks

_LONG_FLOOR = 0.015
_HELD_OUT = 64
"""Clips at the end of the set that are never trained on."""


@dataclass(frozen=True, kw_only=True)
class CodecTraining:
    """Settings of one run.

    Args:
        data: folder of `shard_*.npy`, int16 [n, N] at 32 kHz.
        out: folder for `codec.pt` (resumable) and `log.jsonl`.
        minutes: time to spend; the learning rate reaches 0 at its end.
        batch: crops a step. frames: codec frames a crop.
        learning_rate: peak of the cosine.
        level_drop: share of steps that use only the first 1 to 3 levels.
        commitment, mel: weights of those losses beside the log-magnitude loss.
        seed: of all draws.
    """

    data: Path
    out: Path
    minutes: float = 30.0
    batch: int = 24
    frames: int = 64
    learning_rate: float = 1e-3
    level_drop: float = 0.25
    commitment: float = 0.25
    mel: float = 0.5
    seed: int = 0


@lru_cache(maxsize=2)
def _mel_filters(n_mels: int) -> Tensor:
    return torch.from_numpy(
        librosa.filters.mel(
            sr=MiniCodec.sample_rate_hz, n_fft=spectrogram.WINDOW, n_mels=n_mels
        ).T.copy()
    )


@lru_cache(maxsize=1)
def _bin_weights() -> Tensor:
    """Hearing's resolution falls with frequency: bins count by mel density, plus a floor."""
    hz = torch.arange(spectrogram.N_BINS) * (MiniCodec.sample_rate_hz / spectrogram.WINDOW)
    weight = 1 / (1 + hz / 700) + 0.15
    return weight / weight.mean()


def spectral_losses(predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """L1 of log-magnitudes and of log-mel bands.

    Args:
        predicted, target: log(magnitude + floor), [B, T, 2, N_BINS].

    Returns:
        The two means.
    """
    bins = ((predicted - target).abs() * _bin_weights()).mean()
    filters = _mel_filters(128)

    def bands(log_magnitude: Tensor) -> Tensor:
        return torch.log((log_magnitude.exp() - _LONG_FLOOR).clamp_min(0) @ filters + 1e-3)

    return bins, (bands(predicted) - bands(target)).abs().mean()


def load_shards(folder: Path) -> list[np.ndarray]:
    """Memory-map every shard, in order."""
    return [np.load(path, mmap_mode="r") for path in sorted(folder.glob("shard_*.npy"))]


def crops(
    shards: list[np.ndarray], settings: CodecTraining, generator: torch.Generator
) -> Iterator[Tensor]:
    """Random crops [batch, frames * hop] in [-1, 1] at random levels (+-6 dB), for ever."""
    length = settings.frames * FRAME_SAMPLES
    sizes = np.array([len(shard) for shard in shards])
    ends = np.cumsum(sizes)
    while True:
        picks = torch.randint(int(ends[-1]) - _HELD_OUT, (settings.batch,), generator=generator)
        rows = []
        for pick in picks.tolist():
            shard = int(np.searchsorted(ends, pick, side="right"))
            clip = shards[shard][pick - (ends[shard] - sizes[shard])]
            start = int(torch.randint(len(clip) - length, (), generator=generator))
            rows.append(np.asarray(clip[start : start + length], dtype=np.float32))
        gain = 2 ** (torch.rand(settings.batch, 1, generator=generator) * 2 - 1) / 32768
        yield torch.from_numpy(np.stack(rows)) * gain


def held_out(shards: list[np.ndarray], n_clips: int = _HELD_OUT) -> Tensor:
    """The last clips of the set, [n, N] in [-1, 1], cut to whole frames."""
    clips = np.concatenate([np.asarray(shard) for shard in shards[-2:]])[-n_clips:]
    whole = clips.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
    return torch.from_numpy(clips[:, :whole].astype(np.float32) / 32768)


@torch.no_grad()
def evaluate(codec: MiniCodec, clips: Tensor) -> dict[str, Any]:
    """Log-mel distances of decoded audio (coarse and fine) and perplexity of each level."""
    codes = codec.encode(clips[:, None])
    decoded = codec.decode(codes)[:, 0]
    facts: dict[str, Any] = {
        "coarse": _mel_distance(clips, decoded, 2048, 512, 128),
        "fine": _mel_distance(clips, decoded, 512, 128, 40),
    }
    for level in range(codec.n_levels):
        share = torch.bincount(codes[:, level].flatten(), minlength=codec.codebook_size).double()
        share = share / share.sum()
        entropy = -(share * share.clamp_min(1e-12).log()).sum()
        facts[f"perplexity_{level}"] = round(float(entropy.exp()), 1)
    return facts


def _mel_distance(a: Tensor, b: Tensor, window: int, hop: int, n_mels: int) -> float:
    filters = torch.from_numpy(
        librosa.filters.mel(sr=MiniCodec.sample_rate_hz, n_fft=window, n_mels=n_mels)
    )

    def bands(x: Tensor) -> Tensor:
        x = x * 0.08 / x.pow(2).mean(-1, keepdim=True).sqrt().clamp_min(1e-6)
        spectrum = torch.stft(x, window, hop, window=torch.hann_window(window), return_complex=True)
        return torch.log(filters @ spectrum.abs() + 1e-3)

    return round(float((bands(a) - bands(b)).abs().mean()), 4)


def train(settings: CodecTraining, config: MiniCodecConfig) -> MiniCodec:
    """Train until `settings.minutes` have been spent, over all resumed runs together."""
    settings.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    codec = MiniCodec(config)
    books = LearnedCodebooks(config.n_levels, config.codebook_size, config.code_width)
    optimiser = torch.optim.AdamW(
        codec.parameters(), lr=0.0, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    generator = torch.Generator().manual_seed(settings.seed)
    step, spent_s = 0, 0.0
    saved = settings.out / "codec.pt"
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        codec.load_state_dict(state["codec"])
        books.load_state_dict(state["books"])
        optimiser.load_state_dict(state["optimiser"])
        generator.set_state(state["generator"])
        step, spent_s = state["step"], state["spent_s"]
    began = time.monotonic() - spent_s
    last_save = time.monotonic()
    shards = load_shards(settings.data)
    clips = held_out(shards)
    for batch in crops(shards, settings, generator):
        progress = (time.monotonic() - began) / (60 * settings.minutes)
        if progress >= 1:
            break
        rate = settings.learning_rate * min(1, (step + 1) / 200)
        rate *= 0.5 + 0.5 * math.cos(math.pi * progress)
        for group in optimiser.param_groups:
            group["lr"] = rate
        bins, mel, commitment = _step(codec, books, batch, settings, generator)
        loss = bins + settings.mel * mel + settings.commitment * commitment
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(codec.parameters(), 1.0)
        optimiser.step()
        step += 1
        facts: dict[str, Any] = {
            "step": step, "minutes": round((time.monotonic() - began) / 60, 2),
            "bins": round(float(bins.detach()), 4), "mel": round(float(mel.detach()), 4),
            "commitment": round(float(commitment.detach()), 4),
        }  # fmt: skip
        if step % 500 == 0:
            codec.codebooks.copy_(books.books)
            facts |= evaluate(codec, clips[:16])
            shards = load_shards(settings.data)
        if step % 50 == 0:
            _log(settings.out, facts)
        if time.monotonic() - last_save > 120:
            last_save = time.monotonic()
            _save(saved, codec, books, optimiser, generator, step, time.monotonic() - began)
    codec.codebooks.copy_(books.books)
    _save(saved, codec, books, optimiser, generator, step, time.monotonic() - began)
    _log(settings.out, {"step": step, "done": True, **evaluate(codec, clips)})
    (settings.out / "config.json").write_text(json.dumps(asdict(config)))
    return codec


def _step(
    codec: MiniCodec,
    books: LearnedCodebooks,
    batch: Tensor,
    settings: CodecTraining,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    long, short = log_magnitudes(batch)
    n_levels = codec.n_levels
    if torch.rand((), generator=generator) < settings.level_drop:
        n_levels = int(torch.randint(1, codec.n_levels, (), generator=generator))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        latents = codec.encoder(long, short)
    quantised = books(latents.float().flatten(0, 1), n_levels, generator)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        predicted = codec.decoder(quantised.vectors.view(*latents.shape))
    bins, mel = spectral_losses(predicted.float(), long)
    return bins, mel, quantised.commitment


def _save(
    path: Path,
    codec: MiniCodec,
    books: LearnedCodebooks,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    step: int,
    spent_s: float,
) -> None:
    state = {
        "codec": codec.state_dict(), "books": books.state_dict(),
        "optimiser": optimiser.state_dict(), "generator": generator.get_state(),
        "step": step, "spent_s": spent_s,
    }  # fmt: skip
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _log(folder: Path, facts: dict[str, Any]) -> None:
    line = json.dumps(facts)
    print(line, flush=True)
    with (folder / "log.jsonl").open("a") as file:
        file.write(line + "\n")
