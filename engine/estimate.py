"""What a request will cost on this device: read once off the device, then counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from engine.checkpoints.parts import AnyParts
from engine.decode import GenerationRequest, Mode, frames_from_seconds
from engine.model.config import ModelConfig
from engine.model.predictor import BoundModel

_COLUMNS = 8
_ROUNDS = 2
_ACTIVATIONS = 24
"""Values of width D alive per row and half in one layer: attention, feed-forward, residuals."""

_LOGIT_COPIES = 4
"""Of both halves: they, guided, as probabilities, filtered, with noise."""


@dataclass(frozen=True, kw_only=True)
class SpeedReading:
    """Seconds of one whole-window step, of one left-to-right column, of one decoded second.

    `step_s` has one figure for the coarsest level and one for the others.
    """

    step_s: tuple[float, float]
    column_s: float
    codec_s: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds until all variations can be heard, and bytes in use at the peak."""

    seconds: float
    memory_bytes: int


@torch.no_grad()
def read_speed(parts: AnyParts, device: torch.device) -> SpeedReading:
    """Run each kind of work on an empty clip and time it; also warms the device up.

    Args:
        parts: the networks, on `device`.
        device: where they run.
    """
    config = parts.language_model.config
    bound = BoundModel.bind(parts.language_model, torch.zeros(8, config.text_width, device=device))
    n_frames = config.window_frames
    codes = torch.zeros(1, config.n_levels, n_frames, dtype=torch.int64, device=device)
    opening = bound.open(1, (_ROUNDS + 1) * _COLUMNS)

    def write_columns() -> None:
        for _ in range(_COLUMNS):
            opening.advance(codes[:, :, 0])

    second = codes[:, :, : config.frame_rate_hz]
    return SpeedReading(
        step_s=(
            quickest_s(lambda: bound.predict(codes, 0), device),
            quickest_s(lambda: bound.predict(codes, min(1, config.n_levels - 1)), device),
        ),
        column_s=quickest_s(write_columns, device) / _COLUMNS,
        codec_s=quickest_s(lambda: parts.codec.decode(second), device),
    )


def estimate(request: GenerationRequest, parts: AnyParts, speed: SpeedReading) -> Estimate:
    """Count the work of a request.

    Args:
        request: what is asked.
        parts: the model.
        speed: of this device, from `read_speed`.
    """
    config = parts.language_model.config
    n_frames = frames_from_seconds(request.duration_s, config.frame_rate_hz)
    share = n_frames / config.window_frames
    opening = _opening_frames(request, n_frames, config.frame_rate_hz)
    first, later = speed.step_s
    steps_s = request.options.steps[0] * first + sum(request.options.steps[1:]) * later
    if request.mode is Mode.AUTOREGRESSIVE:
        steps_s = 0.0
    one_s = (
        steps_s * share * (1 - opening / max(n_frames, 1))
        + opening * speed.column_s
        + request.duration_s * speed.codec_s
    )
    return Estimate(
        seconds=one_s * request.variations,
        memory_bytes=_weight_bytes(parts) + _work_bytes(request, config, n_frames, opening),
    )


def _weight_bytes(parts: AnyParts) -> int:
    return sum(
        value.numel() * value.element_size()
        for network in (parts.language_model, parts.codec, parts.text_encoder)
        for value in network.state_dict().values()
    )


def _work_bytes(
    request: GenerationRequest, config: ModelConfig, n_frames: int, opening: int
) -> int:
    """What lives at once beside the weights, counted in 32 bits whatever the model computes in.

    The network runs one variation at a time, with both halves of guidance. What all variations
    have at once: the logits with their copies, and what left-to-right writing stores for later
    columns (keys and values of every layer, and the final state, for both halves).
    """
    rows = 2 * (n_frames + config.n_levels) * config.width * _ACTIVATIONS
    logits = 2 * n_frames * config.codebook_size * _LOGIT_COPIES
    columns = opening + config.n_levels if opening else 0
    stored = 2 * (2 * config.n_layers + 1) * config.width * columns
    return 4 * (rows + request.variations * (logits + stored))


def _opening_frames(request: GenerationRequest, n_frames: int, frame_rate_hz: int) -> int:
    if request.mode is Mode.HYBRID:
        return min(n_frames, frames_from_seconds(request.opening_s, frame_rate_hz))
    return n_frames if request.mode is Mode.AUTOREGRESSIVE else 0


def quickest_s(work: Callable[[], object], device: torch.device, rounds: int = _ROUNDS) -> float:
    """Seconds of the quickest of a few runs, after one that is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        wait_for(device)
        began = time.perf_counter()
        work()
        wait_for(device)
        taken.append(time.perf_counter() - began)
    return min(taken)


def wait_for(device: torch.device) -> None:
    """Return when an accelerator has done all that it was asked; the CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
