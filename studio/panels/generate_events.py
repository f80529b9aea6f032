"""What the Generate panel does while somebody chooses; `run_events` has the buttons."""

from __future__ import annotations

from typing import Any

import gradio as gr

from engine.errors import EngineError
from engine.knobs import PRESET_KNOBS
from studio.example_takes import ExampleTakes
from studio.handlers import Studio
from studio.panels.choice_tables import answer, choice_tables
from studio.panels.generate import GeneratePanel
from studio.prompts import EXAMPLES, is_chip, toggle_chip
from studio.session import roll_dice
from studio.widgets.chips import chips_value

LIGHT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
"""Of an event that answers at once."""


def wire_generate(
    panel: GeneratePanel, studio: Studio, session: gr.State, examples: ExampleTakes
) -> None:
    """Connect what is chosen in the panel to what follows from it."""
    _wire_prompt(panel)
    _wire_choices(panel, studio)
    _wire_seed(panel, session, examples)


def estimator(panel: GeneratePanel, studio: Studio) -> Any:
    """The handler that words what the chosen settings take, or why they cannot be used.

    Its inputs are the chosen model and `panel.inputs`.
    """

    def estimate(model: Any, *given: Any) -> str:
        try:
            # Which seed it will be makes no difference, and none may be chosen yet.
            return studio.estimate(studio.order(model, {**panel.values(given), "seed": 0}))
        except EngineError as error:
            # The button says it in full; here it is a hint while values are being typed.
            return f"Not possible yet: {error}"

    return estimate


def wire_estimate(panel: GeneratePanel, studio: Studio) -> None:
    """Keep the estimate up with everything that it depends on."""
    watched: list[Any] = [c for c in panel.inputs if c not in (panel.prompt, panel.seed)]
    gr.on(
        [component.change for component in (panel.models.choice, *watched)],
        estimator(panel, studio),
        [panel.models.choice, *panel.inputs],
        panel.estimate,
        trigger_mode="always_last",
        # A number that is half typed is no error of Gradio's; the request says what it lacks.
        preprocess=False,
        **LIGHT,
    )


def _wire_prompt(panel: GeneratePanel) -> None:
    def choose(prompt: str, event: gr.EventData) -> tuple[str, dict[str, Any]]:
        word, example = getattr(event, "word", None), getattr(event, "example", None)
        if is_chip(word):
            prompt = toggle_chip(prompt, str(word))
        elif isinstance(example, int) and 0 <= example < len(EXAMPLES):
            prompt = EXAMPLES[example]
        return prompt, chips_value(prompt)

    panel.chips.select(choose, panel.prompt, [panel.prompt, panel.chips], **LIGHT)
    panel.prompt.change(chips_value, panel.prompt, panel.chips, trigger_mode="always_last", **LIGHT)


def _wire_choices(panel: GeneratePanel, studio: Studio) -> None:
    """All in the browser, so that Generate pressed at once afterwards has these values already."""
    fields = [field for field in panel.options if field.knob.name in PRESET_KNOBS]
    preset_parts: list[Any] = [component for field in fields for component in field.components]
    tables = choice_tables(studio.library.offers, fields)
    model, mode, preset = panel.models.choice, panel.mode, panel.preset
    length, opening = panel.duration_s, panel.opening_s
    (opener,), (rescorer,) = (panel.field(name).components for name in ("opener", "rescorer"))
    followers = [mode, length, opening, opener, rescorer, preset, *preset_parts]
    lengths: list[Any] = [length, opening]
    for choice, event, inputs, outputs in (
        ("model", model.input, [model, preset], followers),
        ("quality", preset.input, [preset, model], preset_parts),
        ("opener", opener.input, [opener, model, mode], [mode]),  # type: ignore[attr-defined]
        ("mode", mode.change, [mode], [opening]),
        ("length", length.input, lengths, lengths),
        ("released", length.release, lengths, lengths),
    ):
        event(None, inputs, outputs, js=answer(choice, tables), **LIGHT)
    # A value set by hand is no preset any more.
    gr.on([c.input for c in preset_parts], lambda: None, None, preset, **LIGHT)


def _wire_seed(panel: GeneratePanel, session: gr.State, examples: ExampleTakes) -> None:
    def reuse(current: Any, event: gr.EventData) -> tuple[Any, Any]:
        wanted = getattr(event, "action", None) == "seed"
        take = examples.beside(current).take(getattr(event, "take", None)) if wanted else None
        return (take.request.seed, True) if take else (gr.skip(), gr.skip())

    both = [panel.seed, panel.keep_seed]
    panel.dice.click(lambda: (roll_dice(), True), None, both, **LIGHT)
    # In the browser, so that a seed typed just before Generate is pressed is not rolled away.
    panel.seed.input(None, None, panel.keep_seed, js="() => true", **LIGHT)
    panel.takes.select(reuse, session, both, **LIGHT)
