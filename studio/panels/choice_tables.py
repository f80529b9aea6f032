"""What each choice changes, as tables for the browser (assets/web/choices.js)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.checkpoints.offers import Offer
from engine.knobs import DEFAULT_PRESET, KNOBS, PRESETS
from studio.assets import script
from studio.choices import helper_choices, modes_for, start_values
from studio.widgets.knob_fields import KnobField

SLIDER_S = 60.0
"""The longest clip by slider; a longer one, up to the knob's own maximum, is typed."""

MODE_LABELS = {
    "parallel": "Parallel",
    "hybrid": "Hybrid",
    "autoregressive": "Autoregressive",
}


def choice_tables(offers: Sequence[Offer], fields: Sequence[KnobField]) -> dict[str, Any]:
    """The tables.

    Args:
        offers: every model that can be chosen.
        fields: those that a preset sets, in the order of their components.
    """
    return {
        "modes": MODE_LABELS,
        "quality": DEFAULT_PRESET,
        "slider_s": SLIDER_S,
        "longest_s": KNOBS["duration_s"].maximum,
        "models": {offer.name: _of_model(offer, offers) for offer in offers},
        "presets": {
            family.value: {
                name: [value for field in fields for value in field.spread(preset[field.knob.name])]
                for name, preset in presets.items()
            }
            for family, presets in PRESETS.items()
        },
    }


def answer(choice: str, tables: dict[str, Any]) -> str:
    """JavaScript for an event: the function of one choice in `choices.js`."""
    return f"(...given) => ({script('choices.js')})({json.dumps(tables)}).{choice}(...given)"


def longest_opening_s(offer: Offer) -> float:
    """An opening lies in the first window."""
    return min(KNOBS["opening_s"].maximum, offer.window_s)


def _of_model(offer: Offer, offers: Sequence[Offer]) -> dict[str, Any]:
    start = start_values(offer)
    return {
        "family": offer.family.value,
        "modes": modes_for(offer),
        "mode": start["mode"],
        "duration_s": start["duration_s"],
        "opening_s": start["opening_s"],
        "longest_opening_s": longest_opening_s(offer),
        "openers": helper_choices("opener", offer, offers),
        "rescorers": helper_choices("rescorer", offer, offers),
    }
