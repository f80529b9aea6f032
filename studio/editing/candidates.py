"""Candidates: what is written of each, so that it can be heard in place and kept exactly."""

from __future__ import annotations

from collections.abc import Sequence

from engine.audio.pieces import cut
from engine.decode import GenerationRequest
from engine.edit import Edited, EditPlan, edit_facts, request_for_edit
from engine.errors import AudioError
from engine.provenance import provenance
from studio.editing.files import Room, write_shown
from studio.editing.keeping import tokens_of
from studio.editing.versions import Candidate, Proposal, Version, lineage, new_id
from studio.editing.words import edited_stem, plan_words
from studio.handlers import Cast
from studio.session import seed_of

MARGIN_S = 10.0
"""Of the base on either side of the regions: enough to hear them come and go."""

WHOLE_BELOW_S = 120.0
"""A base that is shorter is heard as a whole."""


def excerpt_of(plan: EditPlan) -> tuple[int, int]:
    """The samples of the base that a candidate's file has: its regions with a margin."""
    rate, n_samples = plan.base.source.sample_rate_hz, plan.base.source.n_samples
    if n_samples < WHOLE_BELOW_S * rate:
        return 0, n_samples
    margin = round(MARGIN_S * rate)
    first, last = plan.regions[0].start_sample, plan.regions[-1].stop_sample
    return max(0, first - margin), min(n_samples, last + margin)


def write_candidate(
    room: Room,
    edit: tuple[EditPlan, Edited],
    made_by: tuple[GenerationRequest, Cast],
    number: int,
    parent: Version,
) -> Candidate:
    """Write one candidate's excerpt into the folder of its proposal.

    Args:
        room: of all candidates.
        edit: the plan, and what this candidate came to.
        made_by: the request for all candidates, and the models.
        number: of the candidate, from 0.
        parent: what was edited.

    Raises:
        AudioError: no room, or a result that differs outside of the regions.
    """
    plan, edited = edit
    if not edited.proof.passed:
        raise AudioError(
            f"{edited.proof.different_samples:,} samples outside of the regions have changed",
            expected="none",
            advice="Nothing was kept; please report this",
        )
    asked, cast = made_by
    request = seed_of(request_for_edit(cast.model, plan, asked), number)
    made = {
        **provenance(request, cast.model, cast.helpers),
        "codec_sha256": cast.model.codec_hash,
        "edit": edit_facts(plan, edited),
    }
    start, stop = excerpt_of(plan)
    stem = f"{edited_stem(parent.name, parent.n_edits + 1)}-candidate-{number + 1}"
    in_file = {**made, "earlier": lineage(parent)}
    shown = write_shown(room, cut(edited.clip.source, start, stop), stem, in_file)
    return Candidate(
        candidate_id=new_id(),
        seed=request.seed,
        path=shown.path,
        start_sample=start,
        stop_sample=stop,
        preview_path=shown.preview_path,
        peaks_path=shown.peaks_path,
        proof=edited.proof,
        request=request,
        codec_hash=cast.model.codec_hash,
        tokens=tokens_of(edited.clip),
        made=made,
    )


def proposal_of(plan: EditPlan, parent: Version, candidates: Sequence[Candidate]) -> Proposal:
    """All candidates of one edit, with the tokens that it has found out of its clip."""
    return Proposal(
        parent_id=parent.version_id,
        candidates=tuple(candidates),
        n_samples=plan.base.source.n_samples,
        offset_samples=plan.offset_samples,
        sample_rate_hz=plan.base.source.sample_rate_hz,
        regions=plan.regions,
        is_loop=plan.is_loop,
        label=plan_words(plan),
        parent_tokens={candidates[0].codec_hash: tokens_of(plan.clip)},
    )
