"""A line of text that the server may change; shown as text whatever it holds."""

from __future__ import annotations

from studio.widgets.base import Widget


class TextLine(Widget):
    """Shows its value."""

    def __init__(self, *, elem_id: str, value: str = "", render: bool = True) -> None:
        super().__init__(
            template='<p class="ms-line" aria-live="polite"></p>',
            script_name="text_line.js",
            value=value,
            elem_id=elem_id,
            render=render,
        )
