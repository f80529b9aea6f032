"""A model in words: its line in the list, its facts, and how far its loading is."""

from __future__ import annotations

from typing import Any

from engine.checkpoints.offers import Offer, Source
from engine.knobs import Family
from engine.model.config import ModelKind
from studio.library import Loading, LoadState
from studio.progress import spoken_memory

KINDS = {
    ModelKind.MAGNET: "Fills in parallel",
    ModelKind.HYBRID: "Left to right and parallel",
    ModelKind.AUTOREGRESSIVE: "Left to right",
}
_SOURCES = {Source.EMBEDDED: "built in", Source.FOLDER: "own folder", Source.HUB: "Hub"}


def label(offer: Offer) -> str:
    """One line of the list of models: what it is called, makes, and where it is from."""
    makes = "sounds" if offer.family is Family.SOUND else "music"
    return f"{offer.name} · {offer.window_s:g} s of {makes} · {_SOURCES[offer.source]}"


def facts_value(
    offer: Offer, state: LoadState, *, loading: Loading | None, memory_bytes: int
) -> dict[str, Any]:
    """What the model's widget shows.

    Args:
        offer: the model.
        state: of it.
        loading: how far it is, while it is loaded.
        memory_bytes: that one clip of its usual length needs.
    """
    rate = f"{offer.sample_rate_hz / 1000:g} kHz"
    size = "Files" if offer.is_here else "Download"
    return {
        "name": offer.name,
        "state": state.value,
        "words": state_words(state, offer, loading),
        "summary": f"{KINDS[offer.kind]} · {offer.window_s:g} s · {rate}",
        "facts": [
            ("Writes", KINDS[offer.kind]),
            ("Window", f"{offer.window_s:g} s"),
            ("Sample rate", rate),
            ("Parameters", spoken_count(offer.parameters)),
            (size, spoken_memory(offer.size_bytes)),
            ("Memory", f"about {spoken_memory(memory_bytes)}"),
            ("Licence", offer.licence),
        ],
    }


def state_words(state: LoadState, offer: Offer, loading: Loading | None) -> str:
    """The state of a model as a few words."""
    if loading is not None:
        return f"Loading, {round(100 * loading.share(offer.size_bytes))} %"
    if state is LoadState.TO_DOWNLOAD:
        return f"To download, {spoken_memory(offer.size_bytes)}"
    if state is LoadState.HERE:
        return "Ready" if offer.source is Source.EMBEDDED else "On this computer"
    return "Loaded"


def loading_words(loading: Loading) -> str:
    """Which file is on its way, and how much of it is there."""
    if not loading.file:
        return "Looking for its files."
    if not loading.total:
        return f"{loading.file}: {spoken_memory(loading.done)} so far."
    if loading.done >= loading.total:
        return f"{loading.file} is there; reading it."
    share = round(100 * loading.done / loading.total)
    amounts = f"{spoken_memory(loading.done)} of {spoken_memory(loading.total)}"
    return f"{loading.file}: {amounts}, {share} %."


def licence_line(offer: Offer) -> str:
    """Whose rules hold for what Generate makes."""
    return f"{offer.name} · licence {offer.licence}"


def as_dict(offer: Offer, state: LoadState) -> dict[str, Any]:
    """An offer in JSON's types, for programs."""
    return {
        "name": offer.name,
        "kind": offer.kind.value,
        "source": offer.source.value,
        "licence": offer.licence,
        "window_s": offer.window_s,
        "sample_rate_hz": offer.sample_rate_hz,
        "parameters": offer.parameters,
        "size_bytes": offer.size_bytes,
        "is_here": offer.is_here,
        "is_loaded": state is LoadState.LOADED,
    }


def spoken_count(number: int) -> str:
    """A number of parameters: `8.4 million`, `1.5 billion`."""
    if number >= 1_000_000_000:
        return f"{number / 1e9:.1f} billion"
    return f"{number / 1e6:.1f} million" if number < 100_000_000 else f"{number / 1e6:.0f} million"
