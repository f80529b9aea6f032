"""What is kept inside every file: all that makes the same sound again, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.decode import GenerationRequest, request_as_dict
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.music import MusicModel


def provenance(
    request: GenerationRequest, model: MusicModel, *, gain_db: float = 0.0
) -> dict[str, Any]:
    """The facts of one clip, in JSON's types.

    Args:
        request: for this clip alone (one variation, its own seed).
        model: what made it; `model_sha256` is over all its files (`folder.hash_model`).
        gain_db: what its samples were multiplied by afterwards.
    """
    return {
        "engine_version": VERSION,
        "model": model.name,
        "model_sha256": model.weights_hash,
        "licence": model.licence,
        "gain_db": round(gain_db, 3),
        "request": request_as_dict(request),
    }
