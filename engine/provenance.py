"""What is kept inside every file: all that makes the same sound again, and under which licence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.cast import helper_names
from engine.decode import GenerationRequest, request_as_dict
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.music import MusicModel


def provenance(
    request: GenerationRequest,
    model: MusicModel,
    helpers: Mapping[str, MusicModel] = MappingProxyType({}),
    *,
    gain_db: float = 0.0,
) -> dict[str, Any]:
    """The facts of one clip, in JSON's types.

    Args:
        request: for this clip alone (one variation, its own seed).
        model: what made it; `model_sha256` is over all its files (`folder.hash_model`).
        helpers: the other models, by the names that the request has for them; those that took
            no part are left out.
        gain_db: what its samples were multiplied by afterwards.
    """
    took_part = helper_names(request)
    return {
        "engine_version": VERSION,
        "model": model.name,
        "model_sha256": model.weights_hash,
        "licence": model.licence,
        "helpers": {
            name: {"model_sha256": helper.weights_hash, "licence": helper.licence}
            for name, helper in helpers.items()
            if name in took_part
        },
        "gain_db": round(gain_db, 3),
        "request": request_as_dict(request),
    }
