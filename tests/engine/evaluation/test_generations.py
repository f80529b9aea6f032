"""Generated clips are written once and found again, by whatever decides their tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.decode import GenerationRequest
from engine.evaluation import generations
from engine.evaluation.generations import heard, save_arrays, written
from engine.evaluation.part import Setup

REQUEST = GenerationRequest(prompt="calm piano", seed=3)


class Model:
    """Its tokens are its seed and how often it was asked; it sounds like its tokens."""

    def __init__(self, weight: float = 0.0, device: str = "cpu") -> None:
        network = nn.Linear(1, 1)
        nn.init.constant_(network.weight, weight)
        nn.init.zeros_(network.bias)
        self.parts = SimpleNamespace(language_model=network, text_encoder=nn.Identity())
        self.device = torch.device(device)
        self.asked: list[GenerationRequest] = []

    def generate(self, request: GenerationRequest) -> Tensor:
        self.asked.append(request)
        return torch.tensor([[[request.seed, len(self.asked), 2047]]])

    def decode(self, codes: Tensor) -> list[Tensor]:
        return list(codes.float())


@pytest.fixture(autouse=True)
def finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "finish", lambda codes: SimpleNamespace(codes=codes))


def setup(model: Model, cache: Path) -> Setup:
    stand_in: Any = model
    return Setup(model=stand_in, cache=cache)


def test_a_clip_is_written_once_and_heard_as_it_was(tmp_path: Path) -> None:
    model = Model()
    first = written(setup(model, tmp_path), REQUEST)
    again = written(setup(model, tmp_path), replace(REQUEST))
    assert first.tolist() == again.tolist() == [[3, 1, 2047]]
    assert first.dtype == torch.int64
    assert [clip.tolist() for clip in heard(setup(model, tmp_path), [REQUEST])] == [[3, 1, 2047]]
    assert model.asked == [REQUEST]


def test_another_request_or_model_is_written_anew(tmp_path: Path) -> None:
    models = Model(), Model(), Model(weight=1.0)
    for model in models:
        written(setup(model, tmp_path), REQUEST)
    # the second has the weights of the first
    assert [len(model.asked) for model in models] == [1, 0, 1]
    for other in (replace(REQUEST, seed=4), replace(REQUEST, prompt="loud drums")):
        written(setup(models[0], tmp_path), other)
    assert len(models[0].asked) == 3


def test_what_an_accelerator_writes_is_kept_apart() -> None:
    keys = {generations._key(Model(device=name), REQUEST) for name in ("cpu", "cuda", "mps")}  # type: ignore[arg-type]
    assert len(keys) == 3


def test_several_variations_are_refused_since_one_is_kept(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="one clip"):
        written(setup(Model(), tmp_path), replace(REQUEST, variations=2))


def test_arrays_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "some.npz"
    with pytest.raises(ValueError, match="broken"):
        save_arrays(path, {"good": 1.0, "bad": _Broken()})
    assert not path.exists()
    save_arrays(path, {"good": 1.0})
    assert [each.name for each in path.parent.glob("*.npz")] == ["some.npz"]


class _Broken:
    def __array__(self, *_: object, **__: object) -> None:
        raise ValueError("broken")
