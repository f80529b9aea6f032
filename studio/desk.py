"""What the Inpaint panel of one tab knows: frozen, changed only by pure transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.audio import Beats
from studio.editing.versions import Edits, Version
from studio.widgets.region_editor import EditorRegion

MAX_PULSES = 8
"""Clips whose beats are remembered; finding them takes seconds."""

PulseKey = tuple[str, int, int]
"""The clip's first version, its length in samples, and the beats of a bar."""

Pulses = Mapping[PulseKey, Beats | str]
"""Beats, or in words why there are none; the newest last."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A tab's edits, and the regions on the version that is shown.

    Args:
        edits: the versions, and the candidates that wait.
        regions: as the server set them last; the page has newer ones until `rev` changes.
        rev: changes when the server sets regions.
    """

    edits: Edits = field(default_factory=Edits)
    regions: tuple[EditorRegion, ...] = ()
    rev: int = 0

    def showing(self, edits: Edits, regions: tuple[EditorRegion, ...] = ()) -> Desk:
        """With another version in view, and regions that are drawn on it."""
        return replace(self, edits=edits, regions=regions, rev=self.rev + 1)

    def with_edits(self, edits: Edits) -> Desk:
        """With other candidates for the version in view; the page keeps its regions."""
        return replace(self, edits=edits)

    def pulse_key(self, version: Version, beats_per_bar: int) -> PulseKey:
        """By what a version's beats are known.

        All edits of one clip that keep its length share them: its grid stays where it is while
        its sound changes.
        """
        root = version
        while (parent := self.edits.version(root.parent_id)) is not None:
            if parent.n_samples != version.n_samples:
                break
            root = parent
        return root.version_id, version.n_samples, beats_per_bar

    def pulse(self, pulses: Pulses, beats_per_bar: int) -> Beats | str | None:
        """The beats of the version in view; None where they are not known yet."""
        version = self.edits.current
        return None if version is None else pulses.get(self.pulse_key(version, beats_per_bar))


def with_pulse(pulses: Pulses, key: PulseKey, beats: Beats | str) -> Pulses:
    """Knowing the beats of one more clip."""
    others = {name: each for name, each in pulses.items() if name != key}
    return dict(list({**others, key: beats}.items())[-MAX_PULSES:])
