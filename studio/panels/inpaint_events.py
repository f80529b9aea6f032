"""What the Inpaint panel does with clips and versions; `inpaint_runs` has the button.

What takes long gives a version and nothing else; a second event puts it on the desk as that is
by then, so that nothing which happened meanwhile is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from engine.errors import RequestError
from engine.examples import ExampleClip
from engine.knobs import EDIT_KNOBS
from studio.desk import Desk, Pulses, with_pulse
from studio.editing import statuses
from studio.editing.keeping import commit, cropped
from studio.editing.opening import beats_of, open_file, open_take
from studio.editing.versions import Edits, Version
from studio.errors import gradio_error, problem_from
from studio.panels.generate_events import LIGHT
from studio.panels.inpaint import InpaintPanel
from studio.panels.inpaint_orders import first_region, version_of
from studio.panels.inpaint_view import asked_regions, editor_of
from studio.panels.run_parts import RAW, Outputs, RunParts
from studio.panels.workspaces import Workspace
from studio.session import Session
from studio.uploads import sent_file
from studio.widgets import run_status
from studio.widgets.region_editor import EditorRegion
from studio.widgets.versions import versions_value

_ON_FILES: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_id": "files",
    "concurrency_limit": 2,
}
"""Events that read and write clips share this queue: two at a time, beside the device's."""

_NEXT = "Drag over what you dislike, then press Make it anew or Shift+Enter."

_OPENING = "Opening the clip"


