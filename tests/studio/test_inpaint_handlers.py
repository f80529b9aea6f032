"""The Inpaint panel's handlers, called as Gradio calls them, with a tiny real model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import numpy as np
import pytest
import soundfile

from engine.audio import Beats, read_source
from engine.examples import ExampleClip
from engine.knobs import EDIT_KNOBS
from engine.music import MusicModel
from studio.desk import Desk, with_pulse
from studio.editing.orders import EditKind
from studio.editing.versions import Edits
from studio.example_takes import ExampleTakes
from studio.handlers import Studio
from studio.jobs import JobBook
from studio.panels.inpaint_events import Clips, metre_of
from studio.panels.inpaint_orders import order_of
from studio.panels.inpaint_runs import EditButton
from studio.panels.inpaint_view import asked_regions, editor_of
from studio.panels.page import build_panels
from studio.panels.run_parts import RunParts
from studio.session import Session
from studio.widgets.region_editor import EditorRegion
from tests.studio.fake_shelf import library_of

TAB = cast(gr.Request, SimpleNamespace(session_hash="tab"))
RATE = 44_100


def event(**fields: Any) -> gr.EventData:
    return cast(gr.EventData, SimpleNamespace(**fields))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    noise = np.random.default_rng(0).normal(0, 0.1, (3 * RATE, 2))
    soundfile.write(path, noise, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def button(tiny: MusicModel, sound: Path) -> EditButton:
    studio = Studio(library=library_of(tiny), default=tiny.name, jobs=JobBook())
    offer = studio.library.offer(tiny.name)
    example = ExampleClip(name="one", title="One", prompt="calm piano", path=sound)
    with gr.Blocks():
        panel, inpaint = build_panels(
            offer,
            studio.library.offers,
            facts=studio.facts(offer.name),
            estimate="",
            preview="",
            examples=[example],
        )
        clips = Clips(
            parts=RunParts(
                panel=panel, studio=studio, examples=ExampleTakes(studio.library, tiny.name)
            ),
            inpaint=inpaint,
            desk=gr.State(Desk()),
            pulses=gr.State({}),
            made=gr.State(None),
            heard=gr.State(None),
            examples=(example,),
        )
        return EditButton(clips=clips, order=gr.State(None), finished=gr.State(None))


def last(outputs: Iterable[Any]) -> dict[Any, Any]:
    *_, final = outputs
    return cast(dict[Any, Any], final)


def refused(outputs: Iterable[Any]) -> dict[Any, Any]:
    """What is shown before the error."""
    shown = []
    with pytest.raises(gr.Error):
        shown.extend(outputs)
    return cast(dict[Any, Any], shown[-1])


def opened(button: EditButton, sound: Path) -> Desk:
    clips = button.clips
    made = last(clips.open_upload(TAB, str(sound)))[clips.made]
    shown = clips.put_down(TAB, made, Desk(), {}, 4)
    assert shown[clips.made] is None
    return cast(Desk, shown[clips.desk])


def given(button: EditButton, **values: Any) -> list[Any]:
    """What a browser sends for all inputs of both panels, some of it changed."""
    panel, inpaint = button.panel, button.inpaint
    sent = [component.value for component in (*panel.inputs, *inpaint.inputs)]
    names = {id(component): name for name, component in panel.basics.items()}
    names |= {id(getattr(inpaint, name)): name for name in ("kind", "left_s", "right_s", "seam_s")}
    for field in (*panel.options, *inpaint.settings):
        names |= {id(component): field.knob.name for component in field.components}
    components = (*panel.inputs, *inpaint.inputs)
    for place, component in enumerate(components):
        name = names.get(id(component), "")
        if name in values:
            sent[place] = values[name]
    return sent


def drawn(desk: Desk, *regions: tuple[float, float], snap: str = "frame") -> dict[str, Any]:
    """The editor's value as a browser sends it, with regions that somebody drew."""
    value = editor_of(desk.edits, None, rev=desk.rev)
    rows = [{"start_s": start, "stop_s": stop, "levels": None} for start, stop in regions]
    return {**value, "snap": snap, "regions": {"rev": desk.rev, "list": rows}}


STEPS = {"mode": "parallel", "prompt": "calm piano"}


