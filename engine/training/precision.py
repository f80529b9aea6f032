"""In which numbers networks are trained."""

from __future__ import annotations

import torch

from engine.device import choose_dtype


def trains_in_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 in hardware.

    Emulated, a step takes twenty times as long as in float32; and float16, which is what older
    graphics cards have instead, would need its losses scaled.
    """
    return choose_dtype(device) is torch.bfloat16


def fast_numbers(device: torch.device) -> torch.autocast:
    """Matrix products in bfloat16 where that is fast, all in float32 elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=trains_in_bfloat16(device))
