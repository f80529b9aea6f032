"""What a request will cost on this device: read once off the device, then counted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from engine.checkpoints.parts import AnyParts
from engine.decode import GenerationRequest, Mode, Window
from engine.model.config import ModelConfig
from engine.model.predictor import BoundModel

_COLUMNS = 8
_FRAMES = 250
"""A step over more is measured by the frame: a reading must not take as long as a clip."""

_ROUNDS = 2
_LONG_S = 1.0
_ACTIVATIONS = 24
"""Values of width D alive per row and half in one layer: attention, feed-forward, residuals."""

_LOGIT_COPIES = 4
"""Of both halves: they, guided, as probabilities, filtered, with noise."""


@dataclass(frozen=True, kw_only=True)
class SpeedReading:
    """Seconds of a step per frame, of one left-to-right column, of one decoded second.

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
    n_frames = min(config.window_frames, _FRAMES)
    codes = torch.zeros(1, config.n_levels, n_frames, dtype=torch.int64, device=device)
    opening = bound.open(1, (_ROUNDS + 1) * _COLUMNS) if bound.writes_left_to_right else None

    def write_columns() -> None:
        for _ in range(_COLUMNS):
            if opening is not None:
                opening.advance(codes[:, :, 0])

    def refine(stage: int) -> float:
        def step() -> None:
            codes[0, 0, 0] += 1  # other codes each time: a causal model knows those of the last
            bound.predict(codes, stage)

        return quickest_s(step, device) / n_frames

    second = codes[:, :, : config.frame_rate_hz]
    return SpeedReading(
        step_s=(refine(0), refine(min(1, config.n_levels - 1))),
        column_s=quickest_s(write_columns, device) / _COLUMNS,
        codec_s=quickest_s(lambda: parts.codec.decode(second), device),
    )


Measured = tuple[AnyParts, SpeedReading]
"""A model and how fast it is here."""


def estimate(
    request: GenerationRequest,
    windows: Sequence[Window],
    model: Measured,
    *,
    opener: Measured | None = None,
    rescorer: Measured | None = None,
) -> Estimate:
    """Count the work of a request.

    Args:
        request: what is asked.
        windows: in which it is written.
        model: what writes it.
        opener, rescorer: other models that take part; the rescorer may be the model itself.
    """
    parts, speed = model
    config = parts.language_model.config
    n_written = sum(window.last - window.first for window in windows)
    one_s = n_written / config.frame_rate_hz * speed.codec_s
    for window in windows:
        n_frames, opening = window.stop - window.start, left_to_right_frames(request, window)
        one_s += opening * (opener[1] if opener else speed).column_s
        if request.mode is not Mode.AUTOREGRESSIVE:
            one_s += _steps_s(request, speed, n_frames) * (1 - opening / n_frames)
            one_s += _rescoring_s(request, rescorer, n_frames)
    others = {id(each[0]): each[0] for each in (opener, rescorer) if each and each[0] is not parts}
    longest = max(window.stop - window.start for window in windows)
    opening = max(left_to_right_frames(request, window) for window in windows)
    return Estimate(
        seconds=one_s * request.variations,
        memory_bytes=sum(map(_weight_bytes, (parts, *others.values())))
        + work_bytes(request, config, longest, opening),
    )


def _steps_s(request: GenerationRequest, speed: SpeedReading, n_frames: int) -> float:
    """Of all levels in one window."""
    first, later = speed.step_s
    steps = request.options.steps
    return (steps[0] * first + sum(steps[1:]) * later) * n_frames


def _rescoring_s(request: GenerationRequest, rescorer: Measured | None, n_frames: int) -> float:
    """A pass without guidance, so half of a step, after all steps of a level but the last."""
    if rescorer is None:
        return 0.0
    options = request.options
    passes = sum(
        -(-(n - 1) // options.rescorer_every) for n in options.steps[: options.rescorer_levels]
    )
    return passes * n_frames * rescorer[1].step_s[0] / 2


def _weight_bytes(parts: AnyParts) -> int:
    return sum(
        value.numel() * value.element_size()
        for network in (parts.language_model, parts.codec, parts.text_encoder)
        for value in network.state_dict().values()
    )


def work_bytes(request: GenerationRequest, config: ModelConfig, n_frames: int, opening: int) -> int:
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


def left_to_right_frames(request: GenerationRequest, window: Window) -> int:
    """How many of the frames that a window writes are written left to right."""
    n_written = window.last - window.first
    if request.mode is Mode.HYBRID:
        return min(window.opening, n_written)
    return n_written if request.mode is Mode.AUTOREGRESSIVE else 0


def quickest_s(work: Callable[[], object], device: torch.device, rounds: int = _ROUNDS) -> float:
    """Seconds of the quickest of a few runs, after one that only warms up.

    Where that one takes long it is the only one: what starting costs is then a small part of it.
    """
    first = _timed_s(work, device)
    if first > _LONG_S:
        return first
    return min(_timed_s(work, device) for _ in range(rounds))


def _timed_s(work: Callable[[], object], device: torch.device) -> float:
    wait_for(device)
    began = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - began


def wait_for(device: torch.device) -> None:
    """Return when an accelerator has done all that it was asked; the CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_memory_bytes(device: torch.device) -> int | None:
    """The most memory that was in use so far: of the device, or of this process on the CPU.

    None where the system does not tell.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
