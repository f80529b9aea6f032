"""The endpoint `inpaint` for programs: a file and regions in, files out."""

# Annotations are not postponed here: Gradio makes the endpoint's schema from the types themselves.
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from engine.audio import read_provenance
from engine.decode.checks import require_number
from engine.edit import MAX_CLIP_S, Area
from engine.errors import RequestError
from engine.knobs import KNOBS, N_LEVELS, build_settings
from studio.choices import filled_values
from studio.editing.keeping import commit
from studio.editing.opening import open_file
from studio.editing.orders import EditKind, EditOrder
from studio.editing.versions import Version
from studio.editing.work import Editor
from studio.errors import gradio_error, problem_from
from studio.handlers import Order, Studio
from studio.session import roll_dice
from studio.uploads import sent_file


def inpaint_endpoint(studio: Studio) -> Any:
    """The function behind the endpoint."""

    def inpaint(
        file: dict,
        regions: list | None = None,
        prompt: str = "",
        extend_left_s: float = 0.0,
        extend_right_s: float = 0.0,
        loop_seam_s: float | None = None,
        mode: str | None = None,
        variations: int = 1,
        seed: int | None = None,
        preset: str = "balanced",
        negative_prompt: str = "",
        options: dict | None = None,
        edit: dict | None = None,
        model: str | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> tuple[list[dict], list[dict]]:
        """Make parts of a sound file anew, make it longer, or close it to a loop.

        Every sample outside of what is new stays the file's own; the facts have the proof.

        Args:
            file: the sound file (`handle_file` of a client).
            regions: parts to make anew, each [start, stop] in seconds, or [start, stop, levels]
                with levels from 1 (coarse) to 4 (fine).
            prompt: what the new sound should be like; empty: anything.
            extend_left_s: seconds to add before the clip.
            extend_right_s: seconds to add after it.
            loop_seam_s: seconds to make anew around the loop point; none: no loop.
            mode: parallel, hybrid or autoregressive; none: hybrid, where the model can.
            variations: how many results, 1 to 8; result i has the seed plus i.
            seed: 0 to 2**32 - 1; none: by chance, returned with the result.
            preset: draft, balanced or best.
            negative_prompt: what to steer away from.
            options: further settings of the request by name, as in the table of knobs.
            edit: settings of the edit by name: snap, beats_per_bar, strength, keep_every,
                keep_beats_s, keep_onsets_s, fade_s, match_level.
            model: a name that `models` gives; none: the one that the studio starts with.

        Returns:
            The files, in the source's own format, and what made each; the same is inside it.
        """
        given = {"prompt": prompt, "negative_prompt": negative_prompt, "variations": variations}
        given |= {"seed": roll_dice() if seed is None else seed}
        if mode is not None:
            given["mode"] = mode
        try:
            given |= named_values("options", options)
            asked = _request(studio, studio.default if model is None else model, given, preset)
            order = _order(asked, regions or [], named_values("edit", edit))
            order = _placed(order, extend_left_s, extend_right_s, loop_seam_s)
            made = _run(studio, order, open_file(*sent_file(file)), f"api-{request.session_hash}")
        except gr.Error:
            raise
        except Exception as error:
            raise gradio_error(problem_from(error)) from error
        files = [gr.FileData(path=each.path, orig_name=each.name).model_dump() for each in made]
        return files, [read_provenance(each.path) or {} for each in made]

    return inpaint


def _request(studio: Studio, model: str, given: Mapping[str, Any], preset: str) -> Order:
    # The longest clip: an edit has the length of its own.
    longest = {"duration_s": KNOBS["duration_s"].maximum, **given}
    return studio.order(model, filled_values(studio.library.offer(model), preset, longest), preset)


def _order(asked: Order, regions: Sequence[Any], edit: Mapping[str, Any]) -> EditOrder:
    assert asked.request is not None
    return EditOrder(
        model=asked.model,
        request=asked.request,
        version_id="",
        areas=tuple(_area(region) for region in regions),
        settings=build_settings(edit),
    )


def _placed(order: EditOrder, left_s: Any, right_s: Any, seam_s: Any) -> EditOrder:
    """The order with its kind, of which there can be one."""
    extends = bool(left_s) or bool(right_s)
    wanted = {
        EditKind.AREAS: bool(order.areas),
        EditKind.EXTEND: extends,
        EditKind.LOOP: seam_s is not None,
    }
    kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
    if len(kinds) != 1:
        raise RequestError(
            f"{len(kinds)} kinds of edits are asked for",
            expected="regions, or seconds to extend by, or the seam of a loop",
            advice="Ask for one of them at a time",
        )
    for name, value in (("extend_left_s", left_s), ("extend_right_s", right_s)):
        require_number(name, value, 0, MAX_CLIP_S)
    if seam_s is not None:
        require_number("loop_seam_s", seam_s, 0, MAX_CLIP_S)
    return replace(order, kind=kinds[0], left_s=left_s, right_s=right_s, seam_s=seam_s or 0.0)


def _run(studio: Studio, order: EditOrder, version: Version, tab: str) -> list[Version]:
    """Carry an order out, and keep every result as a version of its own."""
    order = replace(order, version_id=version.version_id)
    studio.jobs.enter(tab)
    proposal = None
    for update in Editor(studio=studio).run(order, version, tab):
        proposal = update.proposal
    if proposal is None:
        return []
    return [commit(version, proposal, candidate) for candidate in proposal.candidates]


def named_values(what: str, values: Any) -> dict[str, Any]:
    """Settings by name; nothing where none are given."""
    if values is None or isinstance(values, dict):
        return values or {}
    raise RequestError(
        f"{what} is {values!r:.100}", expected="settings by name", advice="Send an object"
    )


def _area(region: Any) -> Area:
    """[start, stop] or [start, stop, levels counted from 1]."""
    parts = list(region) if isinstance(region, Sequence) and not isinstance(region, str) else []
    levels = parts[2] if len(parts) == 3 else None
    fits = len(parts) in (2, 3) and all(_is_number(each) for each in parts[:2])
    if not fits or not (levels is None or _are_levels(levels)):
        raise RequestError(
            f"a region is {region!r:.100}",
            expected=f"[start, stop] in seconds, or [start, stop, levels from 1 to {N_LEVELS}]",
            advice="Correct it",
        )
    chosen = None if levels is None else tuple(level - 1 for level in levels)
    return Area(start_s=float(parts[0]), stop_s=float(parts[1]), levels=chosen)


def _are_levels(levels: Any) -> bool:
    known = range(1, N_LEVELS + 1)
    return isinstance(levels, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and each in known for each in levels
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
