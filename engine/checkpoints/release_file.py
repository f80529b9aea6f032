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
from engine.checkpoints.upstream_names import RELEASED, Naming
from engine.errors import CheckpointError

_GLOBAL = re.compile(r"GLOBAL ([\w.]{1,100})")
WEIGHTS, SETTINGS, POINTER = "best_state", "xp.cfg", "pretrained"
_LONGEST_SETTINGS = 2**17
"""Characters; a released file has 6,000 to 30,000."""
_MOST_VALUES, _DEEPEST, _LONGEST_TEXT, _LARGEST_NUMBER = 20_000, 50, 10_000, 2**63
"""Of a configuration; a released one has about 400 values, 5 levels deep."""


@dataclass(frozen=True, kw_only=True)
class ReleaseFile:
    """Weights and the configuration that they were trained with.

    Args:
        weights: by the names that `naming` knows; read from the file as they are needed.
        settings: the configuration.
        naming: of a language model's weights.
    """

    weights: Mapping[str, Tensor]
    settings: Settings
    naming: Naming = RELEASED


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
    pointer = content.get(POINTER)
    if isinstance(pointer, str) and len(pointer) <= 200:
        return CodecPointer(pointer)
    weights, settings = content.get(WEIGHTS), content.get(SETTINGS)
    if not isinstance(weights, Mapping) or settings is None:
        raise _other(path, f"the keys {', '.join(sorted(map(str, content)))[:200] or 'none'}")
    wrong = [
        str(name)[:100]
        for name, value in weights.items()
        if not isinstance(name, str) or not _is_plain(value)
    ]
    if wrong or not weights:
        raise _other(path, f"{WEIGHTS} with {wrong[0] if wrong else 'nothing'} in it")
    _require_room(path, weights)
    return ReleaseFile(weights=weights, settings=Settings(_plain(settings, path), path.name))


def _is_plain(value: Any) -> bool:
    """Whether it is a tensor whose numbers lie in the file; a pickle can name other kinds."""
    return (
        type(value) in (Tensor, torch.nn.Parameter)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


def _require_room(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Refuse a few bytes that stand for many numbers: copying those would take the memory."""
    claimed = sum(weight.numel() * weight.element_size() for weight in weights.values())
    size = path.stat().st_size
    if claimed > size:
        raise _damaged(path, f"its weights claim {claimed:,} bytes, and it has {size:,}")


def _load(path: Path) -> Any:
    if not path.is_file():
        raise CheckpointError(
            f"there is no file {path.name} in {path.parent}",
            expected="a model folder with state_dict.bin and compression_state_dict.bin",
            advice="Check the path, or download the model again",
        )
    try:
        # Mapped, a file of gigabytes costs no memory until its weights are copied.
        mapped = zipfile.is_zipfile(path)
        if mapped:
            _require_stored(path)
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except CheckpointError:
        raise
    except pickle.UnpicklingError as error:
        asked_for = _GLOBAL.search(str(error))
        if asked_for:
            raise _hostile(path, asked_for[1]) from error
        raise _damaged(path, _first_line(error)) from error
    # The readers of archives and pickles raise nearly anything on damaged input.
    except Exception as error:
        raise _damaged(path, _first_line(error)) from error


def _require_stored(path: Path) -> None:
    """Refuse an archive that unpacks to more than it is; PyTorch never compresses its own."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    size = path.stat().st_size
    if unpacked > size:
        raise _damaged(path, f"{size:,} bytes that unpack to {unpacked:,}")


class _Node:
    """Stands for any class of a configuration library: keeps its data, does nothing."""

    def __setstate__(self, state: object) -> None:
        self.state = state

    def content(self) -> object:
        """What it wraps."""
        state = getattr(self, "state", None)
        return state.get("_content", state.get("_val")) if isinstance(state, dict) else None


_TYPES = ("dict", "list", "int", "long")
_HARMLESS: list[Any] = [
    OrderedDict,
    defaultdict,
    *((_Node, f"{module}.{name}") for module in ("builtins", "__builtin__") for name in _TYPES),
    (object, "typing.Any"),
    (_Node, "omegaconf.dictconfig.DictConfig"),
    (_Node, "omegaconf.listconfig.ListConfig"),
    (_Node, "omegaconf.nodes.AnyNode"),
    (_Node, "omegaconf.base.Metadata"),
    (_Node, "omegaconf.base.ContainerMetadata"),
]
"""Names that files of the first releases hold, and what is put in their place.

The types stand there for themselves, to say what a configuration may hold; nobody calls them, and
a file that could might fill the memory: a list of a stretched tensor has all its numbers."""


class _Loader(yaml.SafeLoader):
    """YAML without references: a short text of them can stand for a tree of any size."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ValueError("references to other places")
        return super().compose_node(parent, index)


class _Copy:
    """Copies configuration objects as dictionaries, lists and values, and counts as it goes:
    objects of a pickle can refer to one another, so that few make a tree of any size.
    """

    def __init__(self) -> None:
        self.left = _MOST_VALUES

    def of(self, value: object, depth: int = 0) -> object:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise ValueError(f"more than {_MOST_VALUES:,} values or {_DEEPEST} levels")
        if isinstance(value, _Node):
            return self.of(value.content(), depth + 1)
        if isinstance(value, Mapping):
            return {str(key)[:100]: self.of(each, depth + 1) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.of(each, depth + 1) for each in value]
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            raise ValueError(f"a value of {len(value):,} characters")
        if isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
            raise ValueError("a number of more than 18 digits")
        # Dates, which YAML knows and a copy of the settings as JSON does not.
        return value if value is None or isinstance(value, (str, int, float)) else str(value)[:100]


def _plain(settings: object, path: Path) -> Mapping[str, Any]:
    try:
        if isinstance(settings, str):
            if len(settings) > _LONGEST_SETTINGS:
                raise ValueError(f"{len(settings):,} characters")
            settings = yaml.load(settings, _Loader)
        plain = _Copy().of(settings)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = "is not YAML" if isinstance(error, yaml.YAMLError) else "is not understood"
        why = _first_line(error)[:100]
        raise _other(path, f"an {SETTINGS} that {words} ({why})") from error
    if not isinstance(plain, Mapping):
        raise _other(path, f"an {SETTINGS} that is no table of settings")
    return plain


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _printable(text: str) -> str:
    """A text from a file, without what could move a terminal's cursor."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _other(path: Path, came: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} holds {_printable(came)}",
        expected=f"{WEIGHTS} and {SETTINGS}, or {POINTER}, as released models have them",
        advice="Use a released MAGNeT, MusicGen or AudioGen, or one exported in that format",
    )


def _hostile(path: Path, asked_for: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} wants to call {asked_for}",
        expected="weights and settings alone",
        advice="Do not use this file; nothing of it was run",
    )


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} cannot be read ({_printable(why[:200])})",
        expected="a whole, undamaged file of PyTorch",
        advice="Download it again",
    )
