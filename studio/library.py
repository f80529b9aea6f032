"""The models of one device: which there are, which are loaded, and loading one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import wait
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from engine.decode import GenerationRequest
from studio.choices import find_offer, helpers_of
from studio.device_thread import DeviceThread

if TYPE_CHECKING:
    from engine.checkpoints.hub import Progress
    from engine.checkpoints.offers import Offer
    from engine.estimate import Estimate
    from engine.music import MusicModel
    from engine.shelf import Shelf

LOOK_S = 0.2
"""How often somebody who waits for a model looks how far it is."""


class LoadState(Enum):
    """What choosing a model will take."""

    LOADED = "loaded"
    LOADING = "loading"
    HERE = "here"
    TO_DOWNLOAD = "to download"


@dataclass(frozen=True, kw_only=True)
class Loading:
    """How far a model is.

    Args:
        name: the model.
        is_begun: False while the device is still at other work.
        repo, file: what is fetched or read; "" before the first report.
        done, total: bytes of that file; `total` is 0 until it is known.
        before: bytes of the files before it.
    """

    name: str
    is_begun: bool = False
    repo: str = ""
    file: str = ""
    done: int = 0
    total: int = 0
    before: int = 0

    def after(self, news: Progress) -> Loading:
        """With one more report."""
        is_next = (news.repo, news.file) != (self.repo, self.file)
        before = self.before + (self.done if is_next else 0)
        return replace(
            self, repo=news.repo, file=news.file, done=news.done, total=news.total, before=before
        )

    def share(self, size_bytes: int) -> float:
        """Of all the model's files, in [0, 1]."""
        whole = max(size_bytes, self.before + self.total, 1)
        return min(1.0, (self.before + self.done) / whole)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the device can bear, asked before a model is loaded.

    Args:
        expect: seconds and bytes of a request.
        weight_bytes: memory that a model holds while it is loaded.
        free_bytes: memory that is free now; None where nobody tells.
    """

    expect: Callable[[Offer, GenerationRequest], Estimate]
    weight_bytes: Callable[[Offer], int]
    free_bytes: Callable[[], int | None]


class _Abandoned(Exception):
    """Nobody waits for the model any more."""


class _News:
    """What the device's thread says of a model on its way to somebody who waits for it."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        self.latest = Loading(name=name)
        self.left = threading.Event()
        self._stop = stop

    @property
    def is_wanted(self) -> bool:
        return not self.left.is_set() and not self._stop.is_set()

    def begin(self) -> None:
        if not self.is_wanted:
            raise _Abandoned
        self.latest = replace(self.latest, is_begun=True)

    def report(self, progress: Progress) -> None:
        if not self.is_wanted:
            raise _Abandoned
        self.latest = self.latest.after(progress)


class Library:
    """All models of one device; safe to use from any thread, and no question waits for a load.

    Args:
        shelf: loads, keeps and drops models; asked for one in `thread` alone.
        thread: does the device's work.
        outlook: answers for models that are not loaded.
    """

    def __init__(self, shelf: Shelf, thread: DeviceThread, outlook: Outlook) -> None:
        self.thread = thread
        self._shelf, self._outlook = shelf, outlook
        self._offers = tuple(shelf.offers())
        # The shelf keeps them. Weak, so that a model that it drops is freed.
        self._models: WeakValueDictionary[str, MusicModel] = WeakValueDictionary()
        self._at_work: _News | None = None

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Every model that can be chosen."""
        return self._offers

    def offer(self, name: object) -> Offer:
        """See `find_offer`."""
        return find_offer(name, self._offers)

    def loaded(self, name: str) -> MusicModel | None:
        """The model, if it is loaded."""
        return self._models.get(name) if self._shelf.is_loaded(name) else None

    def loading(self, name: str) -> Loading | None:
        """How far a model is that is being loaded, for whomever."""
        news = self._at_work
        is_it = news is not None and news.latest.name == name and news.is_wanted
        return news.latest if news is not None and is_it else None

    def state(self, offer: Offer) -> LoadState:
        """What choosing a model will take."""
        if self.loaded(offer.name) is not None:
            return LoadState.LOADED
        if self.loading(offer.name) is not None:
            return LoadState.LOADING
        return LoadState.HERE if offer.is_here else LoadState.TO_DOWNLOAD

    def load(self, name: str, stop: threading.Event) -> Generator[Loading, None, MusicModel | None]:
        """Load a model in the device's thread, or find it loaded.

        Leaving the iterator lets the load go on until its next report at most.

        Args:
            name: of an offer.
            stop: when set, it is not waited for any more.

        Yields:
            How far it is, a few times a second.

        Returns:
            The model; None after a stop.

        Raises:
            CheckpointError: it cannot be fetched, or its files are damaged.
            DeviceError: there is no room for it.
        """
        news = _News(name, stop)
        work = self.thread.submit(self._get, name, news)
        try:
            while True:
                # Returns at once for a model that is loaded already.
                done = wait([work], timeout=LOOK_S).done
                if stop.is_set():
                    return None
                if done:
                    return work.result()
                yield news.latest
        finally:
            news.left.set()
            work.cancel()

    def unload(self, name: str) -> None:
        """Free a model's memory; runs that use it end first."""
        self._shelf.unload(name)
        self._models.pop(name, None)

    def expect(self, offer: Offer, request: GenerationRequest) -> Estimate:
        """Seconds and memory that a request will take, whether or not its models are loaded."""
        model = self.loaded(offer.name)
        helpers = {name: self.loaded(name) for name in helpers_of(request)}
        there = {name: helper for name, helper in helpers.items() if helper is not None}
        if model is None or len(there) < len(helpers):
            return self._outlook.expect(offer, request)
        return model.estimate(request, there)

    def too_little_bytes(self, offer: Offer, needed_bytes: int) -> int | None:
        """The free memory, where a request needs more; None where there is enough.

        What a loaded model holds counts as free for it.
        """
        free_bytes = self._outlook.free_bytes()
        if free_bytes is None:
            return None
        if self.loaded(offer.name) is not None:
            free_bytes += self._outlook.weight_bytes(offer)
        return free_bytes if needed_bytes > free_bytes else None

    def _get(self, name: str, news: _News) -> MusicModel:
        self._at_work = news
        try:
            news.begin()
            model = self._shelf.get(name, news.report)
            # Measured here, so that no later estimate has to wait for the device.
            _ = model.speed
        finally:
            self._at_work = None
        self._models[name] = model
        if not self.offer(name).is_here:
            # What was fetched is here now, and so may be what other models share with it.
            self._offers = tuple(self._shelf.offers())
        return model
