"""Names and words of edits, as a person reads them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from engine.audio.proof import NullTest
from engine.edit import Area, EditPlan

_LONGEST_NAME_BYTES = 120
"""Without its ending; file systems allow 255 bytes, and we add to it."""

_NAMED_AREAS = 3
"""More are only counted."""


def safe_stem(name: str) -> str:
    """A user's file name without its ending and folders, safe on every system; "clip" if empty."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = base.rpartition(".")[0] or base
    kept = "".join(char if _is_safe(char) else "_" for char in unicodedata.normalize("NFC", stem))
    short = kept.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
    return short.strip(" ._") or "clip"


def safe_name(name: str) -> str:
    """The same with its ending, for reading."""
    ending = "".join(filter(str.isalnum, name.rpartition(".")[2]))
    return f"{safe_stem(name)}.{ending[:8].lower()}" if ending else safe_stem(name)


def edited_stem(name: str, n_edits: int) -> str:
    """The name of a later version: "song-edited-3" for both "song.wav" and "song-edited-2.wav"."""
    stem = name.rpartition(".")[0] or name
    root, mark, number = stem.rpartition("-edited-")
    if not (mark and number.isdigit()):
        root = stem
    return f"{root}-edited-{n_edits}"


def proof_words(proof: NullTest) -> str:
    """What a passed null test says."""
    if not proof.compared_samples:
        return "The whole clip is new: nothing lies outside to be compared."
    kind = f"{proof.source_depth.value}, {proof.sample_rate_hz:,} Hz"
    return (
        f"Read back and compared: all {proof.compared_samples:,} samples outside of what is new "
        f"are the clip's own, bit for bit ({kind})."
    )


def plan_words(plan: EditPlan) -> str:
    """What an edit does: "2.00–4.00 s made anew"."""
    if plan.is_loop:
        return f"Made a loop, with {sum(map(_length_s, plan.areas)):.2f} s new at the seam"
    if plan.base.source.n_samples > plan.clip.source.n_samples:
        return " and ".join(_extension_words(plan))
    if len(plan.areas) > _NAMED_AREAS:
        return f"{len(plan.areas)} parts made anew"
    return f"{_listed(_area_words(area) for area in plan.areas)} made anew"


def span_words(start_s: float, stop_s: float) -> str:
    """Two times: "2.00–4.00 s"."""
    return f"{start_s:.2f}–{stop_s:.2f} s"


def _is_safe(char: str) -> bool:
    return char.isalnum() or char in " -_.,()[]+&'"


def _length_s(area: Area) -> float:
    return area.stop_s - area.start_s


def _extension_words(plan: EditPlan) -> list[str]:
    clip, base = plan.clip.source, plan.base.source
    added = {
        "start": plan.offset_samples,
        "end": base.n_samples - clip.n_samples - plan.offset_samples,
    }
    rate = base.sample_rate_hz
    return [f"{each / rate:.2f} s added at the {end}" for end, each in added.items() if each]


def _area_words(area: Area) -> str:
    span = span_words(area.start_s, area.stop_s)
    if area.levels is None:
        return span
    levels = ", ".join(str(level + 1) for level in area.levels)
    return f"level{'s' * (len(area.levels) > 1)} {levels} of {span}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
