"""What a model is expected to cost before it is loaded, against what it costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine import outlook
from engine.bench import measure
from engine.checkpoints.offers import Offer, offers
from engine.decode import GenerationRequest, Mode, SamplingOptions
from engine.music import MusicModel, load
from engine.outlook import (
    Machine,
    expect,
    expect_memory,
    read_machine,
    weight_bytes,
)
from tests.engine.tiny_model import write_tiny_model

CPU = torch.device("cpu")
REQUEST = GenerationRequest(prompt="calm", mode=Mode.PARALLEL, duration_s=1.0, opening_s=0.5)
MACHINE = Machine(operations_per_s=1e9, bytes_per_s=1e9, call_s=0.0)


@pytest.fixture(autouse=True)
def _known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "read_machine", lambda device, dtype: MACHINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def model(folder: Path) -> MusicModel:
    return load(str(folder), device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def offer(folder: Path) -> Offer:
    return next(each for each in offers([folder]) if each.path == folder)


@pytest.fixture(scope="module")
def published() -> dict[str, Offer]:
    return {offer.name: offer for offer in offers()}


def _seconds(offer: Offer, **changes: object) -> float:
    return expect(offer, replace(REQUEST, **changes), CPU, torch.float32).seconds  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_memory_is_that_of_the_loaded_model(
    folder: Path, offer: Offer, mode: Mode, dtype: torch.dtype
) -> None:
    request = replace(REQUEST, mode=mode, variations=3)
    loaded = load(str(folder), device="cpu", dtype=dtype).estimate(request).memory_bytes
    assert expect_memory(offer, request, dtype) == pytest.approx(loaded, rel=0.05)


def test_the_weights_of_a_published_model_are_counted(published: dict[str, Offer]) -> None:
    small = published["magnet-small-10secs"]
    assert weight_bytes(small, torch.float16) == pytest.approx(
        0.841e9 + 0.439e9 + 0.236e9, rel=1e-3
    )
    assert weight_bytes(small, torch.float32) - weight_bytes(small, torch.float16) == 840_742_912


@pytest.mark.parametrize("negative", ["", "loud"])
def test_operations_are_those_that_pytorch_counts(
    model: MusicModel, offer: Offer, negative: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for attention, and for what the first and the last of only two layers save."""
    request = replace(REQUEST, negative_prompt=negative)
    measured = measure(model, request, rounds=1).operations
    counted = sum(measured[part] for part in measured if part.startswith("level"))
    monkeypatch.setattr(outlook, "_EFFICIENCY", 1.0)
    monkeypatch.setattr(outlook, "_CODEC_OPERATIONS", 0)
    expected = MACHINE.operations_per_s * _seconds(offer, negative_prompt=negative)
    assert counted < expected < 2 * counted


def test_more_work_takes_longer(offer: Offer) -> None:
    one = _seconds(offer)
    assert _seconds(offer, duration_s=2.0) > 1.9 * one
    assert _seconds(offer, variations=4) > 3 * one
    assert _seconds(offer, options=SamplingOptions(steps=(40, 10, 10, 10))) > one
    unguided = SamplingOptions(cfg_start=1.0, cfg_end=1.0)
    assert _seconds(offer, options=unguided) < 0.7 * one
    assert _seconds(offer, prompt="") < one


def test_a_clip_of_several_windows_is_written_with_their_overlap(offer: Offer) -> None:
    two, four = (_seconds(offer, duration_s=seconds) for seconds in (2.0, 4.0))
    assert four > 2 * two


def test_left_to_right_is_bound_by_memory(
    published: dict[str, Offer], monkeypatch: pytest.MonkeyPatch
) -> None:
    musicgen = published["musicgen-medium"]
    request = replace(REQUEST, mode=Mode.AUTOREGRESSIVE, duration_s=10.0)

    def seconds(**changes: float) -> float:
        machine = replace(MACHINE, operations_per_s=1e15, **changes)
        monkeypatch.setattr(outlook, "read_machine", lambda device, dtype: machine)
        return expect(musicgen, request, CPU, torch.bfloat16).seconds

    # 503 columns, each of 1.6 G weights, and on average 75 M keys and values, in 16 bits
    assert seconds(bytes_per_s=1e12) == pytest.approx(503 * 3.35e-3, rel=0.01)
    assert seconds(bytes_per_s=2e12) == pytest.approx(503 * 1.67e-3, rel=0.01)
    # Where the weights pass in no time, starting 48 layers of operations remains.
    assert seconds(bytes_per_s=1e15, call_s=5e-6) == pytest.approx(503 * 48 * 25 * 5e-6, rel=0.01)


def test_a_real_machine_has_three_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    machine = read_machine(CPU, torch.float32)
    assert machine.operations_per_s > 1e8 and machine.bytes_per_s > 1e7
    assert 0 < machine.call_s < 1e-2
    assert read_machine(CPU, torch.float32) is machine
