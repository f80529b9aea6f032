"""One run without the page: from a request to frames that show it, and to files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.decode.records import DecodeStep, Phase
from engine.decode.requests import GenerationRequest, Mode
from studio.progress import Kind, Pace, fraction_done, steps_left

FRAME_INTERVAL_S = 0.05
"""At most 20 frames a second: more is not seen, and each crosses a socket (on some hosts a
process too)."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the page shows right after a step.

    Args:
        step: the step, which holds the codes.
        trace: the records of all steps so far.
        fraction: share of the time that has passed, in [0, 1]; falls only when the engine
            starts a clip anew.
        remaining_s: seconds that the rest will take.
    """

    step: DecodeStep
    trace: str
    fraction: float
    remaining_s: float


def follow(
    steps: Iterable[DecodeStep],
    *,
    preview: str,
    header: Callable[[DecodeStep], str],
    record: Callable[[DecodeStep], str],
    pace: Pace,
    level_steps: Sequence[int],
    stop: threading.Event,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Frame]:
    """Turn steps into frames, dropping those that come too fast to be seen.

    The first and the last step always make a frame; every step's record is in the trace. A step
    of index 0 begins a new trace: the engine has started the clip again.

    Args:
        steps: the engine's records.
        preview: what the grid shows already; the trace grows from it.
        header: writes the trace's first line from the first step.
        record: writes one step for the trace.
        pace: carries what steps are expected to cost.
        level_steps: see `steps_left`.
        stop: when set, no further step is asked for.
        clock: seconds.
    """
    trace, fraction, fresh = preview, 0.0, pace
    started, shown = clock(), float("-inf")
    for step in steps:
        if stop.is_set():
            return
        if step.index == 0:
            trace, fraction, pace, shown = preview + header(step), 0.0, fresh, float("-inf")
        now = clock()
        pace, started = pace.after(step, now - started), now
        trace += record(step)
        left = steps_left(step, level_steps)
        fraction = max(fraction, fraction_done(pace, left))
        if now - shown >= FRAME_INTERVAL_S or step.index + 1 == step.count:
            shown = now
            yield Frame(
                step=step, trace=trace, fraction=fraction, remaining_s=pace.remaining_s(left)
            )
            # The page's own time (and a slow client's) is no cost of the next step.
            started = clock()


def refinements_of(request: GenerationRequest) -> tuple[int, ...]:
    """Refinements of each level that a request asks for; none where all is left to right."""
    return () if request.mode is Mode.AUTOREGRESSIVE else request.options.steps


def expected_costs(
    request: GenerationRequest,
    seconds: Callable[[GenerationRequest], float],
    *,
    n_windows: int = 1,
) -> dict[Kind, float]:
    """What one refinement of the first level, and of a finer one, should cost.

    Args:
        request: what will run.
        seconds: the estimate of a request; one step more, less the request itself, is the cost.
        n_windows: in which the clip is written, each with that step.
    """

    def one_more(level: int) -> float:
        steps = list(request.options.steps)
        steps[level] += 1
        options = replace(request.options, steps=tuple(steps))
        longer_s = seconds(replace(request, options=options)) - seconds(request)
        return max(0.0, longer_s / n_windows)

    finer = one_more(1) if len(request.options.steps) > 1 else 0.0
    return {(Phase.PARALLEL, False): one_more(0), (Phase.PARALLEL, True): finer}
