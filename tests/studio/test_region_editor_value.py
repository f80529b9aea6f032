from __future__ import annotations

import json
from itertools import pairwise

import pytest

from studio.assets import script, style_sheet
from studio.widgets.region_editor import (
    SCRIPTS,
    EditorRegion,
    beats_value,
    candidate_value,
    clip_value,
    editor_value,
    region_editor,
    sent_regions,
)

REGION = EditorRegion(start_s=1.973, stop_s=4.0, levels=(2, 3))
CLIP = clip_value(
    clip_id="c", name="n", facts="f", duration_s=10.0, frame_rate_hz=50, audio_path="a.wav",
    peaks_path="a.peaks",
)  # fmt: skip


def _sent(*rows: object, snap: object = "beat", clip: object = CLIP) -> dict[str, object]:
    return {"clip": clip, "regions": {"rev": 1, "list": list(rows)}, "snap": snap}


def test_nothing_of_a_value_can_enter_the_template() -> None:
    template = region_editor(elem_id="e").html_template
    assert not any(sign in template for sign in ("`", "${", "{{", "<script"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_write_text_and_no_markup_and_fetch_nothing_from_elsewhere(name: str) -> None:
    text = script(name)
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in text
    for sign in ("http:", "https:", "import("):
        assert sign not in text


def test_the_scripts_run_as_one_in_their_order() -> None:
    joined = region_editor(elem_id="e").js_on_load
    places = [joined.index(script(name)) for name in SCRIPTS]
    assert all(earlier < later for earlier, later in pairwise(places))


def test_the_styles_of_the_editor_are_served() -> None:
    assert ".ms-ed-region" in style_sheet()


def test_an_empty_editor_has_all_keys_of_a_full_one() -> None:
    full = editor_value(clip=CLIP, beats=beats_value(words="w"), regions=[REGION], rev=2)
    assert set(full) == set(editor_value())
    assert json.loads(json.dumps(full)) == full


def test_regions_come_back_as_they_were_sent() -> None:
    value = editor_value(clip=CLIP, regions=[REGION, EditorRegion(start_s=5, stop_s=6)], snap="bar")
    assert value["regions"]["list"][0] == {"start_s": 1.973, "stop_s": 4.0, "levels": [2, 3]}
    assert sent_regions(value) == ((REGION, EditorRegion(start_s=5, stop_s=6)), "bar")


@pytest.mark.parametrize("sent", [None, 3, "x", [], {}, {"clip": CLIP, "regions": 4}])
def test_anything_may_come_from_a_browser(sent: object) -> None:
    assert sent_regions(sent) == ((), "frame")


@pytest.mark.parametrize(
    "row",
    [
        None,
        {},
        {"start_s": "0", "stop_s": 1},
        {"start_s": True, "stop_s": 2},
        {"start_s": 2, "stop_s": 1},
        {"start_s": float("nan"), "stop_s": 1},
        {"start_s": 0, "stop_s": float("inf")},
        {"start_s": 0, "stop_s": 10.5},
        {"start_s": -1, "stop_s": 1},
        {"start_s": 0, "stop_s": 1, "levels": []},
        {"start_s": 0, "stop_s": 1, "levels": [4]},
        {"start_s": 0, "stop_s": 1, "levels": [1.5]},
        {"start_s": 0, "stop_s": 1, "levels": [[]]},
        {"start_s": 0, "stop_s": 1, "levels": "12"},
    ],
)
def test_regions_that_make_no_sense_are_left_out(row: object) -> None:
    good = {"start_s": 1, "stop_s": 2, "levels": [3, 1]}
    assert sent_regions(_sent(row, good)) == (
        (EditorRegion(start_s=1, stop_s=2, levels=(1, 3)),),
        "beat",
    )


@pytest.mark.parametrize("snap", [None, "second", 3, []])
def test_an_unknown_snap_is_the_frame(snap: object) -> None:
    assert sent_regions(_sent(snap=snap)) == ((), "frame")


def test_a_candidate_says_how_far_it_moved_the_source() -> None:
    value = candidate_value(
        candidate_id="i", seed=3, audio_path="a.wav", peaks_path="a.peaks", start_s=0, stop_s=4,
        shift_s=4, duration_s=14,
    )  # fmt: skip
    assert (value["shift_s"], value["duration_s"], value["audio"]["path"]) == (4, 14, "a.wav")
