"""What `encodec` and `transformers` need of torchaudio where it does not import: its name.

`encodec` requires torchaudio, whose compiled part does not load beside a CPU-only or newer torch
(OSError); then neither `encodec` nor the models of `transformers` import, though nothing that we
use of them calls it.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

from engine.errors import ToolError


def ensure_torchaudio() -> bool:
    """Make `import torchaudio` succeed; call it before importing `encodec` or `transformers`.

    Where the real one imports, it stays. Where not, an empty module takes its name for this
    process, and any use of it raises `ToolError`. A second call changes nothing.

    Returns:
        True if the real torchaudio is there.
    """
    present = sys.modules.get("torchaudio")
    if present is not None:
        return not isinstance(present, _StandIn)
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError, RuntimeError):
        _put_stand_ins()
        return False
    return True


class _StandIn(ModuleType):
    """A module without content that explains itself when something is asked of it."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)  # what Python and `inspect` ask of any module
        raise ToolError(
            f"something needs {self.__name__}.{name}, and torchaudio does not import",
            expected="a torchaudio built for this torch",
            advice="Install the torchaudio of the same version and index as torch",
        )


def _put_stand_ins() -> None:
    # A failed import leaves the parts that it had finished.
    for name in [each for each in sys.modules if each.partition(".")[0] == "torchaudio"]:
        del sys.modules[name]
    for name in ("torchaudio", "torchaudio.transforms"):
        module = _StandIn(name)
        # `importlib.util.find_spec`, which transformers asks, refuses a module without one.
        module.__spec__ = ModuleSpec(name, None, is_package=name == "torchaudio")
        module.__path__ = []
        sys.modules[name] = module
    sys.modules["torchaudio"].__dict__["transforms"] = sys.modules["torchaudio.transforms"]
