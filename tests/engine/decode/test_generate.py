"""What holds for every way of decoding."""

from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.decode import (
    DecodeStep,
    MaskSchedule,
    Mode,
    Phase,
    PromptRows,
    SamplingOptions,
    SpanArrangement,
    SpanScore,
    finish,
    generate_codes,
    variation_generators,
)
from engine.decode.predictor import GuidedLogits
from engine.errors import DeviceError, RequestError
from tests.engine.decode.conftest import FakePredictor

MASK_ID = 16
Decode = Callable[..., list[DecodeStep]]

WAYS: dict[str, dict[str, Any]] = {
    "parallel": {"mode": Mode.PARALLEL},
    "paper": {"mode": Mode.PARALLEL, "schedule": MaskSchedule.PAPER},
    "prod": {"mode": Mode.PARALLEL, "span_score": SpanScore.PROD, "top_p": None},
    "stride1": {"mode": Mode.PARALLEL, "arrangement": SpanArrangement.STRIDE1},
    "greedy": {"mode": Mode.PARALLEL, "greedy": True},
    "top_k": {"mode": Mode.PARALLEL, "top_p": None, "top_k": 4},
    "one step": {"mode": Mode.PARALLEL, "steps": (1, 1, 1, 1)},
    "many steps": {"mode": Mode.PARALLEL, "steps": (30, 9, 30, 9)},
    "many steps, stride1": {
        "mode": Mode.PARALLEL,
        "steps": (30, 9, 30, 9),
        "arrangement": SpanArrangement.STRIDE1,
    },
    "ragged": {"mode": Mode.HYBRID, "opening_frames": 5},
    "semi": {"mode": Mode.HYBRID, "opening_frames": 5, "prompt_rows": PromptRows.SEMI},
    "branch": {"mode": Mode.HYBRID, "opening_frames": 5, "prompt_rows": PromptRows.BRANCH},
    "ragged, stride1": {
        "mode": Mode.HYBRID,
        "opening_frames": 5,
        "arrangement": SpanArrangement.STRIDE1,
    },
    "no opening": {"mode": Mode.HYBRID, "opening_frames": 0},
    "left to right": {"mode": Mode.AUTOREGRESSIVE},
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def check(steps: list[DecodeStep], shape: tuple[int, int, int]) -> None:
    assert [step.index for step in steps] == list(range(steps[0].count))
    assert all(step.count == len(steps) for step in steps)
    last = steps[-1]
    assert last.codes.shape == shape
    assert not last.masked.any()
    assert last.codes.min() >= 0 and last.codes.max() < MASK_ID
    for step in steps:
        assert not (step.keep & step.masked).any()
        assert torch.equal(step.codes == MASK_ID, step.confidence == 0)
    for before, after in pairwise(steps):
        assert torch.equal(before.codes[~after.updated], after.codes[~after.updated])
        assert not (before.keep & ~after.keep).any()
        changed = before.codes != after.codes
        assert not (changed & ~before.masked).any()
        if after.phase is Phase.PARALLEL:
            assert torch.equal(after.updated[:, after.stage], before.masked[:, after.stage])


@each_way
def test_every_record_keeps_its_promises(decode: Decode, way: dict[str, Any]) -> None:
    check(decode(n_frames=20, **way), (2, 4, 20))


@pytest.mark.parametrize("span_len", [1, 2, 3, 5, 30])
@pytest.mark.parametrize("arrangement", list(SpanArrangement))
def test_as_many_frames_come_as_were_asked_for(
    decode: Decode, span_len: int, arrangement: SpanArrangement
) -> None:
    for n_frames in range(1, 21):
        steps = decode(n_frames=n_frames, span_len=span_len, arrangement=arrangement)
        check(steps, (2, 4, n_frames))


@pytest.mark.parametrize("prompt_rows", list(PromptRows))
def test_any_opening_fits_any_clip(decode: Decode, prompt_rows: PromptRows) -> None:
    for n_frames in (1, 2, 3, 8, 13):
        for opening_frames in range(n_frames + 1):
            steps = decode(
                Mode.HYBRID,
                n_frames=n_frames,
                opening_frames=opening_frames,
                prompt_rows=prompt_rows,
            )
            check(steps, (2, 4, n_frames))


def test_left_to_right_takes_a_row_per_frame_and_one_for_each_further_level(
    decode: Decode,
) -> None:
    for n_frames in range(1, 8):
        steps = decode(Mode.AUTOREGRESSIVE, n_frames=n_frames)
        assert len(steps) == n_frames + 3
        check(steps, (2, 4, n_frames))


@each_way
def test_the_same_seed_gives_the_same_codes(decode: Decode, way: dict[str, Any]) -> None:
    runs = [decode(n_frames=17, seed=5, **way)[-1].codes for _ in range(2)]
    assert torch.equal(*runs)


def test_another_seed_gives_other_codes(decode: Decode) -> None:
    for mode in (Mode.PARALLEL, Mode.AUTOREGRESSIVE):
        one, two = (decode(mode, n_frames=17, seed=seed)[-1].codes for seed in (1, 100))
        assert not torch.equal(one, two)


@each_way
def test_a_variation_is_the_same_alone_and_in_a_batch(decode: Decode, way: dict[str, Any]) -> None:
    together = decode(n_frames=17, seed=7, n=3, **way)
    for i in range(3):
        alone = decode(n_frames=17, seed=7 + i, n=1, **way)
        for one, many in zip(alone, together, strict=True):
            assert torch.equal(one.codes[0], many.codes[i])
            assert torch.equal(one.masked[0], many.masked[i])


REGIONS = [[(0, 20)], [(4, 9)], [(0, 1), (3, 5), (9, 20)], [(19, 20)], [(2, 3), (4, 5), (6, 7)]]


@pytest.mark.parametrize("regions", REGIONS)
@pytest.mark.parametrize("straddle", [False, True])
@pytest.mark.parametrize("arrangement", list(SpanArrangement))
def test_kept_tokens_never_change(
    decode: Decode,
    region_mask: Callable[..., Tensor],
    regions: list[tuple[int, int]],
    straddle: bool,
    arrangement: SpanArrangement,
) -> None:
    codes = torch.randint(0, MASK_ID, (1, 4, 20), generator=torch.Generator().manual_seed(0))
    keep = region_mask(20, regions)
    before = codes.clone()
    steps = decode(n_frames=20, given=(codes, keep), straddle=straddle, arrangement=arrangement)
    check(steps, (2, 4, 20))
    for step in steps:
        assert torch.equal(step.codes[:, keep], codes[:, keep].expand(2, -1))
        assert (step.confidence[:, keep] == 1).all()
    assert torch.equal(codes, before)


def test_a_level_that_is_kept_has_no_steps(
    decode: Decode, region_mask: Callable[..., Tensor]
) -> None:
    codes = torch.zeros(1, 4, 20, dtype=torch.int64)
    steps = decode(n_frames=20, given=(codes, region_mask(20, [(3, 15)], levels=[1, 3])))
    assert [step.stage for step in steps] == [1, 1, 1, 3, 3]
    check(steps, (2, 4, 20))


def test_keeping_nothing_is_generating_from_scratch(
    decode: Decode, region_mask: Callable[..., Tensor]
) -> None:
    codes = torch.zeros(1, 4, 20, dtype=torch.int64)
    given = decode(n_frames=20, given=(codes, region_mask(20, [(0, 20)])))
    assert torch.equal(given[-1].codes, decode(n_frames=20)[-1].codes)


@pytest.mark.parametrize("mode", list(Mode))
def test_keeping_everything_leaves_nothing_to_do(
    decode: Decode, region_mask: Callable[..., Tensor], mode: Mode
) -> None:
    codes = torch.zeros(1, 4, 20, dtype=torch.int64)
    steps = decode(mode, n_frames=20, given=(codes, region_mask(20, [])))
    assert steps == []
    with pytest.raises(RequestError, match="Every token is kept"):
        finish(steps)


def test_spans_of_the_default_never_reach_into_kept_frames(
    predictor: Any, region_mask: Callable[..., Tensor]
) -> None:
    codes = torch.zeros(1, 4, 20, dtype=torch.int64)
    keep = region_mask(20, [(4, 9)])
    steps = generate_codes(
        predictor,
        mode=Mode.PARALLEL,
        n_frames=20,
        generators=variation_generators(0, 1),
        options=SamplingOptions(steps=(3, 3, 3, 3)),
        given=(codes, keep),
    )
    for _ in steps:
        pass
    assert {n_asked for _, n_asked, _ in predictor.asked} == {5, 3}


def test_the_model_is_asked_once_per_step_and_the_null_half_only_when_guided(
    predictor: Any,
) -> None:
    steps = list(
        generate_codes(
            predictor,
            mode=Mode.PARALLEL,
            n_frames=30,
            generators=variation_generators(0, 1),
            options=SamplingOptions(steps=(4, 2, 1, 3)),
        )
    )
    assert [stage for stage, _, _ in predictor.asked] == [step.stage for step in steps]
    assert [guided for _, _, guided in predictor.asked] == [s.cfg_coef != 1 for s in steps]
    assert [guided for _, _, guided in predictor.asked][:4] == [True, True, True, False]


@pytest.mark.parametrize("way", ["parallel", "ragged", "left to right"])
def test_closing_the_iterator_stops_the_work(predictor: Any, way: str) -> None:
    settings = WAYS[way]
    steps = generate_codes(
        predictor,
        mode=settings["mode"],
        n_frames=20,
        opening_frames=settings.get("opening_frames", 0),
        generators=variation_generators(0, 1),
    )
    assert predictor.asked == []
    seen = list(islice(steps, 2))
    n_asked = len(predictor.asked)
    steps.close()
    assert len(seen) == 2 and next(steps, None) is None and len(predictor.asked) == n_asked


@each_way
def test_records_are_copies(decode: Decode, predictor: Any, way: dict[str, Any]) -> None:
    clean = decode(n_frames=11, **way)[-1].codes
    options: dict[str, Any] = {"steps": (5, 3, 1, 2), "temperature": 1.0}
    direct = ("mode", "opening_frames")
    options |= {name: value for name, value in way.items() if name not in direct}
    spoiled = None
    for step in generate_codes(
        predictor,
        n_frames=11,
        generators=variation_generators(0, 2),
        options=SamplingOptions(**options),
        **{name: way[name] for name in direct if name in way},
    ):
        spoiled = step.codes.clone()
        for tensor in (step.codes, step.masked, step.updated, step.keep, step.confidence):
            tensor.zero_()
    assert spoiled is not None and torch.equal(spoiled, clean)


def test_frames_given_at_the_start_are_an_opening_that_is_there_already(
    decode: Decode, as_given: Callable[..., tuple[Tensor, Tensor]]
) -> None:
    given = as_given(torch.ones(2, 4, 6, dtype=torch.int64), 20, MASK_ID)
    continued = decode(Mode.HYBRID, n_frames=20, given=given, opening_frames=4)
    assert {step.phase for step in continued} == {Phase.PARALLEL}
    further = decode(Mode.HYBRID, n_frames=20, given=given, opening_frames=9)
    openings = [step for step in further if step.phase is Phase.OPENING]
    assert len(openings) == 3
    assert torch.equal(openings[-1].keep[0].sum(-1), torch.tensor([9, 8, 7, 6]))
    check(continued, (2, 4, 20))
    check(further, (2, 4, 20))


class SeesWhatItIsShown(FakePredictor):
    """Remembers the codes of every call."""

    seen: list[tuple[int, Tensor]]

    def __init__(self, boundary: int = 0, seen: list[tuple[int, Tensor]] | None = None) -> None:
        super().__init__(boundary)
        self.seen = [] if seen is None else seen

    def predict(self, codes: Tensor, stage: int, **settings: Any) -> Any:
        self.seen.append((stage, codes.clone()))
        return super().predict(codes, stage, **settings)

    def with_boundary(self, boundary: int) -> FakePredictor:
        return SeesWhatItIsShown(boundary, self.seen)


def _shown(mode: Mode, keep: Tensor, **settings: Any) -> list[tuple[int, Tensor]]:
    predictor = SeesWhatItIsShown()
    codes = torch.randint(0, MASK_ID, (1, 4, 20), generator=torch.Generator().manual_seed(0))
    steps = generate_codes(
        predictor,
        mode=mode,
        n_frames=20,
        generators=variation_generators(0, 1),
        options=SamplingOptions(steps=(3, 2, 2, 2)),
        given=(codes, keep),
        **settings,
    )
    assert torch.equal(finish(steps).codes[:, keep], codes[:, keep])
    return predictor.seen


def test_kept_tokens_of_a_level_are_hidden_until_its_turn(
    region_mask: Callable[..., Tensor],
) -> None:
    keep = region_mask(20, [(6, 12)])
    for stage, codes in _shown(Mode.PARALLEL, keep):
        assert (codes[:, : stage + 1][:, keep[: stage + 1]] < MASK_ID).all()
        assert (codes[:, stage + 1 :] == MASK_ID).all()


def test_the_published_code_shows_them_all(region_mask: Callable[..., Tensor]) -> None:
    keep = region_mask(20, [(6, 20)])
    for _, codes in _shown(Mode.PARALLEL, keep, straddle=True):
        assert (codes[:, keep] < MASK_ID).all()


def test_causal_rows_of_a_hybrid_see_all_levels_of_what_is_before_a_region(
    region_mask: Callable[..., Tensor],
) -> None:
    """As far as in training: level k up to frame boundary - k."""
    keep = region_mask(20, [(6, 12)])
    for stage, codes in _shown(Mode.HYBRID, keep):
        for level in range(stage + 1, 4):
            assert (codes[:, level, : 6 - level] < MASK_ID).all()
            assert (codes[:, level, 6 - level :] == MASK_ID).all()


def test_left_to_right_numbers_that_are_not_finite_are_noticed_within_a_second() -> None:
    class Broken(FakePredictor):
        def open(self, n_variations: int, n_columns: int) -> Any:
            opening = super().open(n_variations, n_columns)
            advance = opening.advance
            opening.advance = lambda column, guided=True: GuidedLogits(  # type: ignore[method-assign]
                advance(column, guided=False).conditional * torch.nan, None
            )
            return opening

    steps = generate_codes(
        Broken(),
        mode=Mode.AUTOREGRESSIVE,
        n_frames=500,
        generators=variation_generators(0, 1),
        options=SamplingOptions(opening_cfg=1.0),
    )
    with pytest.raises(DeviceError, match="not finite"):
        for number, _ in enumerate(steps):
            assert number < 50
