"""The Generate panel: what to play on the left, the grid and the takes on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import FormComponent

from engine.checkpoints.offers import Offer
from engine.knobs import DEFAULT_PRESET, KNOBS, PRESET_NAMES
from studio.choices import helper_choices, modes_for, start_values
from studio.model_words import licence_line
from studio.panels.choice_tables import MODE_LABELS, SLIDER_S, longest_opening_s
from studio.panels.models import ModelPicker, build_model_picker
from studio.panels.workspaces import IN_GENERATE, IN_INPAINT
from studio.session import roll_dice
from studio.widgets.chips import chip_picker
from studio.widgets.knob_fields import KnobField, option_fields
from studio.widgets.run_status import run_status
from studio.widgets.takes import take_list
from studio.widgets.text_line import text_line
from studio.widgets.token_grid import token_grid


@dataclass(frozen=True, kw_only=True)
class GeneratePanel:
    """The components, for the wiring in `generate_events` and `run_events`.

    `work` says which workspace is shown; `regenerate` and `edit_estimate` are Inpaint's, and
    stand in the same bar.
    """

    work: gr.Radio
    prompt: gr.Textbox
    chips: gr.HTML
    models: ModelPicker
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
    edit_estimate: gr.HTML
    licence: gr.HTML
    generate: gr.Button
    regenerate: gr.Button
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
    def run_buttons(self) -> list[gr.Button]:
        """Those that a run switches on or off."""
        return [self.generate, self.regenerate, self.cancel]

    @property
    def inputs(self) -> list[FormComponent]:
        """All that `values` reads, in its order."""
        return [*self.basics.values(), *(c for field in self.options for c in field.components)]

    def field(self, name: str) -> KnobField:
        """The field of a knob of fine-tuning."""
        return next(field for field in self.options if field.knob.name == name)

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


def build_words() -> dict[str, Any]:
    """Build the prompt and what composes it; these give arguments of `GeneratePanel`, by name."""
    return {
        "prompt": gr.Textbox(
            value="",
            label="What should it sound like?",
            placeholder="warm lo-fi hip hop with mellow piano and soft drums, slow",
            lines=3,
            max_lines=6,
            elem_id="ms-prompt",
        ),
        "chips": chip_picker(elem_id="ms-chips"),
    }


def build_settings(
    offer: Offer, offers: Sequence[Offer], *, facts: Mapping[str, Any], estimate: str
) -> dict[str, Any]:
    """Build what is below the words: by which model, and how.

    Args:
        offer: the model that is chosen at first; gives what everything starts with.
        offers: every model that can be chosen.
        facts: of the first model.
        estimate: what the first settings will take, in words.
    """
    start = start_values(offer)
    made: dict[str, Any] = {"models": build_model_picker(offers, facts)}
    made |= _shape(offer, start)
    made |= _fine_tuning(offer, offers, start)
    return made | _run_bar(offer, estimate)


def build_stage(preview: str) -> dict[str, Any]:
    """Build what runs show, the same for both workspaces, and the takes.

    Args:
        preview: the grid before the first run.
    """
    status = run_status(elem_id="ms-status")
    grid = token_grid(value=preview, elem_id="ms-grid")
    with gr.Column(elem_classes=IN_GENERATE, min_width=0):
        takes = take_list(elem_id="ms-takes")
    return {"status": status, "grid": grid, "takes": takes}


def _shape(offer: Offer, start: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"mode": _mode_choice(offer, start["mode"])}
    with gr.Row(elem_classes="ms-pair"):
        made["duration_s"] = _slider(
            "duration_s",
            label="Length (s)",
            maximum=SLIDER_S,
            value=start["duration_s"],
            elem_classes=IN_GENERATE,  # an edit has its clip's
        )
        made["opening_s"] = _slider(
            "opening_s",
            label="Opening (s)",
            maximum=longest_opening_s(offer),
            value=start["opening_s"],
            interactive=start["mode"] == "hybrid",
        )
    made["preset"] = gr.Radio(
        choices=[(name.capitalize(), name) for name in PRESET_NAMES],
        value=DEFAULT_PRESET,
        label="Quality",
        elem_id="ms-preset",
        elem_classes="ms-segments",
    )
    made["variations"] = _slider("variations", label="Variations", value=1)
    return made | _seed_row()


def _fine_tuning(offer: Offer, offers: Sequence[Offer], start: Mapping[str, Any]) -> dict[str, Any]:
    helpers = {name: helper_choices(name, offer, offers) for name in ("opener", "rescorer")}
    with gr.Accordion("Fine-tuning", open=False, elem_id="ms-advanced"):
        negative_prompt = gr.Textbox(
            value="",
            label="Steer away from",
            info=KNOBS["negative_prompt"].help,
            placeholder="harsh, noisy",
            lines=1,
            elem_id="ms-negative",
        )
        return {"negative_prompt": negative_prompt, "options": option_fields(start, helpers)}


def _mode_choice(offer: Offer, mode: str) -> gr.Radio:
    return gr.Radio(
        choices=[(MODE_LABELS[each], each) for each in modes_for(offer)],
        value=mode,
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
    elem_classes: str | None = None,
) -> gr.Slider:
    knob = KNOBS[name]
    return gr.Slider(
        minimum=knob.minimum,
        maximum=maximum or knob.maximum,
        step=knob.step,
        value=value,
        label=label,
        interactive=interactive,
        buttons=[],
        min_width=140,
        elem_id=f"ms-{name.replace('_', '-')}",
        elem_classes=elem_classes,
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


def _run_bar(offer: Offer, estimate: str) -> dict[str, Any]:
    with gr.Column(elem_id="ms-run"):
        with gr.Row(elem_id="ms-run-facts"):
            with gr.Column(elem_classes=IN_GENERATE, min_width=0):
                line = text_line(value=estimate, elem_id="ms-estimate")
            with gr.Column(elem_classes=IN_INPAINT, min_width=0):
                edit_line = text_line(value="", elem_id="ms-edit-estimate")
            licence = text_line(value=licence_line(offer), elem_id="ms-licence")
        with gr.Row(elem_id="ms-run-buttons"):
            generate = gr.Button(
                "Generate",
                variant="primary",
                size="lg",
                elem_id="ms-generate",
                elem_classes=IN_GENERATE,
            )
            regenerate = gr.Button(
                "Make it anew",
                variant="primary",
                size="lg",
                elem_id="ms-regenerate",
                elem_classes=IN_INPAINT,
            )
            cancel = gr.Button(
                "Cancel", variant="secondary", size="lg", interactive=False, elem_id="ms-cancel"
            )
    return {
        "estimate": line,
        "edit_estimate": edit_line,
        "licence": licence,
        "generate": generate,
        "regenerate": regenerate,
        "cancel": cancel,
    }
