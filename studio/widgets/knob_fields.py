"""Gradio components for knobs, built from the engine's one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import FormComponent

from engine.knobs import KNOBS, Knob, KnobGroup, KnobKind

Choices = Sequence[tuple[str, str]]
"""Labels and values."""


def _of_group(group: KnobGroup) -> tuple[str, ...]:
    return tuple(knob.name for knob in KNOBS.values() if knob.group is group)


SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Sampling": _of_group(KnobGroup.SAMPLING),
    "Guidance": _of_group(KnobGroup.GUIDANCE),
    "Spans": _of_group(KnobGroup.SPANS),
    "Left-to-right part": ("opener", *_of_group(KnobGroup.OPENING)),
    "Second opinion": ("rescorer", *_of_group(KnobGroup.RESCORING)),
    "Context": ("context_s",),
}
"""Titles and the knobs below them, in the order of the page."""


@dataclass(frozen=True, kw_only=True)
class KnobField:
    """One knob on the page; steps have a component for each level."""

    knob: Knob
    components: tuple[FormComponent, ...]

    def read(self, values: Sequence[Any]) -> Any:
        """The knob's value from its components' values.

        Gradio's fields cannot be empty: 0 or "", which no optional knob allows, is off.
        """
        if self.knob.kind is KnobKind.STEPS:
            return tuple(values)
        is_off = values[0] == _off(self.knob) and not isinstance(values[0], bool)
        return None if self.knob.optional and is_off else values[0]

    def spread(self, value: Any) -> tuple[Any, ...]:
        """The components' values from the knob's value."""
        if self.knob.kind is KnobKind.STEPS:
            return tuple(value)
        return (_off(self.knob) if value is None else value,)


def option_fields(
    values: Mapping[str, Any], helpers: Mapping[str, Choices]
) -> tuple[KnobField, ...]:
    """Build every knob that is fine-tuning, section by section, where the caller is.

    Args:
        values: what each starts with.
        helpers: what each knob that names a model offers.
    """
    fields: list[KnobField] = []
    for title, names in SECTIONS.items():
        with gr.Column(elem_classes="ms-knobs"):
            gr.Markdown(f"### {title}")
            fields += [
                knob_field(KNOBS[name], values[name], choices=helpers.get(name, ()))
                for name in names
            ]
    return tuple(fields)


def knob_field(knob: Knob, value: Any, *, choices: Choices = ()) -> KnobField:
    """Build one knob's components; `choices` are of a knob that names a model."""
    if knob.kind is KnobKind.STEPS:
        gr.Markdown(f"**{knob.label}** {knob.help}", elem_classes="ms-steps-help")
        with gr.Row(elem_classes="ms-steps"):
            steps = tuple(
                _number(knob, each, label=f"Level {level}")
                for level, each in enumerate(value, start=1)
            )
        return KnobField(knob=knob, components=steps)
    return KnobField(knob=knob, components=(_component(knob, value, choices),))


def _off(knob: Knob) -> Any:
    return "" if knob.kind is KnobKind.MODEL else 0


def _component(knob: Knob, value: Any, choices: Choices) -> FormComponent:
    label = f"{knob.label} ({knob.unit})" if knob.unit else knob.label
    common: dict[str, Any] = {"label": label, "info": knob.help, "elem_id": f"ms-knob-{knob.name}"}
    if knob.kind is KnobKind.BOOL:
        return gr.Checkbox(value=value, **common)
    if knob.kind is KnobKind.CHOICE:
        return gr.Dropdown(choices=list(knob.choices), value=value, filterable=False, **common)
    if knob.kind is KnobKind.MODEL:
        return gr.Dropdown(
            choices=list(choices),
            value=value or "",
            filterable=False,
            interactive=len(choices) > 1,
            **common,
        )
    if knob.optional:
        return _number(knob, value or 0, **{**common, "info": f"{knob.help} 0 means off."})
    return gr.Slider(
        minimum=knob.minimum,
        maximum=knob.maximum,
        step=knob.step,
        value=value,
        buttons=[],
        **common,
    )


def _number(
    knob: Knob, value: Any, *, label: str, info: str | None = None, elem_id: str | None = None
) -> gr.Number:
    # No limits here: the engine refuses what is out of range and says what to do.
    whole = knob.kind is not KnobKind.FLOAT
    return gr.Number(
        value=value,
        label=label,
        info=info,
        elem_id=elem_id,
        precision=0 if whole else None,
        step=knob.step,
        min_width=60,
    )
