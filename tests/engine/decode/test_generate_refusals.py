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


def given(
    token: int = 0, n: int = 1, frames: slice = slice(6), dtype: torch.dtype = torch.int64
) -> tuple[Tensor, Tensor]:
    keep = torch.zeros(4, 10, dtype=torch.bool)
    keep[:, frames] = True
    return torch.full((n, 4, 10), token, dtype=dtype), keep


@pytest.mark.parametrize(
    "wrong",
    [
        {"given": given(token=16)},
        {"given": given(token=-1)},
        {"given": given(n=3)},
        {"given": given(dtype=torch.int32)},
        {"given": (given()[0], given()[1].long())},
        {"given": (given()[0][0], given()[1])},
        {"given": given(frames=slice(2, 6)), "mode": Mode.AUTOREGRESSIVE},
        {"given": given(frames=slice(4, 10)), "mode": Mode.HYBRID, "opening_frames": 2},
        {"n": 0},
        {"mode": "hybrid"},
        {"n_frames": 10.0},
        {"opening_frames": True, "mode": Mode.HYBRID},
    ],
)
def test_what_is_given_has_to_fit(decode: Decode, wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        decode(**{"n_frames": 10, **wrong})


def test_free_cells_of_given_tokens_may_hold_anything(decode: Decode) -> None:
    codes, keep = given()
    codes[:, ~keep] = 99
    assert int(decode(n_frames=10, given=(codes, keep))[-1].codes.max()) < 16


def test_beginnings_of_any_length_are_continued_left_to_right(decode: Decode) -> None:
    codes, keep = given(token=3)
    keep[0], keep[3] = True, False
    last = decode(Mode.AUTOREGRESSIVE, n_frames=10, given=(codes, keep))[-1].codes
    assert (last[:, keep] == 3).all() and int(last.max()) < 16


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