@dataclass(frozen=True, kw_only=True)
class Clips:
    """The handlers.

    Args:
        parts: what runs show, which this leaves alone while one is on.
        inpaint: the panel.
        desk, pulses: the tab's states.
        made: a version that is not on the desk yet. heard: beats that are not known yet.
        examples: that can be opened.
    """

    parts: RunParts
    inpaint: InpaintPanel
    desk: gr.State
    pulses: gr.State
    made: gr.State
    heard: gr.State
    examples: tuple[ExampleClip, ...] = ()

    def open_upload(self, browser: gr.Request, path: str | None) -> Generator[Any, None, None]:
        """Open a file that was uploaded or recorded; nothing where a recording was only cleared."""
        if path is None:
            yield {self.made: None}
            return
        yield from self._make(browser, _OPENING, lambda: open_file(path, Path(path).name))

    def open_dropped(self, browser: gr.Request, event: gr.EventData) -> Generator[Any, None, None]:
        """Open a file that was dropped on the editor, which has uploaded it."""
        file = {"path": getattr(event, "path", None), "orig_name": getattr(event, "name", None)}
        yield from self._make(browser, _OPENING, lambda: open_file(*sent_file(file)))

    def open_example(
        self, browser: gr.Request, name: object, prompt: str
    ) -> Generator[Any, None, None]:
        """Open an example; its caption becomes the prompt where there is none yet."""
        clip = next((each for each in self.examples if each.name == name), None)
        if clip is None:
            yield {self.made: None}
            return
        # Into Gradio's cache, the only place that it serves sound from.
        path = save_file_to_cache(clip.path, cache_dir=get_upload_folder())
        words = {} if prompt.strip() else {self.parts.panel.prompt: clip.prompt}
        for outputs in self._make(browser, _OPENING, lambda: open_file(path, clip.path.name)):
            yield {**outputs, **words}

    def open_take(
        self, browser: gr.Request, session: Session, event: gr.EventData
    ) -> Generator[Any, None, None]:
        """Open a take of this tab, with its tokens, and go to the workspace."""
        take = self.parts.known(session).take(getattr(event, "take", None))
        if take is None or getattr(event, "action", None) != "inpaint":
            yield {self.made: None}
            return
        panel = self.parts.panel
        words = {panel.work: Workspace.INPAINT.value, panel.prompt: take.request.prompt}
        for outputs in self._make(browser, _OPENING, lambda: open_take(take)):
            yield {**outputs, **words}

    def trim(
        self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any, editor: Any
    ) -> Generator[Any, None, None]:
        """Make the first region a clip of its own."""

        def part() -> Version:
            version, pulse = version_of(desk), desk.pulse(pulses, metre_of(metre))
            return cropped(version, *first_region(editor, version, pulse))

        yield from self._make(browser, "Trimming the clip", part)

    def act(
        self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any, event: gr.EventData
    ) -> Generator[Any, None, None]:
        """Commit, discard, undo or redo."""
        chosen, action = getattr(event, "candidate", None), getattr(event, "action", None)
        if action == "commit":
            yield from self._make(
                browser, "Keeping the candidate", lambda: _committed(desk, chosen)
            )
        elif isinstance(action, str) and action in _ACTIONS:
            yield {self.made: None, **self.shown(browser, _ACTIONS[action](desk), pulses, metre)}
        else:
            yield {self.made: None}

    def go_to(
        self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any, event: gr.EventData
    ) -> Outputs:
        """Show a version of the history."""
        edits = desk.edits.gone_to(getattr(event, "version", None))
        after = desk if edits is desk.edits else desk.showing(edits)
        return {self.made: None, **self.shown(browser, after, pulses, metre)}

    def put_down(
        self, browser: gr.Request, made: Version | None, desk: Desk, pulses: Pulses, metre: Any
    ) -> Any:
        """Show a version that was made."""
        if made is None:
            return gr.skip()
        after = desk.showing(desk.edits.committed(made))
        shown = {self.made: None, **self.shown(browser, after, pulses, metre)}
        if not self.parts.is_busy(browser):
            shown[self.parts.panel.status] = run_status.idle(_NEXT)
        return shown

    def find_beats(self, desk: Desk, pulses: Pulses, metre: Any) -> Outputs:
        """Listen for the beats of what is shown, where that was not done yet."""
        version, beats_per_bar = desk.edits.current, metre_of(metre)
        if version is None or desk.pulse(pulses, beats_per_bar) is not None:
            return {self.heard: None}
        return {self.heard: (desk.pulse_key(version, beats_per_bar),
                             beats_of(version, beats_per_bar))}  # fmt: skip

    def note_beats(
        self, browser: gr.Request, heard: Any, desk: Desk, pulses: Pulses, metre: Any
    ) -> Any:
        """Show them."""
        if heard is None:
            return gr.skip()
        after = with_pulse(pulses, *heard)
        return {
            self.heard: None,
            self.pulses: after,
            self.inpaint.editor: self.editor(browser, desk, after, metre),
        }

    def shown(self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any) -> Outputs:
        """The desk, and all that shows it."""
        return {
            self.desk: desk,
            self.inpaint.versions: versions_value(desk.edits),
            self.inpaint.editor: self.editor(browser, desk, pulses, metre),
        }

    def redraw(self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any) -> Outputs:
        """The editor, where something else than the desk has changed: a run, or the metre."""
        return {self.inpaint.editor: self.editor(browser, desk, pulses, metre)}

    def editor(self, browser: gr.Request, desk: Desk, pulses: Pulses, metre: Any) -> dict[str, Any]:
        """The editor's value now."""
        return editor_of(
            desk.edits,
            desk.pulse(pulses, metre_of(metre)),
            rev=desk.rev,
            regions=desk.regions,
            busy=self.parts.is_busy(browser),
        )

    @property
    def on_desk(self) -> list[Any]:
        """All that `shown` changes."""
        return [self.desk, self.inpaint.editor, self.inpaint.versions]

    def _make(
        self, browser: gr.Request, doing: str, version: Callable[[], Version]
    ) -> Generator[Outputs, None, None]:
        """Make a version, or say in the status and in a toast why it cannot be done."""
        if not self.parts.is_busy(browser):
            yield {self.parts.panel.status: statuses.on_files(doing)}
        try:
            made = version()
        except Exception as error:
            problem = problem_from(error)
            if not self.parts.is_busy(browser):
                yield {self.parts.panel.status: run_status.failed(problem)}
            raise gradio_error(problem) from error
        yield {self.made: made}


