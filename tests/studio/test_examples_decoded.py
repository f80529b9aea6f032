"""Example takes become takes: once, in the device's thread, without anybody waiting."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Waveform, read_audio, read_provenance
from engine.example_takes import ExampleTake, example_takes
from engine.music import MusicModel
from studio import example_takes as decoding
from studio.example_takes import ExampleTakes
from studio.library import Library
from studio.session import Session
from tests.studio.example_list import examples_of, waited, write_list
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, library_of


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return write_list(tmp_path / "takes", FakeModel(), 1, 2, 3)


def _load(library: Library, name: str) -> None:
    for _ in library.load(name, threading.Event()):
        pass


def test_a_real_models_list_becomes_takes_that_can_be_played_and_edited(
    tiny: MusicModel, tmp_path: Path
) -> None:
    folder = write_list(tmp_path / "takes", tiny, 5, 6)
    takes = waited(ExampleTakes(library_of(tiny), tiny.name, folder))
    assert [take.request.seed for take in takes] == [5, 6]
    for take, example in zip(takes, example_takes(folder), strict=True):
        assert take.is_example and take.codec_hash == tiny.codec_hash
        assert take.codes is not None and np.array_equal(take.codes, example.codes)
        assert read_audio(take.path).duration_s == pytest.approx(0.5)


def test_a_file_tells_who_made_it_and_not_who_decoded_it(listed: Path) -> None:
    take = waited(ExampleTakes(fake_library(), "fake", listed))[0]
    facts = read_provenance(take.path)
    assert facts is not None
    assert (take.model, facts["model"], facts["model_sha256"]) == ("its maker",) * 2 + ("made",)
    assert facts["request"]["seed"] == 1 and facts["gain_db"] == pytest.approx(take.gain_db)


def test_nobody_waits_for_them_and_they_are_decoded_once_for_all(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, hold, threads = fake_library(), threading.Event(), []
    monkeypatch.setattr(decoding, "_listen", _noting(threads))
    library.thread.submit(hold.wait, 30)
    examples = ExampleTakes(library, "fake", listed)
    began = time.perf_counter()
    assert [examples.ask() for _ in range(5)] == [None] * 5
    assert time.perf_counter() - began < 5
    hold.set()
    assert waited(examples) is waited(examples)
    assert [name.partition("_")[0] for name in threads] == ["device"] * 3


def test_nothing_is_read_before_somebody_asks(tmp_path: Path) -> None:
    examples = ExampleTakes(fake_library(), "fake", tmp_path / "takes")
    write_list(tmp_path / "takes", FakeModel(), 4)
    assert [take.request.seed for take in waited(examples)] == [4]


def test_a_visitors_job_comes_between_two_of_them(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, order, listen = fake_library(), [], decoding._listen

    def note(model: MusicModel, example: ExampleTake) -> Waveform:
        if not order:
            library.thread.submit(order.append, "job")
        order.append("take")
        return listen(model, example)

    monkeypatch.setattr(decoding, "_listen", note)
    waited(ExampleTakes(library, "fake", listed))
    assert order == ["take", "job", "take", "take"]


def test_another_codecs_takes_are_left_out_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_list(tmp_path / "takes", FakeModel(), 1, codec_hash="another")
    with caplog.at_level(logging.INFO):
        assert waited(ExampleTakes(fake_library(), "fake", folder)) == ()
    assert caplog.text == ""


@pytest.mark.parametrize("damage", ["list", "tokens", "model", "disk"])
def test_an_error_is_logged_and_leaves_none(
    listed: Path,
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = fake_library()
    if damage == "list":
        (listed / "takes.json").write_text("{")
    elif damage == "tokens":
        monkeypatch.setattr(FakeModel, "codebook_size", 2)
    elif damage == "model":
        monkeypatch.setattr(FakeModel, "listen", _fails)
    else:
        monkeypatch.setattr(decoding, "write_take", _fails)
    assert waited(ExampleTakes(library, "fake", listed)) == ()
    assert "the example takes are left out" in caplog.text
    assert library.thread.call(lambda: "at work") == "at work"


def test_a_model_that_was_unloaded_is_not_loaded_for_them(listed: Path) -> None:
    library = fake_library()
    library.unload("fake")
    examples = ExampleTakes(library, "fake", listed)
    assert examples.ask() == () and library.loaded("fake") is None
    _load(library, "fake")
    assert len(waited(examples)) == 3


def test_a_session_has_them_beside_its_own_once_they_are_there(listed: Path) -> None:
    late = ExampleTakes(fake_library(), "fake", listed)
    assert late.beside(Session()) == Session()
    there = examples_of(fake_library(), listed)
    assert there.beside(Session()).shown == there.ask()


def _noting(threads: list[str]):
    listen = decoding._listen

    def note(model: MusicModel, example: ExampleTake) -> Waveform:
        threads.append(threading.current_thread().name)
        return listen(model, example)

    return note


def _fails(*given: object, **named: object) -> None:
    raise OSError(28, "No space left on device")
