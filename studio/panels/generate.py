"""The Generate panel: what to play on the left, the grid and the takes on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components import FormComponent

from engine.knobs import KNOBS, PRESETS, defaults
from studio.session import roll_dice
from studio.widgets.chips import chip_picker
from studio.widgets.knob_fields import KnobField, option_fields
from studio.widgets.run_status import run_status
from studio.widgets.takes import take_list
from studio.widgets.text_line import text_line
from studio.widgets.token_grid import token_grid

if TYPE_CHECKING:
    from engine.music import MusicModel

DEFAULT_PRESET = "balanced"
MODE_LABELS = {
    "parallel": "Parallel",
    "hybrid": "Hybrid",
    "autoregressive": "Autoregressive",
}


@dataclass(frozen=True, kw_only=True)
class GeneratePanel:
    """The components, for the wiring in `generate_events`."""

    prompt: gr.Textbox
    chips: gr.HTML
    negative_prompt: gr.Textbox
    mode: gr.Radio
    duration_s: gr.Slider
    opening_s: gr.Slider
    variations: gr.Slider
    preset: gr.Radio
    seed: gr.Number
    dice: gr.Button
    keep_seed: gr.Checkbox
    options: tuple[KnobField, ...]
    estimate: gr.HTML
    generate: gr.Button
    cancel: gr.Button
    status: gr.HTML
    grid: gr.HTML
    takes: gr.HTML

    @property
    def basics(self) -> dict[str, FormComponent]:
        """The components of the request's own knobs, by name."""
        names = (
            "prompt", "negative_prompt", "mode", "duration_s", "opening_s", "variations", "seed",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @property
    def inputs(self) -> list[FormComponent]:
        """All that `values` reads, in its order."""
        return [*self.basics.values(), *(c for field in self.options for c in field.components)]

    def values(self, given: tuple[Any, ...]) -> dict[str, Any]:
        """Knob values by name from what the browser sent for `inputs`.

        A prompt field may hold line breaks, which a prompt has not: they are spaces in it.
        """
        values: dict[str, Any] = dict(zip(self.basics, given, strict=False))
        rest = given[len(values) :]
        for field in self.options:
            n = len(field.components)
            values[field.knob.name], rest = field.read(rest[:n]), rest[n:]
        for name in ("prompt", "negative_prompt"):
            if isinstance(values[name], str):
                values[name] = " ".join(values[name].splitlines())
        return values


def build_generate_panel(model: MusicModel, *, estimate: str, preview: str) -> GeneratePanel:
    """Build the panel where the caller is.

    Args:
        model: gives the window, the modes and the licence.
        estimate: what the default settings will take, in words.
        preview: the grid before the first run.
    """
    start = defaults(DEFAULT_PRESET)
    with gr.Row(elem_id="ms-main"):
        with gr.Column(elem_id="ms-composer"):
            made = _composer(model, start)
            made |= _run_bar(model, estimate)
        with gr.Column(elem_id="ms-stage"):
            made["status"] = run_status(elem_id="ms-status")
            made["grid"] = token_grid(value=preview, elem_id="ms-grid")
            made["takes"] = take_list(elem_id="ms-takes")
    return GeneratePanel(**made)


def _composer(model: MusicModel, start: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "prompt": gr.Textbox(
            value="",
            label="What should it sound like?",
            placeholder="warm lo-fi hip hop with mellow piano and soft drums, slow",
            lines=3,
            max_lines=6,
            elem_id="ms-prompt",
        ),
        "chips": chip_picker(elem_id="ms-chips"),
        "mode": _mode_choice(model),
    }
    with gr.Row(elem_classes="ms-pair"):
        made["duration_s"] = _slider(
            "duration_s", label="Length (s)", maximum=model.window_s, value=start["duration_s"]
        )
        made["opening_s"] = _slider(
            "opening_s",
            label="Opening (s)",
            maximum=model.window_s,
            value=min(start["opening_s"], model.window_s / 2),
            interactive=made["mode"].value == "hybrid",
        )
    made["preset"] = gr.Radio(
        choices=[(name.capitalize(), name) for name in PRESETS],
        value=DEFAULT_PRESET,
        label="Quality",
        elem_id="ms-preset",
        elem_classes="ms-segments",
    )
    made["variations"] = _slider("variations", label="Variations", value=1)
    made |= _seed_row()
    with gr.Accordion("Fine-tuning", open=False, elem_id="ms-advanced"):
        made["negative_prompt"] = gr.Textbox(
            value="",
            label="Steer away from",
            info=KNOBS["negative_prompt"].help,
            placeholder="harsh, noisy",
            lines=1,
            elem_id="ms-negative",
        )
        made["options"] = option_fields(start)
    return made


def _mode_choice(model: MusicModel) -> gr.Radio:
    modes = [mode.value for mode in model.modes]
    preferred = str(KNOBS["mode"].default)
    return gr.Radio(
        choices=[(MODE_LABELS[mode], mode) for mode in modes],
        value=preferred if preferred in modes else modes[0],
        label="How it is written",
        info="Parallel fills the clip in any order. Hybrid first writes a short opening from left "
        "to right. Autoregressive writes all of it so: the slow baseline.",
        elem_id="ms-mode",
        elem_classes="ms-segments",
    )


def _slider(
    name: str,
    *,
    label: str,
    value: Any,
    maximum: float | None = None,
    interactive: bool = True,
) -> gr.Slider:
    knob = KNOBS[name]
    return gr.Slider(
        minimum=knob.minimum,
        maximum=min(knob.maximum, maximum or knob.maximum),
        step=knob.step,
        value=min(value, maximum or value),
        label=label,
        interactive=interactive,
        buttons=[],
        min_width=140,
        elem_id=f"ms-{name.replace('_', '-')}",
    )


def _seed_row() -> dict[str, Any]:
    with gr.Row(elem_id="ms-seed-row"):
        seed = gr.Number(
            value=roll_dice(),
            label="Seed",
            info="The same seed and settings give the same music again.",
            precision=0,
            min_width=120,
            elem_id="ms-seed",
        )
        dice = gr.Button("Roll", elem_id="ms-dice", min_width=64, scale=0)
        keep = gr.Checkbox(
            value=False,
            label="Keep this seed",
            min_width=120,
            elem_id="ms-keep-seed",
        )
    return {"seed": seed, "dice": dice, "keep_seed": keep}


def _run_bar(model: MusicModel, estimate: str) -> dict[str, Any]:
    with gr.Column(elem_id="ms-run"):
        with gr.Row(elem_id="ms-run-facts"):
            line = text_line(value=estimate, elem_id="ms-estimate")
            text_line(value=f"{model.name} · licence {model.licence}", elem_id="ms-licence")
        with gr.Row(elem_id="ms-run-buttons"):
            generate = gr.Button("Generate", variant="primary", size="lg", elem_id="ms-generate")
            cancel = gr.Button(
                "Cancel", variant="secondary", size="lg", interactive=False, elem_id="ms-cancel"
            )
    return {"estimate": line, "generate": generate, "cancel": cancel}
