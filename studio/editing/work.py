"""How one edit runs: from an order to a proposal, shown step by step."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.audio import find_beats
from engine.decode import DecodeStep, GenerationRequest, Window
from engine.decode.trace import encode_header, encode_step
from engine.edit import (
    EditPlan,
    WorkingClip,
    edit_steps,
    edit_windows,
    estimate_edit,
    finish_edit,
    open_clip,
)
from engine.errors import RequestError
from engine.estimate import Estimate, peak_memory_bytes
from studio.choices import helpers_of
from studio.editing import statuses
from studio.editing.candidates import proposal_of, write_candidate
from studio.editing.files import new_room, read_version
from studio.editing.keeping import clip_of
from studio.editing.orders import (
    EditOrder,
    View,
    plan_of,
    sketch_of,
    view_of,
    windows_of,
)
from studio.editing.versions import Version
from studio.handlers import Cast, Studio, Update, decoding_status
from studio.jobs import Job
from studio.progress import Pace
from studio.runs import Frame, expected_costs, follow, refinements_of
from studio.widgets.token_grid import preview_line

if TYPE_CHECKING:
    from engine.checkpoints.offers import Offer
    from engine.music import MusicModel


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One order at work: what it edits, who writes, its job, and when it began."""

    order: EditOrder
    version: Version
    cast: Cast
    job: Job
    began: float


