"""What only an NVIDIA GPU can show: it gives the CPU's codes, and its variations stand alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.checkpoints.folder import load_model
from engine.decode import (
    Mode,
    PromptRows,
    SamplingOptions,
    SpanArrangement,
    finish,
    generate_codes,
    variation_generators,
)
from engine.model.passes import write_causal
from engine.model.predictor import BoundModel
from tests.engine.tiny_model import write_tiny_model

pytestmark = pytest.mark.gpu

STEPS = (6, 3, 2, 2)
WAYS: dict[str, dict[str, Any]] = {
    "parallel": {"mode": Mode.PARALLEL},
    "overlapping spans": {"mode": Mode.PARALLEL, "arrangement": SpanArrangement.STRIDE1},
    "hybrid": {"mode": Mode.HYBRID, "opening_frames": 20},
    "straight edge": {"mode": Mode.HYBRID, "opening_frames": 20, "prompt_rows": PromptRows.SEMI},
    "left to right": {"mode": Mode.AUTOREGRESSIVE},
}
each_way = pytest.mark.parametrize("way", list(WAYS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def bind(folder: Path, device: str) -> BoundModel:
    """The model in float32 with a text: rounding is then far below the differences of logits."""
    model = load_model(folder).language_model.to(device)
    text = torch.randn(5, 16, generator=torch.Generator().manual_seed(1)).to(device)
    return BoundModel.bind(model, text)


def play(
    bound: BoundModel,
    way: str,
    *,
    seed: int = 0,
    n: int = 1,
    greedy: bool = False,
    given: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    options = {
        name: value for name, value in WAYS[way].items() if name in ("arrangement", "prompt_rows")
    }
    direct = {name: value for name, value in WAYS[way].items() if name not in options}
    steps = generate_codes(
        bound,
        n_frames=100,
        generators=variation_generators(seed, n, device=bound.model.positions.device),
        options=SamplingOptions(steps=STEPS, greedy=greedy, **options),
        given=given,
        **direct,
    )
    with torch.no_grad():
        return finish(steps).codes.cpu()


@each_way
def test_the_gpu_gives_the_codes_of_the_cpu(folder: Path, way: str) -> None:
    on_gpu = play(bind(folder, "cuda"), way, greedy=True)
    assert torch.equal(on_gpu, play(bind(folder, "cpu"), way, greedy=True))


@each_way
def test_a_variation_alone_equals_itself_in_a_batch(folder: Path, way: str) -> None:
    bound = bind(folder, "cuda")
    batch = play(bound, way, seed=7, n=3)
    for i in range(3):
        assert torch.equal(play(bound, way, seed=7 + i)[0], batch[i])


def test_given_frames_run_once_for_a_whole_generation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def counted(*arguments: Any, **settings: Any) -> Tensor:
        runs.append(1)
        return write_causal(*arguments, **settings)

    codes = torch.randint(32, (1, 4, 100), generator=torch.Generator().manual_seed(2))
    keep = torch.zeros(4, 100, dtype=torch.bool)
    keep[:, :40] = True
    expected = play(bind(folder, "cpu"), "hybrid", greedy=True, given=(codes, keep))
    monkeypatch.setattr("engine.model.predictor.write_causal", counted)
    bound = bind(folder, "cuda")
    given = (codes.cuda(), keep.cuda())
    assert torch.equal(play(bound, "hybrid", greedy=True, given=given), expected)
    assert len(runs) == 1
