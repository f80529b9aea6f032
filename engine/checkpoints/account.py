"""A full account of weights: every name and shape that a file has, and should have."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.errors import CheckpointError

Shapes = Mapping[str, tuple[int, ...]]


def check_weights(weights: Mapping[str, Tensor], wanted: Shapes, file: str) -> None:
    """Account for every name and shape, and for every number to be finite.

    Args:
        weights: as they are in a file. wanted: by the same names. file: its name, for messages.

    Raises:
        CheckpointError: naming the first of each kind of fault, and how many there are.
    """
    missing = [name for name in wanted if name not in weights]
    extra = [name for name in weights if name not in wanted]
    misshapen = [
        f"{name} of {list(weights[name].shape)} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in weights and tuple(weights[name].shape) != tuple(shape)
    ]
    faults = [
        f"{len(names)} {words} weights such as {_shown(names[0])}"
        for words, names in (("missing", missing), ("unknown", extra), ("misshapen", misshapen))
        if names
    ]
    if not faults:
        faults = [
            f"numbers in {name} that are not finite"
            for name, weight in weights.items()
            if not weight.is_floating_point() or not bool(torch.isfinite(weight).all())
        ][:1]
    if faults:
        raise CheckpointError(
            f"the file {file} has {', '.join(faults)}",
            expected=f"the {len(wanted)} weights that its settings describe",
            advice="Download it again; a file of another program must first be exported",
        )


def _shown(name: str) -> str:
    """A name from a file, without what could move a terminal's cursor."""
    return name[:200] if name.isprintable() else repr(name[:200])
