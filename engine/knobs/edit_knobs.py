"""The rows of the knob table that are fields of `EditSettings`: how regions are made anew."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.errors import RequestError
from engine.knobs.checks import check
from engine.knobs.knob import Knob, KnobGroup, KnobKind
from engine.knobs.words import shown

if TYPE_CHECKING:
    from engine.edit.settings import EditSettings

_ROWS = (
    Knob(
        name="snap",
        label="Snap to",
        kind=KnobKind.CHOICE,
        group=KnobGroup.EDIT,
        default="frame",
        choices=("frame", "beat", "bar"),
        help="Where the ends of regions are moved: to the nearest frame (20 ms), beat or bar.",
    ),
    Knob(
        name="beats_per_bar",
        label="Beats per bar",
        kind=KnobKind.INT,
        group=KnobGroup.EDIT,
        default=4,
        minimum=1,
        maximum=12,
        help="How many beats a bar has. The first beat of bars is guessed.",
    ),
    Knob(
        name="strength",
        label="Strength",
        kind=KnobKind.FLOAT,
        group=KnobGroup.EDIT,
        default=1.0,
        minimum=0.05,
        maximum=1.0,
        step=0.05,
        help="How much of a region is drawn anew: 1 makes it from nothing, 0.3 varies what is "
        "there. The seed chooses what stays.",
    ),
    Knob(
        name="keep_every",
        label="Keep every n-th frame",
        kind=KnobKind.INT,
        group=KnobGroup.EDIT,
        default=None,
        minimum=2,
        maximum=1000,
        unit="frames",
        optional=True,
        help="Keeps one frame of so many, also inside of regions: the less often, the freer.",
    ),
    Knob(
        name="keep_beats_s",
        label="Keep the beats",
        kind=KnobKind.FLOAT,
        group=KnobGroup.EDIT,
        default=None,
        minimum=0.02,
        maximum=2.0,
        step=0.02,
        unit="s",
        optional=True,
        help="Keeps so much from each beat on, also inside of regions: the pulse stays, the rest "
        "is new.",
    ),
    Knob(
        name="keep_onsets_s",
        label="Keep the start of notes",
        kind=KnobKind.FLOAT,
        group=KnobGroup.EDIT,
        default=None,
        minimum=0.02,
        maximum=2.0,
        step=0.02,
        unit="s",
        optional=True,
        help="Keeps so much from the start of each note and hit on, also inside of regions.",
    ),
    Knob(
        name="fade_s",
        label="Fade",
        kind=KnobKind.FLOAT,
        group=KnobGroup.EDIT,
        default=0.02,
        minimum=0.02,
        maximum=1.0,
        step=0.01,
        unit="s",
        help="Length of the fades at a region's ends, which lie inside of it; at least a frame "
        "(20 ms).",
    ),
    Knob(
        name="match_level",
        label="Match level",
        kind=KnobKind.CHOICE,
        group=KnobGroup.EDIT,
        default="surroundings",
        choices=("surroundings", "codec", "off"),
        help="surroundings makes a region as loud as what is around it; codec only gives back what "
        "was lost in coding, so that breaks stay soft; off does neither.",
    ),
)

EDIT_KNOBS: Mapping[str, Knob] = MappingProxyType({knob.name: knob for knob in _ROWS})
"""Every knob of an edit by its name, in the order in which they are shown."""


def build_settings(values: Mapping[str, object]) -> EditSettings:
    """The settings that these values ask for; what is not named has the table's default.

    Raises:
        RequestError: an unknown name, or a value out of its range.
    """
    # Here, not above: it imports torch, which the table's other readers need not wait for.
    from engine.audio.snapping import Snap
    from engine.audio.splice import Match
    from engine.edit.settings import EditSettings

    for name in values:
        if name not in EDIT_KNOBS:
            raise RequestError(
                f"there is a setting of edits named {shown(name)}",
                expected=f"one of {', '.join(EDIT_KNOBS)}",
                advice="Correct or leave out the name",
            )
    checked: dict[str, Any] = {
        name: check(knob, values.get(name, knob.default)) for name, knob in EDIT_KNOBS.items()
    }
    enums = {"snap": Snap(checked["snap"]), "match_level": Match(checked["match_level"])}
    return EditSettings(**{**checked, **enums})
