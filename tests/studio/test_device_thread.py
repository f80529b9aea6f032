"""Every piece of a model's work runs in one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from engine.decode import GenerationRequest
from engine.errors import RequestError
from engine.music import MusicModel
from studio.device_thread import DeviceThread, ThreadedModel


class _Recorder:
    """Notes in which thread each piece of its work ran."""

    name = "recorder"

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.closed = False

    def _note(self) -> int:
        self.threads.append(threading.get_ident())
        return len(self.threads)

    def generate(self, request: Any) -> Iterator[Any]:
        if request.seed == 1:
            raise RequestError("one", expected="another", advice="Look")
        self._note()

        def steps() -> Iterator[int]:
            try:
                for _ in range(3):
                    yield self._note()
            finally:
                self._note()
                self.closed = True

        return steps()

    def listen(self, codes: Any) -> list[Any]:
        return [self._note()]

    def estimate(self, request: Any) -> Any:
        return self._note()


@pytest.fixture
def recorder() -> _Recorder:
    return _Recorder()


@pytest.fixture
def model(recorder: _Recorder) -> ThreadedModel:
    return ThreadedModel(cast(MusicModel, recorder), DeviceThread())


def test_all_work_runs_in_one_thread_that_is_not_the_callers(
    model: ThreadedModel, recorder: _Recorder
) -> None:
    steps = list(model.generate(GenerationRequest()))
    others: list[Any] = []
    visitor = threading.Thread(target=lambda: others.extend(model.generate(GenerationRequest())))
    visitor.start()
    visitor.join()
    model.listen(cast(Any, None))
    model.estimate(GenerationRequest())
    assert len(steps) == len(others) == 3
    assert len(set(recorder.threads)) == 1
    assert threading.get_ident() not in recorder.threads


def test_closing_closes_the_engines_iterator(model: ThreadedModel, recorder: _Recorder) -> None:
    steps = model.generate(GenerationRequest())
    next(steps)
    assert not recorder.closed
    steps.close()
    assert recorder.closed


def test_errors_come_at_the_call_and_the_thread_goes_on(model: ThreadedModel) -> None:
    with pytest.raises(RequestError, match="another"):
        model.generate(GenerationRequest(seed=1))
    assert len(list(model.generate(GenerationRequest()))) == 3


def test_what_a_model_knows_of_itself_is_read_through(model: ThreadedModel) -> None:
    assert model.name == "recorder"
