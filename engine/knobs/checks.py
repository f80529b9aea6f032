"""One value of one knob: taken as it is, or refused; never clamped, rounded, trimmed or parsed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from numbers import Real

from engine.errors import RequestError
from engine.knobs.knob import N_LEVELS, Knob, KnobKind
from engine.knobs.words import range_text, shown

_SELF = "self"
"""No model is known by this name: it stands for the one that is played."""
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's control characters, half pairs, and line and paragraph separators."""


def check(knob: Knob, value: object) -> object:
    """The value in the type that a request holds: 3 for a float becomes 3.0, a list a tuple.

    Raises:
        RequestError: a value of another kind or out of range.
    """
    if value is None and knob.optional:
        return None
    return _CHECKS[knob.kind](knob, value)


def _check_text(knob: Knob, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(knob, value)
    if len(value) > knob.maximum:
        raise RequestError(
            f"the {knob.label.lower()} has {len(value):,} characters",
            expected=f"at most {knob.maximum:.0f}",
            advice="Shorten it to what matters most",
        )
    for place, character in enumerate(value, start=1):
        if unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise RequestError(
                f"character {place} of the {knob.label.lower()} is U+{ord(character):04X}, "
                "a line break or control character",
                expected="one line of ordinary text",
                advice="Remove that character, or put a space in its place",
            )
    return value


def _check_model(knob: Knob, value: object) -> str:
    name = _check_text(knob, value)
    if not name.strip() or (name == _SELF and name not in knob.choices):
        raise _wrong(knob, value)
    return name


def _check_int(knob: Knob, value: object) -> int:
    number = _number(knob, value)
    _check_range(knob, number)
    if number != int(number):
        raise _wrong(knob, value)
    return int(number)


def _check_float(knob: Knob, value: object) -> float:
    number = _number(knob, value)
    _check_range(knob, number)
    return float(number)


def _check_choice(knob: Knob, value: object) -> str:
    # A member of an enum of these strings is one of them; its plain value is what leaves here.
    if not isinstance(value, str) or value not in knob.choices:
        raise _wrong(knob, value)
    return knob.choices[knob.choices.index(value)]


def _check_bool(knob: Knob, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(knob, value)
    return value


def _check_steps(knob: Knob, value: object) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != N_LEVELS:
        raise _wrong(knob, value)
    return tuple(_check_int(knob, each) for each in value)


_CHECKS: Mapping[KnobKind, Callable[[Knob, object], object]] = {
    KnobKind.TEXT: _check_text,
    KnobKind.INT: _check_int,
    KnobKind.FLOAT: _check_float,
    KnobKind.CHOICE: _check_choice,
    KnobKind.BOOL: _check_bool,
    KnobKind.STEPS: _check_steps,
    KnobKind.MODEL: _check_model,
}


def _number(knob: Knob, value: object) -> int | float:
    # True is a number to Python, but nobody who says "on" means 1.
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _wrong(knob, value)
    return value if isinstance(value, int) else float(value)


def _check_range(knob: Knob, value: int | float) -> None:
    # Written so that NaN, which compares false with everything, is refused too.
    if not knob.minimum <= value <= knob.maximum:
        raise _wrong(knob, value)


def _wrong(knob: Knob, value: object) -> RequestError:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    what = "one of the steps" if knob.kind is KnobKind.STEPS and is_number else knob.label
    return RequestError(
        f"{what} is {shown(value)}",
        expected=range_text(knob),
        advice="Give a value in that range" if is_number else "Give a value of that kind",
    )
