from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile

from engine.audio import Snap, read_source
from engine.decode import Mode
from engine.decode.trace_reader import read_trace
from engine.edit import Area, EditSettings
from engine.errors import RequestError
from engine.music import MusicModel
from studio.editing.keeping import commit
from studio.editing.opening import open_file
from studio.editing.orders import EditKind
from studio.editing.versions import Edits, Version
from studio.editing.work import Editor
from tests.studio.editing.editing_help import (
    REQUEST,
    edit,
    files_in,
    order_for,
    propose,
    run_edit,
    write_sound,
)


@pytest.fixture
def opened(tmp_path: Path) -> Version:
    return open_file(write_sound(tmp_path / "a.wav"), "a.wav")


def test_an_edit_ends_in_candidates_that_can_be_heard(editor: Editor, opened: Version) -> None:
    updates = run_edit(editor, opened)
    last = updates[-1]
    assert (last.status["state"], last.status["title"]) == ("done", "2 candidates ready")
    assert all(update.proposal is None for update in updates[:-1])
    proposal = last.proposal
    assert proposal is not None and proposal.parent_id == opened.version_id
    assert [each.seed for each in proposal.candidates] == [3, 4]
    for each in proposal.candidates:
        assert each.request.variations == 1 and each.proof.passed
        assert each.facts["regions_s"] == [[0.5, 1.0]]
        assert Path(each.preview_path).exists() and Path(each.peaks_path).exists()
        assert read_source(each.path).n_samples == each.stop_sample - each.start_sample
    one, other = (read_source(each.path).samples for each in proposal.candidates)
    assert not np.array_equal(one, other)


def test_statuses_say_what_happens_in_order(editor: Editor, opened: Version) -> None:
    titles = list(dict.fromkeys(each.status["title"] for each in run_edit(editor, opened)))
    assert titles[:2] == ["Reading the clip", "Turning the clip into tokens"]
    assert titles[-3:] == [
        "Placing candidate 1 of 2",
        "Placing candidate 2 of 2",
        "2 candidates ready",
    ]


