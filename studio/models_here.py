"""The library of this computer, as the settings want it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from engine.checkpoints.catalogue import find_model
from engine.checkpoints.offers import Source, offers, survey
from engine.device import choose_device, choose_dtype, free_memory_bytes
from engine.knobs import build_request
from engine.outlook import expect, weight_bytes
from engine.shelf import Shelf
from studio.choices import start_values
from studio.device_thread import DeviceThread
from studio.library import Library, Outlook
from studio.settings import Settings


def open_library(settings: Settings) -> tuple[Library, str]:
    """Find the models, and load the one that tabs start with.

    Returns:
        The library, and the name of that model.

    Raises:
        EngineError: the model or the device cannot be used.
    """
    device = choose_device(settings.device)
    dtype = choose_dtype(device)
    folders = [Path(folder) for folder in settings.models]
    default, folder = _start(settings.model)
    if folder is not None and folder.resolve() not in {each.resolve() for each in folders}:
        folders.insert(0, folder)
    shelf = Shelf(
        device=settings.device,
        keep=settings.keep_models,
        folders=folders,
        allowed=None if settings.hub else _names_here(folders),
    )
    outlook = Outlook(
        expect=partial(expect, device=device, dtype=dtype),
        weight_bytes=partial(weight_bytes, dtype=dtype),
        free_bytes=partial(free_memory_bytes, device),
    )
    library = Library(shelf, DeviceThread(), outlook)
    _warm_up(library, outlook, default)
    return library, default


def _start(model: str) -> tuple[str, Path | None]:
    """The name of the first model, and its folder where it is none of the catalogue.

    Raises:
        CheckpointError: there is no such model, or it cannot be used.
    """
    if any(offer.name == model for offer in offers()):
        return model, None
    folder = find_model(model)
    found, problems = survey([folder])
    for offer in found:
        if offer.path == folder:
            return offer.name, folder
    raise problems[-1]  # the embedded ones come before it


def _names_here(folders: list[Path]) -> frozenset[str]:
    """Of the models that nothing need be fetched for."""
    return frozenset(
        offer.name for offer in offers(folders) if offer.source is not Source.HUB or offer.is_here
    )


def _warm_up(library: Library, outlook: Outlook, default: str) -> None:
    """Load the first model, and measure the device for what is said of the others."""
    offer = library.offer(default)
    for _ in library.load(offer.name, threading.Event()):
        pass
    library.thread.call(outlook.expect, offer, build_request(start_values(offer)))
