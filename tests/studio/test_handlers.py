from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from engine.audio import read_audio, read_provenance
from engine.decode.trace_reader import read_header
from engine.errors import DeviceError
from engine.knobs import defaults
from studio.handlers import Order, Studio, Update
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, fake_studio

VALUES = {**defaults("draft"), "duration_s": 0.5, "opening_s": 0.1, "seed": 5, "variations": 2}


def _order(studio: Studio) -> Order:
    return studio.order("fake", VALUES)


def _run(studio: Studio, tab: str = "tab") -> list[Update]:
    studio.jobs.enter(tab)
    return list(studio.run(_order(studio), tab))


def test_a_run_ends_with_one_take_per_variation(studio: Studio) -> None:
    last = _run(studio)[-1]
    assert last.status["state"] == "done"
    assert [take.request.seed for take in last.takes] == [5, 6]
    assert all(take.request.variations == 1 for take in last.takes)


def test_a_take_is_a_sound_that_says_what_made_it(studio: Studio) -> None:
    take = _run(studio)[-1].takes[1]
    sound = read_audio(take.path)
    assert sound.duration_s == pytest.approx(0.5)
    assert sound.peak > 0.1
    facts = read_provenance(take.path)
    assert facts is not None
    assert (facts["licence"], facts["request"]["seed"]) == ("CC0-1.0", 6)


def test_a_take_keeps_the_tokens_that_sound_so(studio: Studio, model: FakeModel) -> None:
    takes = _run(studio)[-1].takes
    for take in takes:
        assert take.codes is not None and take.codec_hash == model.codec_hash
        assert (take.codes.dtype, take.codes.shape) == (np.int16, (4, 25))
    assert not np.array_equal(takes[0].codes, takes[1].codes)


def test_the_grid_is_a_preview_and_then_the_trace(studio: Studio) -> None:
    grid = _run(studio)[-1].grid
    preview, trace = grid.split("\n", 1)
    assert '"shape":[2,4,25]' in preview
    assert read_header(trace).shape == (2, 4, 25)


def test_a_stopped_run_keeps_nothing(
    studio: Studio, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.handlers.deliver", _refuse)
    studio.jobs.enter("tab")
    updates = studio.run(_order(studio), "tab")
    next(updates)
    studio.jobs.leave("tab")
    assert all(not update.takes for update in updates)
    assert model.n_closed == 1


def test_closing_a_run_closes_the_engines_iterator(studio: Studio, model: FakeModel) -> None:
    studio.jobs.enter("tab")
    updates = studio.run(_order(studio), "tab")
    next(updates)
    updates.close()
    assert model.n_closed == 1
    assert studio.jobs.ahead("other") == 0


def test_another_tabs_cancel_does_not_stop_mine(studio: Studio) -> None:
    studio.jobs.enter("mine")
    updates = studio.run(_order(studio), "mine")
    next(updates)
    studio.jobs.leave("other")
    assert list(updates)[-1].status["state"] == "done"


def test_an_error_is_shown_in_place_and_raised_once() -> None:
    error = DeviceError("the GPU is out of memory", expected="2 GB free", advice="Make it shorter")
    model = FakeModel(fail_at=3, error=error)
    studio = fake_studio(fake_library(model=model))
    studio.jobs.enter("tab")
    updates, seen = studio.run(_order(studio), "tab"), []
    with pytest.raises(gr.Error, match="out of memory"):
        seen.extend(updates)
    assert model.n_closed == 1
    assert studio.jobs.ahead("other") == 0


def test_an_error_keeps_the_grid_as_it_was() -> None:
    studio = fake_studio(fake_library(model=FakeModel(fail_at=3)))
    studio.jobs.enter("tab")
    updates, seen = studio.run(_order(studio), "tab"), []
    with pytest.raises(gr.Error):
        for update in updates:
            seen.append(update)
    assert seen[-1].status["state"] == "failed"
    assert seen[-1].grid == seen[-2].grid
    assert "secret" not in seen[-1].status["detail"]


def test_a_file_that_cannot_be_written_leaves_none(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("studio.delivery.write_audio", _second_fails())
    studio.jobs.enter("tab")
    with pytest.raises(gr.Error):
        list(studio.run(_order(studio), "tab"))
    assert list(tmp_path.iterdir()) == []


def test_the_estimate_is_in_words(studio: Studio) -> None:
    assert studio.estimate(_order(studio)) == "Under 1 s · 240 MB of memory"


def _refuse(*args: object) -> None:
    raise AssertionError("nothing should be delivered")


def _second_fails():
    calls = []

    def write(path: Path, *args: object, **kwargs: object) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        Path(path).write_bytes(b"sound")

    return write
