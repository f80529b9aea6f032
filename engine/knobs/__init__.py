"""From loose values (a widget, an option, a JSON body) to one valid `GenerationRequest`."""

from engine.knobs.build import build_request, check_value, defaults
from engine.knobs.edit_knobs import EDIT_KNOBS, build_settings
from engine.knobs.knob import N_LEVELS, Knob, KnobGroup, KnobKind
from engine.knobs.presets import (
    DEFAULT_PRESET,
    PRESET_KNOBS,
    PRESET_NAMES,
    PRESETS,
    Family,
    published_family,
)
from engine.knobs.table import KNOBS
from engine.knobs.words import describe_table, range_text

__all__ = [
    "DEFAULT_PRESET",
    "EDIT_KNOBS",
    "KNOBS",
    "N_LEVELS",
    "PRESETS",
    "PRESET_KNOBS",
    "PRESET_NAMES",
    "Family",
    "Knob",
    "KnobGroup",
    "KnobKind",
    "build_request",
    "build_settings",
    "check_value",
    "defaults",
    "describe_table",
    "published_family",
    "range_text",
]
