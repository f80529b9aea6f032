"""A shelf that loads nothing, and the library of fakes on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from engine.checkpoints.hub import Progress, Report
from engine.checkpoints.offers import Offer, Source
from engine.decode import GenerationRequest
from engine.errors import CheckpointError
from engine.estimate import Estimate
from engine.model.config import ModelConfig, ModelKind
from engine.shelf import Shelf
from studio.device_thread import DeviceThread
from studio.handlers import Studio
from studio.jobs import JobBook
from studio.library import Library, Outlook
from tests.studio.fake_model import FakeModel

MB = 1_000_000


def fake_offer(
    name: str = "fake",
    *,
    kind: ModelKind = ModelKind.HYBRID,
    source: Source = Source.EMBEDDED,
    window_s: float = 10.0,
    licence: str = "CC0-1.0",
    sample_rate_hz: int = 32_000,
    is_here: bool = True,
) -> Offer:
    config = ModelConfig(
        kind=kind, width=64, n_layers=2, n_heads=4, text_width=16, window_s=window_s
    )
    return Offer(
        name=name,
        source=source,
        path=None if source is Source.HUB else Path("/no/such/folder") / name,
        config=config,
        licence=licence,
        sample_rate_hz=sample_rate_hz,
        text_parameters=1_000_000,
        codec_parameters=2_000_000,
        size_bytes=200 * MB,
        is_here=is_here,
    )


def published(name: str, *, kind: ModelKind = ModelKind.MAGNET, **given: Any) -> Offer:
    """An offer of the Hub's, to be downloaded."""
    facts = {"licence": "CC-BY-NC-4.0", "is_here": False, **given}
    return fake_offer(name, kind=kind, source=Source.HUB, **facts)


class FakeShelf:
    """Follows the interface of `engine.shelf.Shelf`.

    Args:
        offers: what it has.
        models: what loading each name gives, or raises; those not named are `FakeModel`s.
        load_s: how long a load takes, in ten reports of a download.
        keep: the most models at once.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        models: dict[str, FakeModel | Exception] | None = None,
        *,
        load_s: float = 0.0,
        keep: int = 2,
    ) -> None:
        self._offers = {offer.name: offer for offer in offers}
        self._models = models or {}
        self._there: dict[str, FakeModel] = {}
        self._load_s, self._keep = load_s, keep
        self.threads: set[int] = set()
        self.n_loads = 0

    def get(self, name: str, report: Report | None = None) -> FakeModel:
        self.threads.add(threading.get_ident())
        if name not in self._offers:
            raise CheckpointError(f"no {name}", expected="another", advice="Choose it")
        if name in self._there:
            return self._there[name]
        self.n_loads += 1
        for part in range(10 if self._load_s else 0):
            if report is not None:
                report(Progress(file="state_dict.bin", done=20 * part * MB, total=200 * MB))
            time.sleep(self._load_s / 10)
        offer = self._offers[name]
        made = self._models.get(
            name, FakeModel(name=name, licence=offer.licence, window_s=offer.window_s)
        )
        if isinstance(made, Exception):
            raise made
        self._offers[name] = replace(offer, is_here=True)
        while len(self._there) >= self._keep:
            del self._there[next(iter(self._there))]
        self._there[name] = made
        return made

    def is_loaded(self, name: str) -> bool:
        return name in self._there

    def loaded(self) -> tuple[str, ...]:
        return tuple(self._there)

    def unload(self, name: str) -> None:
        self._there.pop(name, None)

    def offers(self) -> list[Offer]:
        return list(self._offers.values())


def fake_library(
    *others: Offer,
    model: FakeModel | None = None,
    models: dict[str, FakeModel | Exception] | None = None,
    load_s: float = 0.0,
    free_bytes: int | None = 8_000 * MB,
    keep: int = 2,
) -> Library:
    """A library whose first model, `fake`, is loaded.

    Args:
        others: further offers.
        model: stands for `fake`.
        models, load_s, keep: see `FakeShelf`.
        free_bytes: memory that is free.
    """
    model = model or FakeModel()
    shelf = FakeShelf(
        [fake_offer(), *others], {"fake": model, **(models or {})}, load_s=0, keep=keep
    )

    def expect(offer: Offer, request: GenerationRequest) -> Estimate:
        return Estimate(seconds=30 * request.variations, memory_bytes=3_000 * MB)

    outlook = Outlook(
        expect=expect, weight_bytes=lambda offer: 100 * MB, free_bytes=lambda: free_bytes
    )
    library = Library(cast(Shelf, shelf), DeviceThread(), outlook)
    for _ in library.load("fake", threading.Event()):
        pass
    shelf._load_s = load_s
    return library


def fake_studio(library: Library, **given: Any) -> Studio:
    return Studio(library=library, default="fake", jobs=JobBook(), **given)


def library_of(model: Any) -> Library:
    """A library of one real model."""
    offer = fake_offer(model.name, kind=model.kind, window_s=model.window_s, licence=model.licence)
    shelf = FakeShelf([offer], {model.name: model})
    outlook = Outlook(
        expect=lambda offer, request: model.estimate(request),
        weight_bytes=lambda offer: 0,
        free_bytes=lambda: None,
    )
    library = Library(cast(Shelf, shelf), DeviceThread(), outlook)
    for _ in library.load(model.name, threading.Event()):
        pass
    return library
