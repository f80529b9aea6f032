"""A generation as text, one line per step, that grows only at its end.

The page reads it while it is written, a take keeps it, and `trace_reader` gives the records back.

Every line is one JSON object followed by a line feed. Binary fields are base64 (RFC 4648, with
padding). Cells are listed by variation, then level, then frame; integers are little-endian.

Line 0, the header:

    format      "magnet-trace/1"
    shape       [B, K, T]
    mask_id     V: the code of a cell without a token
    count       records that the whole generation has
    given       null, or where tokens were given before the first step:
        cells       a bit per cell, the first cell in the highest bit of the first byte
        tokens      int16 for each such cell
    info        an object of the writer's: prompt, seed, frame rate, whatever JSON can hold

Each further line, one record:

    index       0-based position in the whole generation
    phase       "opening" or "parallel"
    stage, step, total_steps, temperature, cfg_coef    as in `DecodeStep`
    cells       opening only: [[level, frame], ...] written in this step by every variation,
                by level
    state       parallel only: half a byte for each cell of level `stage` (B * T of them, the first
                in the high half of the first byte): a number of `CellState`
    tokens      int16 for each cell sampled in this step
    confidence  uint8 for the same cells: probability * 255, rounded
    rescored    parallel only, where a rescorer was asked: uint8 for the same cells, its probability

A parallel line changes no cell outside level `stage`. One of 500 frames takes at most 2.6 kB.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.decode.records import DecodeStep, Phase

FORMAT = "magnet-trace/1"


class CellState(IntEnum):
    """What a parallel step leaves in a cell of its level."""

    MASKED = 0
    """Not final and not sampled in this step."""
    FIXED = 1
    """Final since an earlier step."""
    FIXED_NOW = 2
    """Sampled in this step, final."""
    DRAWN_AGAIN = 3
    """Sampled in this step; the next one draws it again."""
    KEPT = 4
    """Given, or written by the opening."""


def encode_header(first: DecodeStep, *, mask_id: int, info: Mapping[str, Any] | None = None) -> str:
    """The first line of a trace.

    Args:
        first: the first record of the generation.
        mask_id: V.
        info: anything that JSON can hold, kept as it is.
    """
    given = (first.keep & ~first.updated).cpu()
    cells = None
    if bool(given.any()):
        tokens = pack_tokens(first.codes.cpu()[given])
        cells = {"cells": pack_bytes(np.packbits(given.numpy())), "tokens": tokens}
    return _line(
        format=FORMAT,
        shape=list(first.codes.shape),
        mask_id=mask_id,
        count=first.count,
        given=cells,
        info=dict(info or {}),
    )


def encode_step(step: DecodeStep) -> str:
    """One record as a line; it does not depend on the records before it."""
    updated = step.updated.cpu()
    drawn = {
        "tokens": pack_tokens(step.codes.cpu()[updated]),
        "confidence": pack_confidence(step.confidence.cpu()[updated]),
    }
    where: dict[str, Any] = (
        {"cells": updated[0].nonzero().tolist()}
        if step.phase is Phase.OPENING
        else {"state": pack_states(cell_states(step)[:, step.stage])}
    )
    if step.rescored is not None:
        drawn["rescored"] = pack_confidence(step.rescored.cpu()[updated[:, step.stage]])
    return _line(
        index=step.index,
        phase=step.phase.value,
        stage=step.stage,
        step=step.step,
        total_steps=step.total_steps,
        temperature=step.temperature,
        cfg_coef=step.cfg_coef,
        **where,
        **drawn,
    )


def cell_states(step: DecodeStep) -> Tensor:
    """The `CellState` of every cell: uint8 [B, K, T], on the CPU."""
    state = torch.full(step.codes.shape, int(CellState.FIXED), dtype=torch.uint8)
    masked, updated, keep = step.masked.cpu(), step.updated.cpu(), step.keep.cpu()
    state[masked] = CellState.MASKED
    state[updated & masked] = CellState.DRAWN_AGAIN
    state[updated & ~masked] = CellState.FIXED_NOW
    state[keep] = CellState.KEPT
    return state


def pack_bytes(values: NDArray[Any]) -> str:
    """The bytes of an array as base64."""
    return base64.b64encode(values.tobytes()).decode("ascii")


def pack_tokens(tokens: Tensor) -> str:
    """int16, little-endian."""
    return pack_bytes(tokens.numpy().astype("<i2"))


def pack_confidence(probability: Tensor) -> str:
    """uint8: probability * 255, rounded."""
    return pack_bytes((probability * 255).round().to(torch.uint8).numpy())


def pack_states(states: Tensor) -> str:
    """Half a byte each, the first in the high half; an odd number is filled with a 0."""
    flat = states.flatten().numpy()
    pairs = np.append(flat, np.zeros(len(flat) % 2, np.uint8)).reshape(-1, 2)
    return pack_bytes(pairs[:, 0] << 4 | pairs[:, 1])


def _line(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False) + "\n"
