"""The device and its number format, on machines that these tests can only imitate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine import device
from engine.device import (
    choose_device,
    choose_dtype,
    codec_device,
    free_memory_bytes,
    memory_explained,
)
from engine.errors import DeviceError

CPU = torch.device("cpu")


def _pretend(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool] | None) -> None:
    """An x86 processor with oneDNN, under a PyTorch that can tell its capabilities or cannot."""
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True, raising=False)
    if capabilities is None:
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    else:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": False, "avx512_f": True}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_processor_with_the_instructions_computes_in_bfloat16(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], dtype: torch.dtype
) -> None:
    _pretend(monkeypatch, capabilities)
    assert choose_dtype(CPU) == dtype


@pytest.mark.parametrize(
    ("avx512", "amx", "dtype"),
    [
        (True, False, torch.bfloat16),
        (False, True, torch.bfloat16),
        (False, False, torch.float32),
        (None, None, torch.float32),
    ],
)
def test_older_releases_are_asked_in_their_own_way(
    monkeypatch: pytest.MonkeyPatch, avx512: bool | None, amx: bool | None, dtype: torch.dtype
) -> None:
    _pretend(monkeypatch, None)
    for name, answer in (("_is_avx512_bf16_supported", avx512), ("_is_amx_tile_supported", amx)):
        if answer is None:
            monkeypatch.delattr(torch.cpu, name, raising=False)
        else:
            monkeypatch.setattr(torch.cpu, name, lambda answer=answer: answer, raising=False)
    assert choose_dtype(CPU) == dtype


def test_without_onednn_the_processor_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, {"avx512_bf16": True})
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert choose_dtype(CPU) == torch.float32


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [
        ((7, 0), torch.float16),
        ((7, 5), torch.float16),
        ((8, 0), torch.bfloat16),
        ((8, 6), torch.bfloat16),
        ((9, 0), torch.bfloat16),
        ((12, 0), torch.bfloat16),
    ],
)
def test_a_card_that_would_emulate_bfloat16_computes_in_float16(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_dtype(torch.device("cuda")) == dtype


def test_each_card_of_a_machine_is_asked_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {0: (9, 0), 1: (7, 5)}
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: cards[device.index])
    found = [choose_dtype(torch.device("cuda", number)) for number in cards]
    assert found == [torch.bfloat16, torch.float16]


def test_a_card_of_amd_computes_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.2")
    assert choose_dtype(torch.device("cuda")) == torch.bfloat16


def test_apple_s_gpu_computes_in_float16_and_leaves_the_codec_to_the_processor() -> None:
    mps = torch.device("mps")
    assert choose_dtype(mps) == torch.float16
    assert codec_device(mps) == CPU


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:1"])
def test_elsewhere_the_codec_stays_beside_the_language_model(name: str) -> None:
    assert codec_device(torch.device(name)) == torch.device(name)


@pytest.mark.parametrize("name", ["", "abacus", "cpu:1", "meta", "cuda:99", "cuda:-1", "mps:5"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match="cpu"):
        choose_device(name)


def test_the_processor_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert choose_device().type in ("cuda", "mps", "cpu")


def test_free_memory_of_a_card_counts_what_pytorch_keeps_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 100)
    assert free_memory_bytes(torch.device("cuda")) == 1200


def test_free_memory_of_apple_s_gpu_is_what_the_system_recommends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1000)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 300)
    assert free_memory_bytes(torch.device("mps")) == 700


@pytest.mark.parametrize(
    ("system", "container", "free"),
    [(None, None, None), (500, None, 500), (None, 400, 400), (500, 400, 400), (300, 400, 300)],
)
def test_free_memory_of_the_processor_is_the_least_that_anybody_grants(
    monkeypatch: pytest.MonkeyPatch, system: int | None, container: int | None, free: int | None
) -> None:
    monkeypatch.setattr(device, "_free_of_system", lambda: system)
    monkeypatch.setattr(device, "_free_of_container", lambda: container)
    assert free_memory_bytes(CPU) == free


def test_a_container_s_limit_counts_without_the_files_that_were_read(tmp_path: Path) -> None:
    for name, text in (
        ("memory.max", "1000\n"),
        ("memory.current", "700\n"),
        ("memory.stat", "anon 500\ninactive_file 150\nactive_file 50\n"),
    ):
        (tmp_path / name).write_text(text)
    assert device._free_of_container(tmp_path) == 450
    (tmp_path / "memory.max").write_text("max\n")
    assert device._free_of_container(tmp_path) is None
    assert device._free_of_container(tmp_path / "none") is None


@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory",
        "MPS backend out of memory (MPS allocated: 9 GB)",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_memory_that_runs_out_is_known_by_its_words(words: str) -> None:
    with pytest.raises(DeviceError, match="device cpu has no memory left"), memory_explained(CPU):
        raise RuntimeError(words)


def test_other_faults_of_a_device_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="misaligned address"), memory_explained(CPU):
        raise RuntimeError("CUDA error: misaligned address")
