"""What all own widgets share."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.assets import script

from gradio.events import Dependency

class Widget(gr.HTML):
    """A `gr.HTML` whose template never changes: its script draws the value.

    Gradio compiles the template again on each change and runs the result as code, so nothing of
    the value may enter it: scripts write with `textContent` and on canvases. The template must be
    free of `${` and backticks for the same reason.

    Args:
        template: constant HTML.
        script_name: the file in `assets/web` that runs when the widget is mounted.
        value: what the script draws first.
        elem_id: the widget's id on the page.
        render: False where Gradio makes a tab's own copy of the widget, to note an update in.
    """

    def __init__(
        self, *, template: str, script_name: str, value: Any, elem_id: str, render: bool
    ) -> None:
        super().__init__(
            value=value,
            html_template=template,
            js_on_load=script(script_name),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def get_block_name(self) -> str:
        """Every subclass is drawn by Gradio's HTML component."""
        return "html"

    def postprocess(self, value: Any) -> Any:
        """JSON as it is: the script, not `innerHTML`, gets it."""
        return value

    def preprocess(self, payload: Any) -> None:
        """Nothing that a browser claims about a widget's value is believed."""
        return None

    def api_info(self) -> dict[str, Any]:
        """Any JSON."""
        return {"type": {}, "description": "what the widget shows"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component