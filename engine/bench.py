"""Where the time of a request goes, against what the machine could do at best.

Each part of the work is timed as a user meets it: the text, the opening column by column, each
level of the parallel part, the codec. The operations are counted by PyTorch as they are called,
so that a share of the machine's own matrix speed can be stated for every part.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.decode import GenerationRequest, Phase
from engine.estimate import quickest_s, wait_for
from engine.music import MusicModel

TEXT, OPENING, CODEC = "text", "opening", "codec"
_PEAK_SIZE = 2048
_PEAK_ROUNDS = 5


def level_name(stage: int) -> str:
    """The part of the work that refines a level, counted from 1 as users see it."""
    return f"level {stage + 1}"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One request, measured.

    Args:
        request: what was asked.
        seconds: of each part, in order: the text, the opening if there is one, the levels, the
            codec. The quickest round of each.
        operations: floating-point operations of each part, a product and a sum being two.
        audio_s: seconds of sound made, over all variations.
    """

    request: GenerationRequest
    seconds: dict[str, float]
    operations: dict[str, int]
    audio_s: float

    @property
    def total_s(self) -> float:
        """Until all can be heard."""
        return sum(self.seconds.values())

    def share_of_peak(self, part: str, peak: float) -> float:
        """Operations per second of a part, as a share of `peak`."""
        return self.operations.get(part, 0) / max(self.seconds[part], 1e-9) / peak


@torch.no_grad()
def matrix_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Operations per second of a large matrix product: the roof over everything else here."""
    generator = torch.Generator().manual_seed(0)
    left, right = (
        torch.randn(_PEAK_SIZE, _PEAK_SIZE, generator=generator).to(device, dtype) for _ in range(2)
    )
    return 2 * _PEAK_SIZE**3 / quickest_s(lambda: left @ right, device, _PEAK_ROUNDS)


def measure(model: MusicModel, request: GenerationRequest, *, rounds: int = 2) -> Measurement:
    """Run a request several times and keep the quickest time of each part.

    Args:
        model: where it runs.
        request: what to make.
        rounds: timed runs, after one that counts operations and warms up.
    """
    with FlopCounterMode(display=False) as counter:
        operations = _run(model, request, counter.get_total_flops)
    quickest: dict[str, float] = {}
    for _ in range(rounds):
        seconds = _run(model, request, time.perf_counter)
        quickest = {part: min(taken, quickest.get(part, taken)) for part, taken in seconds.items()}
    return Measurement(
        request=request,
        seconds=quickest,
        operations={part: int(count) for part, count in operations.items()},
        audio_s=request.duration_s * request.variations,
    )


def _run(
    model: MusicModel, request: GenerationRequest, read: Callable[[], float]
) -> dict[str, float]:
    """What each part of a request adds to what `read` shows."""
    parts: dict[str, float] = {}
    last = read()

    def lap(part: str) -> None:
        nonlocal last
        wait_for(model.device)
        now = read()
        parts[part] = parts.get(part, 0) + now - last
        last = now

    steps = model.generate(request)  # encodes the text at once
    lap(TEXT)
    codes = None
    for step in steps:
        lap(OPENING if step.phase is Phase.OPENING else level_name(step.stage))
        codes = step.codes
    if codes is not None:
        model.listen(codes)
    lap(CODEC)
    return parts
