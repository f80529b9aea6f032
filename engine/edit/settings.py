"""How regions are made anew: where their ends go, what stays inside, how they are joined."""

from __future__ import annotations

from dataclasses import dataclass

from engine.audio.snapping import Snap
from engine.audio.splice import FADE_S, Match
from engine.decode.checks import require_choice, require_number, require_whole

MOST_BEATS_PER_BAR = 12
LONGEST_PERIOD_FRAMES = 1000
LONGEST_KEPT_S = 2.0
LONGEST_FADE_S = 1.0


@dataclass(frozen=True, kw_only=True)
class EditSettings:
    """What an edit does beside the request that it makes.

    What is kept inside of a region adds up: a token stays if any of these keeps it. The recipes
    are the prompts of VampNet (arXiv 2307.04686).

    Args:
        snap: where the ends of regions are moved to.
        beats_per_bar: 1 to 12, for bars.
        strength: share of each region's tokens that are drawn anew, above 0 to 1; the others are
            chosen by the seed, in spans as the model masks them.
        keep_every: of so many frames the first one is kept, 2 to 1000; None: none.
        keep_beats_s: seconds kept from each beat on, above 0 to 2, a frame at least; None: none.
        keep_onsets_s: the same from each onset on.
        fade_s: length of the equal-power fades, which lie inside of the regions, 0 to 1.
        match_level: what a region is made as loud as.

    Raises:
        RequestError: a value of another type, or out of its range.
    """

    snap: Snap = Snap.FRAME
    beats_per_bar: int = 4
    strength: float = 1.0
    keep_every: int | None = None
    keep_beats_s: float | None = None
    keep_onsets_s: float | None = None
    fade_s: float = FADE_S
    match_level: Match = Match.SURROUNDINGS

    def __post_init__(self) -> None:
        require_choice("snap", self.snap, Snap)
        require_whole("beats_per_bar", self.beats_per_bar, 1, MOST_BEATS_PER_BAR)
        require_number("strength", self.strength, 0, 1, above=True)
        if self.keep_every is not None:
            require_whole("keep_every", self.keep_every, 2, LONGEST_PERIOD_FRAMES)
        for name in ("keep_beats_s", "keep_onsets_s"):
            if getattr(self, name) is not None:
                require_number(name, getattr(self, name), 0, LONGEST_KEPT_S, above=True)
        require_number("fade_s", self.fade_s, 0, LONGEST_FADE_S)
        require_choice("match_level", self.match_level, Match)

    @property
    def needs_beats(self) -> bool:
        """Whether the clip must be listened to for beats or onsets first."""
        recipes = (self.keep_beats_s, self.keep_onsets_s)
        return self.snap is not Snap.FRAME or any(each is not None for each in recipes)
