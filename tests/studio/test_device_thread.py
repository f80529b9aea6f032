"""Every piece of a model's work runs in one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine.errors import RequestError
from studio.device_thread import DeviceThread


class _Recorder:
    """Notes in which thread each piece of its work ran."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.closed = False

    def note(self, *given: object) -> int:
        self.threads.append(threading.get_ident())
        return len(self.threads)

    def start(self, n_steps: int) -> Iterator[int]:
        if n_steps < 0:
            raise RequestError("one", expected="another", advice="Look")
        self.note()
        return self._steps(n_steps)

    def _steps(self, n_steps: int) -> Iterator[int]:
        try:
            for _ in range(n_steps):
                yield self.note()
        finally:
            self.note()
            self.closed = True


@pytest.fixture
def recorder() -> _Recorder:
    return _Recorder()


@pytest.fixture
def thread() -> DeviceThread:
    return DeviceThread()


def test_all_work_runs_in_one_thread_that_is_not_the_callers(
    thread: DeviceThread, recorder: _Recorder
) -> None:
    steps = list(thread.steps(recorder.start, 3))
    others: list[int] = []
    visitor = threading.Thread(target=lambda: others.extend(thread.steps(recorder.start, 3)))
    visitor.start()
    visitor.join()
    thread.call(recorder.note, "given")
    thread.submit(recorder.note).result()
    assert len(steps) == len(others) == 3
    assert len(set(recorder.threads)) == 1
    assert threading.get_ident() not in recorder.threads


def test_closing_closes_the_iterator(thread: DeviceThread, recorder: _Recorder) -> None:
    steps = thread.steps(recorder.start, 3)
    next(steps)
    assert not recorder.closed
    steps.close()
    assert recorder.closed


def test_errors_come_at_the_call_and_the_thread_goes_on(
    thread: DeviceThread, recorder: _Recorder
) -> None:
    with pytest.raises(RequestError, match="another"):
        thread.steps(recorder.start, -1)
    assert len(list(thread.steps(recorder.start, 3))) == 3
