"""All of PyTorch's work in one thread, whatever threads Gradio serves its visitors from.

OpenMP keeps a team of helpers for every thread that computes. With a second team the helpers
outnumber the cores, and it puts them to sleep after every small operation: on two cores a clip
then took 5.3 s instead of 3.1 s, also in the thread that had been quick before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from torch import Tensor

from engine.audio import Waveform
from engine.decode import DecodeStep, GenerationRequest
from engine.estimate import Estimate
from engine.music import MusicModel

Result = TypeVar("Result")


class DeviceThread:
    """One thread, to which work is handed; callers wait for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")

    def call(self, work: Callable[..., Result], *given: Any, **named: Any) -> Result:
        """Do one piece of work in the thread; its errors are raised here."""
        return self._thread.submit(work, *given, **named).result()


class ThreadedModel:
    """A model all of whose work runs in one thread; what it knows of itself is read directly.

    Args:
        model: loaded in `thread`.
        thread: of its own.
    """

    def __init__(self, model: MusicModel, thread: DeviceThread) -> None:
        self._model, self._thread = model, thread

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def generate(self, request: GenerationRequest) -> Generator[DecodeStep, None, None]:
        """See `MusicModel.generate`."""
        return self._steps(self._thread.call(self._model.generate, request))

    def listen(self, codes: Tensor) -> list[Waveform]:
        """See `MusicModel.listen`."""
        return self._thread.call(self._model.listen, codes)

    def estimate(self, request: GenerationRequest) -> Estimate:
        """See `MusicModel.estimate`."""
        return self._thread.call(self._model.estimate, request)

    def _steps(self, steps: Any) -> Generator[DecodeStep, None, None]:
        try:
            while (step := self._thread.call(next, steps, None)) is not None:
                yield step
        finally:
            self._thread.call(steps.close)
