"""Lists of example takes for models of any kind, and the takes of such a list."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from engine.decode import GenerationRequest
from engine.example_takes import LIST_NAME, ExampleTake, list_text
from engine.provenance import provenance
from studio.example_takes import ExampleTakes
from studio.library import Library
from studio.session import Take

LIMIT_S = 60


def write_list(folder: Path, model: Any, *seeds: int, codec_hash: str = "") -> Path:
    """Half a second of tokens by chance for each seed; `codec_hash` in place of the model's."""
    rng = np.random.default_rng(0)
    takes = []
    for seed in seeds:
        request = GenerationRequest(prompt=f"take {seed}", seed=seed, duration_s=0.5, opening_s=0.1)
        codes = rng.integers(0, model.codebook_size, (model.n_levels, 25)).astype(np.uint16)
        made_by = {**provenance(request, model), "model": "its maker", "model_sha256": "made"}
        takes.append(
            ExampleTake(
                request=request,
                made_by=made_by,
                codec_hash=codec_hash or model.codec_hash,
                codes=codes,
            )
        )
    folder.mkdir(exist_ok=True)
    (folder / LIST_NAME).write_text(list_text(takes))
    return folder


def waited(examples: ExampleTakes) -> tuple[Take, ...]:
    """Ask until they are there."""
    limit = time.monotonic() + LIMIT_S
    while (takes := examples.ask()) is None:
        assert time.monotonic() < limit
        time.sleep(0.01)
    return takes


def examples_of(library: Library, folder: Path, name: str = "fake") -> ExampleTakes:
    """Those of a list, decoded."""
    examples = ExampleTakes(library, name, folder)
    assert waited(examples)
    return examples
