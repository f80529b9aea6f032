"""Folders in the format of `transformers`, read without its help: JSON and safetensors alone.

config.json                     sizes
model.safetensors               weights; or, in several files,
model.safetensors.index.json    which file has which weight

Only settings that we name reach the library, so that no configuration can make it fetch or run
something; pickles (pytorch_model.bin) are never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.checkpoints.account import check_weights
from engine.checkpoints.settings import Settings
from engine.errors import CheckpointError

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
INDEX_FILE = WEIGHTS_FILE + ".index.json"
PICKLE_FILES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_LARGEST_CONFIG, _LARGEST_INDEX = 2**18, 2**22
"""Bytes; published ones have 10,000 and 100,000."""
_PLAIN_NAME = re.compile(r"[\w-][\w.-]{0,200}\.safetensors")


def read_settings(folder: Path, name: str = CONFIG_FILE) -> Settings:
    """The content of `config.json`, or of another small table beside it.

    Raises:
        CheckpointError: it is missing, too large or no table of settings.
    """
    return Settings(_read_json(folder / name, _LARGEST_CONFIG), f"{folder.name}/{name}")


def part_settings(settings: Settings, name: str) -> Settings:
    """The settings of one network among those of several.

    Raises:
        CheckpointError: there are none.
    """
    values = settings.get(name)
    if not isinstance(values, Mapping):
        raise CheckpointError(
            f"the setting {name} in {settings.file} is {repr(values)[:100]}",
            expected="a table of settings",
            advice="Download it again",
        )
    return Settings(values, settings.file)


def read_sizes(settings: Settings, ranges: Mapping[str, tuple[int, int, int]]) -> dict[str, int]:
    """Whole numbers of the settings.

    Args:
        ranges: for each name the least and the most that is allowed, and what to take where
            the settings have nothing.

    Raises:
        CheckpointError: one that is out of its range: a damaged file must fail in words, not
            in memory.
    """
    sizes = {name: settings.whole(name, default) for name, (_, _, default) in ranges.items()}
    for name, (least, most, _) in ranges.items():
        if not least <= sizes[name] <= most:
            raise CheckpointError(
                f"the setting {name} in {settings.file} is {repr(sizes[name])[:100]}",
                expected=f"{least} to {most}",
                advice="Download it again",
            )
    return sizes


def weight_files(folder: Path) -> tuple[str, ...]:
    """The names of the files that `read_weights` reads.

    Raises:
        CheckpointError: there are none, or the index of several is damaged.
    """
    if (folder / WEIGHTS_FILE).is_file():
        return (WEIGHTS_FILE,)
    if (folder / INDEX_FILE).is_file():
        return (INDEX_FILE, *sorted(set(_read_index(folder).values())))
    pickles = [name for name in PICKLE_FILES if (folder / name).is_file()]
    raise CheckpointError(
        f"the folder {folder.name} has no {WEIGHTS_FILE}"
        + (f", only {pickles[0]}" if pickles else ""),
        expected="weights as safetensors; a pickle could run code and is not read",
        advice="Download the safetensors of this model, or convert it with transformers",
    )


def read_weights(folder: Path) -> dict[str, Tensor]:
    """All weights of a folder, mapped into memory: they are read as they are needed.

    Raises:
        CheckpointError: a file is missing or damaged, or is not what the index says.
    """
    names = weight_files(folder)
    if names[0] != INDEX_FILE:
        return _read_file(folder / names[0])
    index = _read_index(folder)
    weights: dict[str, Tensor] = {}
    for file in names[1:]:
        found = _read_file(folder / file)
        wrong = found.keys() ^ {name for name, place in index.items() if place == file}
        if wrong:
            raise CheckpointError(
                f"the files {INDEX_FILE} and {file} do not agree about {min(wrong)[:200]!r}",
                expected="an index of exactly what the files hold",
                advice="Download all files of one version",
            )
        weights |= found
    return weights


def below(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights whose names begin with a prefix, by the rest of their names."""
    return {n.removeprefix(prefix): each for n, each in weights.items() if n.startswith(prefix)}


@torch.no_grad()
def make_network(kind: Any, config: Any, weights: Mapping[str, Tensor], file: str) -> nn.Module:
    """A network of `transformers` in float32, after a full account of its weights.

    Args:
        kind: its class. config: its sizes, an object of the library.
        weights: by the class's own names. file: where they are from, for messages.

    Raises:
        CheckpointError: missing, superfluous, misshapen or not finite weights.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()
    with torch.device("meta"):
        wanted = {name: tuple(each.shape) for name, each in kind(config).state_dict().items()}
    check_weights(weights, wanted, file)
    # Copies even of float32: the tensors of a file may change or vanish with it.
    state = {name: weight.to(torch.float32, copy=True) for name, weight in weights.items()}
    network = kind.from_pretrained(None, config=config, state_dict=state, dtype=torch.float32)
    return network.eval().requires_grad_(False)


def _read_file(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error


def _read_index(folder: Path) -> dict[str, str]:
    path = folder / INDEX_FILE
    places = _read_json(path, _LARGEST_INDEX).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise _damaged(path, "no weight_map")
    for place in places.values():
        # Beside the index: a file must not decide what else on the disk is read.
        if not isinstance(place, str) or not _PLAIN_NAME.fullmatch(place):
            raise _damaged(path, f"it names {repr(place)[:100]}, no file of weights beside it")
    return places


def _read_json(path: Path, largest: int) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise ValueError(f"more than {largest:,} bytes")
        values = json.loads(content.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(values, dict):
        raise _damaged(path, f"a {type(values).__name__} instead of names and values")
    return values


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.parent.name}/{path.name} cannot be read ({why[:200]})",
        expected="a whole, undamaged file",
        advice="Download it again",
    )
