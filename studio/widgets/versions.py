"""The list of versions of the clip that is edited: what was done, the proof, the file."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.editing.versions import Edits, Version
from studio.widgets.base import widget

_TEMPLATE = """
<section class="ms-versions" aria-label="Versions">
  <h2>Versions</h2>
  <p class="ms-versions-empty">
    Each edit that you keep becomes a version here, to go back to and to download.
  </p>
  <ol class="ms-version-list"></ol>
</section>
"""


def version_list(*, elem_id: str) -> gr.HTML:
    """The list. Its `select` carries the id of a version that is to be shown."""
    value = versions_value(Edits())
    return widget(template=_TEMPLATE, script_name="versions.js", value=value, elem_id=elem_id)


def versions_value(edits: Edits) -> dict[str, Any]:
    """What the list shows: every version, the newest first, whether or not undo leads to it."""
    rows = [_row(version, edits) for version in reversed(edits.versions)]
    return {"current": edits.current_id, "versions": rows}


def _row(version: Version, edits: Edits) -> dict[str, Any]:
    parent = edits.version(version.parent_id)
    return {
        "id": version.version_id,
        "label": version.label,
        "parent": "" if parent is None else f"from {parent.name}",
        "facts": version_facts(version),
        "proof": version.proof,
        "hint": version.hint,
        "undone": version.version_id not in (*edits.past, edits.current_id),
        "name": version.name,
        "file": gr.FileData(path=version.path, orig_name=version.name).model_dump(),
    }


def version_facts(version: Version) -> str:
    """A version's format in one line: "44.1 kHz · 16-bit · stereo · 0:32"."""
    minutes, seconds = divmod(round(version.duration_s), 60)
    channels = {1: "mono", 2: "stereo", 6: "5.1"}.get(
        version.n_channels, f"{version.n_channels} channels"
    )
    rate = f"{version.sample_rate_hz / 1000:g} kHz"
    return f"{rate} · {version.depth} · {channels} · {minutes}:{seconds:02d}"
