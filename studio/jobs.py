"""Who is using the device, and who asked to stop: by tab, so that no tab touches another's job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.errors import EngineError


@dataclass(frozen=True, eq=False)
class Job:
    """One wish in the queue or at work; `stop` is set when its tab cancels or closes."""

    session: str
    stop: threading.Event = field(default_factory=threading.Event)


class JobBook:
    """Every job that waits or runs, oldest first. Safe to use from any thread.

    Gradio closes a cancelled generator at its next yield; the token covers what lies between two
    yields, and the jobs that an own thread of Gradio's may still start after the tab has gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._cancelled: set[str] = set()  # tabs, until their next job
        self._late: set[str] = set()  # tabs whose cancelled run may still fail

    def enter(self, session: str, *, max_waiting: int | None = None) -> Job:
        """Note a job when its button is pressed; an older one of the same tab is stopped.

        Args:
            session: the tab.
            max_waiting: jobs that may wait behind the one at work; None: any number.

        Raises:
            EngineError: no room for one more.
        """
        self.leave(session)
        job = Job(session)
        with self._lock:
            if max_waiting is not None and len(self._jobs) > max_waiting:
                raise EngineError(
                    "the queue of the device is full",
                    expected="room for one more job",
                    advice="Try again in a minute",
                )
            self._jobs.append(job)
            self._cancelled.discard(session)
        return job

    def cancel(self, session: str) -> None:
        """Stop a tab's jobs because its person says so."""
        self.leave(session)
        with self._lock:
            self._cancelled.add(session)
            self._late.add(session)

    def is_cancelled(self, session: str) -> bool:
        """Whether a tab's last job was cancelled, so that all is said about it."""
        with self._lock:
            return session in self._cancelled

    def turned_away(self, session: str) -> bool:
        """Whether a tab's job never began, asked when a run of the tab's has failed; it is left.

        A cancelled run fails too, perhaps only after the next job has been entered, which it
        must not take with it.
        """
        with self._lock:
            was_cancelled = session in self._late
            self._late.discard(session)
        return not was_cancelled and self.leave(session)

    def leave(self, session: str) -> bool:
        """Stop and forget a tab's jobs. False if it has none."""
        with self._lock:
            left = [job for job in self._jobs if job.session == session]
            for job in left:
                job.stop.set()
            self._jobs = [job for job in self._jobs if job.session != session]
        return bool(left)

    def has(self, session: str) -> bool:
        """True while a tab's job waits or runs."""
        with self._lock:
            return any(job.session == session for job in self._jobs)

    def ahead(self, session: str) -> int:
        """How many jobs of other tabs come before this tab's."""
        with self._lock:
            order = [job.session for job in self._jobs]
        return order.index(session) if session in order else len(order)

    @contextmanager
    def working(self, session: str) -> Iterator[Job]:
        """Hold the tab's job while it runs; a tab that has cancelled gets a stopped one."""
        with self._lock:
            job = next((job for job in self._jobs if job.session == session), None)
        if job is None:
            job = Job(session)
            job.stop.set()
        try:
            yield job
        finally:
            with self._lock:
                self._jobs = [other for other in self._jobs if other is not job]
