"""Which device computes, and in which number format."""

from __future__ import annotations

import torch

from engine.errors import DeviceError


def choose_device(name: str | None = None) -> torch.device:
    """The device of that name, or the fastest one there is.

    Args:
        name: "cpu", "cuda", "cuda:1", "mps"; None: CUDA, then Apple's MPS, then the CPU.

    Raises:
        DeviceError: no such device.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name is None:
        return torch.device(next(kind for kind, here in there.items() if here))
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    count = torch.cuda.device_count() if device is not None and device.type == "cuda" else 1
    if device is None or not there.get(device.type) or (device.index or 0) >= count:
        raise DeviceError(
            f"the device is {name!r}",
            expected=" or ".join(kind for kind, here in there.items() if here),
            advice="Choose one that this machine has, or leave the choice out",
        )
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it faster than float32, else float32.

    Logits, guidance and softmax are float32 everywhere.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return torch.bfloat16 if fast and _has_bf16_instructions() else torch.float32
    return torch.float32


def _has_bf16_instructions() -> bool:
    """oneDNN also emulates bfloat16 on processors without instructions for it: slower."""
    if hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    # Older releases have a question for each. Every processor with AMX tiles also has bfloat16.
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, question, bool)() for question in questions)
