"""The endpoint `inpaint`, called over HTTP, with a tiny real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from engine.audio import read_provenance
from engine.music import MusicModel
from studio.api_inpaint import inpaint_endpoint
from studio.app import build_app, launch_options
from studio.handlers import Studio
from studio.jobs import JobBook
from studio.settings import Settings
from tests.studio.fake_shelf import library_of

RATE = 44_100


@pytest.fixture(scope="module")
def client(tiny: MusicModel) -> Iterator[Client]:
    settings = Settings()
    app = build_app(library_of(tiny), tiny.name, settings)
    try:
        _, url, _ = app.launch(**launch_options(settings), prevent_thread_lock=True, quiet=True)
        yield Client(url, verbose=False)
    finally:
        app.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "song.flac"
    noise = np.random.default_rng(0).normal(0, 0.1, (3 * RATE, 2))
    soundfile.write(path, noise, RATE, subtype="PCM_24")
    return path


def inpaint(client: Client, sound: Path, **given: Any) -> Any:
    options = {"steps": [2, 1, 1, 1]}
    return client.predict(handle_file(str(sound)), options=options, api_name="/inpaint", **given)


def test_a_program_gets_its_own_file_back_but_for_the_regions(client: Client, sound: Path) -> None:
    files, facts = inpaint(
        client, sound, regions=[[0.5, 1.0], [2.0, 2.5, [3, 4]]], variations=2, seed=5
    )
    assert [Path(file).name for file in files] == ["song-edited-1.flac"] * 2
    before = soundfile.read(sound, dtype="int32")[0]
    for number, file in enumerate(files):
        after, _ = soundfile.read(file, dtype="int32")
        changed = (before != after).any(axis=1)
        inside = np.zeros(len(before), dtype=bool)
        for start, stop in facts[number]["edit"]["regions_s"]:
            inside[round(start * RATE) : round(stop * RATE)] = True
        assert changed[inside].any() and not changed[~inside].any()
        assert facts[number]["request"]["seed"] == 5 + number
        assert facts[number]["edit"]["null_test"]["passed"]
        assert read_provenance(file) == facts[number]
    assert facts[0]["edit"]["areas"][1]["levels"] == [2, 3]


def test_a_program_extends_and_loops(client: Client, sound: Path) -> None:
    files, facts = inpaint(client, sound, extend_right_s=1.0)
    assert soundfile.info(files[0]).frames == 4 * RATE
    files, facts = inpaint(client, sound, loop_seam_s=1.0)
    assert soundfile.info(files[0]).frames == 3 * RATE and facts[0]["edit"]["is_loop"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "0 kinds of edits"),
        ({"regions": [[1, 2]], "loop_seam_s": 1.0}, "2 kinds of edits"),
        ({"regions": [[2, 1]]}, "start before its end"),
        ({"regions": [[1, 9]]}, "within the clip"),
        ({"regions": ["1:2"]}, "start, stop"),
        ({"regions": [[1, 2, [5]]]}, "levels from 1 to 4"),
        ({"regions": [[1, True]]}, "start, stop"),
        ({"regions": [[1, 2]], "edit": {"bogus": 1}}, "bogus"),
        ({"regions": [[1, 2]], "edit": [1]}, "settings by name"),
        ({"regions": [[1, 2]], "edit": {"strength": 5}}, "Strength is 5"),
        ({"regions": [[1, 2]], "model": "nobody"}, "not on offer"),
        ({"extend_right_s": -1}, "(?i)extend_right_s is -1"),
        ({"loop_seam_s": 2.9}, "0.5 s that stay"),
    ],
)
def test_a_program_gets_a_clear_refusal(
    client: Client, sound: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(AppError, match=words):
        inpaint(client, sound, **given)


def test_a_file_that_is_no_sound_is_refused_with_words(client: Client, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"<html>")
    with pytest.raises(AppError, match="cannot be read as sound"):
        inpaint(client, bad, regions=[[0, 1]])


@pytest.mark.parametrize(
    "sent", [{"path": "/etc/passwd"}, {"path": "../../etc/passwd"}, {"path": 3}, {}, "x", None]
)
def test_files_of_the_computer_itself_are_not_read(tiny: MusicModel, sent: Any) -> None:
    studio = Studio(library=library_of(tiny), default=tiny.name, jobs=JobBook())
    with pytest.raises(gr.Error, match="not one that was uploaded"):
        inpaint_endpoint(studio)(sent, [[0, 1]], request=gr.Request(session_hash="x"))
