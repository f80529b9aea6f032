"""Traces read back: the format is in `trace`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.decode.records import DecodeStep, Phase
from engine.decode.trace import FORMAT, CellState
from engine.errors import RequestError

LARGEST_GRID = 8 * 16 * 10_000
"""Cells that a trace may claim to have: a damaged header must not fill the memory. Room for 8
variations of 16 levels and 200 s at 50 Hz; their tokens are 10 MB."""
LARGEST_MASK_ID = 2**15 - 1
"""Tokens are int16."""

_DAMAGE = (KeyError, TypeError, ValueError, IndexError, OverflowError, RuntimeError)
"""What reading a line that is not as described can raise."""


@dataclass(frozen=True, kw_only=True)
class TraceHeader:
    """What the first line says; `given_cells` bool and `given_tokens` int64 are [B, K, T]."""

    shape: tuple[int, int, int]
    mask_id: int
    count: int
    given_cells: Tensor
    given_tokens: Tensor
    info: Mapping[str, Any]


def read_header(text: str) -> TraceHeader:
    """The first line of a trace.

    Raises:
        RequestError: not a trace, or a damaged one.
    """
    fields = _parse(text.partition("\n")[0], number=1)
    try:
        if fields["format"] != FORMAT:
            raise _damaged(1, f"the format is {fields['format']!r}")
        n_variations, n_levels, n_frames = (_whole(n) for n in fields["shape"])
        shape = (n_variations, n_levels, n_frames)
        if min(shape) < 1 or n_variations * n_levels * n_frames > LARGEST_GRID:
            raise _damaged(1, f"the shape is {shape}")
        mask_id, count = _whole(fields["mask_id"]), _whole(fields["count"])
        if not 0 < mask_id <= LARGEST_MASK_ID or count < 1:
            raise _damaged(1, f"the mask id is {mask_id} and the count {count}")
        cells, tokens = _read_given(fields["given"], shape, mask_id)
        return TraceHeader(
            shape=shape,
            mask_id=mask_id,
            count=count,
            given_cells=cells,
            given_tokens=tokens,
            info=dict(fields["info"]),
        )
    except RequestError:
        raise
    except _DAMAGE as error:
        raise _damaged(1, repr(error)) from error


def read_trace(text: str) -> Iterator[DecodeStep]:
    """The records of a trace, one after the other.

    A last line without its line feed is still being written and is left out. The records equal
    those that were written, but for `confidence` and `rescored`, which are rounded
    to 1/255.

    Raises:
        RequestError: not a trace, or a damaged one (the damage is met while iterating).
    """
    header = read_header(text)
    keep = header.given_cells
    state = _State(header.given_tokens, ~keep, keep, keep.float(), header.mask_id)
    for number, line in enumerate(text.split("\n")[1:-1], start=2):
        fields = _parse(line, number=number)
        try:
            record, state = _replay(fields, state, header.count)
        except _DAMAGE as error:
            raise _damaged(number, repr(error)) from error
        yield record


class _State(NamedTuple):
    codes: Tensor
    masked: Tensor
    keep: Tensor
    confidence: Tensor
    mask_id: int


def _replay(fields: Mapping[str, Any], state: _State, count: int) -> tuple[DecodeStep, _State]:
    phase, stage = Phase(fields["phase"]), _whole(fields["stage"])
    masked, keep = state.masked.clone(), state.keep.clone()
    _require_below(torch.tensor(stage), masked.shape[1])
    updated = torch.zeros_like(masked)
    if phase is Phase.OPENING:
        levels, frames = torch.tensor(fields["cells"], dtype=torch.int64).T
        _require_below(levels, masked.shape[1])
        _require_below(frames, masked.shape[2])
        updated[:, levels, frames] = True
        keep |= updated
        masked &= ~updated
    else:
        n_variations, _, n_frames = masked.shape
        states = _unpack_states(fields["state"], n_variations * n_frames)
        states = states.reshape(n_variations, n_frames)
        updated[:, stage] = (states == CellState.FIXED_NOW) | (states == CellState.DRAWN_AGAIN)
        masked[:, stage] = (states == CellState.MASKED) | (states == CellState.DRAWN_AGAIN)
    codes, confidence = state.codes.clone(), state.confidence.clone()
    n_updated = int(updated.sum())
    codes[updated] = _unpack_tokens(fields["tokens"], state.mask_id, n_updated)
    confidence[updated] = _unpack(fields["confidence"], "u1", torch.float32, n_updated) / 255
    rescored = None
    if "rescored" in fields:
        judged = updated[:, stage]
        rescored = torch.zeros(judged.shape)
        n_judged = int(judged.sum())
        rescored[judged] = _unpack(fields["rescored"], "u1", torch.float32, n_judged) / 255
    record = DecodeStep(
        phase=phase,
        stage=stage,
        step=_whole(fields["step"]),
        total_steps=_whole(fields["total_steps"]),
        index=_whole(fields["index"]),
        count=count,
        codes=codes.clone(),
        masked=masked.clone(),
        updated=updated,
        keep=keep.clone(),
        confidence=confidence.clone(),
        temperature=float(fields["temperature"]),
        cfg_coef=float(fields["cfg_coef"]),
        rescored=rescored,
    )
    return record, _State(codes, masked, keep, confidence, state.mask_id)


def _read_given(
    given: Mapping[str, str] | None, shape: tuple[int, int, int], mask_id: int
) -> tuple[Tensor, Tensor]:
    cells = torch.zeros(shape, dtype=torch.bool)
    tokens = torch.full(shape, mask_id, dtype=torch.int64)
    if given is not None:
        bits = np.unpackbits(np.frombuffer(_decode(given["cells"]), np.uint8))
        cells = torch.from_numpy(bits[: cells.numel()].astype(bool)).reshape(shape)
        tokens[cells] = _unpack_tokens(given["tokens"], mask_id, int(cells.sum()))
    return cells, tokens


def _unpack_states(text: str, n_cells: int) -> Tensor:
    pairs = np.frombuffer(_decode(text), np.uint8)
    return torch.from_numpy(np.stack([pairs >> 4, pairs & 15], axis=1).flatten()[:n_cells])


def _unpack_tokens(text: str, mask_id: int, n_tokens: int) -> Tensor:
    tokens = _unpack(text, "<i2", torch.int64, n_tokens)
    _require_below(tokens, mask_id)
    return tokens


def _unpack(text: str, layout: str, dtype: torch.dtype, n_values: int) -> Tensor:
    values = np.frombuffer(_decode(text), layout)
    if len(values) != n_values:  # a single one would silently stand for all
        raise ValueError(f"{len(values)} values for {n_values} cells")
    return torch.from_numpy(values.astype("i4")).to(dtype)


def _require_below(values: Tensor, end: int) -> None:
    if bool(((values < 0) | (values >= end)).any()):
        raise ValueError(f"a number outside of 0 to {end - 1}")


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _parse(line: str, *, number: int) -> Mapping[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(number, str(error)) from error
    if not isinstance(fields, dict):
        raise _damaged(number, "it is not an object")
    return fields


def _damaged(number: int, why: str) -> RequestError:
    return RequestError(
        f"line {number} of the trace cannot be read: {why}",
        expected=f"a trace of format {FORMAT}",
        advice="Use a trace exported by this program",
    )
