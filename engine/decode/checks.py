"""Checks of one setting each: its type and its range, said in words.

Types are checked because a wrong one would not fail but mean something else: `True` is a 1 to
Python, and the text "hybrid" equals `Mode.HYBRID` without being it.
"""

from __future__ import annotations

import math
from enum import Enum

from engine.errors import RequestError


def require(name: str, value: object, is_right: bool, expected: str) -> None:
    """Refuse a setting.

    Raises:
        RequestError: `is_right` is False.
    """
    if not is_right:
        raise RequestError(f"{name} is {value!r}", expected=expected, advice=f"Change {name}")


def require_choice(name: str, value: object, choices: type[Enum]) -> None:
    """A member of an enum, not its text."""
    names = " or ".join(f"{choices.__name__}.{choice.name}" for choice in choices)
    require(name, value, isinstance(value, choices), names)


def require_flag(name: str, value: object) -> None:
    """True or False."""
    require(name, value, isinstance(value, bool), "True or False")


def require_text(name: str, value: object) -> None:
    """A string, which may be empty."""
    require(name, value, isinstance(value, str), "a text")


def require_whole(name: str, value: object, lowest: int, highest: int | None = None) -> None:
    """A whole number from `lowest` to `highest` (None: no end)."""
    upper = math.inf if highest is None else highest
    is_right = isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= upper
    end = "or more" if highest is None else f"to {highest}"
    require(name, value, is_right, f"a whole number, {lowest} {end}")


def require_number(
    name: str, value: object, lowest: float, highest: float, *, above: bool = False
) -> None:
    """A finite number from `lowest` to `highest`; `above` excludes `lowest` itself."""
    is_right = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and lowest <= value <= highest
        and not (above and value == lowest)
    )
    start = f"{'more than ' if above else ''}{lowest:g}"
    end = f", at most {highest:g}" if highest < math.inf else "" if above else " or more"
    require(name, value, is_right, f"a number, {start}{end}")
