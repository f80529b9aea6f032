"""What a tab knows of its edits: frozen values, changed only by pure transitions.

A version is a clip as it was at one time: an exact file, and the tokens that go with it. Versions
are never changed and form a tree by `parent_id`; the history is a walk through it. No samples are
in here, so a session stays light however long its clips are.

This is the shape that a lasting store of takes takes over later: versions become its rows, their
files its files, and `Edits` what a tab has of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.proof import NullTest
from engine.audio.regions import Region
from engine.decode.requests import GenerationRequest

MAX_VERSIONS = 60
"""Versions that a tab keeps. Ten minutes of tokens are 240 kB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens:
    """A clip as one codec's tokens.

    Args:
        codes: int16 [K, T]; T covers all of the clip. Codebooks have 2,048 entries at most.
        frame_rate_hz: frames per second.
    """

    codes: NDArray[np.int16]
    frame_rate_hz: int


@dataclass(frozen=True, kw_only=True)
class Version:
    """A clip as it was at one time.

    Args:
        version_id: unguessable name. parent_id: of what it was made from; None: it was opened.
        path: the exact file, which is what is downloaded.
        name: what the downloaded file is called.
        n_samples: N. sample_rate_hz: samples per second. n_channels: C.
        depth: how the file keeps a sample, in words, such as "24-bit".
        preview_path: what a browser plays; mostly the exact file itself.
        peaks_path: the waveform for drawing, see `studio.editing.peaks`.
        label: what happened, in words.
        regions_s: what is new in it, (start, stop) in its own seconds.
        is_loop: True where its end was joined to its start.
        proof: in words, what was compared with the version before it; "" where nothing was.
        hint: in words, what its person should know about it; mostly "".
        n_edits: steps from what was opened.
        tokens: by codec hash, what is known already and need not be encoded.
        made: what made it, in JSON's types, as in its file; None for a file that was opened.
        origin: what an opened file itself says made it. A stranger may have written it.
    """

    version_id: str
    parent_id: str | None = None
    path: str
    name: str
    n_samples: int
    sample_rate_hz: int
    n_channels: int
    depth: str
    preview_path: str
    peaks_path: str
    label: str
    regions_s: tuple[tuple[float, float], ...] = ()
    is_loop: bool = False
    proof: str = ""
    hint: str = ""
    n_edits: int = 0
    tokens: Mapping[str, Tokens] = field(default_factory=dict, compare=False, repr=False)
    made: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    origin: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def duration_s(self) -> float:
        """N over the sample rate."""
        return self.n_samples / self.sample_rate_hz


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to fill the regions: an exact excerpt around them, to be heard in place.

    Args:
        candidate_id: unguessable name. seed: its own.
        path: the excerpt, with the source's rate, channels and depth.
        start_sample, stop_sample: where it lies in the proposal's base.
        preview_path, peaks_path: of the excerpt, as for a `Version`.
        proof: that nothing changed in the base outside of the regions.
        request: what was asked for, with this seed and one variation.
        codec_hash: of the codec that the tokens are for.
        tokens: of the whole base. made: what made it, in JSON's types.
    """

    candidate_id: str
    seed: int
    path: str
    start_sample: int
    stop_sample: int
    preview_path: str
    peaks_path: str
    proof: NullTest
    request: GenerationRequest
    codec_hash: str
    tokens: Tokens = field(compare=False, repr=False)
    made: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The edit, see `engine.edit.edit_facts`."""
        found: Mapping[str, Any] = self.made["edit"]
        return found


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What one edit came to, to be listened to, then committed or discarded.

    Args:
        parent_id: the version that was edited.
        candidates: at least one.
        n_samples: N of the base: the parent, with room before and after it where it is extended.
        offset_samples: where the parent's first sample is in the base.
        sample_rate_hz: of both.
        regions: where sound changes, in the base's samples.
        is_loop: True where the base's end goes on at its start.
        label: what happened, in words; without a seed.
        parent_tokens: of the parent, by codec hash: encoded for this edit, good for others.
    """

    parent_id: str
    candidates: tuple[Candidate, ...]
    n_samples: int
    offset_samples: int
    sample_rate_hz: int
    regions: tuple[Region, ...]
    is_loop: bool
    label: str
    parent_tokens: Mapping[str, Tokens] = field(default_factory=dict, compare=False, repr=False)

    @property
    def regions_s(self) -> tuple[tuple[float, float], ...]:
        """The regions in the base's seconds."""
        rate = self.sample_rate_hz
        return tuple((each.start_sample / rate, each.stop_sample / rate) for each in self.regions)

    def candidate(self, candidate_id: object) -> Candidate | None:
        """The one of that name; None for anything that a browser may send instead."""
        found = (each for each in self.candidates if each.candidate_id == candidate_id)
        return next(found, None)


