from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from engine.decode import GenerationRequest
from studio.assets import script, style_sheet
from studio.session import Session, Take
from studio.widgets import run_status
from studio.widgets.chips import chip_picker, chips_value
from studio.widgets.header import header
from studio.widgets.model_facts import model_facts
from studio.widgets.run_status import run_status as status_line
from studio.widgets.takes import encode_peaks, take_list, takes_value
from studio.widgets.text_line import text_line
from studio.widgets.token_grid import preview_line, token_grid

WIDGETS = [
    chip_picker(elem_id="a"),
    header(elem_id="b"),
    model_facts(value={}, elem_id="g"),
    status_line(elem_id="c"),
    take_list(elem_id="d"),
    text_line(value="t", elem_id="e"),
    token_grid(value="", elem_id="f"),
]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.elem_id)
def test_nothing_of_a_value_can_enter_a_template(widget) -> None:
    assert not any(sign in widget.html_template for sign in ("`", "${", "{{", "<script"))


SCRIPTS = (
    "chips", "choices", "header", "model_facts", "run_status", "takes", "text_line", "token_grid",
)  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_write_text_and_no_markup(name: str) -> None:
    text = script(f"{name}.js")
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in text


def test_nothing_is_fetched_from_elsewhere() -> None:
    everything = style_sheet() + "".join(script(f"{name}.js") for name in SCRIPTS)
    for sign in ("http:", "https:", "@import", "url("):
        assert sign not in everything


def test_the_preview_is_one_line_of_json() -> None:
    line = preview_line(shape=(2, 4, 500), frame_rate_hz=50)
    assert line.endswith("\n") and line.count("\n") == 1
    assert json.loads(line)["shape"] == [2, 4, 500]


def test_peaks_are_the_extremes_of_each_column() -> None:
    samples = np.array([[0.0, 0.5, -1.0, 0.25]], dtype=np.float32)
    peaks = np.frombuffer(base64.b64decode(encode_peaks(samples, 2)), np.int8).reshape(2, 2)
    assert peaks.tolist() == [[0, 64], [-127, 32]]


@pytest.mark.parametrize("n_samples", [1, 3, 319, 320, 321, 320_000])
def test_peaks_of_any_length_fill_all_columns(n_samples: int) -> None:
    samples = np.full((2, n_samples), 0.5, dtype=np.float32)
    peaks = np.frombuffer(base64.b64decode(encode_peaks(samples)), np.int8)
    assert peaks.shape == (640,)
    assert set(peaks.tolist()) == {64}


def test_peaks_over_full_scale_stay_at_the_edge() -> None:
    loud = np.array([[3.0, -3.0]], dtype=np.float32)
    peaks = np.frombuffer(base64.b64decode(encode_peaks(loud, 1)), np.int8)
    assert peaks.tolist() == [-127, 127]


def test_a_card_names_its_model_and_licence_unless_it_is_the_usual_one() -> None:
    take = Take(
        take_id="id", path="x.wav", request=GenerationRequest(), model="other", licence="CC-BY",
        duration_s=1.0, sample_rate_hz=32_000, gain_db=0.0, peaks="",
    )  # fmt: skip
    session = Session().with_takes((take,))
    assert takes_value(session, "usual")["takes"][0]["maker"] == "other · CC-BY"
    assert takes_value(session, "other")["takes"][0]["maker"] == ""


def test_a_card_says_that_it_is_an_example() -> None:
    own = Take(
        take_id="own", path="x.wav", request=GenerationRequest(), model="usual", licence="MIT",
        duration_s=1.0, sample_rate_hz=32_000, gain_db=0.0, peaks="",
    )  # fmt: skip
    session = Session().with_takes((own,)).with_examples((replace(own, is_example=True),))
    cards = takes_value(session, "usual")["takes"]
    assert [(card["maker"], card["is_example"]) for card in cards] == [
        ("", False),
        ("example", True),
    ]
    assert takes_value(session, "other")["takes"][1]["maker"] == "example · usual · MIT"


def test_every_status_has_the_same_fields() -> None:
    values = [
        run_status.idle(),
        run_status.queued(0),
        run_status.queued(2),
        run_status.held(),
        run_status.listening(),
        run_status.loading("m", detail="d", fraction=0.5),
        run_status.loaded("m"),
        run_status.done(n_takes=2, elapsed_s=3.21, peak_bytes=None),
        run_status.cancelled(),
    ]
    assert len({tuple(value) for value in values}) == 1
    assert "2 jobs" in values[2]["detail"]


@pytest.mark.parametrize("sent", [None, 3, ["piano"]])
def test_chips_take_anything_from_a_browser(sent: object) -> None:
    assert chips_value(sent) == {"active": []}


def test_the_end_tells_time_and_memory() -> None:
    told = run_status.done(n_takes=1, elapsed_s=3.21, peak_bytes=2_140_000_000)
    assert told["time"] == "made in 3.2 s · 2.1 GB used at most"
    assert run_status.done(n_takes=1, elapsed_s=3.21, peak_bytes=None)["time"] == "made in 3.2 s"
