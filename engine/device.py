"""Which device computes, in which number format, and what memory it has left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from engine.errors import DeviceError

ROOM_FOR_CLIP = "Ask for fewer variations or a shorter clip, or close other programs"


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
    """What the language model computes in, where it is fastest; its logits are float32 everywhere.

    CUDA: bfloat16 from compute capability 8 on, whose range no activation leaves, else float16:
    older cards (a T4) can only emulate bfloat16. MPS: float16, which every Apple GPU multiplies.
    CPU: bfloat16 where the processor has instructions for it, else float32: emulated, it is
    slower.
    """
    if device.type == "cuda":
        return torch.bfloat16 if _cuda_has_bf16(device) else torch.float16
    if device.type == "mps":
        return torch.float16
    return torch.bfloat16 if _cpu_has_bf16() else torch.float32


def codec_device(device: torch.device) -> torch.device:
    """Where the codec runs: on the CPU where the language model is on MPS, else beside it.

    On MPS the transposed convolutions of EnCodec come out garbled.
    """
    return torch.device("cpu") if device.type == "mps" else device


def _cuda_has_bf16(device: torch.device) -> bool:
    if torch.version.hip:  # every AMD card that PyTorch runs on
        return True
    return torch.cuda.get_device_capability(device) >= (8, 0)


def _cpu_has_bf16() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    return torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_bf16_instructions()


def _has_bf16_instructions() -> bool:
    """oneDNN also emulates bfloat16 on processors without instructions for it: slower."""
    if hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    # Older releases have a question for each. Every processor with AMX tiles also has bfloat16.
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, question, bool)() for question in questions)


def free_memory_bytes(device: torch.device) -> int | None:
    """Memory that a model could still take on a device; None where nobody tells."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + kept
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    known = [size for size in (_free_of_system(), _free_of_container()) if size is not None]
    return min(known, default=None)


def _free_of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # macOS and Windows do not tell
        return None


def _free_of_container(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What a container may still take, which the system's own figure knows nothing of."""
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        # Files that were read count as used, and are given up when memory is wanted.
        cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, ValueError, IndexError):  # none, without a limit ("max"), or an older kind
        return None
    return max(limit - used + cached, 0)


@contextmanager
def memory_explained(
    device: torch.device, *, needed: str = "this clip", advice: str = ROOM_FOR_CLIP
) -> Iterator[None]:
    """Running out of memory is said in words, and what was taken is given back.

    Args:
        device: where it happens.
        needed: what there was no room for.
        advice: what to do, as in `EngineError`.

    Raises:
        DeviceError: instead of what PyTorch raises.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On the CPU and on MPS, and where a library of CUDA's wants memory of its own (cuBLAS,
        # cuDNN), PyTorch raises nothing more special than RuntimeError.
        signs = (
            "DefaultCPUAllocator",
            "MPS backend out of memory",
            "CUDA error: out of memory",
            "_STATUS_ALLOC_FAILED",
        )
        special = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not special and not any(sign in str(error) for sign in signs):
            raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
        raise DeviceError(
            f"the device {device} has no memory left",
            expected=f"room for {needed}",
            advice=advice,
        ) from error
