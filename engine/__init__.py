"""MAGNeT and Hybrid-MAGNeT (arXiv 2401.04577): text and audio in, tokens and audio out.

The legend of all shapes, used everywhere:

    B  batch (variations)          K  codebook levels (residual quantiser), 0 is the coarsest
    T  codec frames                S  sequence columns (T, or T + K under the delay layout)
    V  codebook size; the mask id is V
    D  model width                 H  attention heads
    P  prompt-text tokens          C  audio channels          N  waveform samples

`T` is never samples and never iterations. `stage` is the codebook level being decoded, `step`
one refinement iteration within it. A boolean tensor's name says what True means.

The way in, from here (each is loaded when it is first asked for, since PyTorch takes a second):

    import engine

    model = engine.load("studio-mini")
    steps = model.generate(engine.GenerationRequest(prompt="calm solo piano", seed=7))
    clip = model.listen(engine.finish(steps).codes)[0]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.decode import DecodeStep, GenerationRequest, Mode, SamplingOptions, finish
    from engine.music import MusicModel, available, load

__all__ = [
    "DecodeStep",
    "GenerationRequest",
    "Mode",
    "MusicModel",
    "SamplingOptions",
    "available",
    "finish",
    "load",
]
_IN_MUSIC = {"MusicModel", "available", "load"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    module = importlib.import_module("engine.music" if name in _IN_MUSIC else "engine.decode")
    return getattr(module, name)
