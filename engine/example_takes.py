"""Takes that ship with the project, as tokens: what a model makes, to be heard before it works.

Tokens and not sound: ten seconds are 4 kB of them, and a take that is edited needs them anyway.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.assets import assets_dir
from engine.decode.requests import GenerationRequest, request_from_dict
from engine.errors import AudioError

if TYPE_CHECKING:
    from engine.music import MusicModel

LIST_NAME = "takes.json"

_STORED = np.dtype("<u2")
"""Of the tokens in the list, whatever computer wrote it."""
_OF_TOKENS = ("codec_hash", "shape", "tokens")
_MADE_BY = ("model", "model_sha256", "licence")


@dataclass(frozen=True, kw_only=True)
class ExampleTake:
    """One take.

    Args:
        request: what it was made with: one variation, its own seed.
        made_by: what `engine.provenance.provenance` tells of it, for its file.
        codec_hash: `MusicModel.codec_hash` of the codec that its tokens are for.
        codes: uint16 [K, T] tokens.
    """

    request: GenerationRequest
    made_by: Mapping[str, Any]
    codec_hash: str
    codes: NDArray[np.uint16] = field(compare=False, repr=False)

    @property
    def model(self) -> str:
        """Name of the model that made it."""
        return str(self.made_by["model"])

    @property
    def licence(self) -> str:
        """Of that model's weights."""
        return str(self.made_by["licence"])


def example_takes(folder: Path | None = None) -> tuple[ExampleTake, ...]:
    """The takes in the order in which they are to be shown; none if the folder has no list.

    Args:
        folder: with a `takes.json`; None: the one that ships.

    Raises:
        AudioError: a list that cannot be read, or an entry that is no take.
    """
    listed = (assets_dir() / "takes" if folder is None else folder) / LIST_NAME
    if not listed.is_file():
        return ()
    try:
        entries = json.loads(listed.read_text(encoding="utf-8"))
        if not isinstance(entries, list):
            raise TypeError(f"a {type(entries).__name__} is no list")
        return tuple(map(_from_entry, entries))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(f"the list {LIST_NAME} cannot be read ({str(error)[:200]})") from error


def list_text(takes: Iterable[ExampleTake]) -> str:
    """The list as `example_takes` reads it."""
    return json.dumps([_entry(take) for take in takes], indent=1) + "\n"


def takes_for(model: MusicModel, takes: Iterable[ExampleTake]) -> tuple[ExampleTake, ...]:
    """Those that a model's codec can play; those of another codec are left out.

    Raises:
        AudioError: tokens that claim to be of this codec, which has no such levels or entries.
    """
    ours = tuple(take for take in takes if take.codec_hash == model.codec_hash)
    for take in ours:
        n_levels, most = take.codes.shape[0], int(take.codes.max())
        if n_levels != model.n_levels or most >= model.codebook_size:
            raise _damaged(
                f"the example take with seed {take.request.seed} has {n_levels} levels of tokens "
                f"up to {most}, and its codec {model.n_levels} up to {model.codebook_size - 1}"
            )
    return ours


def _entry(take: ExampleTake) -> dict[str, Any]:
    return {
        **take.made_by,
        "codec_hash": take.codec_hash,
        "shape": list(take.codes.shape),
        "tokens": base64.b64encode(take.codes.astype(_STORED).tobytes()).decode("ascii"),
    }


def _from_entry(entry: Any) -> ExampleTake:
    """Raises ValueError, KeyError or TypeError."""
    made_by = {name: value for name, value in dict(entry).items() if name not in _OF_TOKENS}
    for name in (*_MADE_BY, "codec_hash"):
        if not isinstance(entry[name], str):
            raise TypeError(f"{name} is no text")
    request = request_from_dict(made_by["request"])
    if request.variations != 1:
        raise ValueError(f"a request for {request.variations} variations made no single take")
    codes = _codes(entry["shape"], entry["tokens"])
    return ExampleTake(
        request=request, made_by=made_by, codec_hash=entry["codec_hash"], codes=codes
    )


def _codes(shape: Any, text: Any) -> NDArray[np.uint16]:
    n_levels, n_frames = (int(size) for size in shape)
    raw = base64.b64decode(text, validate=True)
    if min(n_levels, n_frames) < 1 or len(raw) != n_levels * n_frames * _STORED.itemsize:
        raise ValueError(f"{len(raw):,} bytes of tokens for {n_levels} levels x {n_frames} frames")
    return np.frombuffer(raw, _STORED).astype(np.uint16).reshape(n_levels, n_frames)


def _damaged(came: str) -> AudioError:
    return AudioError(
        came,
        expected="the example takes as they ship",
        advice="Install the project again, or make them with python -m "
        "engine.training.example_takes",
    )
