"""What happens when somebody presses something: from values to updates, without wiring."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.decode import DecodeStep, GenerationRequest, Window, frames_from_seconds
from engine.decode.trace import encode_header, encode_step
from engine.decode.windows import request_windows
from engine.estimate import Estimate, peak_memory_bytes
from engine.knobs import build_request
from studio.choices import check_choice, helpers_of, start_values
from studio.delivery import deliver
from studio.errors import gradio_error, problem_from
from studio.jobs import Job, JobBook
from studio.library import Library, Loading
from studio.model_words import facts_value, loading_words
from studio.progress import Pace, spoken_duration, spoken_memory
from studio.runs import Frame, expected_costs, follow, refinements_of
from studio.session import Take
from studio.widgets import run_status
from studio.widgets.token_grid import preview_line

if TYPE_CHECKING:
    from torch import Tensor

    from engine.audio import Waveform
    from engine.checkpoints.offers import Offer
    from engine.music import MusicModel
    from studio.editing.versions import Proposal


@dataclass(frozen=True, kw_only=True)
class Order:
    """What one press asks for.

    Args:
        model: name of an offer.
        request: what to play; None: only load the model.
    """

    model: str
    request: GenerationRequest | None = None


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The models of one run, all loaded: who writes, by the name it was chosen by, and others."""

    name: str
    model: MusicModel
    helpers: Mapping[str, MusicModel]


@dataclass(frozen=True, kw_only=True)
class Update:
    """What the page shows at one moment of a run.

    Args:
        status: value of the run status.
        grid: value of the token grid; None: as it is.
        takes: those that are finished.
        proposal: what an edit came to; None until it is finished, and of other runs.
        models_changed: True where what is known of the models may be different now.
    """

    status: Mapping[str, Any]
    grid: str | None = None
    takes: tuple[Take, ...] = ()
    proposal: Proposal | None = None
    models_changed: bool = False


