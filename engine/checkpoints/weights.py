"""One network's weights in one safetensors file; a matrix may be kept in 8 bits."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.errors import CheckpointError

_STEPS, _SCALE = ".int8", ".int8_scale"
"""A matrix in 8 bits is two tensors: whole numbers, and one scale a row."""
_FLOATS = ("F16", "BF16", "F32")
_CONFIG = "config.json"


class Entry(NamedTuple):
    """What a file's header says of one tensor; `dtype` by safetensors' names ("F16", "I8")."""

    dtype: str
    shape: tuple[int, ...]


def read_header(path: Path) -> dict[str, Entry]:
    """Names, kinds and shapes of a file's tensors, without reading them.

    The shapes add up to the file's size: safetensors refuses a header that promises more.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            return {
                key: Entry(part.get_dtype(), tuple(part.get_shape()))
                for key, part in slices.items()
            }
    except (SafetensorError, OSError) as error:
        raise damaged(path, str(error)) from error


def count_parameters(path: Path) -> int:
    """Numbers in a weight file, without reading them.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    header = read_header(path)
    return sum(math.prod(each.shape) for key, each in header.items() if not key.endswith(_SCALE))


def check_sizes(network: nn.Module, path: Path) -> None:
    """Compare a file's header with a network; neither's numbers are touched.

    Args:
        network: may be without memory, on the device "meta".
        path: of its weights.

    Raises:
        CheckpointError: the file is damaged, or its tensors are not those of the network.
    """
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    given = _shapes(read_header(path))
    wrong = sorted(key for key in wanted | given if wanted.get(key) != given.get(key))
    if wrong:
        key, more = wrong[0], len(wrong) - 1
        found = f"{key[:100]} {list(given[key])}" if key in given else f"no {key}"
        raise CheckpointError(
            f"the weights {path.parent.name}/{path.name} have {found}"
            + (f", and {more} more do not fit {_CONFIG}" if more else ""),
            expected=f"{list(wanted[key])} by {_CONFIG}" if key in wanted else f"none by {_CONFIG}",
            advice="Export or download the model again",
        )


@torch.no_grad()
def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a file whose sizes `check_sizes` has compared; it becomes float32.

    Args:
        network: its tensors are replaced, so that it may come without memory.
        path: of its weights.

    Raises:
        CheckpointError: the file is damaged, or some numbers are not finite.
    """
    try:
        state = _unpacked(load_file(path))
    except (SafetensorError, OSError) as error:
        raise damaged(path, str(error)) from error
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise damaged(path, "weights that are not finite")
    network.load_state_dict(state, assign=True)


def save_weights(network: nn.Module, path: Path, *, pack: bool = False) -> None:
    """Write a network's weights as float16.

    Args:
        network: any.
        path: a new file.
        pack: keep matrices in 8 bits with one scale a row.

    Raises:
        CheckpointError: weights that are not finite, or too large for float16.
        OSError, SafetensorError: the file cannot be written.
    """
    state: dict[str, Tensor] = {}
    for key, value in network.state_dict().items():
        if pack and value.dim() == 2:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
            state[key + _STEPS] = (value / scale).round().to(torch.int8)
            state[key + _SCALE] = scale.half()
        else:
            state[key] = value.half().contiguous()
    wrong = [key for key, value in state.items() if not bool(torch.isfinite(value).all())]
    if wrong:
        raise CheckpointError(
            f"the weights {wrong[0]} are not finite, or too large for 16 bits",
            expected="finite numbers of at most 65504",
            advice="Go back to an earlier state of the training",
        )
    save_file(state, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def damaged(path: Path, why: str) -> CheckpointError:
    """The error for a file that does not hold what its name promises."""
    return CheckpointError(
        f"{path.parent.name}/{path.name} cannot be read ({why[:200]})",
        expected="a whole, undamaged file",
        advice="Export or download the model again",
    )


def _shapes(header: dict[str, Entry]) -> dict[str, tuple[int, ...]]:
    """Shapes by the network's names; what is no weight keeps a name that no network has."""
    packed = {
        key.removesuffix(_STEPS): each.shape
        for key, each in header.items()
        if key.endswith(_STEPS) and each.dtype == "I8" and len(each.shape) == 2
    }
    shapes = {}
    for key, (dtype, shape) in header.items():
        name = key.removesuffix(_SCALE).removesuffix(_STEPS)
        if name == key and dtype in _FLOATS:
            shapes[key] = shape
        elif name not in packed or header.get(name + _SCALE) != ("F16", (packed[name][0], 1)):
            shapes[f"{key} of {dtype}"] = shape
        else:
            shapes[name] = packed[name]
    return shapes


def _unpacked(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Float32 copies; matrices in 8 bits under their own names."""
    found = {}
    for key, value in state.items():
        name = key.removesuffix(_STEPS)
        if name != key:
            found[name] = value.float() * state[name + _SCALE].float()
        elif not key.endswith(_SCALE):
            # A copy even of float32: the tensors of a file may change or vanish with it.
            found[key] = value.to(torch.float32, copy=True)
    return found


def hash_weights(network: nn.Module) -> str:
    """SHA-256 over a network's weights and their names, as hexadecimal digits.

    The same wherever it is loaded from, as long as no number differs.
    """
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
