"""Models that are kept loaded, so that changing between them is quick, and dropped for others."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

import torch

from engine.checkpoints.hub import Report
from engine.checkpoints.offers import Offer, Source, offers
from engine.device import choose_device, choose_dtype, free_memory_bytes
from engine.errors import CheckpointError, DeviceError
from engine.music import MusicModel, load
from engine.outlook import weight_bytes

Allowed = Collection[str] | Callable[[str], bool]


class Load(Protocol):
    """`engine.music.load`, or what stands for it."""

    def __call__(
        self, name: str, /, *, device: str | None, dtype: torch.dtype | None, report: Report | None
    ) -> MusicModel: ...


class Shelf:
    """A few models on one device. Safe to use from any thread.

    One model is loaded at a time. Whoever asks for one that is loading waits and gets the same;
    whoever asks for one that is there does not wait for others to load.

    Args:
        device: see `engine.device.choose_device`. dtype: see `engine.music.load`.
        keep: the most models at once, 1 or more; fewer where the device's memory demands it.
        folders: the operator's own models, each known by its folder's name.
        allowed: the names that may be loaded, or a function that tells; None: those of `offers`.
        load: what loads them.

    Raises:
        ValueError: `keep` is less than 1.
    """

    def __init__(
        self,
        *,
        device: str | None = None,
        dtype: torch.dtype | None = None,
        keep: int = 2,
        folders: Sequence[Path] = (),
        allowed: Allowed | None = None,
        load: Load = load,
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep is {keep}, not 1 or more")
        self._device, self._dtype, self._keep = device, dtype, keep
        self._folders, self._allowed, self._load = tuple(folders), allowed, load
        self._models: dict[str, MusicModel] = {}  # the most recently used is the last
        self._book = threading.Lock()
        self._loading = threading.Lock()

    def get(self, name: str, report: Report | None = None) -> MusicModel:
        """A model, loaded if it is not there; it is the last to be dropped from now on.

        Args:
            name: of a model that may be loaded. What a visitor typed is safe to be given here:
                no path but an operator's is ever looked at.
            report: called while files arrive.

        Raises:
            CheckpointError: it may not be loaded, or cannot be.
            DeviceError: no memory left, even with no other model there.
        """
        if (model := self._found(name)) is not None:
            return model
        with self._loading:
            if (model := self._found(name)) is not None:  # loaded while this thread waited
                return model
            offer = self._allowed_offer(name)
            self._make_room(offer)
            path = str(offer.path) if offer and offer.source is Source.FOLDER else name
            model = self._load_or_clear(path, report)
            with self._book:
                self._models[name] = model
            return model

    def is_loaded(self, name: str) -> bool:
        """Whether `get` would give it at once."""
        return name in self.loaded()

    def loaded(self) -> tuple[str, ...]:
        """The names of the models that are there, the most recently used last."""
        with self._book:
            return tuple(self._models)

    def unload(self, name: str) -> None:
        """Drop a model, if it is there; its memory is free when nobody else uses it any more."""
        with self._book:
            self._models.pop(name, None)
        self._give_back()

    def offers(self) -> list[Offer]:
        """What may be loaded; see `engine.checkpoints.offers.offers`."""
        return [offer for offer in offers(self._folders) if self._may_load(offer.name)]

    def _found(self, name: str) -> MusicModel | None:
        with self._book:
            model = self._models.pop(name, None)
            if model is not None:
                self._models[name] = model
            return model

    def _may_load(self, name: str) -> bool:
        if self._allowed is None:
            return True
        return self._allowed(name) if callable(self._allowed) else name in self._allowed

    def _allowed_offer(self, name: str) -> Offer | None:
        """What is known of a model that may be loaded; None: only that it may."""
        offered = {offer.name: offer for offer in self.offers()}
        if name in offered or (self._allowed is not None and self._may_load(name)):
            return offered.get(name)
        shown = name if len(name) <= 100 else name[:100] + "…"
        raise CheckpointError(
            f"the model {shown!r} may not be loaded here",
            expected=" or ".join(offered) or "a model that the operator allows",
            advice="Choose one of them; the operator of this studio can allow others",
        )

    def _make_room(self, offer: Offer | None) -> None:
        """Drop the models that were not used for longest, as the number and the memory demand."""
        # Asked once a round: others may unload meanwhile.
        while there := self.loaded():
            if len(there) < self._keep and not self._is_short(offer):
                return
            self.unload(there[0])

    def _is_short(self, offer: Offer | None) -> bool:
        """Whether a model's weights alone are known to be more than the memory that is left."""
        device = choose_device(self._device)
        free = free_memory_bytes(device)
        if offer is None or free is None:
            return False
        return weight_bytes(offer, self._dtype or choose_dtype(device)) > free

    def _load_or_clear(self, path: str, report: Report | None) -> MusicModel:
        """Load; where the memory does not suffice, once more without any other model."""
        try:
            return self._load(path, device=self._device, dtype=self._dtype, report=report)
        except DeviceError:
            # With others there the device exists, so it can only be its memory.
            if not self.loaded():
                raise
        # After the handler: the error holds on to what was half loaded.
        for name in self.loaded():
            self.unload(name)
        return self._load(path, device=self._device, dtype=self._dtype, report=report)

    @staticmethod
    def _give_back() -> None:
        """Networks and their hooks refer to each other, and PyTorch keeps memory for later."""
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        elif torch.backends.mps.is_available():
            torch.mps.empty_cache()
