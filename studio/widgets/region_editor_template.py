"""The constant HTML of the region editor. Its script fills it, and never with markup."""

from __future__ import annotations

from engine.knobs import N_LEVELS

_ICONS = {
    "play": '<path d="M6 4.5v11l9-5.5z"/>',
    "audition": ('<path d="M8 6v8l6-4z"/><path class="s" d="M3.5 4v12M16.5 4v12"/>'),
    "loop": (
        '<path class="s" d="M4 11V9.5A3.5 3.5 0 0 1 7.5 6H15m-2.5-3L15.5 6l-3 3'
        'M16 9v1.5a3.5 3.5 0 0 1-3.5 3.5H5m2.5 3L4.5 14l3-3"/>'
    ),
    "delete": ('<path class="s" d="M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6"/>'),
    "undo": '<path class="s" d="M8 4 4 8l4 4M4.5 8H12a4 4 0 0 1 0 8H9"/>',
    "redo": '<path class="s" d="m12 4 4 4-4 4M15.5 8H8a4 4 0 0 0 0 8h3"/>',
    "add": '<path class="s" d="M10 4v12M4 10h12"/>',
    "out": '<path class="s" d="M4 10h12"/>',
    "keep": '<path class="s" d="m4 10.5 4 4L16 6"/>',
}


def _icon(name: str) -> str:
    return f'<svg viewBox="0 0 20 20" aria-hidden="true">{_ICONS[name]}</svg>'


def _tool(name: str, label: str, icon: str) -> str:
    return (
        f'<button type="button" class="ms-ed-{name} ms-tool" aria-label="{label}"'
        f' title="{label}">{_icon(icon)}</button>'
    )


_LEVELS = tuple(range(N_LEVELS))
_LEVEL_ROWS = "".join(f"<span>{level + 1}</span>" for level in _LEVELS)
_LEVEL_BUTTONS = "".join(
    f'<button type="button" data-level="{level}">{level + 1}</button>' for level in _LEVELS
)
_SNAPS = "".join(
    f'<button type="button" role="radio" data-snap="{snap}">{snap.capitalize()}</button>'
    for snap in ("off", "frame", "beat", "bar")
)
_EDGES = "".join(
    f'<div class="ms-ed-edge"><label><span>{edge.capitalize()}</span><input type="number" min="0"'
    f' step="0.02" inputmode="decimal" data-edge="{edge}"></label></div>'
    for edge in ("start", "stop")
)
_ASKED = "".join(f'<p class="ms-ed-asked" data-asked="{edge}"></p>' for edge in ("start", "stop"))
_ROW_TOOLS = "".join(
    f'<button type="button" class="ms-tool" data-do="{do}" title="{do.capitalize()}">'
    f"{_icon(do)}</button>"
    for do in ("play", "loop", "delete")
)
_KEYS = "".join(
    f"<div><dt>{keys}</dt><dd>{words}</dd></div>"
    for keys, words in (
        ("Space", "play or pause"),
        ("X", "source or candidate"),
        ("← →", "move the region, or the playhead"),
        ("Shift ← →", "its end; with Alt its start"),
        ("1 – 4", "a level of the region on or off"),
        ("Enter", "play the region"),
        ("Delete", "delete the region"),
        ("+ −", "zoom; or Ctrl and the wheel"),
        ("Ctrl Z", "undo; with Shift redo"),
    )
)

_HEAD = f"""
  <header class="ms-ed-head">
    <div class="ms-ed-title"><h2 class="ms-ed-name"></h2>
      <p class="ms-ed-facts"></p></div>
    <div class="ms-ed-group">
      {_tool("undo", "Undo the last edit", "undo")}{_tool("redo", "Redo the edit", "redo")}
    </div>
  </header>
"""

_BAR = f"""
  <div class="ms-ed-bar">
    <button type="button" class="ms-ed-play ms-round" aria-label="Play"></button>
    <p class="ms-ed-clock"><span class="ms-ed-position">0:00.0</span>
      <span class="ms-ed-of">/ <span class="ms-ed-duration"></span></span></p>
    <button type="button" class="ms-ed-audition ms-button"
      title="All regions, with 1.5 s before and after">{_icon("audition")}Audition</button>
    <span class="ms-ed-space"></span>
    <div class="ms-ed-snap"><span aria-hidden="true">Snap</span>
      <div class="ms-segments" role="radiogroup" aria-label="Snap boundaries to">{_SNAPS}</div>
    </div>
    <div class="ms-ed-group" role="group" aria-label="Zoom">
      {_tool("out", "Zoom out", "out")}<button type="button" class="ms-ed-fit ms-button"
      title="Show the whole clip">Fit</button>{_tool("in", "Zoom in", "add")}
    </div>
  </div>
"""