def test_kept_audio_is_never_encoded_again(
    editor: Editor, opened: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = editor.studio.library.loaded("tiny")
    assert model is not None
    edits = Edits().opened(opened).proposed(propose(editor, opened)).discarded()
    monkeypatch.setattr(type(model.parts.codec), "encode", None)  # never again
    edits = edit(editor, edits)
    edits = edit(editor, edits, areas=(Area(start_s=1.5, stop_s=2.0),))
    assert len(edits.versions) == 3
    before, after = (each.tokens[model.codec_hash].codes for each in edits.versions[1:])
    assert np.array_equal(before[:, :75], after[:, :75])
    assert not np.array_equal(before[:, 75:100], after[:, 75:100])


def test_the_grid_of_a_long_clip_shows_what_is_written(editor: Editor, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", rate=8_000, channels=1, seconds=130)
    version = open_file(path, "a.wav")
    area = Area(start_s=60.0, stop_s=61.0)
    updates = run_edit(editor, version, areas=(area,))
    grid = updates[-1].grid
    assert grid is not None
    preview, trace = grid.split("\n", 1)
    line = json.loads(preview)
    # The window of two seconds around the region.
    assert line["shape"] == [2, 4, 100] and line["start_s"] == 59.5
    assert editor.preview(order_for(version, areas=(area,)), version) == preview + "\n"
    *_, last = read_trace(trace)
    (tokens,) = updates[-1].proposal.candidates[0].tokens.codes[None]  # type: ignore[union-attr]
    assert tokens.shape == (4, 6_500)
    assert np.array_equal(last.codes[0].numpy(), tokens[:, 2_975:3_075])


def test_the_grid_of_a_loop_has_its_seam_in_the_middle(editor: Editor, tmp_path: Path) -> None:
    version = open_file(write_sound(tmp_path / "a.wav", seconds=6.0), "a.wav")
    update = run_edit(editor, version, kind=EditKind.LOOP, seam_s=1.0)[-1]
    assert update.grid is not None and update.proposal is not None
    preview, trace = update.grid.split("\n", 1)
    assert json.loads(preview)["shape"] == [2, 4, 100]
    assert json.loads(preview)["start_s"] == 5.0
    order = order_for(version, kind=EditKind.LOOP, seam_s=1.0)
    assert editor.preview(order, version) == preview + "\n"
    *_, last = read_trace(trace)
    tokens = update.proposal.candidates[0].tokens.codes
    assert np.array_equal(last.codes[0].numpy()[:, :50], tokens[:, -50:])
    assert np.array_equal(last.codes[0].numpy()[:, 50:], tokens[:, :50])


@pytest.mark.parametrize("n_updates", range(1, 7))  # the seventh may have the proposal
def test_a_run_that_is_stopped_anywhere_keeps_nothing(
    editor: Editor, opened: Version, cache: Path, n_updates: int
) -> None:
    before = files_in(cache)
    editor.studio.jobs.enter("tab")
    updates = editor.run(order_for(opened), opened, "tab")
    for _ in range(n_updates):
        assert next(updates).proposal is None
    editor.studio.jobs.cancel("tab")
    assert all(update.proposal is None for update in updates)
    assert files_in(cache) == before


def test_closing_a_run_keeps_nothing(editor: Editor, opened: Version, cache: Path) -> None:
    before = files_in(cache)
    editor.studio.jobs.enter("tab")
    updates = editor.run(order_for(opened), opened, "tab")
    while next(updates).status["title"] != "Placing candidate 2 of 2":
        pass
    updates.close()
    assert files_in(cache) == before
    assert editor.studio.jobs.ahead("other") == 0


def test_a_full_disk_ends_the_run_and_leaves_nothing(
    editor: Editor, opened: Version, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, calls = files_in(cache), []

    def full(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr("studio.editing.files.write_whole", full)
    with pytest.raises(gr.Error, match="Nothing was saved"):
        run_edit(editor, opened)
    assert len(calls) == 2 and files_in(cache) == before


def test_a_file_that_is_gone_is_said_in_place(editor: Editor, opened: Version) -> None:
    Path(opened.path).unlink()
    with pytest.raises(gr.Error, match="gone"):
        run_edit(editor, opened)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"areas": ()}, "no region"),
        ({"areas": (Area(start_s=1.0, stop_s=5.0),)}, "within the clip's 2.510 s"),
        ({"areas": (Area(start_s=1.0, stop_s=2.0, levels=(7,)),)}, "level"),
        ({"kind": EditKind.EXTEND}, "extended by nothing"),
        ({"kind": EditKind.EXTEND, "left_s": 4_000.0}, "Ask for less"),
        ({"kind": EditKind.LOOP, "seam_s": 9.0}, "shorter seam"),
    ],
)
def test_impossible_orders_are_refused_early_and_in_the_run(
    editor: Editor, opened: Version, given: dict[str, object], words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        editor.estimate(order_for(opened, **given), opened)
    with pytest.raises(gr.Error, match=words.split("'")[0]):
        run_edit(editor, opened, **given)


def test_an_order_for_another_version_is_refused(editor: Editor, opened: Version) -> None:
    editor.studio.jobs.enter("tab")
    order = replace(order_for(opened), version_id="other")
    with pytest.raises(gr.Error, match="another version"):
        list(editor.run(order, opened, "tab"))


def test_the_estimate_is_in_words(editor: Editor, opened: Version) -> None:
    words = editor.estimate(order_for(opened), opened)
    assert "of memory" in words and words.endswith("first the clip becomes tokens, once")
    edits = Edits().opened(opened).proposed(propose(editor, opened))
    assert edits.current is not None
    assert "becomes tokens" not in editor.estimate(order_for(edits.current), edits.current)
    two = (Area(start_s=0.0, stop_s=2.4),)
    assert "2 overlapping windows" in editor.estimate(order_for(opened, areas=two), opened)
    editor.studio.library.unload("tiny")
    for kind in EditKind:
        order = order_for(opened, kind=kind, right_s=1.0, seam_s=1.0)
        assert "of memory" in editor.estimate(order, opened)


def test_regions_snap_to_beats_that_are_found_on_the_way(editor: Editor, tmp_path: Path) -> None:
    rate = 8_000
    clicks = np.random.default_rng(0).normal(0, 0.001, 6 * rate)
    for start in range(rate // 4, len(clicks), rate // 2):
        clicks[start : start + 100] += 0.5
    soundfile.write(tmp_path / "a.wav", clicks, rate)
    version = open_file(tmp_path / "a.wav", "a.wav")
    given = {
        "settings": EditSettings(snap=Snap.BEAT),
        "areas": (Area(start_s=1.1, stop_s=2.4),),
    }
    editor.estimate(order_for(version, **given), version)
    updates = run_edit(editor, version, **given)
    assert any(update.status["title"] == "Finding beats" for update in updates)
    ((start, stop),) = updates[-1].proposal.regions_s  # type: ignore[union-attr]
    assert (start, stop) == (pytest.approx(1.25, abs=0.05), pytest.approx(2.25, abs=0.05))


def test_fine_levels_alone_can_be_made_anew(
    editor: Editor, opened: Version, tiny: MusicModel
) -> None:
    area = Area(start_s=0.5, stop_s=1.0, levels=(2, 3))
    proposal = propose(editor, opened, areas=(area,))
    codes = proposal.candidates[0].tokens.codes
    source = proposal.parent_tokens[tiny.codec_hash].codes
    assert np.array_equal(codes[:2], source[:2]) and not np.array_equal(codes[2:], source[2:])
    version = commit(opened, proposal, proposal.candidates[0])
    assert version.label == "levels 3, 4 of 0.50–1.00 s made anew, seed 3"


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("kind", list(EditKind))
def test_every_mode_does_what_it_can_and_refuses_the_rest_early(
    editor: Editor, opened: Version, mode: Mode, kind: EditKind
) -> None:
    request = replace(REQUEST, mode=mode, variations=1, opening_s=0.1, duration_s=300.0)
    given = {"request": request, "kind": kind, "right_s": 0.5, "seam_s": 0.5}
    if mode is Mode.AUTOREGRESSIVE and kind is not EditKind.EXTEND:
        with pytest.raises(RequestError, match="comes after"):
            editor.estimate(order_for(opened, **given), opened)
        with pytest.raises(gr.Error, match="Use parallel mode"):
            run_edit(editor, opened, **given)
        return
    assert editor.estimate(order_for(opened, **given), opened)
    proposal = propose(editor, opened, **given)
    assert proposal.is_loop == (kind is EditKind.LOOP)
    (candidate,) = proposal.candidates
    frames = candidate.tokens.codes.shape[1]
    # A loop is written in the nearest number of frames to its length; its tokens cover all of it.
    assert candidate.request.duration_s == pytest.approx(frames / 50, abs=0.0201)
    assert commit(opened, proposal, candidate).proof


def test_levels_that_are_kept_take_no_steps(editor: Editor, opened: Version) -> None:
    area = Area(start_s=0.5, stop_s=1.0, levels=(2, 3))
    grid = run_edit(editor, opened, areas=(area,))[-1].grid
    assert grid is not None
    steps = list(read_trace(grid.split("\n", 1)[1]))
    assert [step.stage for step in steps] == [2, 3]
