"""What decoding does not do, and says so."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import DecodeStep, Mode, finish, generate_codes, variation_generators
from engine.decode.predictor import GuidedLogits
from engine.errors import DeviceError, RequestError

Decode = Callable[..., list[DecodeStep]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_frames": 0},
        {"n_frames": 10, "opening_frames": 1},
        {"n_frames": 10, "mode": Mode.HYBRID, "opening_frames": 11},
        {"n_frames": 10, "mode": Mode.HYBRID, "opening_frames": -1},
        {"n_frames": 10, "steps": (5, 5, 5)},
        {
            "n_frames": 10,
            "given": (torch.zeros(1, 4, 9, dtype=torch.int64), torch.zeros(4, 9).bool()),
        },
    ],
)
def test_lengths_that_do_not_fit_are_refused_at_the_call(
    decode: Decode, wrong: dict[str, Any]
) -> None:
    with pytest.raises(RequestError):
        decode(**wrong)


@pytest.mark.parametrize("mode", [Mode.PARALLEL, Mode.AUTOREGRESSIVE])
def test_numbers_that_are_not_finite_are_reported(predictor: Any, mode: Mode) -> None:
    def spoil(logits: GuidedLogits) -> GuidedLogits:
        return GuidedLogits(logits.conditional * torch.nan, logits.null)

    class BrokenOpening:
        def __init__(self, opening: Any) -> None:
            self.opening = opening

        def advance(self, column: Tensor, *, guided: bool = True) -> GuidedLogits:
            return spoil(self.opening.advance(column, guided=guided))

    class Broken(type(predictor)):  # type: ignore[misc]
        def predict(self, codes: Tensor, stage: int, **settings: Any) -> GuidedLogits:
            return spoil(super().predict(codes, stage, **settings))

        def open(self, n_variations: int, n_columns: int) -> BrokenOpening:
            return BrokenOpening(super().open(n_variations, n_columns))

    generators = variation_generators(0, 1)
    with pytest.raises(DeviceError):
        finish(generate_codes(Broken(), mode=mode, n_frames=10, generators=generators))
