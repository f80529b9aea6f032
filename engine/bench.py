"""Where the time of a request goes, against what the machine could do at best.

Each part of the work is timed as a user meets it: the text, the opening column by column, each
level of the parallel part, the codec. The operations are counted by PyTorch as they are called,
so that a share of the machine's own matrix speed can be stated for every part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from engine.cast import Cast, cast_for
from engine.decode import GenerationRequest, Phase
from engine.decode.predictor import GuidedLogits, Predictor
from engine.estimate import quickest_s, wait_for
from engine.music import MusicModel

TEXT, OPENING, RESCORING, CODEC, TRANSFERS = "text", "opening", "rescoring", "codec", "transfers"
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
        seconds: of each part, in order: the text, the opening and the rescoring if there are any,
            the levels, the codec, and moving the result to the CPU. The quickest round of each.
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


def measure(
    model: MusicModel,
    request: GenerationRequest,
    helpers: Mapping[str, MusicModel] = MappingProxyType({}),
    *,
    rounds: int = 2,
) -> Measurement:
    """Run a request several times and keep the quickest time of each part.

    Args:
        model: where it runs.
        request: what to make.
        helpers: as for `MusicModel.generate`.
        rounds: timed runs, after one that counts operations and warms up.
    """
    who = cast_for(model, request, helpers)
    with FlopCounterMode(display=False) as counter:
        operations = _run(who, request, counter.get_total_flops)
    quickest: dict[str, float] = {}
    for _ in range(rounds):
        seconds = _run(who, request, time.perf_counter)
        quickest = {part: min(taken, quickest.get(part, taken)) for part, taken in seconds.items()}
    return Measurement(
        request=request,
        seconds=quickest,
        operations={part: int(count) for part, count in operations.items()},
        audio_s=request.duration_s * request.variations,
    )


class _Laps:
    """What each part of the work adds to what `read` shows; a part may come again."""

    def __init__(self, device: torch.device, read: Callable[[], float]) -> None:
        self._device, self._read = device, read
        self.parts: dict[str, float] = {}
        self._last = read()

    def end(self, part: str) -> None:
        """All since the last end belongs to this part."""
        wait_for(self._device)
        now = self._read()
        self.parts[part] = self.parts.get(part, 0) + now - self._last
        self._last = now


class _TimedRescorer:
    """A rescorer whose work is a part of its own."""

    def __init__(self, predictor: Predictor, laps: _Laps) -> None:
        self._predictor, self._laps = predictor, laps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict(self, codes: Tensor, stage: int, **settings: Any) -> GuidedLogits:
        self._laps.end(level_name(stage))
        logits = self._predictor.predict(codes, stage, **settings)
        self._laps.end(RESCORING)
        return logits


def _run(who: Cast, request: GenerationRequest, read: Callable[[], float]) -> dict[str, float]:
    """What each part of a request adds to what `read` shows."""
    laps = _Laps(who.model.device, read)
    bound = who.bind(request)
    laps.end(TEXT)
    if bound.rescorer is not None:
        bound = bound._replace(rescorer=cast("Predictor", _TimedRescorer(bound.rescorer, laps)))
    codes = None
    for step in who.steps(request, bound):
        laps.end(OPENING if step.phase is Phase.OPENING else level_name(step.stage))
        codes = step.codes
    assert codes is not None
    clips = who.model.decode(codes)
    laps.end(CODEC)
    for clip in clips:
        clip.cpu()
    laps.end(TRANSFERS)
    return laps.parts
