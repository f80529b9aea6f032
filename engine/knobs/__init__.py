"""From loose values (a widget, an option, a JSON body) to one valid `GenerationRequest`."""

from engine.knobs.build import build_request, check_value, defaults
from engine.knobs.knob import N_LEVELS, Knob, KnobGroup, KnobKind
from engine.knobs.table import KNOBS, PRESETS
from engine.knobs.words import describe_table, range_text

__all__ = [
    "KNOBS",
    "N_LEVELS",
    "PRESETS",
    "Knob",
    "KnobGroup",
    "KnobKind",
    "build_request",
    "check_value",
    "defaults",
    "describe_table",
    "range_text",
]
