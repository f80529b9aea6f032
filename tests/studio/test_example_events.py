"""How example takes come to a tab: the handlers, called as Gradio calls them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from studio.example_takes import ExampleTakes
from studio.panels.example_events import ExampleEvents
from studio.panels.inpaint_events import Clips
from studio.panels.page import build_panels
from studio.panels.run_events import Buttons
from studio.panels.run_parts import RunParts
from studio.session import Session
from tests.studio.example_list import examples_of, write_list
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, fake_studio

TAB = cast(gr.Request, SimpleNamespace(session_hash="tab"))


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExampleEvents:
    """Of a studio whose two examples are decoded."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    studio = fake_studio(fake_library())
    folder = write_list(tmp_path / "takes", FakeModel(), 1, 2)
    with gr.Blocks():
        panel, _ = build_panels(
            studio.library.offer("fake"),
            studio.library.offers,
            facts=studio.facts("fake"),
            estimate="",
            preview="",
        )
        parts = RunParts(panel=panel, studio=studio, examples=examples_of(studio.library, folder))
        return ExampleEvents(parts=parts, timer=gr.Timer(), is_shown=gr.State(False))


@pytest.fixture
def buttons(events: ExampleEvents) -> Buttons:
    with gr.Blocks():
        states = {name: gr.State(None) for name in ("session", "order", "finished")}
    return Buttons(parts=events.parts, **states)


def _seeds(events: ExampleEvents, shown: dict[Any, Any]) -> list[int]:
    return [card["seed"] for card in shown[events.parts.panel.takes]["takes"]]


def _is_over(events: ExampleEvents, shown: dict[Any, Any]) -> bool:
    return events.timer in shown and shown[events.timer].active is False


def _made(events: ExampleEvents, seed: int) -> Session:
    """A tab that has made a take of its own."""
    example = events.parts.known(Session()).examples[0]
    request = replace(example.request, seed=seed)
    own = replace(example, take_id="own", request=request, is_example=False)
    return Session().with_takes((own,))


def test_they_are_put_on_the_page_twice_and_then_asked_for_no_more(events: ExampleEvents) -> None:
    first = events.look(TAB, Session(), False)
    assert _seeds(events, first) == [1, 2]
    assert first[events.is_shown] is True and not _is_over(events, first)
    # A take that was finished between the two looks.
    second = events.look(TAB, _made(events, 9), True)
    assert _seeds(events, second) == [9, 1, 2] and _is_over(events, second)


def test_a_tab_that_is_there_before_them_asks_again(events: ExampleEvents, tmp_path: Path) -> None:
    library = fake_library()
    early = ExampleTakes(library, "fake", tmp_path / "takes")
    parts = replace(events.parts, examples=early)
    assert replace(events, parts=parts).look(TAB, Session(), False) == gr.skip()


def test_a_studio_without_any_is_asked_once(events: ExampleEvents, tmp_path: Path) -> None:
    library = fake_library()
    library.unload("fake")
    none = ExampleTakes(library, "fake", tmp_path / "takes")
    shown = replace(events, parts=replace(events.parts, examples=none)).look(TAB, Session(), False)
    assert list(shown) == [events.timer] and _is_over(events, shown)


def test_a_run_keeps_its_placeholders_and_shows_them_at_its_end(
    events: ExampleEvents, buttons: Buttons
) -> None:
    events.parts.studio.jobs.enter("tab")
    assert events.look(TAB, Session(), False) == gr.skip()
    events.parts.studio.jobs.leave("tab")
    ended = buttons.settle(TAB, Session(), _made(events, 9).takes, "fake")
    assert _seeds(events, ended) == [9, 1, 2]
    assert ended[buttons.session].examples == ()


def test_a_press_and_cancel_leave_them_where_they_are(
    events: ExampleEvents, buttons: Buttons
) -> None:
    given = [component.value for component in buttons.panel.inputs]
    *_, pressed = buttons.press_generate(TAB, Session(), True, "fake", *given)
    assert _seeds(events, pressed) == [1, 2]
    assert pressed[events.parts.panel.takes]["pending"] == 1
    assert _seeds(events, buttons.cancel(TAB, Session(), "fake")) == [1, 2]


def test_gradio_does_not_delete_their_files_after_a_day(events: ExampleEvents) -> None:
    events.look(TAB, Session(), False)
    paths = {take.path for take in events.parts.known(Session()).examples}
    assert len(paths) == 2 and paths <= events.parts.panel.takes.keep_in_cache


def test_they_are_known_wherever_a_take_is_named(events: ExampleEvents) -> None:
    example = events.parts.known(_made(events, 9)).examples[1]
    assert events.parts.known(_made(events, 9)).take(example.take_id) is example
    assert Session().take(example.take_id) is None
    clips = Clips(parts=events.parts, inpaint=cast(Any, None), desk=cast(Any, None),
                  pulses=cast(Any, None), made=gr.State(None), heard=cast(Any, None))  # fmt: skip
    wanted = cast(gr.EventData, SimpleNamespace(take=example.take_id, action="inpaint"))
    *_, opened = clips.open_take(TAB, Session(), wanted)
    version = opened[clips.made]
    assert version.tokens is not None and version.label == "Opened the take with seed 2"
    assert opened[events.parts.panel.prompt] == "take 2"
