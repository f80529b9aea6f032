"""All of PyTorch's work in one thread, whatever threads Gradio serves its visitors from.

OpenMP keeps a team of helpers for every thread that computes. With a second team the helpers
outnumber the cores, and it puts them to sleep after every small operation: on two cores a clip
then took 5.3 s instead of 3.1 s, also in the thread that had been quick before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class DeviceThread:
    """One thread, to which work is handed."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")

    def submit(self, work: Callable[..., Result], *given: Any, **named: Any) -> Future[Result]:
        """Hand over one piece of work and go on; it is done after what was handed over before."""
        return self._thread.submit(work, *given, **named)

    def call(self, work: Callable[..., Result], *given: Any, **named: Any) -> Result:
        """Do one piece of work in the thread and wait for it; its errors are raised here."""
        return self.submit(work, *given, **named).result()

    def steps(
        self, start: Callable[..., Iterator[Result]], *given: Any
    ) -> Generator[Result, None, None]:
        """An iterator that is made, advanced and closed in the thread.

        Args:
            start: makes an iterator that can be closed; it runs at once, so its errors come here.
            given: its arguments.
        """
        return self._each(self.call(start, *given))

    def _each(self, steps: Any) -> Generator[Any, None, None]:
        try:
            while (step := self.call(next, steps, None)) is not None:
                yield step
        finally:
            self.call(steps.close)
