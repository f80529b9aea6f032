"""The buttons' handlers, called as Gradio calls them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from studio.handlers import Order
from studio.panels.generate import build_generate_panel
from studio.panels.run_events import Buttons
from studio.session import Session
from tests.studio.fake_shelf import fake_library, fake_studio, published

TAB = cast(gr.Request, SimpleNamespace(session_hash="tab"))


@pytest.fixture
def buttons() -> Buttons:
    studio = fake_studio(fake_library(published("plain")))
    library = studio.library
    with gr.Blocks():
        panel = build_generate_panel(
            library.offer("fake"),
            library.offers,
            facts=studio.facts("fake"),
            estimate="",
            preview="",
        )
    return Buttons(panel=panel, studio=studio)


def _given(buttons: Buttons, **values: Any) -> list[Any]:
    """What a browser sends for all inputs, some of it changed."""
    basics = buttons.panel.basics
    names = [*basics, *[""] * (len(buttons.panel.inputs) - len(basics))]
    pairs = zip(names, buttons.panel.inputs, strict=True)
    return [values.get(name, component.value) for name, component in pairs]


def _press(buttons: Buttons, *, keep: bool = True, model: Any = "fake", **values: Any) -> list:
    pressed = buttons.press_generate(TAB, Session(), keep, model, *_given(buttons, **values))
    return list(pressed)[-1]


def test_a_press_notes_the_job_and_shows_its_empty_grid(buttons: Buttons) -> None:
    order, takes, status, generate, cancel, facts, load, unload, seed, grid, cards = _press(
        buttons, seed=7, duration_s=4.0
    )
    assert isinstance(order, Order) and order.model == "fake"
    assert (seed, takes, status["state"]) == (7, (), "queued")
    assert (generate["interactive"], cancel["interactive"]) == (False, True)
    assert (load["interactive"], unload["interactive"]) == (False, False)
    assert facts["name"] == "fake" and '"shape":[1,4,200]' in grid
    assert cards["pending"] == 1
    assert buttons.studio.jobs.has("tab")


def test_a_seed_that_is_not_kept_is_rolled(buttons: Buttons) -> None:
    assert _press(buttons, keep=False, seed=7)[8] != 7
    assert _press(buttons, keep=True, seed=7)[8] == 7


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"model": "nobody"}, "not on offer"),
        ({"model": "plain", "mode": "hybrid"}, "expected parallel for plain"),
        ({"duration_s": 999}, "0.5 to 120 s"),
    ],
)
def test_a_press_that_cannot_be_carried_out_says_so_and_notes_no_job(
    buttons: Buttons, sent: dict[str, Any], words: str
) -> None:
    model = sent.pop("model", "fake")
    pressed = buttons.press_generate(TAB, Session(), True, model, *_given(buttons, **sent))
    shown = next(pressed)
    assert words in shown[2]["detail"]
    assert len(shown) == 11
    with pytest.raises(gr.Error):
        next(pressed)
    assert not buttons.studio.jobs.has("tab")


def test_load_orders_the_model_alone(buttons: Buttons) -> None:
    (shown,) = buttons.press_load(TAB, "plain")
    assert shown[0] == Order(model="plain")
    assert len(shown) == 11


def test_a_run_puts_its_takes_on_the_page_and_frees_the_tab(buttons: Buttons) -> None:
    order = _press(buttons, duration_s=0.5, opening_s=0.1)[0]
    *_, (status, _, takes, facts) = buttons.run(TAB, order)
    assert status["state"] == "done"
    after, none_left, cards, generate, cancel, *_ = buttons.settle(TAB, Session(), takes, "fake")
    assert after.takes == takes and none_left == () and len(cards["takes"]) == 1
    assert (generate["interactive"], cancel["interactive"]) == (True, False)


def test_what_a_run_tells_of_its_model_can_be_told_from_what_was_chosen(buttons: Buttons) -> None:
    (shown,) = buttons.press_load(TAB, "plain")
    told = [facts for *_, facts in buttons.run(TAB, shown[0]) if "passing" in facts]
    assert told and all(facts["name"] == "plain" for facts in told)
    assert "passing" not in buttons.choose(TAB, "plain")[0]


def test_a_run_that_was_cancelled_changes_nothing_of_the_next(buttons: Buttons) -> None:
    _press(buttons)
    changes = buttons.settle(TAB, Session(), (), "fake")
    assert changes == [gr.skip()] * len(changes)


def test_a_job_that_was_stopped_before_it_began_leaves_the_page_as_it_is(
    buttons: Buttons,
) -> None:
    order = _press(buttons)[0]
    buttons.cancel(TAB, Session(), "fake")
    assert list(buttons.run(TAB, order)) == [(gr.skip(),) * 4]


def test_a_cancelled_run_that_fails_late_changes_nothing_of_the_next(buttons: Buttons) -> None:
    _press(buttons)
    buttons.cancel(TAB, Session(), "fake")
    _press(buttons)
    assert buttons.recover(TAB, Session(), "fake") == [gr.skip()] * 7
    assert buttons.studio.jobs.has("tab")


def test_the_end_of_a_cancelled_run_changes_nothing(buttons: Buttons) -> None:
    _press(buttons)
    buttons.cancel(TAB, Session(), "fake")
    assert buttons.settle(TAB, Session(), (), "fake") == [gr.skip()] * 8
    assert buttons.recover(TAB, Session(), "fake") == [gr.skip()] * 7


def test_a_job_that_gradio_turns_away_says_so_and_frees_the_tab(buttons: Buttons) -> None:
    _press(buttons)
    status, _, generate, *_ = buttons.recover(TAB, Session(), "fake")
    assert status["title"] == "The device is busy"
    assert generate["interactive"] is True


def test_cancel_frees_the_tab_at_once(buttons: Buttons) -> None:
    _press(buttons, model="plain", mode="parallel")
    status, _, generate, cancel, facts, load, _ = buttons.cancel(TAB, Session(), "plain")
    assert status["state"] == "cancelled"
    assert (generate["interactive"], cancel["interactive"]) == (True, False)
    assert facts["state"] == "to download" and load["interactive"]
    assert not buttons.studio.jobs.has("tab")


def test_choosing_shows_facts_and_licence(buttons: Buttons) -> None:
    facts, load, unload, licence = buttons.choose(TAB, "plain")
    assert facts["words"] == "To download, 200 MB"
    assert (load["interactive"], unload["interactive"]) == (True, False)
    assert licence == "plain · licence CC-BY-NC-4.0"


def test_a_name_that_is_not_on_offer_is_answered_with_the_engines_words(buttons: Buttons) -> None:
    *picker, licence = buttons.choose(TAB, "/etc")
    assert licence.startswith("The model '/etc' is not on offer; expected fake or plain.")
    assert picker == [gr.skip()] * 3
    assert buttons.unload(TAB, {"name": "fake"}) == [gr.skip()] * 3


def test_unload_frees_the_chosen_model(buttons: Buttons) -> None:
    facts, load, unload = buttons.unload(TAB, "fake")
    assert facts["state"] == "here"
    assert (load["interactive"], unload["interactive"]) == (True, False)
    assert buttons.studio.library.loaded("fake") is None