def wire_clips(do: Clips, session: gr.State, ends: Sequence[Any]) -> None:
    """Connect sources, versions, and what the editor asks for at once.

    Args:
        do: the handlers.
        session: the tab's takes.
        ends: of runs of the other panel, which the editor waits for too.
    """
    panel, inpaint = do.parts.panel, do.inpaint
    metre = inpaint.field("beats_per_bar").components[0]
    known = [do.desk, do.pulses, metre]
    made = [do.made, panel.status]
    shown = [*made, *do.on_desk]
    for change in (
        inpaint.upload.upload(do.open_upload, inpaint.upload, made, **_ON_FILES),
        inpaint.editor.upload(do.open_dropped, None, made, **_ON_FILES),
        inpaint.record.stop_recording(do.open_upload, inpaint.record, made, **_ON_FILES),
        inpaint.example.input(
            do.open_example, [inpaint.example, panel.prompt], [*made, panel.prompt], **_ON_FILES
        ),
        panel.takes.select(do.open_take, session, [*made, panel.work, panel.prompt], **_ON_FILES),
        inpaint.trim.click(do.trim, [*known, inpaint.editor], made, **_ON_FILES),
        inpaint.editor.select(do.act, known, shown, **_ON_FILES),
        inpaint.versions.select(do.go_to, known, shown, **_ON_FILES),
    ):
        put_down = change.success(do.put_down, [do.made, *known], shown, **LIGHT)
        _listen_after(put_down, do, known)
    redrawn = metre.change(do.redraw, known, inpaint.editor, **RAW)  # type: ignore[attr-defined]
    _listen_after(redrawn, do, known)
    for end in ends:
        end.success(do.redraw, known, inpaint.editor, **RAW)


def metre_of(beats_per_bar: Any) -> int:
    """The beats of a bar as the page has them; the default while the field is empty or wrong."""
    knob = EDIT_KNOBS["beats_per_bar"]
    is_whole = isinstance(beats_per_bar, int) and not isinstance(beats_per_bar, bool)
    fits = is_whole and knob.minimum <= beats_per_bar <= knob.maximum
    return int(beats_per_bar) if fits else int(knob.default)  # type: ignore[arg-type]


def _listen_after(event: Any, do: Clips, known: Sequence[Any]) -> None:
    heard = event.success(do.find_beats, list(known), do.heard, **_ON_FILES)
    heard.success(
        do.note_beats, [do.heard, *known], [do.heard, do.pulses, do.inpaint.editor], **RAW
    )


def _committed(desk: Desk, candidate_id: object) -> Version:
    version, proposal = version_of(desk), desk.edits.proposal
    candidate = None if proposal is None else proposal.candidate(candidate_id)
    if proposal is None or candidate is None:
        raise RequestError(
            "this candidate is not there any more",
            expected="one that is shown",
            advice="Make the regions anew",
        )
    return commit(version, proposal, candidate)


def _discarded(desk: Desk) -> Desk:
    return desk.with_edits(desk.edits.discarded())


def _undone(desk: Desk) -> Desk:
    """With the regions of the edit that was taken back, to be tried again.

    Not while candidates wait, which may have taken minutes: they are discarded by their button.
    """
    if desk.edits.proposal is not None:
        return desk
    after = desk.edits.undone()
    return desk.showing(after, _drawn_on(desk.edits, after))


def _redone(desk: Desk) -> Desk:
    if desk.edits.proposal is not None:
        return desk
    return desk.showing(desk.edits.redone())


_ACTIONS: dict[str, Callable[[Desk], Desk]] = {
    "discard": _discarded,
    "undo": _undone,
    "redo": _redone,
}


def _drawn_on(later: Edits, earlier: Edits) -> tuple[EditorRegion, ...]:
    version = later.current
    is_child = version is not None and version.parent_id == earlier.current_id
    return asked_regions(version) if is_child else ()
