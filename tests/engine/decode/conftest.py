"""A model of a few lines, a short way to decode with it, and the recorded generations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import DecodeStep, Mode, SamplingOptions, generate_codes, variation_generators
from engine.decode.predictor import GuidedLogits
from tests.engine.golden import golden_model, load_golden


class FakePredictor:
    """Logits that depend on all levels and on the neighbouring frames, and on nothing else."""

    n_levels, codebook_size, span_len = 4, 16, 3
    writes_left_to_right = True

    def __init__(self, boundary: int = 0) -> None:
        self.boundary = boundary
        self.asked: list[tuple[int, int, bool]] = []

    def predict(
        self,
        codes: Tensor,
        stage: int,
        *,
        positions: Tensor | None = None,
        guided: bool = True,
    ) -> GuidedLogits:
        weights = torch.tensor([1.3, 2.7, 0.7, 3.1], dtype=torch.float64)[:, None]
        here = (codes * weights).sum(1)
        context = here + here.roll(1, -1) / 2 + here.roll(-1, -1) / 4 + stage + self.boundary
        context = context + torch.arange(codes.shape[-1]) * 0.11
        logits = _waves(context)
        if positions is not None:
            logits = logits.take_along_dim(positions[..., None], dim=1)
        self.asked.append((stage, logits.shape[1], guided))
        return GuidedLogits(logits, logits.roll(1, -1) if guided else None)

    def open(self, n_variations: int, n_columns: int) -> FakeOpening:
        return FakeOpening(n_variations, n_columns)

    def after(self, opening: Any, boundary: int) -> FakePredictor:
        assert boundary <= opening.n_fed
        return FakePredictor(boundary)

    def with_boundary(self, boundary: int) -> FakePredictor:
        return FakePredictor(boundary)


class FakeOpening:
    """Left-to-right logits from a fading memory of the columns so far."""

    def __init__(self, n_variations: int, n_columns: int) -> None:
        self.memory = torch.zeros(n_variations, dtype=torch.float64)
        self.n_columns, self.n_fed = n_columns, 0

    def feed(self, columns: Tensor) -> None:
        for column in columns.unbind(-1):
            self.advance(column)

    def advance(self, column: Tensor, *, guided: bool = True) -> GuidedLogits:
        self.n_fed += 1
        assert self.n_fed <= self.n_columns
        self.memory = self.memory * 0.9 + (column * torch.tensor([1.3, 2.7, 0.7, 3.1])).sum(1)
        logits = _waves(self.memory[:, None] + torch.arange(4) * 1.7)
        return GuidedLogits(logits, logits.roll(1, -1) if guided else None)


def _waves(context: Tensor) -> Tensor:
    return (3 * torch.sin(context[..., None] * torch.arange(1, 17) * 0.37)).float()


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()


Decode = Callable[..., list[DecodeStep]]


@pytest.fixture
def decode() -> Decode:
    """Decode with the fake model: all records. Keyword arguments as for `generate_codes`."""

    def run(
        mode: Mode = Mode.PARALLEL, *, n_frames: int, seed: int = 0, n: int = 2, **settings: Any
    ) -> list[DecodeStep]:
        options: dict[str, Any] = {"steps": (5, 3, 1, 2), "temperature": 1.0}
        direct = {"opening_frames", "given", "noise", "straddle", "opener", "rescorer"}
        options |= {name: value for name, value in settings.items() if name not in direct}
        steps = generate_codes(
            FakePredictor(),
            mode=mode,
            n_frames=n_frames,
            generators=variation_generators(seed, n),
            options=SamplingOptions(**options),
            **{name: value for name, value in settings.items() if name in direct},
        )
        return list(steps)

    return run


def bind_golden(folder: str) -> Any:
    """The tiny model of a golden folder with the recorded conditions bound."""
    from engine.model.predictor import BoundModel

    condition = load_golden(f"{folder}/conditions.npz")["cond"]
    return BoundModel.bind_conditions(golden_model(folder), condition[:2], condition[2:])


@pytest.fixture(scope="session")
def hybrid_model() -> Any:
    return bind_golden("hybrid")


@pytest.fixture(scope="session")
def plain_model() -> Any:
    return bind_golden("plain")


@pytest.fixture(scope="session")
def golden() -> Callable[[str], dict[str, Tensor]]:
    return load_golden


def prompt_of(codes: Tensor, n_frames: int, mask_id: int) -> tuple[Tensor, Tensor]:
    """A prefix as `given` tokens of a clip of T frames."""
    n_given = codes.shape[-1]
    whole = torch.full((*codes.shape[:2], n_frames), mask_id)
    whole[..., :n_given] = codes
    keep = torch.zeros(whole.shape[1:], dtype=torch.bool)
    keep[:, :n_given] = True
    return whole, keep


@pytest.fixture(scope="session")
def as_given() -> Callable[[Tensor, int, int], tuple[Tensor, Tensor]]:
    return prompt_of


@pytest.fixture
def region_mask() -> Callable[..., Tensor]:
    """keep [4, T] that frees the given (first, stop) regions, in the given levels."""

    def build(
        n_frames: int, regions: Sequence[tuple[int, int]], levels: Sequence[int] = range(4)
    ) -> Tensor:
        keep = torch.ones(4, n_frames, dtype=torch.bool)
        for level in levels:
            for first, stop in regions:
                keep[level, first:stop] = False
        return keep

    return build