def press(button: EditButton, desk: Desk, editor: Any, **values: Any) -> dict[Any, Any]:
    sent = given(button, **{**STEPS, **values})
    return last(button.press(TAB, desk, {}, 4, True, "tiny", editor, *sent))


def edited(button: EditButton, desk: Desk, editor: Any, **values: Any) -> Desk:
    """The desk after a run."""
    pressed = press(button, desk, editor, **values)
    shown = last(button.run(TAB, pressed[button.order], pressed[button.clips.desk]))
    proposal = shown[button.finished]
    after = button.settle(TAB, pressed[button.clips.desk], {}, 4, proposal, "tiny")
    return cast(Desk, after[button.clips.desk])


def test_a_file_is_opened_and_shown(button: EditButton, sound: Path) -> None:
    desk, clips = opened(button, sound), button.clips
    value = clips.editor(TAB, desk, {}, 4)
    assert value["clip"]["duration_s"] == 3.0 and value["clip"]["name"] == "song.flac"
    assert value["clip"]["facts"] == "44.1 kHz · 16-bit · stereo · 0:03"
    assert value["beats"] is None and value["candidates"] == [] and not value["busy"]


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_file_that_is_no_sound_is_said_and_nothing_changes(
    button: EditButton, tmp_path: Path, content: bytes
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(content)
    shown = refused(button.clips.open_upload(TAB, str(bad)))
    assert list(shown) == [button.panel.status]
    assert "bad.wav" in shown[button.panel.status]["detail"]


@pytest.mark.parametrize("sent", [{}, {"path": "/etc/passwd"}, {"path": 3, "name": "x"}])
def test_only_what_was_uploaded_can_be_dropped(button: EditButton, sent: dict[str, Any]) -> None:
    shown = refused(button.clips.open_dropped(TAB, event(**sent)))
    assert "not one that was uploaded" in shown[button.panel.status]["detail"]


def test_an_example_brings_its_caption_where_there_is_no_prompt(button: EditButton) -> None:
    clips, prompt = button.clips, button.panel.prompt
    shown = last(clips.open_example(TAB, "one", " "))
    assert shown[clips.made].label == "Opened song.flac" and shown[prompt] == "calm piano"
    assert prompt not in last(clips.open_example(TAB, "one", "my own words"))
    assert last(clips.open_example(TAB, "../etc", "")) == {clips.made: None}


def test_a_take_that_is_not_the_tabs_own_is_not_opened(button: EditButton) -> None:
    for sent in ({"take": "x", "action": "inpaint"}, {"action": "inpaint"}, {}):
        outputs = button.clips.open_take(TAB, Session(), event(**sent))
        assert last(outputs) == {button.clips.made: None}


def test_regions_become_candidates_and_one_of_them_the_next_version(
    button: EditButton, sound: Path
) -> None:
    clips, desk = button.clips, opened(button, sound)
    desk = edited(button, desk, drawn(desk, (0.5, 1.0), (2.0, 2.2)), variations=2, seed=5)
    value = clips.editor(TAB, desk, {}, 4)
    assert [each["seed"] for each in value["candidates"]] == [5, 6]
    assert value["candidates"][0]["proof"].endswith("outside: unchanged")
    chosen = value["candidates"][1]["id"]
    made = last(clips.act(TAB, desk, {}, 4, event(action="commit", candidate=chosen)))[clips.made]
    desk = clips.put_down(TAB, made, desk, {}, 4)[clips.desk]
    assert desk.edits.current.version_id == made.version_id and desk.edits.proposal is None
    before, after = read_source(sound).samples, read_source(made.path).samples
    changed = (before != after).any(axis=0)
    inside = np.zeros_like(changed)
    inside[RATE // 2 : RATE] = inside[2 * RATE : round(2.2 * RATE)] = True
    assert changed[inside].any() and not changed[~inside].any()
    # Undone: the source again, with the regions as they were drawn, to be tried once more.
    undone = last(clips.act(TAB, desk, {}, 4, event(action="undo")))
    assert undone[clips.inpaint.editor]["clip"]["name"] == "song.flac"
    rows = undone[clips.inpaint.editor]["regions"]["list"]
    assert [(row["start_s"], row["stop_s"]) for row in rows] == [(0.5, 1.0), (2.0, 2.2)]
    redone = last(clips.act(TAB, undone[clips.desk], {}, 4, event(action="redo")))
    assert redone[clips.desk].edits.current == made
    listed = redone[clips.inpaint.versions]["versions"]
    assert [row["label"] for row in listed] == [made.label, "Opened song.flac"]
    back = clips.go_to(TAB, redone[clips.desk], {}, 4, event(version=listed[1]["id"]))
    assert back[clips.desk].edits.current.label == "Opened song.flac"


def test_discarded_candidates_leave_the_regions_on_the_page(
    button: EditButton, sound: Path
) -> None:
    desk = opened(button, sound)
    after = edited(button, desk, drawn(desk, (0.5, 1.0)))
    assert after.edits.proposal is not None and after.rev == desk.rev
    shown = last(button.clips.act(TAB, after, {}, 4, event(action="discard")))
    value = shown[button.inpaint.editor]
    assert value["candidates"] == [] and value["regions"]["rev"] == desk.rev


@pytest.mark.parametrize("action", ["undo", "redo"])
def test_candidates_that_wait_are_not_lost_by_a_wrong_key(
    button: EditButton, sound: Path, action: str
) -> None:
    desk = opened(button, sound)
    desk = edited(button, desk.showing(desk.edits.committed(desk.edits.current)),
                  drawn(desk, (0.5, 1.0)))  # fmt: skip
    value = button.clips.editor(TAB, desk, {}, 4)
    assert value["history"] == {"can_undo": False, "can_redo": False}
    shown = last(button.clips.act(TAB, desk, {}, 4, event(action=action)))
    assert shown[button.clips.desk].edits.proposal is desk.edits.proposal


@pytest.mark.parametrize("sent", [{"action": "drop table"}, {}, {"action": ["commit"]}])
def test_actions_that_are_none_do_nothing(
    button: EditButton, sound: Path, sent: dict[str, Any]
) -> None:
    outputs = button.clips.act(TAB, opened(button, sound), {}, 4, event(**sent))
    assert last(outputs) == {button.clips.made: None}


@pytest.mark.parametrize("candidate", [None, "x", 3, {"id": 1}])
def test_a_candidate_that_is_not_there_is_refused_with_words(
    button: EditButton, sound: Path, candidate: object
) -> None:
    desk = opened(button, sound)
    commit = event(action="commit", candidate=candidate)
    shown = refused(button.clips.act(TAB, desk, {}, 4, commit))
    assert "not there any more" in shown[button.panel.status]["detail"]


def test_a_clip_is_trimmed_to_its_first_region(button: EditButton, sound: Path) -> None:
    desk = opened(button, sound)
    editor = drawn(desk, (0.5, 1.5), (2.0, 2.5))
    made = last(button.clips.trim(TAB, desk, {}, 4, editor))
    cut = made[button.clips.made]
    assert cut.n_samples == RATE
    own = read_source(sound).samples[:, RATE // 2 : RATE * 3 // 2]
    assert np.array_equal(read_source(cut.path).samples, own)


@pytest.mark.parametrize(
    ("values", "n_samples"),
    [
        ({"kind": "extend", "right_s": 1.0}, 4 * RATE),
        ({"kind": "extend", "left_s": 0.5, "right_s": None}, round(3.5 * RATE)),
        ({"kind": "loop", "seam_s": 1.0}, 3 * RATE),
    ],
)
def test_other_kinds_need_no_regions(
    button: EditButton, sound: Path, values: dict[str, Any], n_samples: int
) -> None:
    clips, desk = button.clips, opened(button, sound)
    after = edited(button, desk, drawn(desk), **values)
    assert after.edits.proposal.is_loop == (values["kind"] == "loop")
    value = clips.editor(TAB, after, {}, 4)
    (candidate,) = value["candidates"]
    assert candidate["duration_s"] == pytest.approx(n_samples / RATE)
    assert candidate["shift_s"] == (values.get("left_s") or 0.0)
    assert all(0 <= start < stop <= n_samples / RATE for start, stop in candidate["changed"])
    assert len(candidate["changed"]) == (2 if values["kind"] == "loop" else 1)
    assert value["loop"] == (values["kind"] == "loop")
    act = clips.act(TAB, after, {}, 4, event(action="commit", candidate=candidate["id"]))
    assert last(act)[clips.made].n_samples == n_samples


@pytest.mark.parametrize(
    ("regions", "values", "words"),
    [
        ((), {}, "no region"),
        (((0.5, 0.501),), {}, "no frame of its own"),
        (((0.5, 1.0),), {"kind": "everything"}, "kind of edit is not known"),
        (((0.5, 1.0),), {"strength": 7}, "Strength is 7"),
        (((0.5, 1.0),), {"keep_every": 1}, "Keep every n-th frame is 1"),
        (((0.5, 1.0),), {"keep_every": "x"}, "Keep every n-th frame is 'x'"),
        (((0.5, 1.0),), {"variations": 9}, "1 to 8"),
        (((0.5, 1.0),), {"mode": "autoregressive"}, "autoregressive"),
        ((), {"kind": "extend", "left_s": 0, "right_s": 0}, "by nothing"),
        ((), {"kind": "extend", "right_s": -2}, "what is added at the end is -2"),
        ((), {"kind": "extend", "right_s": "long"}, "what is added at the end is 'long'"),
        ((), {"kind": "loop", "seam_s": 9}, "0.5 s that stay"),
    ],
)
def test_what_cannot_be_done_is_said_at_the_press_and_notes_no_job(
    button: EditButton,
    sound: Path,
    regions: tuple[tuple[float, float], ...],
    values: dict[str, Any],
    words: str,
) -> None:
    desk = opened(button, sound)
    editor, sent = drawn(desk, *regions), given(button, **{**STEPS, **values})
    outputs = button.press(TAB, desk, {}, 4, True, "tiny", editor, *sent)
    shown = next(outputs)
    assert words.lower() in shown[button.panel.status]["detail"].lower()
    with pytest.raises(gr.Error):
        next(outputs)
    assert not button.studio.jobs.has("tab")
    line = button.estimate(desk, {}, "tiny", editor, *sent)
    assert line.startswith("Not possible yet: ")


def test_without_a_clip_it_is_said_where_to_get_one(button: EditButton) -> None:
    line = button.estimate(Desk(), {}, "tiny", None, *given(button))
    assert line == (
        "Not possible yet: No clip is open; expected one to make parts of anew. "
        "Open a file, record, choose an example, or send a take here."
    )


@pytest.mark.parametrize("editor", [None, 3, "x", {"regions": 5}, {"regions": {"list": [1]}}])
def test_an_editor_that_sends_nonsense_has_no_regions(
    button: EditButton, sound: Path, editor: Any
) -> None:
    line = button.estimate(opened(button, sound), {}, "tiny", editor, *given(button, **STEPS))
    assert "There is no region" in line


def test_the_estimate_tells_time_memory_and_what_comes_first(
    button: EditButton, sound: Path
) -> None:
    desk = opened(button, sound)
    line = button.estimate(desk, {}, "tiny", drawn(desk, (0.5, 1.0)), *given(button, **STEPS))
    assert "of memory" in line and line.endswith("first the clip becomes tokens, once")


def test_a_run_that_fails_gives_the_page_back(button: EditButton, sound: Path) -> None:
    desk = opened(button, sound)
    pressed = press(button, desk, drawn(desk, (0.5, 1.0)))
    assert pressed[button.inpaint.editor]["busy"]
    assert pressed[button.panel.regenerate]["interactive"] is False
    Path(desk.edits.current.path).unlink()
    run = button.run(TAB, pressed[button.order], desk)
    states = []
    with pytest.raises(gr.Error):
        states.extend(run)
    shown = button.recover(TAB, desk, {}, 4, "tiny")
    assert shown[button.panel.regenerate]["interactive"] is True
    assert not shown[button.inpaint.editor]["busy"]
    assert not button.studio.jobs.has("tab")


def test_beats_come_later_and_change_nothing_else(button: EditButton, sound: Path) -> None:
    clips, desk = button.clips, opened(button, sound)
    heard = clips.find_beats(desk, {}, 4)[clips.heard]
    shown = clips.note_beats(TAB, heard, desk, {}, 4)
    value = shown[clips.inpaint.editor]
    assert value["beats"]["words"] and value["regions"]["rev"] == desk.rev
    assert clips.find_beats(desk, shown[clips.pulses], 4) == {clips.heard: None}
    assert clips.note_beats(TAB, None, desk, {}, 4) == gr.skip()


def beats(**fields: Any) -> Beats:
    facts = {
        "tempo_bpm": 120.0, "beats_s": (0.5, 1.0, 1.5, 2.0, 2.5), "confidence": 0.6,
        "downbeats_s": (0.5, 2.5), "downbeat_confidence": 0.2, "onsets_s": (),
        "beats_per_bar": 4, "duration_s": 3.0,
    }  # fmt: skip
    return Beats(**{**facts, **fields})


@pytest.mark.parametrize(
    ("snap", "part"),
    [("off", (0.611, 2.31)), ("frame", (0.62, 2.32)), ("beat", (0.5, 2.5)), ("bar", (0.5, 2.5))],
)
def test_a_clip_is_trimmed_to_what_the_page_shows_of_its_region(
    button: EditButton, sound: Path, snap: str, part: tuple[float, float]
) -> None:
    desk = opened(button, sound)
    pulses = with_pulse({}, desk.pulse_key(desk.edits.current, 4), beats())
    editor = drawn(desk, (0.611, 2.31), snap=snap)
    cut = last(button.clips.trim(TAB, desk, pulses, 4, editor))[button.clips.made]
    assert cut.made["crop_s"] == pytest.approx(part)
    assert cut.n_samples == round((part[1] - part[0]) * RATE)


def test_a_trim_goes_to_the_clips_own_end_and_no_further(button: EditButton, sound: Path) -> None:
    desk = opened(button, sound)
    cut = last(button.clips.trim(TAB, desk, {}, 4, drawn(desk, (2.0, 2.995), snap="bar")))
    assert cut[button.clips.made].made["crop_s"] == [2.0, 3.0]


def test_a_trim_that_is_undone_has_its_region_again(button: EditButton, sound: Path) -> None:
    clips, desk = button.clips, opened(button, sound)
    made = last(clips.trim(TAB, desk, {}, 4, drawn(desk, (0.5, 1.5))))[clips.made]
    desk = clips.put_down(TAB, made, desk, {}, 4)[clips.desk]
    undone = last(clips.act(TAB, desk, {}, 4, event(action="undo")))[clips.desk]
    assert undone.regions == (EditorRegion(start_s=0.5, stop_s=1.5),)


def test_a_kept_version_stays_on_the_list_after_another_took_its_place(
    button: EditButton, sound: Path
) -> None:
    clips, desk = button.clips, opened(button, sound)
    kept = []
    for stop_s in (1.0, 2.0):
        made = last(clips.trim(TAB, desk, {}, 4, drawn(desk, (0.5, stop_s))))[clips.made]
        kept.append(made)
        after = clips.put_down(TAB, made, desk, {}, 4)[clips.desk]
        desk = last(clips.act(TAB, after, {}, 4, event(action="undo")))[clips.desk]
    rows = clips.shown(TAB, desk, {}, 4)[clips.inpaint.versions]["versions"]
    ids = [each.version_id for each in kept]
    assert [row["id"] for row in rows] == [ids[1], ids[0], desk.edits.current_id]
    assert [row["undone"] for row in rows] == [True, True, False]
    shown = clips.go_to(TAB, desk, {}, 4, event(version=ids[0]))[clips.desk]
    assert shown.edits.current == kept[0] and shown.edits.can_undo


def test_candidates_for_a_clip_that_was_left_bring_it_back_with_its_regions(
    button: EditButton, sound: Path
) -> None:
    clips, desk = button.clips, opened(button, sound)
    pressed = press(button, desk, drawn(desk, (0.5, 1.0)))
    proposal = last(button.run(TAB, pressed[button.order], desk))[button.finished]
    other = last(clips.open_upload(TAB, str(sound)))[clips.made]
    desk = clips.put_down(TAB, other, desk, {}, 4)[clips.desk]
    after = button.settle(TAB, desk, {}, 4, proposal, "tiny")[clips.desk]
    assert after.edits.current_id == proposal.parent_id and after.rev != desk.rev
    assert after.regions == (EditorRegion(start_s=0.5, stop_s=1.0),)


def test_the_editor_is_free_again_after_a_run_of_the_other_panel(
    button: EditButton, sound: Path
) -> None:
    clips, jobs = button.clips, button.studio.jobs
    jobs.enter("tab")
    desk = opened(button, sound)
    assert clips.editor(TAB, desk, {}, 4)["busy"]
    jobs.leave("tab")
    assert not clips.redraw(TAB, desk, {}, 4)[button.inpaint.editor]["busy"]


def test_a_metre_whose_beats_are_known_is_shown_again(button: EditButton, sound: Path) -> None:
    clips, desk = button.clips, opened(button, sound)
    version, pulses = desk.edits.current, {}
    for metre, downbeats in ((4, (0.5, 2.5)), (3, (0.5, 2.0))):
        heard = beats(beats_per_bar=metre, downbeats_s=downbeats)
        pulses = with_pulse(pulses, desk.pulse_key(version, metre), heard)
    for metre, downbeats in ((4, [0.5, 2.5]), (3, [0.5, 2.0]), (4, [0.5, 2.5])):
        shown = clips.redraw(TAB, desk, pulses, metre)[button.inpaint.editor]
        assert shown["beats"]["downbeats"] == downbeats


def test_what_is_chosen_to_snap_to_is_left_to_the_page(button: EditButton, sound: Path) -> None:
    assert button.clips.editor(TAB, opened(button, sound), {}, 4)["snap"] is None


def test_an_order_takes_the_beats_that_are_shown(
    button: EditButton, sound: Path, studio: Studio
) -> None:
    desk, words = opened(button, sound), button.panel.values(tuple(given(button, **STEPS)))
    version = desk.edits.current
    pulses = with_pulse({}, desk.pulse_key(version, 4), beats())
    edit = button.inpaint.edit_values(given(button)[len(button.panel.inputs) :])
    editor = drawn(desk, (0.6, 1.4), snap="beat")
    order = order_of(button.studio, desk, pulses, "tiny", {**words, "seed": 1}, editor, edit)
    assert order.kind is EditKind.AREAS and order.beats == beats()
    assert order.settings.snap.value == "beat" and order.version_id == version.version_id
    off = order_of(
        button.studio, desk, {}, "tiny", {**words, "seed": 1},
        {**editor, "snap": "off"}, edit,
    )  # fmt: skip
    assert off.settings.snap.value == "frame" and off.beats is None


def test_the_grid_goes_on_to_both_ends_and_says_how_sure_it_is(
    button: EditButton, sound: Path
) -> None:
    edits = opened(button, sound).edits
    shown = editor_of(edits, beats(), rev=1)["beats"]
    assert shown["beat"] == [0, 0.5, 1, 1.5, 2, 2.5, 3] and shown["bar"] == [0, 0.5, 2.5, 3]
    assert shown["sure"] and shown["words"] == "120.0 BPM · confidence 60%, in bars 20%"
    assert not editor_of(edits, beats(confidence=0.1), rev=1)["beats"]["sure"]
    none = editor_of(edits, beats(tempo_bpm=None), rev=1)["beats"]
    assert none["words"] == "No beat was found" and none["beat"] == []
    assert editor_of(edits, "too long", rev=1)["beats"]["words"] == "too long"


def test_nothing_of_a_browsers_value_comes_back(button: EditButton, sound: Path) -> None:
    """A path in it would be served by Gradio to whoever asks."""
    desk = opened(button, sound)
    editor = drawn(desk, (0.5, 1.0))
    editor["clip"]["audio"] = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    assert "/etc/passwd" not in str(press(button, desk, editor))


def test_regions_of_a_version_are_those_that_were_drawn(button: EditButton, sound: Path) -> None:
    version = opened(button, sound).edits.current
    area = {"start_s": 0.5, "stop_s": 1.0, "levels": [2, 3]}
    made = replace(version, made={"edit": {"asked": [area]}})
    assert asked_regions(made) == (EditorRegion(start_s=0.5, stop_s=1.0, levels=(2, 3)),)
    assert asked_regions(version) == asked_regions(None) == ()


@pytest.mark.parametrize("sent", [None, "4", 0, 99, True, 2.5])
def test_a_metre_that_is_none_is_the_usual_one(sent: object) -> None:
    assert metre_of(sent) == 4 and metre_of(3) == 3


def test_every_knob_of_edits_is_on_the_page(button: EditButton) -> None:
    values = button.inpaint.edit_values(given(button)[len(button.panel.inputs) :])
    assert set(values) == {"kind", "left_s", "right_s", "seam_s", *EDIT_KNOBS} - {"snap"}


def test_an_empty_desk_shows_how_to_begin(button: EditButton) -> None:
    assert editor_of(Edits(), None, rev=0)["clip"] is None