@dataclass(frozen=True, kw_only=True)
class Studio:
    """The models of one device and the jobs on it; one for all tabs.

    Args:
        library: what can make music.
        default: name of the model that tabs start with.
        jobs: who uses the device.
        max_waiting: jobs that may wait; None: any number.
    """

    library: Library
    default: str
    jobs: JobBook
    max_waiting: int | None = None

    def order(self, model: object, values: Mapping[str, Any], preset: str | None = None) -> Order:
        """The order that a page or a client asks for.

        Args:
            model: name of an offer, as it came.
            values: by knob name.
            preset: gives the knobs that are not named; see `build_request`.

        Raises:
            RequestError: values that this model cannot carry out.
            CheckpointError: no such model.
        """
        offer = self.library.offer(model)
        request = build_request(values, preset=preset, family=offer.family)
        check_choice(request, offer, self.library.offers)
        return Order(model=offer.name, request=request)

    def first_order(self, model: str) -> Order:
        """The order that a page has when a model has just been chosen."""
        return self.order(model, start_values(self.library.offer(model)))

    def preview(self, model: str, request: GenerationRequest) -> str:
        """The empty grid of a request to a model."""
        config = self.library.offer(model).config
        n_frames = frames_from_seconds(request.duration_s, config.frame_rate_hz)
        shape = (request.variations, config.n_levels, n_frames)
        return preview_line(shape=shape, frame_rate_hz=config.frame_rate_hz)

    def estimate(self, order: Order) -> str:
        """Time and memory in words, and whether the clip is written in pieces."""
        if order.request is None:
            return ""
        offer = self.library.offer(order.model)
        config = offer.config
        expected = self.library.expect(offer, order.request)
        windows = request_windows(order.request, config.window_frames, config.frame_rate_hz)
        return self.cost_words(offer, expected, n_windows=len(windows))

    def cost_words(self, offer: Offer, expected: Estimate, *, n_windows: int) -> str:
        """What a run of a model takes: time, memory, and in how many pieces it writes."""
        seconds = spoken_duration(expected.seconds)
        words = [f"About {seconds}" if seconds[0].isdigit() else seconds.capitalize()]
        words.append(self._memory_words(offer, expected.memory_bytes))
        if n_windows > 1:
            words.append(f"written in {n_windows} overlapping windows of {offer.window_s:g} s")
        return " · ".join(words)

    def facts(self, model: object) -> dict[str, Any]:
        """What is known of a model, for its widget.

        Raises:
            CheckpointError: no such model.
        """
        offer, library = self.library.offer(model), self.library
        request = build_request(start_values(offer))
        shown = facts_value(
            offer,
            library.state(offer),
            loading=library.loading(offer.name),
            memory_bytes=library.expect(offer, request).memory_bytes,
        )
        # What a run sent before it was cancelled may arrive after the answer to Cancel.
        return {**shown, "at": time.monotonic()}

    def run(self, order: Order, tab: str) -> Generator[Update, None, None]:
        """Carry out one order of a tab: load what it needs, then play.

        Closing the iterator, or stopping the tab's job, stops the work; nothing is kept then.

        Raises:
            gr.Error: after an update that shows the same problem in place.
        """
        yield from self.carry_out(tab, lambda job: self._run(order, job))

    def carry_out(
        self, tab: str, work: Callable[[Job], Generator[Update, None, None]]
    ) -> Generator[Update, None, None]:
        """Do the work of a tab's job; `run` says what stops it and what it raises.

        Args:
            tab: whose job it is.
            work: its updates; it looks at the job's `stop`.
        """
        grid = None
        with self.jobs.working(tab) as job:
            try:
                with closing(work(job)) as updates:
                    for update in updates:
                        grid = update.grid
                        yield update
            except Exception as error:
                problem = problem_from(error)
                status = run_status.failed(problem)
                yield Update(status=status, grid=grid, models_changed=True)
                raise gradio_error(problem) from error

    def cast(
        self, name: str, request: GenerationRequest | None, job: Job
    ) -> Generator[Update, None, Cast | None]:
        """Have all models of a run loaded, showing how far they are; None after a stop.

        Args:
            name: of the model that writes.
            request: names its helpers; None: there are none.
            job: looked at for its `stop`.
        """
        helpers = helpers_of(request) if request else ()
        models: dict[str, MusicModel] = {}
        # The model itself comes last, so that of all it is the one that stays loaded longest.
        for each in (*helpers, name):
            model = yield from self._ready(each, job)
            if model is None:
                return None
            models[each] = model
        return Cast(name=name, model=models.pop(name), helpers=models)

    def _run(self, order: Order, job: Job) -> Generator[Update, None, None]:
        cast = yield from self.cast(order.model, order.request, job)
        if cast is None:
            return
        if order.request is None:
            yield Update(status=run_status.loaded(order.model), models_changed=True)
            return
        yield from self._play(order.request, cast, job)

    def _ready(self, name: str, job: Job) -> Generator[Update, None, MusicModel | None]:
        """Have a model loaded, showing how far it is."""
        loading = self.library.load(name, job.stop)
        with closing(loading):
            while True:
                try:
                    state = next(loading)
                except StopIteration as end:
                    model: MusicModel | None = end.value
                    return model
                yield Update(status=self._loading_status(state), models_changed=True)

    def _loading_status(self, loading: Loading) -> dict[str, Any]:
        if not loading.is_begun:
            return run_status.held()
        share = loading.share(self.library.offer(loading.name).size_bytes)
        return run_status.loading(loading.name, detail=loading_words(loading), fraction=share)

    def _play(
        self, request: GenerationRequest, cast: Cast, job: Job
    ) -> Generator[Update, None, None]:
        started = time.perf_counter()
        frame = None
        with closing(self._frames(request, cast, job)) as frames:
            windows = cast.model.windows(request)
            for frame in frames:
                status = decoding_status(frame, cast.model, windows)
                yield Update(status=status, grid=frame.trace)
        if frame is None or job.stop.is_set():
            return
        yield Update(status=run_status.listening(), grid=frame.trace)
        codes = frame.step.codes
        waveforms = self.library.thread.call(_listen, cast.model, codes)
        takes = deliver(waveforms, request, cast.model, cast.helpers, name=cast.name, codes=codes)
        if not job.stop.is_set():
            elapsed_s = time.perf_counter() - started
            status = run_status.done(
                n_takes=len(takes),
                elapsed_s=elapsed_s,
                peak_bytes=peak_memory_bytes(cast.model.device),
            )
            yield Update(status=status, grid=frame.trace, takes=takes)

    def _frames(
        self, request: GenerationRequest, cast: Cast, job: Job
    ) -> Generator[Frame, None, None]:
        """The frames of a run; the engine's iterator is closed with them."""
        model, helpers = cast.model, cast.helpers

        def seconds(wanted: GenerationRequest) -> float:
            return model.estimate(wanted, helpers).seconds

        with closing(self.library.thread.steps(model.generate, request, helpers)) as steps:
            costs = expected_costs(request, seconds, n_windows=len(model.windows(request)))
            yield from follow(
                steps,
                preview=self.preview(cast.name, request),
                header=partial(encode_header, mask_id=model.codebook_size),
                record=encode_step,
                pace=Pace(expected=costs),
                level_steps=refinements_of(request),
                stop=job.stop,
            )

    def _memory_words(self, offer: Offer, needed_bytes: int) -> str:
        words = f"{spoken_memory(needed_bytes)} of memory"
        free_bytes = self.library.too_little_bytes(offer, needed_bytes)
        if free_bytes is None:
            return words
        return f"{words}, more than the {spoken_memory(free_bytes)} that are free"


def _listen(model: MusicModel, codes: Tensor) -> list[Waveform]:
    # Worked out here, so that no other thread has to touch the codec's weights.
    _ = model.codec_hash
    return model.listen(codes)


def decoding_status(frame: Frame, model: MusicModel, windows: tuple[Window, ...]) -> dict[str, Any]:
    """The run status right after a step."""
    return run_status.decoding(
        frame.step,
        n_levels=model.n_levels,
        fraction=frame.fraction,
        remaining_s=frame.remaining_s,
        window=_window_of(frame.step, windows),
    )


def _window_of(step: DecodeStep, windows: tuple[Window, ...]) -> str:
    """Which window a step wrote in; its last new frame says it."""
    if len(windows) < 2:
        return ""
    written = step.updated.flatten(0, 1).any(0).nonzero()
    last = int(written.max()) if len(written) else 0
    number = next((i for i, window in enumerate(windows, 1) if last < window.last), len(windows))
    return f"Window {number} of {len(windows)}"
