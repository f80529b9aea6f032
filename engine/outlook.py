"""What a model will cost before it is loaded: counted from its sizes and the speed of the device.

`engine.estimate` measures a model that is there. Here there are only numbers, so this is rougher:
good enough to say "8 s, 3 GB" in a list of models, and what cannot be loaded at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch.nn import functional as F

from engine.checkpoints.offers import Offer
from engine.decode import GenerationRequest, Mode, Window, request_windows
from engine.decode.schedules import plan_level
from engine.device import codec_device
from engine.estimate import Estimate, left_to_right_frames, quickest_s, work_bytes
from engine.model.config import ModelConfig
from engine.model.stage_attention import BLOCK

_EFFICIENCY = 0.9
"""Share of the matrix speed that a refinement step reaches, norms and softmax included: measured
on studio-mini, on two cores."""
_EFFICIENCY_OF_16_BITS = 0.6
"""The same where products are that much quicker, and the rest is not: 0.87 TFLOP in 0.8 s at
1.8 TFLOP/s, a pass of magnet-small on two cores with AMX."""
_CODEC_EFFICIENCY = 0.27
"""Of convolutions, in float32: 6 GFLOP of EnCodec's decoder in 0.25 s where products reach 83
GFLOP/s."""
_CODEC_OPERATIONS = 110
"""For each parameter and second of sound: EnCodec's 6.1 GFLOP, and 0.4 of its LSTM. The codec of
studio-mini needs less."""
_CALLS = 25
"""Operations that a layer is made of, counted: what a column costs where each is small."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How fast a device does the three things that the work is made of.

    Args:
        operations_per_s: floating-point operations of a large matrix product.
        bytes_per_s: of a matrix that is multiplied by two rows: both halves of a column.
        call_s: seconds of an operation so small that starting it is all the work.
    """

    operations_per_s: float
    bytes_per_s: float
    call_s: float


@cache
@torch.no_grad()
def read_machine(device: torch.device, dtype: torch.dtype) -> Machine:
    """Measure a device: a few tenths of a second once, then known.

    On the CPU call it in the thread that computes: a second one would slow the first down.

    Args:
        device: of the product. dtype: of its numbers.
    """
    size, rows = (1024, 4096) if device.type == "cpu" else (4096, 16384)
    square = torch.ones(size, size, dtype=dtype, device=device)
    matrix = torch.ones(rows, 4096, dtype=dtype, device=device)  # more than a cache holds
    column = torch.ones(2, 4096, dtype=dtype, device=device)
    small = torch.ones(2, 64, dtype=dtype, device=device)
    n_calls = 100

    def call() -> None:
        for _ in range(n_calls):
            small.add_(1)

    matrix_bytes = matrix.numel() * matrix.element_size()
    return Machine(
        operations_per_s=2 * size**3 / quickest_s(lambda: square @ square, device),
        bytes_per_s=matrix_bytes / quickest_s(lambda: F.linear(column, matrix), device),
        call_s=quickest_s(call, device) / n_calls,
    )


def weight_bytes(offer: Offer, dtype: torch.dtype) -> int:
    """Memory for the weights: of the language model in `dtype`, of the others in float32."""
    others = 4 * (offer.text_parameters + offer.codec_parameters)
    return offer.parameters * dtype.itemsize + others


def expect_memory(offer: Offer, request: GenerationRequest, dtype: torch.dtype) -> int:
    """Bytes in use at the peak of a request; see `expect`."""
    config = offer.config
    windows = _windows(request, config)
    longest = max(window.stop - window.start for window in windows)
    opening = max(left_to_right_frames(request, window) for window in windows)
    return weight_bytes(offer, dtype) + work_bytes(request, config, longest, opening)


def expect(
    offer: Offer, request: GenerationRequest, device: torch.device, dtype: torch.dtype
) -> Estimate:
    """Seconds and memory of a request, by a model that is not loaded.

    Args:
        offer: the model.
        request: what would be asked. Other models that it names are not counted.
        device: where the language model would run. dtype: what it would compute in.

    Raises:
        RequestError: a clip of several windows that leave nothing to write.
    """
    pace = _Pace(config=offer.config, dtype=dtype, machine=read_machine(device, dtype))
    beside = read_machine(codec_device(device), torch.float32)
    operations = _CODEC_OPERATIONS * offer.codec_parameters * request.duration_s
    one_s = operations / (_CODEC_EFFICIENCY * beside.operations_per_s)
    for window in _windows(request, offer.config):
        n_frames, known = window.stop - window.start, window.n_context
        opening = left_to_right_frames(request, window)
        one_s += pace.writing_s(request, known, opening)
        if request.mode is not Mode.AUTOREGRESSIVE:
            one_s += pace.refining_s(request, n_frames, known + opening)
    text_s = 4 * offer.text_parameters / beside.bytes_per_s
    return Estimate(
        seconds=text_s + one_s * request.variations,
        memory_bytes=expect_memory(offer, request, dtype),
    )


def _windows(request: GenerationRequest, config: ModelConfig) -> tuple[Window, ...]:
    return request_windows(request, config.window_frames, config.frame_rate_hz)


@dataclass(frozen=True, kw_only=True)
class _Pace:
    """A language model on a machine, computing in `dtype`."""

    config: ModelConfig
    dtype: torch.dtype
    machine: Machine

    def writing_s(self, request: GenerationRequest, n_before: int, n_new: int) -> float:
        """Left to right: each column reads all weights, and keys and values of those before it."""
        if not n_new:
            return 0.0
        config, halves = self.config, 1 if request.options.opening_cfg == 1.0 else 2
        n_columns = n_new + config.n_levels - 1
        numbers = config.n_layers * (_own_weights(config) + _text_weights(config))
        numbers += config.n_levels * config.codebook_size * config.width
        numbers += halves * 2 * config.n_layers * config.width * (n_before + n_columns // 2)
        read_s = numbers * self.dtype.itemsize / self.machine.bytes_per_s
        return n_columns * max(read_s, self._calls_s)

    def refining_s(self, request: GenerationRequest, n_frames: int, n_known: int) -> float:
        """Parallel: all levels, step by step, over the rows that are not known from the start."""
        if n_known >= n_frames:
            return 0.0
        config, prompts = self.config, (request.prompt, request.negative_prompt)
        n_texts = sum(bool(prompt.strip()) for prompt in prompts)
        efficiency = _EFFICIENCY if self.dtype is torch.float32 else _EFFICIENCY_OF_16_BITS
        seconds = 0.0
        for stage, n_steps in enumerate(request.options.steps):
            for step in plan_level(request.options, n_steps, n_frames - n_known):
                halves = 1 if step.cfg_coef == 1.0 else 2
                count = _pass_operations(
                    config, stage, n_frames, n_known, halves, min(halves, n_texts)
                )
                count += 2 * halves * step.n_masked * config.width * config.codebook_size
                seconds += max(count / efficiency / self.machine.operations_per_s, self._calls_s)
        return seconds

    @property
    def _calls_s(self) -> float:
        """Of one pass in which every operation is small."""
        return self.config.n_layers * _CALLS * self.machine.call_s


def _pass_operations(
    config: ModelConfig, stage: int, n_frames: int, n_known: int, halves: int, texts: int
) -> int:
    """Of one pass through all layers; a product and a sum are two.

    Not counted: attention to the few tokens of a text, and what the first and last layers save.
    """
    columns = n_frames + (config.n_levels if config.delayed else 0)
    banded = stage > 0 and config.context_frames is not None
    keys = min(columns, BLOCK + 2 * (config.context_frames or 0)) if banded else columns
    row = 2 * _own_weights(config) + 4 * keys * config.width
    row_with_text = 2 * _text_weights(config)
    return config.n_layers * (columns - n_known) * (halves * row + texts * row_with_text)


def _own_weights(config: ModelConfig) -> int:
    """Matrices of a layer that every row passes: of self-attention and of the feed-forward."""
    return (4 + 2 * config.ffn_ratio) * config.width**2


def _text_weights(config: ModelConfig) -> int:
    """Those that rows with a text pass too: its keys and values are made once for a request."""
    return 2 * config.width**2