@dataclass(frozen=True, kw_only=True)
class Editor:
    """Edits on the studio's device, in the same queue as everything else."""

    studio: Studio

    def estimate(self, order: EditOrder, version: Version) -> str:
        """Time and memory in words, without reading or loading anything.

        Raises:
            RequestError: what cannot be done to this version.
            CheckpointError: no such model.
        """
        offer = self.studio.library.offer(order.model)
        plan = sketch_of(order, version, offer.config)
        windows = windows_of(order, plan, offer.config)
        words = self.studio.cost_words(
            offer, self._expect(order, offer, plan, windows), n_windows=len(windows)
        )
        model = self.studio.library.loaded(offer.name)
        # Without tokens nobody has asked for a hash yet, which takes a moment the first time.
        if model is not None and version.tokens and model.codec_hash in version.tokens:
            return words
        return f"{words} · first the clip becomes tokens, once"

    def preview(self, order: EditOrder, version: Version) -> str:
        """The empty grid of an order, as `estimate`."""
        config = self.studio.library.offer(order.model).config
        plan = sketch_of(order, version, config)
        view = view_of(plan, windows_of(order, plan, config), config)
        return _preview(view, order.request, config.n_levels, config.frame_rate_hz)

    def run(self, order: EditOrder, version: Version, tab: str) -> Generator[Update, None, None]:
        """Carry out an order of a tab; the last update has the proposal.

        Closing the iterator, or stopping the tab's job, stops the work; nothing is kept then.

        Args:
            order: what is asked.
            version: what it names. tab: whose job it is.

        Raises:
            gr.Error: after an update that shows the same problem in place.
        """

        def work(job: Job) -> Generator[Update, None, None]:
            return self._run(order, version, job)

        yield from self.studio.carry_out(tab, work)

    def _run(self, order: EditOrder, version: Version, job: Job) -> Generator[Update, None, None]:
        _check_version(order, version)
        cast = yield from self.studio.cast(order.model, order.request, job)
        if cast is None:
            return
        task = _Task(order=order, version=version, cast=cast, job=job, began=time.perf_counter())
        plan = yield from self._plan(task)
        if plan is None:
            return
        last = yield from self._write(task, plan)
        if last is not None:
            yield from self._propose(task, plan, last)

    def _plan(self, task: _Task) -> Generator[Update, None, EditPlan | None]:
        """Read the clip, and encode it where this codec has not; None after a stop."""
        order, model, thread = task.order, task.cast.model, self.studio.library.thread
        yield Update(status=statuses.reading())
        source = read_version(task.version)
        if order.needs_beats and order.beats is None:
            yield Update(status=statuses.finding_beats())
            bars = order.settings.beats_per_bar
            order = replace(order, beats=find_beats(source.waveform, beats_per_bar=bars))
        known = task.version.tokens.get(thread.call(_codec_hash, model))
        if task.job.stop.is_set():
            return None
        if known is not None:
            return plan_of(order, clip_of(source, known))
        yield Update(status=statuses.encoding())
        clip: WorkingClip = thread.call(open_clip, model, source)
        return None if task.job.stop.is_set() else plan_of(order, clip)

    def _write(self, task: _Task, plan: EditPlan) -> Generator[Update, None, Frame | None]:
        """Have the tokens written; None after a stop."""
        model, frame = task.cast.model, None
        windows = edit_windows(model, plan, task.order.request)
        with closing(self._frames(task, plan, windows)) as frames:
            for frame in frames:
                yield Update(status=decoding_status(frame, model, windows), grid=frame.trace)
        return None if task.job.stop.is_set() else frame

    def _frames(
        self, task: _Task, plan: EditPlan, windows: tuple[Window, ...]
    ) -> Generator[Frame, None, None]:
        """The frames of a run; the engine's iterator is closed with them."""
        model, helpers, request = task.cast.model, task.cast.helpers, task.order.request
        view = view_of(plan, windows, self.studio.library.offer(task.cast.name).config)

        def seconds(wanted: GenerationRequest) -> float:
            return estimate_edit(model, plan, wanted, helpers).seconds

        def header(step: DecodeStep) -> str:
            return encode_header(_seen(step, view), mask_id=model.codebook_size)

        thread = self.studio.library.thread
        with closing(thread.steps(edit_steps, model, plan, request, helpers)) as steps:
            yield from follow(
                steps,
                preview=_preview(view, request, model.n_levels, model.frame_rate_hz),
                header=header,
                record=lambda step: encode_step(_seen(step, view)),
                pace=Pace(expected=expected_costs(request, seconds, n_windows=len(windows))),
                level_steps=_refinements(plan, request),
                stop=task.job.stop,
            )

    def _propose(self, task: _Task, plan: EditPlan, last: Frame) -> Generator[Update, None, None]:
        """Make sound of each candidate, and write what is to be heard of it."""
        candidates, count = [], len(last.step.codes)
        made_by = task.order.request, task.cast
        with new_room() as room:
            for number, codes in enumerate(last.step.codes):
                yield Update(status=statuses.placing(number + 1, count), grid=last.trace)
                edited = self.studio.library.thread.call(finish_edit, task.cast.model, plan, codes)
                if task.job.stop.is_set():
                    return
                candidates.append(
                    write_candidate(room, (plan, edited), made_by, number, task.version)
                )
            if task.job.stop.is_set():
                return
            room.publish()
        status = statuses.proposed(
            count,
            elapsed_s=time.perf_counter() - task.began,
            peak_bytes=peak_memory_bytes(task.cast.model.device),
        )
        proposal = proposal_of(plan, task.version, candidates)
        yield Update(status=status, grid=last.trace, proposal=proposal)

    def _expect(
        self, order: EditOrder, offer: Offer, plan: EditPlan, windows: tuple[Window, ...]
    ) -> Estimate:
        library, request = self.studio.library, order.request
        model = library.loaded(offer.name)
        helpers = {name: library.loaded(name) for name in helpers_of(request)}
        there = {name: helper for name, helper in helpers.items() if helper is not None}
        if model is not None and len(there) == len(helpers):
            return estimate_edit(model, plan, request, there)
        # As so many clips of one window.
        window_s = max(each.stop - each.start for each in windows) / offer.config.frame_rate_hz
        opening_s = windows[-1].opening / offer.config.frame_rate_hz
        one = library.expect(
            offer, replace(request, duration_s=window_s, opening_s=opening_s, context_s=None)
        )
        return replace(one, seconds=one.seconds * len(windows))


def _seen(step: DecodeStep, view: View) -> DecodeStep:
    """A step with the frames alone that are shown."""
    return replace(
        step,
        codes=view.of(step.codes),
        masked=view.of(step.masked),
        updated=view.of(step.updated),
        keep=view.of(step.keep),
        confidence=view.of(step.confidence),
        rescored=None if step.rescored is None else view.of(step.rescored),
    )


def _refinements(plan: EditPlan, request: GenerationRequest) -> tuple[int, ...]:
    """Of each level; none of those that are kept throughout."""
    is_kept = plan.keep.all(-1).tolist()
    steps = refinements_of(request)
    return tuple(0 if kept else n for n, kept in zip(steps, is_kept, strict=False))


def _preview(view: View, request: GenerationRequest, n_levels: int, frame_rate_hz: int) -> str:
    return preview_line(
        shape=(request.variations, n_levels, view.stop - view.start),
        frame_rate_hz=frame_rate_hz,
        start_s=view.first_frame / frame_rate_hz,
    )


def _codec_hash(model: MusicModel) -> str:
    return model.codec_hash


def _check_version(order: EditOrder, version: Version) -> None:
    if order.version_id != version.version_id:
        raise RequestError(
            "the edit was asked for another version of the clip",
            expected="the version that is shown",
            advice="Press it again",
        )
