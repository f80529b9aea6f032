"""A model that needs no weights: chance for logits in the real decoding, and a sine for sound."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.audio import Waveform
from engine.decode import (
    DecodeStep,
    GenerationRequest,
    Mode,
    Window,
    frames_from_seconds,
    generate_windows,
    variation_generators,
)
from engine.decode.predictor import GuidedLogits
from engine.decode.windows import request_windows
from engine.estimate import Estimate


class FakePredictor:
    """The same logits for the same row, whatever the batch."""

    n_levels = 4
    codebook_size = 64
    span_len = 3
    writes_left_to_right = True

    def predict(
        self, codes: Tensor, stage: int, *, positions: Tensor | None = None, guided: bool = True
    ) -> GuidedLogits:
        n_frames = codes.shape[2] if positions is None else positions.shape[1]
        logits = self._logits((codes.shape[0], n_frames, self.codebook_size), seed=stage)
        return GuidedLogits(logits, logits.flip(-1) if guided else None)

    def open(self, n_variations: int, n_columns: int) -> FakePredictor:
        return self

    def feed(self, columns: Tensor) -> None:
        pass

    def advance(self, column: Tensor, *, guided: bool = True) -> GuidedLogits:
        logits = self._logits((column.shape[0], self.n_levels, self.codebook_size), seed=9)
        return GuidedLogits(logits, logits.flip(-1) if guided else None)

    def after(self, opening: object, boundary: int) -> FakePredictor:
        return self

    def with_boundary(self, boundary: int) -> FakePredictor:
        return self

    @staticmethod
    def _logits(shape: tuple[int, ...], *, seed: int) -> Tensor:
        row = torch.randn(shape[1:], generator=torch.Generator().manual_seed(seed))
        return 3 * row.expand(shape)


class FakeModel:
    """Follows the interface of `engine.music.MusicModel`.

    Args:
        name: its own. licence: of it. window_s: its longest clip in one piece.
        step_s: how long each step takes.
        fail_at: index of a step that raises `error`; None: none does.
        error: what it raises.
    """

    weights_hash = "0" * 64
    codec_hash = "1" * 64
    device = torch.device("cpu")
    sample_rate_hz = 32_000
    frame_rate_hz = 50
    n_levels = 4
    codebook_size = 64
    speed = None
    dtype = torch.float32

    def __init__(
        self,
        *,
        name: str = "fake",
        licence: str = "CC0-1.0",
        window_s: float = 10.0,
        step_s: float = 0.0,
        fail_at: int | None = None,
        error: Exception | None = None,
    ) -> None:
        self.name, self.licence, self.window_s = name, licence, window_s
        self.step_s = step_s
        self.fail_at = fail_at
        self.error = error or RuntimeError("secret path")
        self.helpers: Mapping[str, Any] = {}
        self.n_steps = 0
        self.n_closed = 0

    def generate(
        self, request: GenerationRequest, helpers: Mapping[str, Any] = MappingProxyType({})
    ) -> Iterator[DecodeStep]:
        self.helpers = dict(helpers)
        steps = generate_windows(
            FakePredictor(),
            self.windows(request),
            mode=request.mode,
            generators=variation_generators(request.seed, request.variations),
            options=request.options,
        )
        return self._paced(steps)

    def windows(self, request: GenerationRequest) -> tuple[Window, ...]:
        window_frames = frames_from_seconds(self.window_s, self.frame_rate_hz)
        return request_windows(request, window_frames, self.frame_rate_hz)

    def _opening_frames(self, request: GenerationRequest) -> int:
        if request.mode is not Mode.HYBRID:
            return 0
        return frames_from_seconds(request.opening_s, self.frame_rate_hz)

    def _paced(self, steps: Iterator[DecodeStep]) -> Iterator[DecodeStep]:
        try:
            for step in steps:
                if step.index == self.fail_at:
                    raise self.error
                time.sleep(self.step_s)
                self.n_steps += 1
                yield step
        finally:
            self.n_closed += 1

    def listen(self, codes: Tensor) -> list[Waveform]:
        n_samples = codes.shape[2] * self.sample_rate_hz // self.frame_rate_hz
        seconds = np.arange(n_samples) / self.sample_rate_hz
        swell = 0.5 + 0.4 * np.sin(2 * np.pi * seconds / 2)
        return [
            Waveform(
                samples=(0.6 * swell * np.sin(2 * np.pi * (220 + 110 * i) * seconds)).astype(
                    np.float32
                )[None],
                sample_rate_hz=self.sample_rate_hz,
            )
            for i in range(codes.shape[0])
        ]

    def estimate(
        self, request: GenerationRequest, helpers: Mapping[str, Any] = MappingProxyType({})
    ) -> Estimate:
        n_steps = sum(request.options.steps) + self._opening_frames(request)
        if request.mode is Mode.AUTOREGRESSIVE:
            n_steps = frames_from_seconds(request.duration_s, self.frame_rate_hz)
        return Estimate(
            seconds=n_steps * (self.step_s + 0.002),
            memory_bytes=120_000_000 * (request.variations + len(helpers)),
        )
