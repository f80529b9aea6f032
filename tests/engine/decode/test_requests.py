import json
import math
from dataclasses import replace
from typing import Any

import pytest

from engine.decode import (
    GenerationRequest,
    MaskSchedule,
    Mode,
    PromptRows,
    SamplingOptions,
    SpanArrangement,
    SpanScore,
    request_as_dict,
    request_from_dict,
)
from engine.errors import RequestError


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ()},
        {"steps": (20, 0, 10, 10)},
        {"temperature": 0.0},
        {"temperature": math.nan},
        {"opening_temperature": math.inf},
        {"cfg_start": -1.0},
        {"cfg_end": math.nan},
        {"opening_cfg": math.inf},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_k": 0},
        {"opening_top_k": -1},
        {"span_len": 0},
        {"steps": (1001, 1, 1, 1)},
        {"temperature": 0.001},
        {"opening_temperature": 1e30},
        {"cfg_start": 101.0},
        {"span_len": 1001},
        {"steps": (2.5, 1, 1, 1)},
        {"steps": [20, 10, 10, 10]},
        {"top_k": 2.5},
        {"top_k": True},
        {"top_p": "0.9"},
        {"temperature": None},
        {"greedy": "false"},
        {"anneal_temperature": 1},
        {"schedule": "paper"},
        {"arrangement": "stride1"},
        {"span_score": "prod"},
        {"prompt_rows": "semi"},
    ],
)
def test_options_of_another_type_or_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match=next(iter(wrong))):
        SamplingOptions(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"variations": 0},
        {"variations": 9},
        {"seed": -1},
        {"seed": 2**32},
        {"duration_s": 0.0},
        {"duration_s": math.inf},
        {"opening_s": -1.0},
        {"opening_s": 11.0},
        {"seed": 2**32 - 2, "variations": 3},
        {"seed": 1.5},
        {"variations": True},
        {"prompt": None},
        {"negative_prompt": 3},
        {"mode": "nonsense"},
        {"mode": "hybrid"},
        {"duration_s": "10"},
        {"options": {}},
    ],
)
def test_requests_of_another_type_or_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match=next(iter(wrong)).removesuffix("_s")):
        GenerationRequest(**wrong)


def test_the_last_seed_may_be_asked_for() -> None:
    assert GenerationRequest(seed=2**32 - 3, variations=3).variations == 3


def test_the_ends_of_the_ranges_belong_to_them() -> None:
    SamplingOptions(steps=(1, 1000), temperature=0.01, cfg_start=100, cfg_end=0, top_p=1)
    SamplingOptions(steps=(1,), temperature=100, opening_temperature=0.01, span_len=1000)


def test_the_opening_only_has_to_fit_where_there_is_one() -> None:
    assert GenerationRequest(mode=Mode.PARALLEL, duration_s=0.5).opening_s == 1.0


def test_a_request_survives_json() -> None:
    options = SamplingOptions(
        steps=(7, 1, 2, 3),
        top_p=None,
        schedule=MaskSchedule.PAPER,
        arrangement=SpanArrangement.STRIDE1,
        span_score=SpanScore.PROD,
        prompt_rows=PromptRows.SEMI,
    )
    request = GenerationRequest(prompt="naïve ${x} 🎷", seed=9, options=options)
    assert request_from_dict(json.loads(json.dumps(request_as_dict(request)))) == request


def test_settings_missing_from_a_saved_request_take_their_defaults() -> None:
    assert request_from_dict({"prompt": "x"}) == replace(GenerationRequest(), prompt="x")


@pytest.mark.parametrize(
    "saved",
    [
        {"mood": 1},
        {"mode": "sideways"},
        {"options": {"swing": 1}},
        {"options": 3},
        {"options": None},
        {"options": {"steps": 3}},
        {"options": {"steps": "20"}},
    ],
)
def test_saved_settings_that_make_no_sense_are_refused(saved: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        request_from_dict(saved)
