"""What a knob is: one setting with its range, its words and its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

N_LEVELS = 4
"""Codebook levels of every model here, and so the length of `steps`."""


class KnobKind(str, Enum):
    """What a value of a knob is."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    CHOICE = "choice"
    BOOL = "bool"
    STEPS = "steps"
    """A whole number for each codebook level, coarsest first."""
    MODEL = "model"
    """The name of a model."""


class KnobGroup(str, Enum):
    """Which knobs stand together on the page, in `--help` and in the docs."""

    BASIC = "basic"
    MODELS = "models"
    SAMPLING = "sampling"
    GUIDANCE = "guidance"
    SPANS = "spans"
    OPENING = "opening"
    RESCORING = "rescoring"
    EDIT = "edit"
    """Of an edit, beside the request that it makes."""


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One setting.

    Args:
        name: the field of `GenerationRequest`, if `in_options` of its `SamplingOptions`, and of
            the group EDIT of `EditSettings`.
        label: a few words for a widget.
        kind, group: what a value is; where the knob stands.
        default: the paper's value, as in the request's own fields.
        help: what it does to the music, and the paper's term.
        minimum, maximum: the ends of the range, both allowed; for a text its length; of no
            meaning for a choice or a bool.
        step: the grid of a slider; typed values need not lie on it.
        unit: "s", "frames", ... or "".
        choices: the values of a choice; for a model, words that may stand in a name's place.
        optional: True where None is allowed and means off, or the model's own.
    """

    name: str
    label: str
    kind: KnobKind
    group: KnobGroup
    default: str | int | float | bool | tuple[int, ...] | None
    help: str
    minimum: float = 0
    maximum: float = 0
    step: float = 1
    unit: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def in_options(self) -> bool:
        """True for a field of `SamplingOptions`, False for one of the request itself."""
        return self.group not in (KnobGroup.BASIC, KnobGroup.MODELS, KnobGroup.EDIT)

    @property
    def path(self) -> str:
        """The field's path from the request: "seed", "options.top_p"."""
        return f"options.{self.name}" if self.in_options else self.name
