"""The buttons' handlers, called as Gradio calls them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from studio.example_takes import ExampleTakes
from studio.handlers import Order
from studio.panels.page import build_panels
from studio.panels.run_events import Buttons
from studio.panels.run_parts import RunParts
from studio.session import Session
from tests.studio.fake_shelf import fake_library, fake_studio, published

TAB = cast(gr.Request, SimpleNamespace(session_hash="tab"))


@pytest.fixture
def buttons() -> Buttons:
    studio = fake_studio(fake_library(published("plain")))
    library = studio.library
    with gr.Blocks():
        panel, _ = build_panels(
            library.offer("fake"),
            library.offers,
            facts=studio.facts("fake"),
            estimate="",
            preview="",
        )
        states = {name: gr.State(None) for name in ("session", "order", "finished")}
    parts = RunParts(panel=panel, studio=studio, examples=ExampleTakes(library, "fake"))
    return Buttons(parts=parts, **states)


def _given(buttons: Buttons, **values: Any) -> list[Any]:
    """What a browser sends for all inputs, some of it changed."""
    basics = buttons.panel.basics
    names = [*basics, *[""] * (len(buttons.panel.inputs) - len(basics))]
    pairs = zip(names, buttons.panel.inputs, strict=True)
    return [values.get(name, component.value) for name, component in pairs]


def _press(
    buttons: Buttons, *, keep: bool = True, model: Any = "fake", **values: Any
) -> dict[Any, Any]:
    pressed = buttons.press_generate(TAB, Session(), keep, model, *_given(buttons, **values))
    return list(pressed)[-1]


def _enabled(buttons: Buttons, shown: dict[Any, Any]) -> tuple[bool, bool, bool]:
    """Whether Generate, Inpaint's button and Cancel can be pressed."""
    generate, regenerate, cancel = (
        shown[each]["interactive"] for each in buttons.panel.run_buttons
    )
    return generate, regenerate, cancel


def test_a_press_notes_the_job_and_shows_its_empty_grid(buttons: Buttons) -> None:
    panel = buttons.panel
    shown = _press(buttons, seed=7, duration_s=4.0)
    order = shown[buttons.order]
    assert isinstance(order, Order) and order.model == "fake"
    assert (shown[panel.seed], shown[buttons.finished]) == (7, ())
    assert shown[panel.status]["state"] == "queued"
    assert _enabled(buttons, shown) == (False, False, True)
    models = panel.models
    assert [shown[each]["interactive"] for each in (models.load, models.unload)] == [False, False]
    assert shown[models.facts]["name"] == "fake" and '"shape":[1,4,200]' in shown[panel.grid]
    assert shown[panel.takes]["pending"] == 1
    assert buttons.studio.jobs.has("tab")


def test_a_seed_that_is_not_kept_is_rolled(buttons: Buttons) -> None:
    assert _press(buttons, keep=False, seed=7)[buttons.panel.seed] != 7
    assert _press(buttons, keep=True, seed=7)[buttons.panel.seed] == 7


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
    assert list(shown) == [buttons.panel.status]
    assert words in shown[buttons.panel.status]["detail"]
    with pytest.raises(gr.Error):
        next(pressed)
    assert not buttons.studio.jobs.has("tab")


def test_load_orders_the_model_alone(buttons: Buttons) -> None:
    (shown,) = buttons.press_load(TAB, "plain")
    assert shown[buttons.order] == Order(model="plain")
    assert buttons.panel.takes not in shown


def test_a_run_puts_its_takes_on_the_page_and_frees_the_tab(buttons: Buttons) -> None:
    order = _press(buttons, duration_s=0.5, opening_s=0.1)[buttons.order]
    *_, last = buttons.run(TAB, order)
    assert last[buttons.panel.status]["state"] == "done"
    shown = buttons.settle(TAB, Session(), last[buttons.finished], "fake")
    assert shown[buttons.session].takes == last[buttons.finished]
    assert shown[buttons.finished] == () and len(shown[buttons.panel.takes]["takes"]) == 1
    assert _enabled(buttons, shown) == (True, True, False)


