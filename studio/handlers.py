"""What happens when somebody presses something: from values to updates, without wiring."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.decode import DecodeStep, GenerationRequest, frames_from_seconds
from engine.decode.trace import encode_header, encode_step
from engine.knobs import build_request
from studio.delivery import deliver
from studio.errors import gradio_error, problem_from
from studio.jobs import Job, JobBook
from studio.progress import Pace, spoken_duration, spoken_memory
from studio.runs import Frame, expected_costs, first_level_steps, follow
from studio.session import Take
from studio.widgets import run_status
from studio.widgets.token_grid import preview_line

if TYPE_CHECKING:
    from engine.music import MusicModel

Steps = Generator[DecodeStep, None, None]


@dataclass(frozen=True, kw_only=True)
class Update:
    """What the page shows at one moment of a run.

    Args:
        status: value of the run status.
        grid: value of the token grid.
        takes: those that are finished.
    """

    status: Mapping[str, Any]
    grid: str
    takes: tuple[Take, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Studio:
    """A model and the jobs on its device; one for all tabs.

    Args:
        model: what makes the music.
        jobs: who uses its device.
        max_waiting: jobs that may wait; None: any number.
    """

    model: MusicModel
    jobs: JobBook
    max_waiting: int | None = None

    def request(self, values: Mapping[str, Any]) -> GenerationRequest:
        """The request that a page or a client asks for.

        Raises:
            RequestError: values that cannot be carried out, in this model's window.
        """
        return build_request(values, window_s=self.model.window_s)

    def preview(self, request: GenerationRequest) -> str:
        """The empty grid of a request."""
        n_frames = frames_from_seconds(request.duration_s, self.model.frame_rate_hz)
        return preview_line(
            shape=(request.variations, self.model.n_levels, n_frames),
            frame_rate_hz=self.model.frame_rate_hz,
        )

    def estimate(self, request: GenerationRequest) -> str:
        """Time and memory, in words."""
        expected = self.model.estimate(request)
        seconds, memory = spoken_duration(expected.seconds), spoken_memory(expected.memory_bytes)
        return f"About {seconds} · {memory} of memory"

    def run(self, request: GenerationRequest, tab: str) -> Generator[Update, None, None]:
        """Carry out one request of a tab.

        Closing the iterator, or stopping the tab's job, stops the decoding; nothing is kept then.

        Raises:
            gr.Error: after an update that shows the same problem in place.
        """
        grid = self.preview(request)
        with self.jobs.working(tab) as job:
            try:
                for update in self._run(request, job):
                    grid = update.grid
                    yield update
            except Exception as error:
                problem = problem_from(error)
                yield Update(status=run_status.failed(problem), grid=grid)
                raise gradio_error(problem) from error

    def _run(self, request: GenerationRequest, job: Job) -> Generator[Update, None, None]:
        started = time.perf_counter()
        frame = None
        with closing(self._frames(request, job)) as frames:
            for frame in frames:
                yield Update(status=self._status(frame), grid=frame.trace)
        if frame is None or job.stop.is_set():
            return
        yield Update(status=run_status.listening(), grid=frame.trace)
        takes = deliver(self.model.listen(frame.step.codes), request, self.model)
        if not job.stop.is_set():
            elapsed_s = time.perf_counter() - started
            status = run_status.done(n_takes=len(takes), elapsed_s=elapsed_s)
            yield Update(status=status, grid=frame.trace, takes=takes)

    def _seconds(self, request: GenerationRequest) -> float:
        return self.model.estimate(request).seconds

    def _status(self, frame: Frame) -> dict[str, Any]:
        return run_status.decoding(
            frame.step,
            n_levels=self.model.n_levels,
            fraction=frame.fraction,
            remaining_s=frame.remaining_s,
        )

    def _frames(self, request: GenerationRequest, job: Job) -> Generator[Frame, None, None]:
        """The frames of a run; the engine's iterator is closed with them."""
        # The engine promises an iterator that can be closed: a generator.
        with closing(cast(Steps, self.model.generate(request))) as steps:
            yield from follow(
                steps,
                preview=self.preview(request),
                header=lambda step: encode_header(step, mask_id=self.model.codebook_size),
                record=encode_step,
                pace=Pace(expected=expected_costs(request, self._seconds)),
                first_level_steps=first_level_steps(request),
                stop=job.stop,
            )
