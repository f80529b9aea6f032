"""One file of the published release format: `state_dict.bin` or `compression_state_dict.bin`.

Both are PyTorch archives of a dictionary: `best_state` (weights) and `xp.cfg` (the whole training
configuration as YAML), or `pretrained`, the name of a codec that lies elsewhere. A pickle inside
can name any function of any module; PyTorch's restricted reader calls none but its own, and what
some files hold of configuration objects is read as plain data.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from engine.checkpoints.settings import Settings
from engine.errors import CheckpointError

_GLOBAL = re.compile(r"GLOBAL ([\w.]{1,100})")
WEIGHTS, SETTINGS, POINTER = "best_state", "xp.cfg", "pretrained"


@dataclass(frozen=True, kw_only=True)
class ReleaseFile:
    """Weights and the configuration that they were trained with.

    Args:
        weights: by their published names; read from the file as they are needed.
        settings: the configuration.
    """

    weights: Mapping[str, Tensor]
    settings: Settings


@dataclass(frozen=True)
class CodecPointer:
    """A compression file without weights: `name` is a model of the Hub or a released file."""

    name: str


def read_release_file(path: Path) -> ReleaseFile | CodecPointer:
    """Read a file of the release format without running anything that it holds.

    Raises:
        CheckpointError: it is missing, damaged, hostile, or of another kind.
    """
    content = _load(path)
    if not isinstance(content, Mapping):
        raise _other(path, f"a {type(content).__name__}")
    if isinstance(content.get(POINTER), str):
        return CodecPointer(content[POINTER])
    weights, settings = content.get(WEIGHTS), content.get(SETTINGS)
    if not isinstance(weights, Mapping) or settings is None:
        raise _other(path, f"the keys {', '.join(sorted(map(str, content)))[:200] or 'none'}")
    wrong = [name for name, value in weights.items() if not isinstance(value, Tensor)]
    if wrong or not weights:
        raise _other(path, f"{WEIGHTS} with {wrong[0] if wrong else 'nothing'} in it")
    return ReleaseFile(weights=weights, settings=Settings(_plain(settings, path), path.name))


def _load(path: Path) -> Any:
    if not path.is_file():
        raise CheckpointError(
            f"there is no file {path.name} in {path.parent}",
            expected="a model folder with state_dict.bin and compression_state_dict.bin",
            advice="Check the path, or download the model again",
        )
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            # Mapped, a file of gigabytes costs no memory until its weights are copied.
            mapped = zipfile.is_zipfile(path)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        asked_for = _GLOBAL.search(str(error))
        if asked_for:
            raise _hostile(path, asked_for[1]) from error
        raise _damaged(path, error) from error
    # The readers of archives and pickles raise nearly anything on damaged input.
    except Exception as error:
        raise _damaged(path, error) from error


class _Node:
    """Stands for any class of a configuration library: keeps its data, does nothing."""

    def __setstate__(self, state: object) -> None:
        self.state = state

    def plain(self) -> object:
        """The values that it was made of, without their wrapping."""
        state = getattr(self, "state", None)
        if not isinstance(state, dict):
            return None
        return _unwrapped(state.get("_content", state.get("_val")))


_HARMLESS: list[Any] = [
    OrderedDict,
    defaultdict,
    dict,
    list,
    int,
    (dict, "__builtin__.dict"),
    (list, "__builtin__.list"),
    (int, "__builtin__.long"),
    (object, "typing.Any"),
    (_Node, "omegaconf.dictconfig.DictConfig"),
    (_Node, "omegaconf.listconfig.ListConfig"),
    (_Node, "omegaconf.nodes.AnyNode"),
    (_Node, "omegaconf.base.Metadata"),
    (_Node, "omegaconf.base.ContainerMetadata"),
]
"""Names that files of the first releases hold, and what is put in their place."""


def _unwrapped(value: object, depth: int = 0) -> object:
    """A configuration object's content as dictionaries, lists and values."""
    if depth > 50:
        raise ValueError("more than 50 levels of nesting")
    if isinstance(value, _Node):
        return value.plain()
    if isinstance(value, Mapping):
        return {str(key): _unwrapped(each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_unwrapped(each, depth + 1) for each in value]
    return value


def _plain(settings: object, path: Path) -> Mapping[str, Any]:
    try:
        plain = yaml.safe_load(settings) if isinstance(settings, str) else _unwrapped(settings)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _other(path, f"an {SETTINGS} that is not YAML ({str(error)[:100]})") from error
    if not isinstance(plain, Mapping):
        raise _other(path, f"an {SETTINGS} that is no table of settings")
    return plain


def _other(path: Path, came: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} holds {came}",
        expected=f"{WEIGHTS} and {SETTINGS}, or {POINTER}, as released models have them",
        advice="Use a released MAGNeT, MusicGen or AudioGen, or one exported in that format",
    )


def _hostile(path: Path, asked_for: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} wants to call {asked_for}",
        expected="weights and settings alone",
        advice="Do not use this file; nothing of it was run",
    )


def _damaged(path: Path, why: Exception) -> CheckpointError:
    first_line = (str(why) or type(why).__name__).splitlines()[0]
    return CheckpointError(
        f"the file {path.name} cannot be read ({first_line[:200]})",
        expected="a whole, undamaged file of PyTorch",
        advice="Download it again",
    )
