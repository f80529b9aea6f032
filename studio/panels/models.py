"""The model picker: a list of models, the facts of the chosen one, and loading it by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.checkpoints.offers import Offer
from studio.library import LoadState
from studio.model_words import label
from studio.widgets.model_facts import model_facts


@dataclass(frozen=True, kw_only=True)
class ModelPicker:
    """The components, for the wiring in `model_events`."""

    choice: gr.Dropdown
    facts: gr.HTML
    load: gr.Button
    unload: gr.Button

    @property
    def parts(self) -> list[gr.HTML | gr.Button]:
        """What `picker_updates` changes, in its order."""
        return [self.facts, self.load, self.unload]


def build_model_picker(offers: Sequence[Offer], facts: Mapping[str, Any]) -> ModelPicker:
    """Build the picker where the caller is.

    Args:
        offers: every model that can be chosen.
        facts: of the one that is chosen at first.
    """
    with gr.Column(elem_id="ms-models"):
        choice = gr.Dropdown(
            choices=[(label(offer), offer.name) for offer in offers],
            value=facts["name"],
            label="Model",
            filterable=False,
            elem_id="ms-model",
        )
        shown = model_facts(value=dict(facts), elem_id="ms-model-facts")
        with gr.Row(elem_id="ms-model-buttons"):
            load = gr.Button("Load now", size="sm", elem_id="ms-load", **_can_load(facts))
            unload = gr.Button("Unload", size="sm", elem_id="ms-unload", **_can_unload(facts))
    return ModelPicker(choice=choice, facts=shown, load=load, unload=unload)


def picker_updates(facts: Mapping[str, Any], *, busy: bool = False) -> list[Any]:
    """What the facts and the two buttons show now; a busy tab loads and unloads nothing."""
    off: dict[str, Any] = {"interactive": False}
    return [
        dict(facts),
        gr.update(**(off if busy else _can_load(facts))),
        gr.update(**(off if busy else _can_unload(facts))),
    ]


def _can_load(facts: Mapping[str, Any]) -> dict[str, Any]:
    states = (LoadState.HERE.value, LoadState.TO_DOWNLOAD.value)
    return {"interactive": facts["state"] in states}


def _can_unload(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"interactive": facts["state"] == LoadState.LOADED.value}
