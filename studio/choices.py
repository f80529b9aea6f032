"""What follows from choosing a model: modes, the family's values, lengths, fitting helpers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.cast import LEFT_TO_RIGHT, helper_names, modes_of
from engine.decode import SELF, GenerationRequest
from engine.errors import CheckpointError, RequestError
from engine.knobs import DEFAULT_PRESET, Family, defaults
from engine.model.config import ModelKind

if TYPE_CHECKING:
    from engine.checkpoints.offers import Offer


def find_offer(name: object, offers: Sequence[Offer]) -> Offer:
    """The offer of that name; a browser may send anything.

    Raises:
        CheckpointError: none has it.
    """
    for offer in offers:
        if offer.name == name:
            return offer
    shown = repr(name) if isinstance(name, str) and len(name) <= 200 else "of another name"
    raise CheckpointError(
        f"the model {shown} is not on offer",
        expected=" or ".join(offer.name for offer in offers),
        advice="Choose one of these, or ask who runs this studio to allow it",
    )


def modes_for(offer: Offer, *, has_opener: bool = False) -> tuple[str, ...]:
    """What a model can do, alone or with another one that opens for it."""
    return tuple(mode.value for mode in modes_of(offer.kind, has_opener=has_opener))


def start_values(offer: Offer, preset: str = DEFAULT_PRESET) -> dict[str, Any]:
    """Every knob's value when a model is chosen."""
    values: dict[str, Any] = defaults(preset, offer.family)
    modes = modes_for(offer)
    values["mode"] = values["mode"] if values["mode"] in modes else modes[0]
    values["duration_s"] = min(values["duration_s"], offer.window_s)
    values["opening_s"] = min(values["opening_s"], round(values["duration_s"] / 2, 1))
    return values


def filled_values(offer: Offer, preset: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A program's values, with all that it has not given as it is when a model is chosen.

    Without an opening, for the request to choose one that fits into the clip.
    """
    start = start_values(offer, preset)
    del start["opening_s"]
    return {**start, **given}


def openers_for(offer: Offer, offers: Iterable[Offer]) -> tuple[str, ...]:
    """Other models that can write its opening."""
    if offer.kind is ModelKind.AUTOREGRESSIVE:
        return ()
    return tuple(other.name for other in offers if _can_help(other, offer))


def rescorers_for(offer: Offer, offers: Iterable[Offer]) -> tuple[str, ...]:
    """Models that can judge what it writes; `SELF` first, where it can itself."""
    if offer.kind is ModelKind.AUTOREGRESSIVE:
        return ()
    itself = (SELF,) if offer.kind is ModelKind.HYBRID else ()
    return itself + tuple(other.name for other in offers if _can_help(other, offer))


def helper_choices(knob: str, offer: Offer, offers: Iterable[Offer]) -> list[tuple[str, str]]:
    """What the list of a knob that names a model offers: labels and values, "" for nobody."""
    itself = offer.kind is ModelKind.HYBRID
    if knob == "opener":
        nobody = "This model" if itself else "No other model"
        names = openers_for(offer, offers)
    else:
        nobody, names = "Nobody", rescorers_for(offer, offers)
    return [(nobody, ""), *(("This model" if name == SELF else name, name) for name in names)]


def helpers_of(request: GenerationRequest) -> tuple[str, ...]:
    """The other models that a request needs; what its mode has no use for is left out."""
    names = dict.fromkeys(helper_names(request))
    return tuple(name for name in names if name and name != SELF)


def check_choice(request: GenerationRequest, offer: Offer, offers: Sequence[Offer]) -> None:
    """Refuse what a model cannot do before anything is loaded for it.

    Raises:
        RequestError: a mode that the model does not have, or a helper that does not fit it.
        CheckpointError: a helper that is not on offer.
    """
    modes = modes_for(offer, has_opener=request.opener is not None)
    if request.mode.value not in modes:
        raise RequestError(
            f"the mode is {request.mode.value}",
            expected=f"{' or '.join(modes)} for {offer.name}",
            advice="Choose another mode or model",
        )
    fitting = {*openers_for(offer, offers), *rescorers_for(offer, offers)}
    for name in helpers_of(request):
        find_offer(name, offers)
        if name not in fitting:
            raise RequestError(
                f"the model {name} cannot help {offer.name}",
                expected=" or ".join(sorted(fitting - {SELF})) or "no other model",
                advice="Choose one that writes from left to right and has the same codec",
            )


def _can_help(other: Offer, offer: Offer) -> bool:
    """Whether both have the same codec, and the other writes from left to right."""
    same_codec = (
        other.sample_rate_hz == offer.sample_rate_hz
        and (other.family is Family.MINI) == (offer.family is Family.MINI)
    )  # fmt: skip
    return other.name != offer.name and same_codec and other.kind in LEFT_TO_RIGHT
