"""Gradio components for knobs, built from the engine's one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import FormComponent

from engine.knobs import KNOBS, Knob, KnobGroup, KnobKind

GROUP_TITLES: Mapping[KnobGroup, str] = {
    KnobGroup.SAMPLING: "Sampling",
    KnobGroup.GUIDANCE: "Guidance",
    KnobGroup.SPANS: "Spans",
    KnobGroup.OPENING: "Left-to-right part",
}


@dataclass(frozen=True, kw_only=True)
class KnobField:
    """One knob on the page; steps have a component for each level."""

    knob: Knob
    components: tuple[FormComponent, ...]

    def read(self, values: Sequence[Any]) -> Any:
        """The knob's value from its components' values.

        Gradio's number fields cannot be empty: 0, which no optional knob allows, is off.
        """
        if self.knob.kind is KnobKind.STEPS:
            return tuple(values)
        return None if self.knob.optional and values[0] == 0 else values[0]

    def spread(self, value: Any) -> tuple[Any, ...]:
        """The components' values from the knob's value."""
        if self.knob.kind is KnobKind.STEPS:
            return tuple(value)
        return (0 if value is None else value,)


def option_fields(values: Mapping[str, Any]) -> tuple[KnobField, ...]:
    """Build every knob of the sampling options, group by group, where the caller is.

    Args:
        values: what each starts with.
    """
    fields: list[KnobField] = []
    for group, title in GROUP_TITLES.items():
        with gr.Column(elem_classes="ms-knobs"):
            gr.Markdown(f"### {title}")
            fields += [
                knob_field(knob, values[knob.name])
                for knob in KNOBS.values()
                if knob.group is group
            ]
    return tuple(fields)


def knob_field(knob: Knob, value: Any) -> KnobField:
    """Build one knob's components."""
    if knob.kind is KnobKind.STEPS:
        gr.Markdown(f"**{knob.label}** {knob.help}", elem_classes="ms-steps-help")
        with gr.Row(elem_classes="ms-steps"):
            steps = tuple(
                _number(knob, each, label=f"Level {level}")
                for level, each in enumerate(value, start=1)
            )
        return KnobField(knob=knob, components=steps)
    return KnobField(knob=knob, components=(_component(knob, value),))


def _component(knob: Knob, value: Any) -> FormComponent:
    label = f"{knob.label} ({knob.unit})" if knob.unit else knob.label
    common: dict[str, Any] = {"label": label, "info": knob.help, "elem_id": f"ms-knob-{knob.name}"}
    if knob.kind is KnobKind.BOOL:
        return gr.Checkbox(value=value, **common)
    if knob.kind is KnobKind.CHOICE:
        return gr.Dropdown(choices=list(knob.choices), value=value, filterable=False, **common)
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