def test_what_a_run_tells_of_its_model_can_be_told_from_what_was_chosen(buttons: Buttons) -> None:
    (pressed,) = buttons.press_load(TAB, "plain")
    facts = buttons.panel.models.facts
    told = [shown[facts] for shown in buttons.run(TAB, pressed[buttons.order]) if facts in shown]
    assert told and all(each["name"] == "plain" and each["passing"] for each in told)
    assert "passing" not in buttons.choose(TAB, "plain")[facts]


def test_a_run_that_was_cancelled_changes_nothing_of_the_next(buttons: Buttons) -> None:
    _press(buttons)
    assert buttons.settle(TAB, Session(), (), "fake") == gr.skip()


def test_a_job_that_was_stopped_before_it_began_leaves_the_page_as_it_is(
    buttons: Buttons,
) -> None:
    order = _press(buttons)[buttons.order]
    buttons.cancel(TAB, Session(), "fake")
    assert list(buttons.run(TAB, order)) == [gr.skip()]


def test_a_cancelled_run_that_fails_late_changes_nothing_of_the_next(buttons: Buttons) -> None:
    _press(buttons)
    buttons.cancel(TAB, Session(), "fake")
    _press(buttons)
    assert buttons.recover(TAB, Session(), "fake") == gr.skip()
    assert buttons.studio.jobs.has("tab")


def test_the_end_of_a_cancelled_run_changes_nothing(buttons: Buttons) -> None:
    _press(buttons)
    buttons.cancel(TAB, Session(), "fake")
    assert buttons.settle(TAB, Session(), (), "fake") == gr.skip()
    assert buttons.recover(TAB, Session(), "fake") == gr.skip()


def test_a_job_that_gradio_turns_away_says_so_and_frees_the_tab(buttons: Buttons) -> None:
    _press(buttons)
    shown = buttons.recover(TAB, Session(), "fake")
    assert shown[buttons.panel.status]["title"] == "The device is busy"
    assert _enabled(buttons, shown) == (True, True, False)


def test_cancel_frees_the_tab_at_once(buttons: Buttons) -> None:
    _press(buttons, model="plain", mode="parallel")
    shown = buttons.cancel(TAB, Session(), "plain")
    models = buttons.panel.models
    assert shown[buttons.panel.status]["state"] == "cancelled"
    assert _enabled(buttons, shown) == (True, True, False)
    assert shown[models.facts]["state"] == "to download" and shown[models.load]["interactive"]
    assert not buttons.studio.jobs.has("tab")


def test_choosing_shows_facts_and_licence(buttons: Buttons) -> None:
    shown, models = buttons.choose(TAB, "plain"), buttons.panel.models
    assert shown[models.facts]["words"] == "To download, 200 MB"
    assert [shown[each]["interactive"] for each in (models.load, models.unload)] == [True, False]
    assert shown[buttons.panel.licence] == "plain · licence CC-BY-NC-4.0"


def test_a_name_that_is_not_on_offer_is_answered_with_the_engines_words(buttons: Buttons) -> None:
    shown = buttons.choose(TAB, "/etc")
    assert list(shown) == [buttons.panel.licence]
    words = "The model '/etc' is not on offer; expected fake or plain."
    assert shown[buttons.panel.licence].startswith(words)
    assert buttons.unload(TAB, {"name": "fake"}) == gr.skip()


def test_unload_frees_the_chosen_model(buttons: Buttons) -> None:
    shown, models = buttons.unload(TAB, "fake"), buttons.panel.models
    assert shown[models.facts]["state"] == "here"
    assert [shown[each]["interactive"] for each in (models.load, models.unload)] == [True, False]
    assert buttons.studio.library.loaded("fake") is None
