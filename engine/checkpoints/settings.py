"""The training configuration inside a released file, asked by dotted names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import CheckpointError

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_LONGEST_CHAIN = 8
_MISSING = object()


@dataclass(frozen=True)
class Settings:
    """A tree of settings.

    Args:
        values: nested mappings. A text that is a reference alone, such as "${sample_rate}",
            stands for the setting of that name.
        file: its name, for messages.
    """

    values: Mapping[str, Any]
    file: str

    def get(self, name: str, default: Any = None) -> Any:
        """A setting by its dotted name, references followed; the default if it is not there.

        Raises:
            CheckpointError: references in a circle.
        """
        value = self._find(name)
        for _ in range(_LONGEST_CHAIN):
            reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if reference is None:
                return default if value is _MISSING or value is None else value
            value = self._find(reference[1])
        raise self._wrong(name, "a reference to itself", "a value")

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number.

        Raises:
            CheckpointError: it is something else, or is missing and has no default.
        """
        value = self.get(name, default)
        if type(value) is not int:
            raise self._wrong(name, repr(value), "a whole number")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number; raises as `whole` does."""
        value = self.get(name, default)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self._wrong(name, repr(value), "a number")
        return float(value)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; raises as `whole` does."""
        value = self.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, repr(value), "a text")
        return value

    def numbers(self, name: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list of whole numbers; raises as `whole` does."""
        value = self.get(name, default)
        if not isinstance(value, (list, tuple)) or any(type(each) is not int for each in value):
            raise self._wrong(name, repr(value), "a list of whole numbers")
        return tuple(value)

    def require(self, name: str, *allowed: object) -> None:
        """Check that a setting, if it is there, has one of the values that are implemented.

        Raises:
            CheckpointError: it has another one.
        """
        value = self.get(name, allowed[0])
        if not any(
            value is each or (type(value) is type(each) and value == each) for each in allowed
        ):
            raise self._wrong(name, repr(value), " or ".join(map(repr, allowed)))

    def _find(self, name: str) -> Any:
        value: Any = self.values
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return _MISSING
            value = value[part]
        return value

    def _wrong(self, name: str, came: str, expected: str) -> CheckpointError:
        return CheckpointError(
            f"the setting {name} in {self.file} is {came[:100]}",
            expected=expected,
            advice="Use a released model, or one trained with the released configuration",
        )
