"""What a request is expected to need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from engine.checkpoints.folder import ModelParts, load_model
from engine.decode import GenerationRequest, Mode, plan_windows
from engine.estimate import SpeedReading, estimate, peak_memory_bytes, quickest_s
from tests.engine.tiny_model import write_tiny_model

SPEED = SpeedReading(step_s=(0.001, 0.0005), column_s=0.01, codec_s=0.02)
REQUEST = GenerationRequest(mode=Mode.PARALLEL, duration_s=2.0, opening_s=0.5)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> ModelParts:
    return load_model(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


def bytes_of(parts: ModelParts, mode: Mode, variations: int = 1) -> int:
    request = replace(REQUEST, mode=mode, variations=variations)
    return estimate(request, plan_windows(100, 500, 200, 25), (parts, SPEED)).memory_bytes


def test_left_to_right_writing_stores_keys_and_values_for_both_halves(parts: ModelParts) -> None:
    per_column = 2 * (2 * 2 + 1) * 16 * 4  # halves, 2 layers and the final state, width, bytes
    without = bytes_of(parts, Mode.PARALLEL)
    assert bytes_of(parts, Mode.AUTOREGRESSIVE) - without == per_column * (100 + 4)
    assert bytes_of(parts, Mode.HYBRID) - without == per_column * (25 + 4)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_variation_has_its_own_logits_and_store(parts: ModelParts, mode: Mode) -> None:
    one, two, three = (bytes_of(parts, mode, variations) for variations in (1, 2, 3))
    assert three - two == two - one > 0


def seconds_of(parts: ModelParts, request: GenerationRequest, n_frames: int, **who: Any) -> float:
    return estimate(request, plan_windows(n_frames, 500, 200, 25), (parts, SPEED), **who).seconds


def test_a_long_clip_costs_each_of_its_windows(parts: ModelParts) -> None:
    short, long = replace(REQUEST, duration_s=10.0), replace(REQUEST, duration_s=22.0)
    codec_s = SPEED.codec_s
    one = seconds_of(parts, short, 500) - 10 * codec_s
    assert seconds_of(parts, long, 1100) - 22 * codec_s == pytest.approx(3 * one)


def test_a_rescorer_costs_half_a_step_after_every_step_but_the_last(parts: ModelParts) -> None:
    options = replace(REQUEST.options, steps=(5, 3, 1, 1), rescorer_levels=4)
    request = replace(REQUEST, options=options)
    more = seconds_of(parts, request, 100, rescorer=(parts, SPEED))
    half_step = 100 * SPEED.step_s[0] / 2
    assert more - seconds_of(parts, request, 100) == pytest.approx((4 + 2) * half_step)
    seldom = replace(request, options=replace(options, rescorer_every=2, rescorer_levels=1))
    rare = seconds_of(parts, seldom, 100, rescorer=(parts, SPEED))
    assert rare - seconds_of(parts, seldom, 100) == pytest.approx(2 * half_step)


def test_another_model_that_opens_takes_its_own_time_and_memory(parts: ModelParts) -> None:
    request = replace(REQUEST, mode=Mode.HYBRID)
    slow = replace(SPEED, column_s=1.0)
    windows = plan_windows(100, 500, 200, 25)
    alone = estimate(request, windows, (parts, SPEED))
    other = replace(parts)
    helped = estimate(request, windows, (parts, SPEED), opener=(other, slow))
    assert helped.seconds - alone.seconds == pytest.approx(25 * (1.0 - SPEED.column_s))
    assert helped.memory_bytes > alone.memory_bytes


@pytest.mark.parametrize(("long_s", "runs"), [(0.0, 1), (1e9, 4)])
def test_what_takes_long_is_timed_once(
    monkeypatch: pytest.MonkeyPatch, long_s: float, runs: int
) -> None:
    monkeypatch.setattr("engine.estimate._LONG_S", long_s)
    done: list[int] = []
    assert quickest_s(lambda: done.append(1), torch.device("cpu"), rounds=3) > 0
    assert len(done) == runs


def test_the_peak_is_at_least_what_a_tensor_takes() -> None:
    values = torch.ones(10_000_000)
    peak = peak_memory_bytes(torch.device("cpu"))
    assert peak is None or peak >= values.numel() * 4
