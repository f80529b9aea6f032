"""The Inpaint panel: a clip, what is made anew in it, and the versions that come of it.

Words, model, quality, seed and fine-tuning are the Generate panel's; both share its run bar, its
status and its grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import FormComponent

from engine.examples import ExampleClip
from engine.knobs import EDIT_KNOBS, Knob
from studio.editing.orders import EditKind
from studio.panels.workspaces import IN_INPAINT
from studio.widgets.knob_fields import KnobField, knob_field
from studio.widgets.region_editor import region_editor
from studio.widgets.versions import version_list

KINDS = {
    "Regions": EditKind.AREAS,
    "Extend": EditKind.EXTEND,
    "Loop": EditKind.LOOP,
}

_OPEN = ("strength",)
_KEPT = tuple(name for name in EDIT_KNOBS if name.startswith("keep_"))
"""What stays inside of regions; where a clip is extended or closed to a loop nothing can stay."""

_JOINED = tuple(name for name in EDIT_KNOBS if name not in ("snap", *_OPEN, *_KEPT))
"""`snap` is on the editor itself."""


STAYS: Mapping[str, Mapping[str, Any]] = {
    "Nothing": {"strength": 1.0, "keep_onsets_s": None},
    "The rhythm": {"strength": 1.0, "keep_onsets_s": 0.1},
    "Half of it": {"strength": 0.5, "keep_onsets_s": None},
}
"""What stays of a region, in words, and the knobs that it sets. A tenth of a second from each onset
on keeps the beat of a groove while its notes change (docs/inpainting.md has figures)."""


@dataclass(frozen=True, kw_only=True)
class InpaintPanel:
    """The components, for the wiring in `inpaint_events` and `inpaint_runs`."""

    upload: gr.UploadButton
    record: gr.Audio
    example: gr.Dropdown
    editor: gr.HTML
    kind: gr.Radio
    left_s: gr.Number
    right_s: gr.Number
    seam_s: gr.Number
    stays: gr.Radio
    settings: tuple[KnobField, ...]
    trim: gr.Button
    versions: gr.HTML

    @property
    def inputs(self) -> list[FormComponent]:
        """All that an order is read from beside the editor, in the order of `edit_values`."""
        fields = [component for field in self.settings for component in field.components]
        return [self.kind, self.left_s, self.right_s, self.seam_s, *fields]

    def field(self, name: str) -> KnobField:
        """The field of a knob of edits."""
        return next(field for field in self.settings if field.knob.name == name)

    def edit_values(self, given: Sequence[Any]) -> dict[str, Any]:
        """Values by name from what the browser sent for `inputs`."""
        own = ("kind", "left_s", "right_s", "seam_s")
        values: dict[str, Any] = dict(zip(own, given, strict=False))
        rest = list(given[len(own) :])
        for field in self.settings:
            n = len(field.components)
            values[field.knob.name], rest = field.read(rest[:n]), rest[n:]
        return values


def build_clip(examples: Sequence[ExampleClip]) -> dict[str, Any]:
    """Build the sources and the editor; these give arguments of `InpaintPanel`, by name.

    Args:
        examples: that can be opened.
    """
    with gr.Column(elem_id="ms-inpaint", elem_classes=IN_INPAINT):
        made = _sources(examples)
        made["editor"] = region_editor(elem_id="ms-editor")
    return made


def build_versions() -> gr.HTML:
    """Build the list of versions, where the caller is."""
    with gr.Column(elem_classes=IN_INPAINT, min_width=0):
        return version_list(elem_id="ms-versions")


def _sources(examples: Sequence[ExampleClip]) -> dict[str, Any]:
    with gr.Row(elem_id="ms-sources"):
        upload = gr.UploadButton(
            "Open a sound file", type="filepath", variant="secondary", elem_id="ms-open"
        )
        trim = gr.Button("Trim to region", elem_id="ms-trim")
        example = gr.Dropdown(
            choices=[(clip.title, clip.name) for clip in examples],
            value=None,
            label="Or an example",
            filterable=False,
            elem_id="ms-example",
        )
    with gr.Accordion("Or record", open=False, elem_id="ms-record-box"):
        record = gr.Audio(
            sources=["microphone"],
            type="filepath",
            format="wav",
            editable=False,
            show_label=False,
            elem_id="ms-record",
        )
    return {"upload": upload, "trim": trim, "example": example, "record": record}


def build_edit_fields() -> dict[str, Any]:
    """Build what an edit is, in the composer; as `build_clip`."""
    with gr.Column(elem_id="ms-edit", elem_classes=IN_INPAINT):
        return _edit_fields()


def _edit_fields() -> dict[str, Any]:
    kind = gr.Radio(
        choices=[(label, each.value) for label, each in KINDS.items()],
        value=EditKind.AREAS.value,
        label="What is made anew",
        info="Regions: what you draw. Extend: new sound before or after the clip. Loop: the place "
        "where the end meets the start.",
        elem_id="ms-kind",
        elem_classes="ms-segments",
    )
    with gr.Column(elem_classes="ms-in-extend"):
        left_s = _seconds("Add at the start (s)", 0.0, "ms-left")
        right_s = _seconds("Add at the end (s)", 4.0, "ms-right")
    with gr.Column(elem_classes="ms-in-loop"):
        seam_s = _seconds("New around the loop point (s)", 2.0, "ms-seam")
    with gr.Column(elem_classes="ms-in-areas"):
        stays = gr.Radio(
            choices=list(STAYS),
            value=next(iter(STAYS)),
            label="What stays of a region",
            info="Nothing: it is made from nothing. The rhythm: notes and hits start where they "
            "did. Half of it: a variation.",
            elem_id="ms-stays",
            elem_classes="ms-segments",
        )
        fields = [_field(name) for name in _OPEN]
    with gr.Accordion("What stays inside, how it is joined", open=False, elem_id="ms-inside"):
        with gr.Column(elem_classes="ms-in-areas"):
            fields += [_field(name) for name in _KEPT]
        fields += [_field(name) for name in _JOINED]
    return {
        "kind": kind,
        "left_s": left_s,
        "right_s": right_s,
        "seam_s": seam_s,
        "stays": stays,
        "settings": tuple(fields),
    }


def _field(name: str) -> KnobField:
    knob: Knob = EDIT_KNOBS[name]
    return knob_field(knob, knob.default)


def _seconds(label: str, value: float, elem_id: str) -> gr.Number:
    # No limits here: the engine refuses what is out of range and says what to do.
    return gr.Number(value=value, label=label, step=0.5, min_width=120, elem_id=elem_id)
