"""Clips longer than the model's window: overlapping windows, written from left to right.

Each window keeps what it hears of the clip around the frames that it writes: the end of what is
written before, and for a region of an existing clip also what comes after. In parallel mode that
is a prompt, in hybrid mode an opening that is there already, left to right the past. Positions
start anew in every window, as in training.

Source: the published MusicGen writes long clips so; for MAGNeT it has nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from engine.decode.checks import require_whole
from engine.decode.generate import count_records, generate_codes
from engine.decode.grid import Grid, empty_grid, given_grid
from engine.decode.predictor import Predictor
from engine.decode.records import DecodeStep
from engine.decode.requests import GenerationRequest, Mode, SamplingOptions
from engine.decode.timing import frames_from_seconds
from engine.errors import RequestError

CONTEXT_SHARE = 0.4
"""Of the window, heard by a further one: what MusicGen's published code keeps of its 30 s."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A piece of the clip that the model sees at once.

    Args:
        start, stop: the frames that it hears.
        first, last: those among them that it writes, where nothing is kept; the others stay.
        opening: of these, written left to right in hybrid mode; nothing may follow `last` then.
    """

    start: int
    stop: int
    first: int
    last: int
    opening: int = 0

    @property
    def n_context(self) -> int:
        """Frames heard before those that it writes."""
        return self.first - self.start


def plan_windows(
    n_frames: int, window_frames: int, context_frames: int, opening_frames: int = 0
) -> tuple[Window, ...]:
    """Cover a clip.

    All windows but a lone one have the full length, which is what the model was trained on; the
    last one has more context instead of being shorter.

    Args:
        n_frames: T >= 1.
        window_frames: W >= 1.
        context_frames: of each window but the first, in [1, W).
        opening_frames: of the first window.

    Raises:
        RequestError: a context that leaves a window nothing to write.
    """
    stop = min(n_frames, window_frames)
    windows = [Window(start=0, stop=stop, first=0, last=stop, opening=opening_frames)]
    if n_frames > window_frames and not 1 <= context_frames < window_frames:
        raise RequestError(
            f"the overlap is {context_frames} frames",
            expected=f"1 to {window_frames - 1}, less than the window of {window_frames}",
            advice="Ask for a shorter overlap",
        )
    while (written := windows[-1].stop) < n_frames:
        stop = min(written - context_frames + window_frames, n_frames)
        windows.append(Window(start=stop - window_frames, stop=stop, first=written, last=stop))
    return tuple(windows)


def request_windows(
    request: GenerationRequest, window_frames: int, frame_rate_hz: int
) -> tuple[Window, ...]:
    """The windows in which a request is written; mostly one.

    Args:
        request: gives the length, the overlap and the opening.
        window_frames: of the model. frame_rate_hz: of its codec.

    Raises:
        RequestError: an overlap that leaves a window nothing to write, or no length.
    """
    n_frames = frames_from_seconds(request.duration_s, frame_rate_hz)
    require_whole("the number of frames", n_frames, 1)
    if request.context_s is None:
        context_frames = int(CONTEXT_SHARE * window_frames)
    else:
        context_frames = frames_from_seconds(request.context_s, frame_rate_hz)
    opening_s = request.opening_s if request.mode is Mode.HYBRID else 0
    opening = frames_from_seconds(opening_s, frame_rate_hz)
    return plan_windows(n_frames, window_frames, context_frames, opening)


def generate_windows(
    predictor: Predictor,
    windows: Sequence[Window],
    *,
    mode: Mode,
    generators: Sequence[torch.Generator],
    options: SamplingOptions,
    given: tuple[Tensor, Tensor] | None = None,
    opener: Predictor | None = None,
    rescorer: Predictor | None = None,
) -> Generator[DecodeStep, None, None]:
    """Write a clip window by window; the records are those of the whole clip.

    Args:
        predictor, mode, generators, options, opener, rescorer: as for `generate_codes`.
        windows: one or more; together they write every frame that is not kept throughout.
        given: as for `generate_codes`, for the whole clip; None: nothing is.

    Raises:
        RequestError: settings that do not fit the first window; those of later ones are met
            while iterating.
    """
    require_whole("the number of windows", len(windows), 1)
    whole = _start(predictor, windows, generators, given)
    common: dict[str, Any] = {"generators": generators, "options": options, "rescorer": rescorer}
    plans = [_plan(window, whole.keep[0], mode, predictor, opener) for window in windows]
    in_parallel = any(plan.mode is Mode.PARALLEL for plan in plans)
    if options.as_released and in_parallel:
        _require_as_published(len(windows), given is not None)
    first = _steps(predictor, windows[0], whole, plans[0], common)
    if len(windows) == 1 and given is None:
        return first
    counts = [
        count_records(
            plan.keep,
            mode=plan.mode,
            options=options,
            opening_frames=plan.opening_frames,
            span_len=predictor.span_len,
            foreign_opener=plan.opener is not None,
        )
        for plan in plans
    ]
    return _one_after_the_other(predictor, windows, counts, first, whole, plans, common)


def _require_as_published(n_windows: int, is_given: bool) -> None:
    """The published code knows neither several windows nor given tokens in parallel mode."""
    if is_given:
        raise RequestError(
            "parts of a clip are to be written and as_released is on",
            expected="a clip from nothing, since the published code has nothing else",
            advice="Turn as_released off",
        )
    if n_windows > 1:
        raise RequestError(
            "the clip needs several windows and as_released is on",
            expected="one window, since the published code has no more",
            advice="Turn as_released off, or ask for a shorter clip",
        )


def _start(
    predictor: Predictor,
    windows: Sequence[Window],
    generators: Sequence[torch.Generator],
    given: tuple[Tensor, Tensor] | None,
) -> Grid:
    mask_id, device = predictor.codebook_size, generators[0].device
    n_frames = windows[-1].stop if given is None else given[1].shape[-1]
    shape = (len(generators), predictor.n_levels, n_frames)
    if given is None:
        return empty_grid(*shape, mask_id=mask_id, device=device)
    codes, keep = given
    return given_grid(codes.expand(shape), keep, mask_id=mask_id)


@dataclass(frozen=True, kw_only=True, eq=False)
class _WindowPlan:
    """What a window asks of `generate_codes`: its own mask [K, W], mode and opening."""

    keep: Tensor
    mode: Mode
    opening_frames: int
    opener: Predictor | None


def _plan(
    window: Window, keep: Tensor, mode: Mode, predictor: Predictor, opener: Predictor | None
) -> _WindowPlan:
    kept = torch.ones_like(keep[:, window.start : window.stop])
    kept[:, window.first - window.start : window.last - window.start] = keep[
        :, window.first : window.last
    ]
    if mode is Mode.HYBRID and not window.opening and not predictor.writes_left_to_right:
        mode = Mode.PARALLEL  # a model without causal rows takes what it hears as a prompt
    opens = mode is Mode.HYBRID and window.opening > 0
    return _WindowPlan(
        keep=kept,
        mode=mode,
        opening_frames=window.n_context + window.opening if opens else 0,
        opener=opener if opens else None,
    )


def _steps(
    predictor: Predictor,
    window: Window,
    whole: Grid,
    plan: _WindowPlan,
    common: dict[str, Any],
) -> Generator[DecodeStep, None, None]:
    given = None
    if bool(plan.keep.any()):
        given = whole.codes[..., window.start : window.stop], plan.keep
    return generate_codes(
        predictor,
        mode=plan.mode,
        n_frames=window.stop - window.start,
        opening_frames=plan.opening_frames,
        given=given,
        opener=plan.opener,
        **common,
    )


def _one_after_the_other(
    predictor: Predictor,
    windows: Sequence[Window],
    counts: Sequence[int],
    first: Generator[DecodeStep, None, None],
    whole: Grid,
    plans: Sequence[_WindowPlan],
    common: dict[str, Any],
) -> Generator[DecodeStep, None, None]:
    for number, (window, plan) in enumerate(zip(windows, plans, strict=True)):
        steps = _steps(predictor, window, whole, plan, common) if number else first
        base = whole
        for step in steps:
            whole = _written(base, step, window)
            index = sum(counts[:number]) + step.index
            yield _lift(whole, step, window, index=index, count=sum(counts))


_FIELDS = ("codes", "masked", "updated", "keep", "confidence")


def _written(base: Grid, step: DecodeStep, window: Window) -> Grid:
    """The whole clip after a window's step: what the window only hears stays as it was."""
    fields: dict[str, Any] = {}
    for name in _FIELDS:
        old, new = getattr(base, name), getattr(step, name)
        field = torch.zeros_like(old) if name == "updated" else old.clone()
        there = slice(window.first, window.last)
        field[..., there] = new[..., there.start - window.start : there.stop - window.start]
        fields[name] = field
    return replace(base, **fields)


def _lift(whole: Grid, step: DecodeStep, window: Window, *, index: int, count: int) -> DecodeStep:
    """A window's record as one of the whole clip."""
    rescored = None
    if step.rescored is not None:
        rescored = torch.zeros_like(whole.confidence[:, step.stage])
        rescored[:, window.first : window.last] = step.rescored[
            :, window.first - window.start : window.last - window.start
        ]
    fields = {name: getattr(whole, name).clone() for name in _FIELDS}
    return replace(step, **fields, rescored=rescored, index=index, count=count)