@dataclass(frozen=True, kw_only=True)
class Edits:
    """All that a tab knows of its edits.

    Args:
        versions: every version, oldest first; those that nothing leads back to leave first when
            there are more than `MAX_VERSIONS`.
        current_id: of the version that is shown; None before the first is opened.
        past: ids that undo goes back to, the nearest last. future: those of redo, nearest first.
        proposal: of the version that is shown; None: none waits.
    """

    versions: tuple[Version, ...] = ()
    current_id: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    proposal: Proposal | None = None

    @property
    def current(self) -> Version | None:
        """The version that is shown."""
        return self.version(self.current_id)

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier version."""
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self.future)

    def version(self, version_id: object) -> Version | None:
        """The version of that name; None for anything that a browser may send instead."""
        return next((each for each in self.versions if each.version_id == version_id), None)

    def opened(self, version: Version) -> Edits:
        """With another clip; undo goes back to what was shown before."""
        return self._entered(version)

    def proposed(self, proposal: Proposal) -> Edits:
        """With the candidates of an edit, shown in the version that was edited.

        Where something else is shown by now, that version is returned to, as a step of its own.
        A version that is known no more leaves all as it is.
        """
        parent = self.version(proposal.parent_id)
        if parent is None:
            return self
        tokens = {**parent.tokens, **proposal.parent_tokens}
        known = tuple(replace(each, tokens=tokens) if each is parent else each
                      for each in self.versions)  # fmt: skip
        with_tokens = replace(self, versions=known)
        if parent.version_id != self.current_id:
            with_tokens = with_tokens._entered(parent)
        return replace(with_tokens, proposal=proposal)

    def committed(self, version: Version) -> Edits:
        """With a version made from another one, by a candidate or a crop; nothing waits then."""
        return self._entered(version)

    def discarded(self) -> Edits:
        """Without the candidates."""
        return replace(self, proposal=None)

    def undone(self) -> Edits:
        """Back by one version; as it is where there is none."""
        if not self.past or self.current_id is None:
            return self
        *past, earlier = self.past
        return replace(
            self,
            current_id=earlier,
            past=tuple(past),
            future=(self.current_id, *self.future),
            proposal=None,
        )

    def redone(self) -> Edits:
        """On by one version that was undone; as it is where there is none."""
        if not self.future or self.current_id is None:
            return self
        later, *future = self.future
        return replace(
            self,
            current_id=later,
            past=(*self.past, self.current_id),
            future=tuple(future),
            proposal=None,
        )

    def gone_to(self, version_id: object) -> Edits:
        """With a version in view: by undo or redo where they lead to it, else as a step of its own.

        As it is for anything else that a browser may send.
        """
        version = self.version(version_id)
        if version is None or version_id == self.current_id:
            return self
        if version_id not in (*self.past, *self.future):
            return self._entered(version)
        back, edits = version_id in self.past, self
        while edits.current_id != version_id:
            edits = edits.undone() if back else edits.redone()
        return edits

    def _entered(self, version: Version) -> Edits:
        """A new step of the history. What was undone stays a version, but redo is over."""
        past = self.past if self.current_id is None else (*self.past, self.current_id)
        past = past[-(MAX_VERSIONS - 1) :]
        known = self.versions if self.version(version.version_id) else (*self.versions, version)
        versions = _bounded(known, {*past, version.version_id})
        return Edits(versions=versions, current_id=version.version_id, past=past)


def new_id() -> str:
    """A name that nobody can guess, so that one tab cannot address what is another's."""
    return secrets.token_urlsafe(12)


def lineage(version: Version) -> list[dict[str, Any]]:
    """All that made a version, oldest first: its licence is those of all of them together."""
    own = version.made or version.origin
    if own is None:
        return []
    earlier = own.get("earlier")
    entries = earlier if isinstance(earlier, list) else []
    listed = [dict(each) for each in entries if isinstance(each, dict)]
    return [*listed, {name: value for name, value in own.items() if name != "earlier"}]


def _bounded(versions: tuple[Version, ...], needed: set[str]) -> tuple[Version, ...]:
    surplus = [each.version_id for each in versions if each.version_id not in needed]
    leaving = set(surplus[: max(0, len(versions) - MAX_VERSIONS)])
    return tuple(each for each in versions if each.version_id not in leaving)
