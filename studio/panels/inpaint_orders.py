"""From the Inpaint panel's values to one `EditOrder`; the engine's words refuse what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.audio import Beats, Snap
from engine.decode.checks import require_number
from engine.edit import MAX_CLIP_S, Area
from engine.errors import RequestError
from engine.knobs import EDIT_KNOBS, KNOBS, build_settings
from studio.desk import Desk, Pulses
from studio.editing.orders import EditKind, EditOrder, placed
from studio.editing.versions import Version
from studio.handlers import Studio
from studio.panels.inpaint_view import FRAME_RATE_HZ
from studio.widgets.region_editor import sent_regions


def version_of(desk: Desk) -> Version:
    """The version that is shown.

    Raises:
        RequestError: none is.
    """
    if desk.edits.current is None:
        raise RequestError(
            "no clip is open",
            expected="one to make parts of anew",
            advice="Open a file, record, choose an example, or send a take here",
        )
    return desk.edits.current


def order_of(
    studio: Studio,
    desk: Desk,
    pulses: Pulses,
    model: object,
    words: Mapping[str, Any],
    editor: object,
    edit: Mapping[str, Any],
) -> EditOrder:
    """The order that a page asks for.

    Args:
        studio: has the models.
        desk, pulses: of the tab.
        model: name of an offer, as it came.
        words: knob values of the Generate panel.
        editor: the region editor's value, as it came.
        edit: of `InpaintPanel.edit_values`.

    Raises:
        RequestError: no clip, or values that cannot be used.
        CheckpointError: no such model.
    """
    version = version_of(desk)
    # An edit has the clip's length; the longest lets every opening through that could fit.
    request = studio.order(model, {**words, "duration_s": KNOBS["duration_s"].maximum}).request
    assert request is not None
    regions, snap = sent_regions(editor)
    own = {name: edit[name] for name in EDIT_KNOBS if name in edit}
    settings = build_settings({**own, "snap": "frame" if snap == "off" else snap})
    pulse = desk.pulse(pulses, settings.beats_per_bar)
    order = EditOrder(
        model=studio.library.offer(model).name,
        request=request,
        version_id=version.version_id,
        kind=_kind(edit.get("kind")),
        areas=tuple(
            Area(start_s=each.start_s, stop_s=each.stop_s, levels=each.levels) for each in regions
        ),
        settings=settings,
        beats=pulse if isinstance(pulse, Beats) else None,
    )
    seconds: dict[str, Any] = _seconds(order.kind, edit)
    return replace(order, **seconds)


def first_region(
    editor: object, version: Version, pulse: Beats | str | None
) -> tuple[float, float]:
    """Start and stop of the first region that is drawn, in seconds, moved as the page shows it.

    Args:
        editor: the region editor's value, as it came.
        version: that it is drawn on.
        pulse: the version's beats, where they are known.

    Raises:
        RequestError: none is drawn, or it is not within the version.
    """
    regions, snap = sent_regions(editor)
    if not regions:
        raise RequestError(
            "there is no region", expected="the part that is to stay", advice="Draw it first"
        )
    area = Area(start_s=regions[0].start_s, stop_s=regions[0].stop_s)
    if snap == "off":
        return area.start_s, area.stop_s
    beats = pulse if isinstance(pulse, Beats) else None
    return placed(area, version, Snap(snap) if beats else Snap.FRAME, beats, FRAME_RATE_HZ)


def _kind(name: object) -> EditKind:
    for kind in EditKind:
        if kind.value == name:
            return kind
    raise RequestError(
        "the kind of edit is not known",
        expected=" or ".join(kind.value for kind in EditKind),
        advice="Choose one of these",
    )


_NEEDED: Mapping[EditKind, Sequence[str]] = {
    EditKind.AREAS: (),
    EditKind.EXTEND: ("left_s", "right_s"),
    EditKind.LOOP: ("seam_s",),
}
_LABELS = {
    "left_s": "what is added at the start",
    "right_s": "what is added at the end",
    "seam_s": "the seam",
}


def _seconds(kind: EditKind, edit: Mapping[str, Any]) -> dict[str, float]:
    """An empty field adds nothing."""
    found = {name: edit.get(name) or 0.0 for name in _NEEDED[kind]}
    for name, value in found.items():
        require_number(_LABELS[name], value, 0, MAX_CLIP_S)
    return {name: float(value) for name, value in found.items()}
