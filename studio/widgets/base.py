"""What all own widgets share."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.assets import script


def widget(
    *, template: str, script_name: str | tuple[str, ...], value: Any, elem_id: str
) -> gr.HTML:
    """Build a `gr.HTML` whose template never changes: its script draws the value.

    Gradio compiles the template again on each change and runs the result as code, so nothing of
    the value may enter it: scripts write with `textContent` and on canvases. No subclass, since
    Gradio writes a stub file beside the source of every subclass.

    Args:
        template: constant HTML, free of backticks, `${` and `{{`.
        script_name: the file in `assets/web` that runs when the widget is mounted; of several,
            all run as one, in this order.
        value: JSON that the script draws first.
        elem_id: the widget's id on the page.
    """
    names = (script_name,) if isinstance(script_name, str) else script_name
    assert not any(sign in template for sign in ("`", "${", "{{"))
    return gr.HTML(
        value=value,
        html_template=template,
        js_on_load="\n".join(script(name) for name in names),
        apply_default_css=False,
        elem_id=elem_id,
    )