_STAGE = f"""
  <div class="ms-ed-overview" aria-hidden="true"><canvas class="ms-ed-overview-canvas"></canvas>
    <div class="ms-ed-window"></div></div>
  <div class="ms-ed-stage">
    <div class="ms-ed-gutter" aria-hidden="true"><p class="ms-ed-axis"><span>coarse</span>
      <span>fine</span></p><p class="ms-ed-rows">{_LEVEL_ROWS}</p></div>
    <div class="ms-ed-layer">
      <canvas class="ms-ed-canvas" aria-hidden="true"></canvas>
      <div class="ms-ed-ruler"></div>
      <div class="ms-ed-wave" tabindex="0" role="slider" aria-label="Waveform"></div>
      <div class="ms-ed-lanes"></div>
      <div class="ms-ed-playhead" hidden></div>
    </div>
  </div>
  <ul class="ms-ed-legend" aria-label="Legend">
    <li><span class="ms-key ms-key-new" aria-hidden="true"></span>made anew</li>
    <li><span class="ms-key ms-key-stays" aria-hidden="true"></span>level kept</li>
    <li class="ms-ed-legend-changed"><span class="ms-key ms-key-changed" aria-hidden="true"></span>
      differs from the source</li>
    <li class="ms-ed-beats"></li>
  </ul>
"""

_CANDIDATES = f"""
  <section class="ms-ed-candidates" aria-label="Candidates" hidden>
    <header><h3>Which one?</h3>
      <p>Click to switch while it plays; X goes back and forth.</p></header>
    <div class="ms-ed-cards" role="radiogroup" aria-label="Source or candidate"></div>
    <div class="ms-ed-decide">
      <button type="button" class="ms-ed-commit ms-button ms-primary">{_icon("keep")}Keep this one
      </button>
      <button type="button" class="ms-ed-discard ms-button">Discard all</button>
    </div>
  </section>
"""

_REGIONS = f"""
  <section class="ms-ed-regions" aria-label="Regions">
    <header><h3>Regions</h3>
      <button type="button" class="ms-ed-add ms-button">{_icon("add")}Add region</button></header>
    <p class="ms-ed-none">Drag over the part that you dislike; everything outside stays as it is,
      sample by sample. Drag in the four rows below the waveform to make only some levels anew.</p>
    <ol class="ms-ed-list"></ol>
    <p class="ms-ed-hint" role="status"></p>
  </section>
  <details class="ms-ed-keys"><summary>Keys</summary><dl>{_KEYS}</dl></details>
"""

_FORMS = f"""
  <template class="ms-ed-region-form"><div class="ms-ed-region" tabindex="0" role="group"
    aria-roledescription="region"><span class="ms-ed-body-part" aria-hidden="true"></span><span
    class="ms-ed-lane-part" aria-hidden="true"></span><span class="ms-ed-handle" data-handle="start"
    aria-hidden="true"></span><span class="ms-ed-handle" data-handle="stop"
    aria-hidden="true"></span></div></template>
  <template class="ms-ed-row-form"><li class="ms-ed-row">
    <button type="button" class="ms-ed-number" data-do="show" title="Show it"></button>
    <div class="ms-ed-times">{_EDGES}<span class="ms-ed-length"></span></div>
    <div class="ms-ed-levels" role="group" aria-label="Levels made anew">{_LEVEL_BUTTONS}</div>
    <div class="ms-ed-group">{_ROW_TOOLS}</div>
    <div class="ms-ed-snapped">{_ASKED}</div></li></template>
  <template class="ms-ed-card-form"><button type="button" class="ms-card-choice" role="radio">
    <span class="ms-ed-card-title"></span><span class="ms-ed-card-seed"></span>
    <span class="ms-ed-card-proof"></span></button></template>
"""

TEMPLATE = f"""
<section class="ms-card ms-editor ms-ed-root" data-state="empty" aria-label="Region editor">
  <div class="ms-ed-empty"><span class="ms-ed-art" aria-hidden="true"><i></i><i></i><i></i><i></i>
    <i></i><i></i><i></i><i></i><i></i></span>
    <h2>Redo a part of a clip</h2>
    <p>Drop or open a file, record, choose an example, or send a take here. Then drag over the bars
    that you dislike: only those are made anew.</p></div>
  <div class="ms-ed-body">{_HEAD}{_STAGE}{_BAR}{_CANDIDATES}{_REGIONS}</div>
  <p class="ms-ed-message" role="status"></p>
  {_FORMS}
  <p class="ms-unseen" role="status" aria-live="polite"></p>
</section>
"""
