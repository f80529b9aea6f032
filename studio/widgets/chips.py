"""The words that a person can tap into the prompt, and example prompts."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from studio.prompts import CHIPS, EXAMPLES, active_chips
from studio.widgets.base import widget


def _tab(name: str, selected: bool) -> str:
    return (
        f'<button type="button" role="tab" id="ms-tab-{name}" aria-controls="ms-words-{name}"'
        f' aria-selected="{str(selected).lower()}" tabindex="{0 if selected else -1}"'
        f' data-tab="{name}">{name}</button>'
    )


def _words(name: str, buttons: str, selected: bool) -> str:
    hidden = "" if selected else " hidden"
    return (
        f'<div role="tabpanel" id="ms-words-{name}" aria-labelledby="ms-tab-{name}"'
        f' class="ms-words"{hidden}>{buttons}</div>'
    )


def _chip(word: str) -> str:
    safe = html.escape(word)
    return (
        '<button type="button" class="ms-chip" aria-pressed="false"'
        f' data-word="{safe}">{safe}</button>'
    )


def _example(index: int, text: str) -> str:
    return (
        f'<button type="button" class="ms-chip ms-example" data-example="{index}">'
        f"{html.escape(text)}</button>"
    )


def _template() -> str:
    groups = {name: "".join(map(_chip, words)) for name, words in CHIPS.items()}
    groups["Examples"] = "".join(_example(i, text) for i, text in enumerate(EXAMPLES))
    first = next(iter(groups))
    tabs = "".join(_tab(name, name == first) for name in groups)
    panels = "".join(_words(name, buttons, name == first) for name, buttons in groups.items())
    return (
        '<div class="ms-chips">'
        '<div role="tablist" class="ms-tabs" aria-label="Words for the prompt">'
        f"{tabs}</div>{panels}</div>"
    )


def chip_picker(*, elem_id: str) -> gr.HTML:
    """The chips; shows which words are in the prompt. `select` carries `word` or `example`."""
    value = chips_value("")
    return widget(template=_template(), script_name="chips.js", value=value, elem_id=elem_id)


def chips_value(prompt: object) -> dict[str, Any]:
    """The words to show as pressed."""
    return {"active": list(active_chips(prompt)) if isinstance(prompt, str) else []}
