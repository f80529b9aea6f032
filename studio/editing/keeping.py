"""A candidate, or a part of a clip, becomes the next version: written, read back, and proven."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.audio import Source, null_test, read_source
from engine.audio.pieces import cut, padded, pasted
from engine.audio.regions import region_from_seconds
from engine.edit import WorkingClip, crop
from engine.errors import AudioError, RequestError
from engine.version import VERSION
from studio.editing.files import Room, Shown, new_room, read_excerpt, read_version, write_shown
from studio.editing.versions import (
    Candidate,
    Proposal,
    Tokens,
    Version,
    lineage,
    new_id,
)
from studio.editing.words import edited_stem, proof_words, span_words


def commit(parent: Version, proposal: Proposal, candidate: Candidate) -> Version:
    """Write the clip with a candidate in it, as a file of its own.

    The file is read back and compared with the parent before anybody sees it.

    Args:
        parent: the version that was edited.
        proposal: of that version.
        candidate: one of its candidates.

    Raises:
        AudioError: a file that is gone, no room, or a result that is not the parent outside of
            the regions. Nothing is kept then.
    """
    _check_parent(parent, proposal)
    clip, excerpt = read_version(parent), read_excerpt(candidate)
    after = proposal.n_samples - proposal.offset_samples - clip.n_samples
    base = padded(clip, proposal.offset_samples, after)
    result = pasted(base, excerpt, candidate.start_sample)
    made = {**candidate.made, "earlier": lineage(parent)}
    stem = edited_stem(parent.name, parent.n_edits + 1)
    with new_room() as room:
        shown = write_shown(room, result, stem, made)
        back = _read_back(room, shown.path)
        proof = null_test(base, back, proposal.regions)
        if not proof.passed or not _same_bits(back, result):
            raise _not_proven(proof.different_samples)
        version = _next(
            parent,
            result,
            shown,
            label=f"{proposal.label}, seed {candidate.seed}",
            regions_s=proposal.regions_s,
            is_loop=proposal.is_loop,
            proof=proof_words(proof),
            tokens={candidate.codec_hash: candidate.tokens},
            made=made,
        )
        room.publish()
    return version


def cropped(version: Version, start_s: float, stop_s: float) -> Version:
    """A part of a version as one of its own; no sound is made, and its tokens are kept.

    Args:
        version: what is cut.
        start_s: where tokens are known, moved to the nearest of their frames.
        stop_s: > start_s, at most the version's end.

    Raises:
        AudioError: a file that is gone, or no room.
        RequestError: a part that is outside, reversed or shorter than a frame.
    """
    part, tokens = _part(version, read_version(version), start_s, stop_s)
    length_s = part.n_samples / part.sample_rate_hz
    facts = {"engine_version": VERSION, "crop_s": [start_s, stop_s], "earlier": lineage(version)}
    with new_room() as room:
        shown = write_shown(room, part, edited_stem(version.name, version.n_edits + 1), facts)
        if not _same_bits(_read_back(room, shown.path), part):
            raise _not_proven(part.samples.size)
        cut_out = _next(
            version,
            part,
            shown,
            label=f"Cut to {span_words(start_s, stop_s)}",
            proof=f"Read back and compared: all {part.samples.size:,} samples of these "
            f"{length_s:.2f} s are the clip's own, bit for bit ({part.depth.value}).",
            tokens=tokens,
            made=facts,
        )
        room.publish()
    return cut_out


def clip_of(source: Source, tokens: Tokens) -> WorkingClip:
    """A version's samples and tokens as the engine edits them."""
    codes = torch.from_numpy(tokens.codes.astype(np.int64))
    return WorkingClip(source=source, codes=codes, frame_rate_hz=tokens.frame_rate_hz)


def tokens_of(clip: WorkingClip) -> Tokens:
    """A clip's tokens as a version keeps them."""
    return Tokens(codes=clip.codes.cpu().numpy().astype(np.int16), frame_rate_hz=clip.frame_rate_hz)


def _next(parent: Version, source: Source, shown: Shown, **facts: Any) -> Version:
    return Version(
        version_id=new_id(),
        parent_id=parent.version_id,
        path=shown.path,
        name=Path(shown.path).name,
        n_samples=source.n_samples,
        sample_rate_hz=source.sample_rate_hz,
        n_channels=source.n_channels,
        depth=source.depth.value,
        preview_path=shown.preview_path,
        peaks_path=shown.peaks_path,
        n_edits=parent.n_edits + 1,
        **facts,
    )


def _part(
    version: Version, source: Source, start_s: float, stop_s: float
) -> tuple[Source, Mapping[str, Tokens]]:
    """Samples and tokens of a part; frames of one rate alone, so that all begin together."""
    rates = {each.frame_rate_hz for each in version.tokens.values()}
    if len(rates) != 1:
        return _cut(source, start_s, stop_s), {}
    clips = {
        codec: crop(clip_of(source, each), start_s, stop_s)
        for codec, each in version.tokens.items()
    }
    part = next(iter(clips.values())).source
    return part, {codec: tokens_of(clip) for codec, clip in clips.items()}


def _cut(source: Source, start_s: float, stop_s: float) -> Source:
    duration_s = source.n_samples / source.sample_rate_hz
    if not 0 <= start_s < stop_s <= duration_s + 1e-9:
        raise RequestError(
            f"the part is {start_s:g} s to {stop_s:g} s",
            expected=f"its start before its end, within the clip's {duration_s:.3f} s",
            advice="Move it into the clip",
        )
    place = region_from_seconds(start_s, stop_s, source.sample_rate_hz)
    return cut(source, place.start_sample, min(place.stop_sample, source.n_samples))


def _read_back(room: Room, path: str) -> Source:
    return read_source(room.work / Path(path).name)


def _same_bits(one: Source, other: Source) -> bool:
    same_kind = (one.depth, one.sample_rate_hz) == (other.depth, other.sample_rate_hz)
    if not same_kind or one.samples.shape != other.samples.shape:
        return False
    word = f"u{one.samples.dtype.itemsize}"
    # Channel by channel: half the memory of a long clip's comparison.
    pairs = zip(one.samples, other.samples, strict=True)
    return all(np.array_equal(a.view(word), b.view(word)) for a, b in pairs)


def _check_parent(parent: Version, proposal: Proposal) -> None:
    if parent.version_id != proposal.parent_id:
        raise RequestError(
            "the candidates belong to another version of the clip",
            expected="candidates of the version that is kept",
            advice="Make them again",
        )


def _not_proven(different_samples: int) -> AudioError:
    return AudioError(
        f"the file that was written has {different_samples:,} samples that should not differ, "
        "or others than were made",
        expected="the clip's own samples outside of the regions, bit for bit",
        advice="Nothing was kept; try again, and have the disk checked",
    )
