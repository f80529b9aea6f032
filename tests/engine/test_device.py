"""The device and its number format, on machines that these tests can only imitate."""

from __future__ import annotations

import pytest
import torch

from engine.device import choose_device, choose_dtype
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


@pytest.mark.parametrize("name", ["", "abacus", "cpu:1", "meta", "cuda:99", "cuda:-1", "mps:5"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match="cpu"):
        choose_device(name)


def test_the_processor_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert choose_device().type in ("cuda", "mps", "cpu")
