"""Sound files written and read without our own code, for what must be the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

_WAV = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
_FLAC = ("PCM_S8", "PCM_16", "PCM_24")
KINDS = [(".wav", each) for each in _WAV] + [(".flac", each) for each in _FLAC]
"""Every ending and depth that is kept exactly."""


def write_raw(
    path: Path, subtype: str, *, channels: int = 2, rate_hz: int = 44_100, n_samples: int = 4_000
) -> None:
    """Noise over the whole range of a depth, with its extremes, and -0.0 for floats."""
    rng = np.random.default_rng(0)
    if subtype in ("FLOAT", "DOUBLE"):
        kind = np.float32 if subtype == "FLOAT" else np.float64
        samples: Any = rng.standard_normal((n_samples, channels)).astype(kind)
        samples[:2] = [[-0.0], [2.5]]
    else:
        samples = rng.integers(-(2**31), 2**31, (n_samples, channels)).astype(np.int32)
        samples[:2] = [[-(2**31)], [2**31 - 1]]
    soundfile.write(path, samples, rate_hz, subtype=subtype)


def read_raw(path: Path) -> np.ndarray:
    """[N, C] the file's own numbers."""
    subtype = soundfile.info(path).subtype
    kind = {"FLOAT": "float32", "DOUBLE": "float64"}.get(subtype, "int32")
    return np.asarray(soundfile.read(path, dtype=kind, always_2d=True)[0])
