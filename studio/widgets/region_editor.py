"""The waveform on which regions are drawn that are to be made anew, level by level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine.knobs import N_LEVELS
from studio.widgets.base import widget
from studio.widgets.region_editor_template import TEMPLATE

SNAPS = ("off", "frame", "beat", "bar")
MAX_REGIONS = 256
"""More than anybody draws; a browser may send anything."""

_PARTS = (
    "logic", "peaks", "state", "buffers", "media", "player", "draw", "list", "gestures", "keys",
    "drop",
)  # fmt: skip
SCRIPTS = (*(f"region_editor_{part}.js" for part in _PARTS), "region_editor.js")


def region_editor(*, elem_id: str) -> gr.HTML:
    """The editor; draws `editor_value`, and writes what is drawn on it back into its value.

    Its `select` carries `action` ("commit", "discard", "undo" or "redo") and, for the first two,
    `candidate`: the id of the one that is chosen, or None. Its `upload` carries the `path` and
    `name` of a file that was dropped on it.
    """
    return widget(template=TEMPLATE, script_name=SCRIPTS, value=editor_value(), elem_id=elem_id)


@dataclass(frozen=True, kw_only=True)
class EditorRegion:
    """A region as it was asked for; where it will be is for `engine.audio.snap` to say.

    Args:
        start_s: 0 <= start_s < stop_s, in the source's time.
        stop_s: at most the clip's end.
        levels: indices of those to make anew, coarse first; None: all.
    """

    start_s: float
    stop_s: float
    levels: tuple[int, ...] | None = None


def editor_value(
    *,
    clip: Mapping[str, Any] | None = None,
    beats: Mapping[str, Any] | None = None,
    regions: Sequence[EditorRegion] = (),
    rev: int = 0,
    snap: str | None = None,
    candidates: Sequence[Mapping[str, Any]] = (),
    loop: bool = False,
    can_undo: bool = False,
    can_redo: bool = False,
    busy: bool = False,
    message: str = "",
) -> dict[str, Any]:
    """What the editor shows.

    Args:
        clip: of `clip_value`; None shows how to get one.
        beats: of `beats_value`; None while they are not known.
        regions: taken over only where `rev` is new, else what is on the page stays.
        rev: a number that changes when the server sets the regions.
        snap: one of `SNAPS`, taken over with a new `rev`; None: what is chosen on the page stays.
        candidates: of `candidate_value`.
        loop: True where candidates are loops and repeat as a whole.
        can_undo: there is an edit to take back. can_redo: there is one to bring back.
        busy: True switches the buttons off that change the clip.
        message: a line of hints or problems.
    """
    assert snap is None or snap in SNAPS
    return {
        "clip": clip,
        "beats": beats,
        "regions": {"rev": rev, "list": [_region_value(region) for region in regions]},
        "snap": snap,
        "candidates": list(candidates),
        "loop": loop,
        "history": {"can_undo": can_undo, "can_redo": can_redo},
        "busy": busy,
        "message": message,
    }


def clip_value(
    *,
    clip_id: str,
    name: str,
    facts: str,
    duration_s: float,
    frame_rate_hz: float,
    audio_path: str | Path,
    peaks_path: str | Path,
    n_levels: int = N_LEVELS,
) -> dict[str, Any]:
    """The source.

    Args:
        clip_id: changes whenever the sound does; a new one stops what is played.
        name: of the file or take, as its owner wrote it.
        facts: its format in one line.
        duration_s: > 0; boundaries never exceed it, so it must not be rounded.
        frame_rate_hz: codec frames per second.
        audio_path: a file that browsers play. peaks_path: its envelope, as
            `studio.editing.peaks.peaks_of` has it, without a header.
        n_levels: of the codec.
    """
    return {
        "id": clip_id,
        "name": name,
        "facts": facts,
        "duration_s": duration_s,
        "frame_rate_hz": frame_rate_hz,
        "n_levels": n_levels,
        "audio": _file(audio_path),
        "peaks": _file(peaks_path),
    }


def beats_value(
    *,
    words: str,
    beat: Sequence[float] = (),
    bar: Sequence[float] = (),
    downbeats: Sequence[float] = (),
    sure: bool = False,
) -> dict[str, Any]:
    """The grids of a clip.

    Args:
        words: its tempo, or why there is none.
        beat: ascending, with 0 and the clip's end, as `engine.audio.snapping.continued` gives
            them; empty switches the choice off. bar: the same for bars.
        downbeats: those that were found.
        sure: False where the beats are a guess: they are drawn paler then.
    """
    rounded = {
        "beat": [round(time, 6) for time in beat],
        "bar": [round(time, 6) for time in bar],
        "downbeats": [round(time, 6) for time in downbeats],
    }
    return {"words": words, **rounded, "sure": sure}


def candidate_value(
    *,
    candidate_id: str,
    seed: int,
    audio_path: str | Path,
    peaks_path: str | Path,
    start_s: float,
    stop_s: float,
    proof: str = "",
    shift_s: float = 0.0,
    duration_s: float | None = None,
    changed_s: Sequence[tuple[float, float]] = (),
) -> dict[str, Any]:
    """One result that can be heard in place of the source.

    Args:
        candidate_id: unguessable name.
        seed: it was made with.
        audio_path: an excerpt of the result around what changed. peaks_path: of the excerpt.
        start_s: where the excerpt begins in the result; on a whole column of 5 ms what changed
            is found exactly. stop_s: where it ends.
        proof: in words, that all else is as before.
        shift_s: how much sound was added before the source, >= 0.
        duration_s: of the result; None: as long as the clip.
        changed_s: what is new in it, (start, stop) in the result's time; auditioned where given.
    """
    value = {
        "id": candidate_id,
        "seed": seed,
        "audio": _file(audio_path),
        "peaks": _file(peaks_path),
        "start_s": start_s,
        "stop_s": stop_s,
        "proof": proof,
        "shift_s": shift_s,
        "changed": [list(span) for span in changed_s],
    }
    return value if duration_s is None else {**value, "duration_s": duration_s}


def sent_regions(value: object) -> tuple[tuple[EditorRegion, ...], str]:
    """The regions and the snap of a value that came from a browser, which may be anything.

    Returns:
        Regions in order that are whole and inside of the clip that the value names, and one of
        `SNAPS`; what makes no sense is left out.
    """
    sent = value if isinstance(value, Mapping) else {}
    clip, regions = sent.get("clip"), sent.get("regions")
    duration_s = _time(clip.get("duration_s")) if isinstance(clip, Mapping) else None
    rows = regions.get("list") if isinstance(regions, Mapping) else None
    snap = sent.get("snap") if sent.get("snap") in SNAPS else "frame"
    if duration_s is None or not isinstance(rows, list):
        return (), str(snap)
    read = (_read_region(row, duration_s) for row in rows[:MAX_REGIONS])
    return tuple(region for region in read if region is not None), str(snap)


def _region_value(region: EditorRegion) -> dict[str, Any]:
    levels = None if region.levels is None else list(region.levels)
    return {"start_s": region.start_s, "stop_s": region.stop_s, "levels": levels}


def _file(path: str | Path) -> dict[str, Any]:
    return gr.FileData(path=str(path), orig_name=Path(path).name).model_dump()


def _time(number: object) -> float | None:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _read_region(row: object, duration_s: float) -> EditorRegion | None:
    if not isinstance(row, Mapping):
        return None
    start_s, stop_s, levels = _time(row.get("start_s")), _time(row.get("stop_s")), row.get("levels")
    if start_s is None or stop_s is None or not start_s < stop_s <= duration_s:
        return None
    if levels is None:
        return EditorRegion(start_s=start_s, stop_s=stop_s)
    if not isinstance(levels, list) or not levels or not all(map(_is_level, levels)):
        return None
    return EditorRegion(start_s=start_s, stop_s=stop_s, levels=tuple(sorted(set(levels))))


def _is_level(index: object) -> bool:
    return type(index) is int and 0 <= index < N_LEVELS
