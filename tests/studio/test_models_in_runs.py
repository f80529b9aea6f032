"""Runs with models that are not loaded yet, with helpers, and with clips of several windows."""

from __future__ import annotations

import gradio as gr
import pytest

from engine.audio import read_provenance
from engine.decode.trace_reader import read_header
from engine.errors import CheckpointError
from engine.model.config import ModelKind
from studio.choices import start_values
from studio.handlers import Order, Studio, Update
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, fake_studio, published

PLAIN = published("plain")
GEN = published("gen", kind=ModelKind.AUTOREGRESSIVE, window_s=30.0)


def _order(studio: Studio, model: str, **values: object) -> Order:
    start = start_values(studio.library.offer(model), "draft")
    return studio.order(model, {**start, "duration_s": 0.5, "opening_s": 0.1, **values})


def _run(studio: Studio, order: Order, tab: str = "tab") -> list[Update]:
    studio.jobs.enter(tab)
    return list(studio.run(order, tab))


def test_a_model_that_is_not_loaded_is_loaded_first_and_the_run_goes_on() -> None:
    studio = fake_studio(fake_library(PLAIN, load_s=0.5))
    updates = _run(studio, _order(studio, "plain"))
    assert updates[0].status["title"] == "Loading plain"
    assert updates[0].models_changed
    assert "state_dict.bin: " in updates[1].status["detail"]
    assert updates[-1].status["state"] == "done"
    assert studio.facts("plain")["words"] == "Loaded"


def test_takes_and_files_carry_the_model_that_made_them() -> None:
    studio = fake_studio(fake_library(PLAIN))
    (take,) = _run(studio, _order(studio, "plain"))[-1].takes
    assert (take.model, take.licence) == ("plain", "CC-BY-NC-4.0")
    facts = read_provenance(take.path)
    assert facts is not None
    assert (facts["model"], facts["licence"]) == ("plain", "CC-BY-NC-4.0")


def test_an_order_without_a_request_only_loads() -> None:
    studio = fake_studio(fake_library(PLAIN, load_s=0.5))
    updates = _run(studio, Order(model="plain"))
    assert updates[-1].status["title"] == "plain is loaded"
    assert all(update.grid is None and not update.takes for update in updates)


def test_a_model_that_cannot_be_loaded_says_why_and_the_next_run_works() -> None:
    error = CheckpointError("no <network>", expected="one", advice="Connect")
    studio = fake_studio(fake_library(PLAIN, models={"plain": error}))
    studio.jobs.enter("tab")
    updates, seen = studio.run(_order(studio, "plain"), "tab"), []
    with pytest.raises(gr.Error):
        for update in updates:
            seen.append(update)
    assert seen[-1].status["state"] == "failed"
    assert seen[-1].status["detail"] == "No <network>; expected one. Connect."
    assert studio.jobs.ahead("other") == 0
    assert _run(studio, _order(studio, "fake"))[-1].status["state"] == "done"


def test_cancel_while_loading_frees_the_tab_and_keeps_nothing() -> None:
    studio = fake_studio(fake_library(PLAIN, load_s=2.0))
    studio.jobs.enter("tab")
    updates = studio.run(_order(studio, "plain"), "tab")
    next(updates)
    studio.jobs.leave("tab")
    assert list(updates) == []
    assert studio.facts("plain")["state"] == "to download"
    assert _run(studio, _order(studio, "fake"))[-1].status["state"] == "done"


def test_helpers_are_loaded_too_and_handed_to_the_model() -> None:
    plain = FakeModel(name="plain")
    studio = fake_studio(fake_library(PLAIN, GEN, models={"plain": plain}, keep=3))
    order = _order(studio, "plain", mode="hybrid", opener="gen", rescorer="gen")
    assert _run(studio, order)[-1].status["state"] == "done"
    assert list(plain.helpers) == ["gen"]
    assert studio.library.loaded("gen") is not None


def test_a_long_clip_is_written_in_windows_and_says_which() -> None:
    studio = fake_studio(fake_library(model=FakeModel(window_s=2.0)))
    order = _order(studio, "fake", mode="parallel", duration_s=4.0)
    updates = _run(studio, order)
    words = {update.status["detail"].partition(".")[0] for update in updates}
    assert "Window 1 of 3" in words or "Window 3 of 3" in words
    assert updates[-1].takes[0].duration_s == 4.0
    grid = updates[-1].grid
    assert grid is not None
    assert read_header(grid.split("\n", 1)[1]).shape == (1, 4, 200)


def test_the_estimate_says_that_a_clip_is_written_in_pieces() -> None:
    studio = fake_studio(fake_library(published("plain")))
    assert "window" not in studio.estimate(_order(studio, "plain", duration_s=10.0))
    assert studio.estimate(_order(studio, "plain", duration_s=25.0)).endswith(
        "written in 4 overlapping windows of 10 s"
    )
    assert studio.estimate(_order(studio, "fake", duration_s=25.0)).endswith(
        "written in 4 overlapping windows of 10 s"
    )


def test_the_estimate_says_when_memory_is_too_little() -> None:
    studio = fake_studio(fake_library(PLAIN, free_bytes=2_100_000_000))
    words = studio.estimate(_order(studio, "plain"))
    assert words == "About 30 s · 3.0 GB of memory, more than the 2.1 GB that are free"


def test_tabs_use_different_models_one_after_the_other() -> None:
    studio = fake_studio(fake_library(PLAIN, keep=1))
    for name in ("plain", "fake", "plain"):
        assert _run(studio, _order(studio, name), tab=name)[-1].takes[0].model == name
