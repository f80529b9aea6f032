"""Both workspaces on one page: built here, wired by the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from engine.checkpoints.offers import Offer
from engine.examples import ExampleClip
from studio.panels.generate import GeneratePanel, build_settings, build_stage, build_words
from studio.panels.inpaint import InpaintPanel, build_clip, build_edit_fields, build_versions
from studio.panels.workspaces import workspace_choice


def build_panels(
    offer: Offer,
    offers: Sequence[Offer],
    *,
    facts: Mapping[str, Any],
    estimate: str,
    preview: str,
    examples: Sequence[ExampleClip] = (),
) -> tuple[GeneratePanel, InpaintPanel]:
    """Build the panels where the caller is.

    Args:
        offer, offers, facts, estimate: see `build_settings`.
        preview: the grid before the first run.
        examples: clips that can be opened.
    """
    work = workspace_choice()
    with gr.Row(elem_id="ms-main"):
        with gr.Column(elem_id="ms-composer"):
            words = build_words()
            edit = build_edit_fields()
            settings = build_settings(offer, offers, facts=facts, estimate=estimate)
        with gr.Column(elem_id="ms-stage"):
            clip = build_clip(examples)
            stage = build_stage(preview)
            versions = build_versions()
    return (
        GeneratePanel(work=work, **words, **settings, **stage),
        InpaintPanel(**edit, **clip, versions=versions),
    )
