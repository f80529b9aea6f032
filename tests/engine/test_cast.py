"""Several models in one request, clips longer than a window, and too large numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.cast import Cast, cast_for
from engine.decode import GenerationRequest, Mode, Phase, SamplingOptions, finish
from engine.errors import PrecisionError, RequestError
from engine.model.config import ModelKind
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

OPTIONS = SamplingOptions(steps=(4, 2, 1, 1))
REQUEST = GenerationRequest(
    prompt="calm piano", duration_s=1.0, opening_s=0.2, seed=3, options=OPTIONS
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, MusicModel]:
    folder = tmp_path_factory.mktemp("models")
    return {
        kind.value: load(
            str(write_tiny_model(folder / kind.value, kind)), device="cpu", dtype=torch.float32
        )
        for kind in ModelKind
    }


@pytest.fixture
def plain(models: dict[str, MusicModel]) -> MusicModel:
    return models["magnet"]


@pytest.fixture
def hybrid(models: dict[str, MusicModel]) -> MusicModel:
    return models["hybrid"]


def test_a_plain_model_has_hybrid_mode_with_an_opener(
    plain: MusicModel, models: dict[str, MusicModel]
) -> None:
    request = replace(REQUEST, mode=Mode.HYBRID, opener="autoregressive")
    assert plain.modes == (Mode.PARALLEL,)
    assert Mode.HYBRID in plain.modes_with(models["autoregressive"])
    steps = list(plain.generate(request, models))
    assert [step.phase for step in steps].count(Phase.OPENING) == 10 + 3
    alone = replace(REQUEST, mode=Mode.AUTOREGRESSIVE, duration_s=0.2)
    opening = finish(models["autoregressive"].generate(alone)).codes
    assert torch.equal(steps[-1].codes[..., :10], opening)


@pytest.mark.parametrize("rescorer", ["self", "hybrid", "autoregressive"])
def test_others_judge_and_the_music_changes(
    hybrid: MusicModel, models: dict[str, MusicModel], rescorer: str
) -> None:
    request = replace(REQUEST, mode=Mode.PARALLEL, rescorer=rescorer)
    judged = list(hybrid.generate(request, models))
    assert [step.rescored is not None for step in judged[:4]] == [True, True, True, False]
    alone = list(hybrid.generate(replace(request, rescorer=None)))
    assert torch.equal(judged[0].codes, alone[0].codes)
    assert not torch.equal(judged[0].masked, alone[0].masked)


def test_nobody_is_asked_for_what_the_mode_has_no_use_for(hybrid: MusicModel) -> None:
    absent = replace(REQUEST, opener="absent", rescorer="absent")
    finish(hybrid.generate(replace(absent, mode=Mode.AUTOREGRESSIVE, duration_s=0.1)))
    silent = replace(OPTIONS, rescorer_weight=0.0)
    finish(hybrid.generate(replace(absent, mode=Mode.PARALLEL, options=silent)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opener": "absent"}, "'absent' is not loaded"),
        ({"rescorer": "absent"}, "'absent' is not loaded"),
        ({"opener": "magnet"}, "cannot write from left to right"),
        ({"rescorer": "magnet"}, "cannot write from left to right"),
        ({"rescorer": "self", "mode": Mode.PARALLEL}, "cannot write from left to right"),
        ({"opener": "short", "opening_s": 0.8}, "window of short is 0.5 s"),
        ({"rescorer": "short"}, "window of short is 0.5 s"),
        ({"opener": "other"}, "frame rate of other is 25"),
        ({"rescorer": "other"}, "frame rate of other is 25"),
    ],
)
def test_a_helper_that_does_not_fit_is_refused_at_once(
    plain: MusicModel, models: dict[str, MusicModel], change: dict[str, Any], words: str
) -> None:
    class Other:
        name, kind, device = "other", ModelKind.AUTOREGRESSIVE, plain.device
        sample_rate_hz, n_levels, codebook_size = 32000, 4, plain.codebook_size
        frame_rate_hz, window_s = 25, 10.0

    class Short(Other):
        name, frame_rate_hz, window_s = "short", 50, 0.5

    helpers: Any = {**models, "other": Other(), "short": Short()}
    request = replace(REQUEST, mode=Mode.HYBRID, opener="autoregressive")
    with pytest.raises(RequestError, match=words):
        plain.generate(replace(request, **change), helpers)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_clip_longer_than_the_window(hybrid: MusicModel, mode: Mode) -> None:
    request = replace(REQUEST, mode=mode, duration_s=4.5, variations=2)
    assert len(hybrid.windows(request)) == 4
    codes = finish(hybrid.generate(request)).codes
    assert codes.shape == (2, 4, 225) and int(codes.max()) < hybrid.codebook_size
    assert [clip.duration_s for clip in hybrid.listen(codes)] == [4.5, 4.5]
    short = finish(hybrid.generate(replace(request, duration_s=2.0))).codes
    assert torch.equal(codes[..., :100], short)
    alone = finish(hybrid.generate(replace(request, seed=REQUEST.seed + 1, variations=1))).codes
    assert torch.equal(alone[0], codes[1])


@pytest.mark.parametrize("mode", list(Mode))
def test_variations_can_run_in_one_batch(hybrid: MusicModel, mode: Mode) -> None:
    """In 32 bits on this small model the same tokens, from fewer and larger products."""
    request = replace(REQUEST, mode=mode, variations=3)
    together = replace(hybrid, together=True)
    codes = finish(hybrid.generate(request)).codes
    assert torch.equal(finish(together.generate(request)).codes, codes)
    for one, other in zip(together.listen(codes), hybrid.listen(codes), strict=True):
        assert one.samples == pytest.approx(other.samples, abs=1e-5)


def test_a_longer_overlap_makes_more_windows(hybrid: MusicModel) -> None:
    request = replace(REQUEST, duration_s=4.5)
    assert len(hybrid.windows(replace(request, context_s=1.5))) == 6
    with pytest.raises(RequestError, match="overlap"):
        hybrid.generate(replace(request, context_s=2.0))


def test_the_estimate_counts_windows_and_helpers(
    hybrid: MusicModel, models: dict[str, MusicModel]
) -> None:
    seconds = hybrid.estimate(replace(REQUEST, duration_s=2.0)).seconds
    assert hybrid.estimate(replace(REQUEST, duration_s=4.5)).seconds > 2 * seconds
    helped = replace(REQUEST, duration_s=2.0, rescorer="autoregressive")
    estimate = hybrid.estimate(helped, models)
    assert estimate.seconds > seconds
    assert estimate.memory_bytes > hybrid.estimate(replace(REQUEST, duration_s=2.0)).memory_bytes


class TestTooLargeForSixteenBits:
    """A model whose numbers leave the range of float16 but not of float32."""

    @pytest.fixture
    def narrow(self, tmp_path: Path) -> Iterator[MusicModel]:
        folder = write_tiny_model(tmp_path / "narrow")
        model = load(str(folder), device="cpu", dtype=torch.float16)
        with torch.no_grad():
            for layer in model.parts.language_model.stack:
                layer.feed_forward.up.weight.mul_(3e3)
                layer.feed_forward.down.weight.mul_(3e3)
        yield model

    def test_the_clip_is_written_again_in_32_bits(self, narrow: MusicModel) -> None:
        request = replace(REQUEST, mode=Mode.PARALLEL)
        with pytest.raises(PrecisionError):
            list(cast_for(narrow, request, {}).steps(request))
        steps = list(narrow.generate(request))
        starts = [place for place, step in enumerate(steps) if step.index == 0]
        assert len(starts) == 2, "the records start again"
        again = finish(narrow.in_float32().generate(request))
        assert torch.equal(steps[-1].codes, again.codes)
        assert narrow.dtype is torch.float16, "the model itself stays as it was"

    def test_nothing_of_the_first_try_is_held_meanwhile(
        self, narrow: MusicModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An error that is being handled holds all tensors of the steps that failed."""
        handled: list[object] = []
        widen = Cast.in_float32

        def watched(cast: Cast) -> Cast:
            handled.append(sys.exc_info()[1])
            return widen(cast)

        monkeypatch.setattr(Cast, "in_float32", watched)
        finish(narrow.generate(replace(REQUEST, mode=Mode.PARALLEL)))
        assert handled == [None]

    def test_what_32_bits_cannot_hold_either_is_said(self, narrow: MusicModel) -> None:
        with torch.no_grad():
            narrow.parts.language_model.stack[0].feed_forward.up.weight.fill_(torch.nan)
        with pytest.raises(PrecisionError, match="not finite"):
            finish(narrow.generate(replace(REQUEST, mode=Mode.PARALLEL)))
