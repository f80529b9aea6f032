"""Clips longer than the model's window: overlapping windows, written from left to right.

Each further window hears the end of what is written as tokens that it must keep, and goes on
after them. In parallel mode they are a prompt, in hybrid mode an opening that is there already,
left to right the past. Positions start anew in every window, as in training.

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
from engine.decode.predictor import Predictor
from engine.decode.records import DecodeStep
from engine.decode.requests import GenerationRequest, Mode, SamplingOptions
from engine.decode.timing import frames_from_seconds
from engine.errors import RequestError

CONTEXT_SHARE = 0.4
"""Of the window, heard by a further one: what MusicGen's published code keeps of its 30 s."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Frames start .. stop, of which the first `n_context` are written already."""

    start: int
    stop: int
    n_context: int

    @property
    def first_new(self) -> int:
        """The first frame that this window writes."""
        return self.start + self.n_context


def plan_windows(n_frames: int, window_frames: int, context_frames: int) -> tuple[Window, ...]:
    """Cover a clip.

    All windows but a lone one have the full length, which is what the model was trained on; the
    last one has more context instead of being shorter.

    Args:
        n_frames: T >= 1.
        window_frames: W >= 1.
        context_frames: of each window but the first, in [1, W).

    Raises:
        RequestError: a context that leaves a window nothing to write.
    """
    windows = [Window(start=0, stop=min(n_frames, window_frames), n_context=0)]
    if n_frames > window_frames and not 1 <= context_frames < window_frames:
        raise RequestError(
            f"the overlap is {context_frames} frames",
            expected=f"1 to {window_frames - 1}, less than the window of {window_frames}",
            advice="Ask for a shorter overlap",
        )
    while (written := windows[-1].stop) < n_frames:
        stop = min(written - context_frames + window_frames, n_frames)
        start = stop - window_frames
        windows.append(Window(start=start, stop=stop, n_context=written - start))
    return tuple(windows)


def request_windows(
    request: GenerationRequest, window_frames: int, frame_rate_hz: int
) -> tuple[Window, ...]:
    """The windows in which a request is written; mostly one.

    Args:
        request: gives the length and the overlap.
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
    return plan_windows(n_frames, window_frames, context_frames)


def generate_windows(
    predictor: Predictor,
    windows: Sequence[Window],
    *,
    mode: Mode,
    generators: Sequence[torch.Generator],
    options: SamplingOptions,
    opening_frames: int = 0,
    opener: Predictor | None = None,
    rescorer: Predictor | None = None,
) -> Generator[DecodeStep, None, None]:
    """Write a clip window by window; the records are those of the whole clip.

    Args:
        predictor, mode, generators, options, opener, rescorer: as for `generate_codes`.
        windows: from `plan_windows`.
        opening_frames: of the first window.

    Raises:
        RequestError: settings that do not fit, while the first window is planned.
    """
    require_whole("the number of windows", len(windows), 1)
    common: dict[str, Any] = {"generators": generators, "options": options, "rescorer": rescorer}
    first = generate_codes(
        predictor,
        mode=mode,
        n_frames=windows[0].stop,
        opening_frames=opening_frames,
        opener=opener,
        **common,
    )
    if len(windows) == 1:
        return first
    later = _mode_of_later(mode, predictor)
    counts = [
        count_records(
            _keep(window, predictor.n_levels),
            mode=later if index else mode,
            options=options,
            opening_frames=0 if index else opening_frames,
            span_len=predictor.span_len,
            foreign_opener=opener is not None,
        )
        for index, window in enumerate(windows)
    ]
    return _one_after_the_other(predictor, windows, counts, first, later, common)


def _one_after_the_other(
    predictor: Predictor,
    windows: Sequence[Window],
    counts: Sequence[int],
    first: Generator[DecodeStep, None, None],
    later: Mode,
    common: dict[str, Any],
) -> Generator[DecodeStep, None, None]:
    n_frames, written = windows[-1].stop, None
    for number, window in enumerate(windows):
        steps = first
        if written is not None:
            codes = written.codes[..., window.start : window.stop]
            keep = _keep(window, predictor.n_levels)
            steps = generate_codes(
                predictor,
                mode=later,
                n_frames=window.stop - window.start,
                given=(codes, keep),
                **common,
            )
        last = None
        for step in steps:
            last = _lift(step, window, written, n_frames, mask_id=predictor.codebook_size)
            last = replace(last, index=sum(counts[:number]) + step.index, count=sum(counts))
            yield last
        written = last


def _mode_of_later(mode: Mode, predictor: Predictor) -> Mode:
    """A model without causal rows takes what it hears as a prompt."""
    if mode is Mode.HYBRID and not predictor.writes_left_to_right:
        return Mode.PARALLEL
    return mode


def _keep(window: Window, n_levels: int) -> Tensor:
    """[K, window] bool: what the window hears."""
    frames = torch.arange(window.stop - window.start) < window.n_context
    return frames.expand(n_levels, -1)


def _lift(
    step: DecodeStep, window: Window, written: DecodeStep | None, n_frames: int, *, mask_id: int
) -> DecodeStep:
    """A window's record as one of the whole clip.

    What a window hears is not new: it stays as the earlier window left it.
    """
    blank = {"codes": mask_id, "masked": True, "updated": False, "keep": False, "confidence": 0.0}
    whole = {}
    for name, value in blank.items():
        own = getattr(step, name)
        field = own.new_full((*own.shape[:-1], n_frames), value)
        if written is not None and name != "updated":
            field[..., : window.first_new] = getattr(written, name)[..., : window.first_new]
        field[..., window.first_new : window.stop] = own[..., window.n_context :]
        whole[name] = field
    rescored = None
    if step.rescored is not None:
        rescored = step.rescored.new_zeros(len(step.rescored), n_frames)
        rescored[:, window.first_new : window.stop] = step.rescored[:, window.n_context :]
    return replace(step, **whole, rescored=rescored)
