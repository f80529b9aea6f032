"""What the region editor shows of a tab's edits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.audio import Beats
from engine.audio.snapping import continued
from studio.editing.versions import Candidate, Edits, Proposal, Version
from studio.widgets.region_editor import (
    EditorRegion,
    beats_value,
    candidate_value,
    clip_value,
    editor_value,
)
from studio.widgets.versions import version_facts

FRAME_RATE_HZ = 50
"""Of every codec here."""

SURE = 0.3
"""Above it the tempo of 98 in 100 clips was right, or off by a simple factor (see `Beats`)."""


def editor_of(
    edits: Edits,
    beats: Beats | str | None,
    *,
    rev: int,
    regions: Sequence[EditorRegion] = (),
    busy: bool = False,
    message: str = "",
) -> dict[str, Any]:
    """The editor's value, made anew from what the server knows: nothing of the browser's is in it.

    Args:
        edits: the tab's.
        beats: of the version that is shown; in words why there are none; None: not known yet.
        rev, regions: taken over by the page only with a new `rev`.
        busy: True while a run of the tab goes on.
        message: a line below the editor.
    """
    version = edits.current
    if version is None:
        return editor_value(message=message)
    proposal = edits.proposal
    return editor_value(
        clip=_clip(version),
        beats=None if beats is None else _beats(beats, version),
        regions=regions,
        rev=rev,
        candidates=[_candidate(each, proposal) for each in proposal.candidates] if proposal else [],
        loop=bool(proposal and proposal.is_loop),
        # Candidates that took minutes are not to be lost by a wrong key: discard them first.
        can_undo=edits.can_undo and proposal is None,
        can_redo=edits.can_redo and proposal is None,
        busy=busy,
        message=message or version.hint,
    )


def asked_regions(result: Version | Candidate | None) -> tuple[EditorRegion, ...]:
    """The regions that an edit was asked for, or the one that was cut out; none of others."""
    made = (result.made or {}) if result else {}
    if "crop_s" in made:
        start_s, stop_s = made["crop_s"]
        return (EditorRegion(start_s=start_s, stop_s=stop_s),)
    edit = made.get("edit", {})
    return tuple(
        EditorRegion(
            start_s=area["start_s"],
            stop_s=area["stop_s"],
            levels=None if area["levels"] is None else tuple(area["levels"]),
        )
        for area in edit.get("asked", ())
    )


def _clip(version: Version) -> dict[str, Any]:
    return clip_value(
        clip_id=version.version_id,
        name=version.name,
        facts=version_facts(version),
        duration_s=version.duration_s,
        frame_rate_hz=FRAME_RATE_HZ,
        audio_path=version.preview_path,
        peaks_path=version.peaks_path,
    )


def _candidate(candidate: Candidate, proposal: Proposal) -> dict[str, Any]:
    rate = proposal.sample_rate_hz
    return candidate_value(
        candidate_id=candidate.candidate_id,
        seed=candidate.seed,
        audio_path=candidate.preview_path,
        peaks_path=candidate.peaks_path,
        start_s=candidate.start_sample / rate,
        stop_s=candidate.stop_sample / rate,
        proof=_proof(candidate),
        shift_s=proposal.offset_samples / rate,
        duration_s=proposal.n_samples / rate,
        changed_s=proposal.regions_s,
    )


def _proof(candidate: Candidate) -> str:
    proof = candidate.proof
    verdict = "unchanged" if proof.passed else f"{proof.different_samples:,} differ"
    return f"{proof.compared_samples:,} samples outside: {verdict}"


def _beats(beats: Beats | str, version: Version) -> dict[str, Any]:
    if isinstance(beats, str):
        return beats_value(words=beats)
    if beats.tempo_bpm is None:
        return beats_value(words="No beat was found")
    sure = beats.confidence >= SURE
    words = (
        f"{beats.tempo_bpm:.1f} BPM{'' if sure else ', a guess'}",
        f"confidence {beats.confidence:.0%}, in bars {beats.downbeat_confidence:.0%}",
    )
    return beats_value(
        words=" · ".join(words),
        beat=continued(beats.beats_s, version.duration_s),
        bar=continued(beats.downbeats_s, version.duration_s),
        downbeats=beats.downbeats_s,
        sure=sure,
    )
