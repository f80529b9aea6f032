"""The one table of every knob: widgets, validation, command-line options and docs come from it.

No model library is imported here, so that `--help` and the page's first paint stay quick; a test
holds the defaults and choices to those of `engine.decode.requests`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.knobs.knob import Knob
from engine.knobs.option_knobs import GUIDANCE, OPENING, RESCORING, SAMPLING, SPANS
from engine.knobs.request_knobs import BASIC, MODELS

KNOBS: Mapping[str, Knob] = MappingProxyType(
    {
        knob.name: knob
        for group in (BASIC, MODELS, SAMPLING, GUIDANCE, SPANS, OPENING, RESCORING)
        for knob in group
    }
)
"""Every knob by its name, in the order in which they are shown."""
