"""Parts of a clip written anew, by models of every kind that can."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.decode import GenerationRequest, Mode, Phase, SamplingOptions, finish
from engine.decode.recipes import keep_outside, keep_share
from engine.errors import RequestError
from engine.model.config import ModelKind
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

REQUEST = GenerationRequest(
    prompt="calm piano",
    mode=Mode.PARALLEL,
    duration_s=5.0,
    opening_s=0.2,
    seed=3,
    variations=2,
    options=SamplingOptions(steps=(4, 2, 1, 1)),
)
REGIONS = [[(20, 40)], [(0, 10), (100, 130)], [(30, 230)], [(240, 250)], [(0, 250)]]


@pytest.fixture(scope="module", params=[ModelKind.MAGNET, ModelKind.HYBRID])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = tmp_path_factory.mktemp("models") / request.param.value
    path = str(write_tiny_model(folder, request.param))
    return load(path, device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def codes(model: MusicModel) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, model.codebook_size, (1, 4, 250), generator=generator)


@pytest.mark.parametrize("regions", REGIONS)
def test_what_is_kept_never_changes(
    model: MusicModel, codes: Tensor, regions: list[tuple[int, int]]
) -> None:
    keep = keep_outside(regions, 250, 4)
    for mode in {Mode.PARALLEL, Mode.HYBRID}.intersection(model.modes):
        steps = list(model.inpaint(codes, keep, replace(REQUEST, mode=mode)))
        for step in steps:
            assert torch.equal(step.codes[:, keep], codes[:, keep].expand(2, -1))
        free = steps[-1].codes[:, ~keep]
        assert int(free.max()) < model.codebook_size
        assert not torch.equal(free[0], free[1])
        runs_to_the_end = mode is Mode.HYBRID and regions[-1][1] == 250
        assert any(step.phase is Phase.OPENING for step in steps) == runs_to_the_end


def test_a_variation_alone_is_the_same(model: MusicModel, codes: Tensor) -> None:
    keep = keep_outside([(30, 120)], 250, 4)
    together = finish(model.inpaint(codes, keep, REQUEST)).codes
    alone = replace(REQUEST, seed=REQUEST.seed + 1, variations=1)
    assert torch.equal(finish(model.inpaint(codes, keep, alone)).codes[0], together[1])


def test_the_finest_levels_alone(model: MusicModel, codes: Tensor) -> None:
    keep = keep_outside([(0, 250)], 250, 4, levels=[2, 3])
    last = finish(model.inpaint(codes, keep, REQUEST))
    assert torch.equal(last.codes[:, :2], codes[:, :2].expand(2, -1, -1))
    assert not torch.equal(last.codes[:, 2:], codes[:, 2:].expand(2, -1, -1))


def test_a_variation_of_some_strength(model: MusicModel, codes: Tensor) -> None:
    keep = keep_share(0.5, 250, 4, torch.Generator().manual_seed(1))
    last = finish(model.inpaint(codes, keep, REQUEST))
    assert torch.equal(last.codes[:, keep], codes[:, keep].expand(2, -1))


def test_what_makes_no_sense_is_refused_at_once(model: MusicModel, codes: Tensor) -> None:
    keep = keep_outside([(30, 120)], 250, 4)
    with pytest.raises(RequestError, match="(?i)every token is kept"):
        model.inpaint(codes, torch.ones_like(keep), REQUEST)
    with pytest.raises(RequestError, match="frames, the request's duration"):
        model.inpaint(codes, keep, replace(REQUEST, duration_s=4.0))
    with pytest.raises(RequestError, match="frames, the request's duration"):
        model.inpaint(codes[..., :200], keep, REQUEST)


def test_a_left_to_right_model_only_continues(tmp_path: Path, codes: Tensor) -> None:
    path = str(write_tiny_model(tmp_path / "ar", ModelKind.AUTOREGRESSIVE))
    model = load(path, device="cpu", dtype=torch.float32)
    request = replace(REQUEST, mode=Mode.AUTOREGRESSIVE)
    keep = keep_outside([(200, 250)], 250, 4)
    last = finish(model.inpaint(codes, keep, request))
    assert torch.equal(last.codes[:, keep], codes[:, keep].expand(2, -1))
    with pytest.raises(RequestError, match="from left to right alone"):
        finish(model.inpaint(codes, keep_outside([(200, 240)], 250, 4), request))
