"""The knob table, and what becomes of loose values."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from engine.decode.requests import (
    GenerationRequest,
    MaskSchedule,
    Mode,
    PromptRows,
    SamplingOptions,
    SpanArrangement,
    SpanScore,
)
from engine.errors import RequestError
from engine.knobs import (
    KNOBS,
    PRESET_KNOBS,
    PRESET_NAMES,
    PRESETS,
    Family,
    Knob,
    KnobKind,
    build_request,
    check_value,
    defaults,
    describe_table,
    published_family,
    range_text,
)


def test_the_table_names_every_field_of_a_request_and_no_other() -> None:
    own = {field.name for field in dataclasses.fields(GenerationRequest)} - {"options"}
    options = {field.name for field in dataclasses.fields(SamplingOptions)}
    assert {knob.path for knob in KNOBS.values()} == own | {f"options.{name}" for name in options}


def test_the_table_and_the_request_have_the_same_defaults_but_for_the_opening() -> None:
    """In Python an opening must fit the clip that is asked for; here it is made to fit."""
    assert build_request({}) == dataclasses.replace(GenerationRequest(), opening_s=3.0)


@pytest.mark.parametrize(
    ("name", "enum"),
    [
        ("mode", Mode),
        ("schedule", MaskSchedule),
        ("arrangement", SpanArrangement),
        ("span_score", SpanScore),
        ("prompt_rows", PromptRows),
    ],
)
def test_choices_are_those_of_the_enum(name: str, enum: type[Mode]) -> None:
    assert KNOBS[name].choices == tuple(member.value for member in enum)


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("preset", PRESET_NAMES)
def test_every_preset_makes_a_valid_request(preset: str, family: Family) -> None:
    steps = build_request(defaults(preset, family)).options.steps
    assert steps == PRESETS[family][preset]["steps"]
    assert build_request({}, preset=preset, family=family).options.steps == steps


@pytest.mark.parametrize("family", Family)
def test_presets_set_the_same_knobs_so_that_one_undoes_another(family: Family) -> None:
    assert PRESETS[family].keys() == set(PRESET_NAMES)
    assert all(values.keys() == PRESET_KNOBS for values in PRESETS[family].values())


@pytest.mark.parametrize(
    ("window_s", "rate", "family", "steps"),
    [
        (10, 32_000, Family.MUSIC, (20, 10, 10, 10)),
        (30, 32_000, Family.LONG_MUSIC, (60, 10, 10, 10)),
        (10, 16_000, Family.SOUND, (20, 10, 10, 10)),
    ],
)
def test_published_models_have_the_published_settings(
    window_s: float, rate: int, family: Family, steps: tuple[int, ...]
) -> None:
    assert published_family(window_s, rate) is family
    options = build_request({}, preset="balanced", family=family).options
    assert options.steps == steps
    sound = family is Family.SOUND
    found = (options.temperature, options.top_p, options.cfg_start, options.cfg_end)
    assert found == ((3.5, 0.8, 20.0, 1.0) if sound else (3.0, 0.9, 10.0, 1.0))


def test_an_unknown_preset_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match="'fastest'; expected draft or balanced or best"):
        defaults("fastest")


def test_values_reach_the_field_that_they_name() -> None:
    request = build_request(
        {
            "prompt": "slow piano",
            "mode": "parallel",
            "duration_s": 5,
            "steps": [4, 3, 2, 1],
            "top_p": None,
            "top_k": 40,
            "arrangement": SpanArrangement.STRIDE1,
        }
    )
    assert (request.prompt, request.mode, request.duration_s) == ("slow piano", Mode.PARALLEL, 5.0)
    assert request.options.steps == (4, 3, 2, 1)
    assert (request.options.top_p, request.options.top_k) == (None, 40)
    assert request.options.arrangement is SpanArrangement.STRIDE1


@pytest.mark.parametrize("name", [n for n, k in KNOBS.items() if k.kind in ("int", "float")])
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(name: str) -> None:
    knob = KNOBS[name]
    for value in (knob.minimum, knob.maximum):
        assert check_value(name, value) == value
    for value in (knob.minimum - 1, knob.maximum + 1, float("nan"), float("inf"), 10**5000):
        with pytest.raises(RequestError, match="expected"):
            check_value(name, value)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.name)
def test_none_is_allowed_exactly_where_the_table_says_so(knob: Knob) -> None:
    if knob.optional:
        assert check_value(knob.name, None) is None
    else:
        with pytest.raises(RequestError):
            check_value(knob.name, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_p", "0.9"),
        ("seed", "7"),
        ("seed", 1.5),
        ("variations", True),
        ("greedy", 1),
        ("greedy", "true"),
        ("mode", "magic"),
        ("mode", 3),
        ("mode", ["parallel"]),
        ("steps", "20,10,10,10"),
        ("steps", (20, 10, 10)),
        ("steps", (20, 10, 10, 0)),
        ("steps", (20, 10, 10, 2.5)),
        ("prompt", None),
        ("prompt", 5),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: object) -> None:
    with pytest.raises(RequestError) as caught:
        check_value(name, value)
    assert caught.value.came and caught.value.expected and caught.value.advice


def test_whole_floats_count_as_whole_numbers() -> None:
    seed = check_value("seed", 7.0)
    assert seed == 7 and isinstance(seed, int)


def test_an_unknown_name_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(RequestError, match="'temprature'; expected one of prompt, .*temperature"):
        build_request({"temprature": 1.0})


def test_a_prompt_of_10000_characters_is_refused_not_cut() -> None:
    with pytest.raises(RequestError, match="10,000 characters; expected at most 500"):
        check_value("prompt", "a" * 10_000)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\x00b", "a\x1bb", "a\u2028b", "a\ud800b"])
def test_control_characters_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(RequestError, match=rf"Character 2 of the prompt is U\+{ord(text[1]):04X}"):
        check_value("prompt", text)


@pytest.mark.parametrize(
    "text",
    ["", "  spaces kept  ", "<b>loud</b>", "${HOME} {0} %s", "ピアノ", "piano 🎹", "a" * 500],
)
def test_ordinary_text_is_taken_as_it_is(text: str) -> None:
    assert check_value("prompt", text) == text


def test_an_opening_that_nobody_asked_for_fits_into_a_short_clip() -> None:
    assert build_request({"duration_s": 0.5}).opening_s == 0.25
    assert build_request({"duration_s": 0.5}, preset="best").opening_s == 0.25
    assert build_request({"duration_s": 10.0}).opening_s == KNOBS["opening_s"].default


def test_an_opening_as_long_as_the_clip_is_refused_in_hybrid_mode_only() -> None:
    values = {"duration_s": 2.0, "opening_s": 2.0}
    with pytest.raises(RequestError, match="opening"):
        build_request(values | {"mode": "hybrid"})
    assert build_request(values | {"mode": "parallel"}).opening_s == 2.0


def test_every_variations_seed_can_be_asked_for_alone() -> None:
    with pytest.raises(RequestError, match="last seed"):
        build_request({"seed": 2**32 - 1, "variations": 2})


def test_the_docs_name_every_knob_once() -> None:
    lines = describe_table().splitlines()
    for name in KNOBS:
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1


def test_every_knob_is_explained_and_every_number_has_a_range() -> None:
    for knob in KNOBS.values():
        assert knob.help.endswith(".") and knob.label
        if knob.kind in (KnobKind.INT, KnobKind.FLOAT, KnobKind.STEPS, KnobKind.TEXT):
            assert knob.minimum < knob.maximum and knob.step > 0


def test_reading_the_table_does_not_import_torch() -> None:
    code = "import engine.knobs, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_a_second_opinion_can_be_the_model_s_own() -> None:
    """As an opener it would be left out without a word: a hybrid opens for itself unasked."""
    assert build_request({"rescorer": "self"}).rescorer == "self"
    assert range_text(KNOBS["rescorer"]) == "the name of a model, self, or off"
    with pytest.raises(RequestError, match="Opening by is 'self'; expected the name"):
        build_request({"opener": "self"})
