"""Compose a song: plan it, play it, state its facts."""

import numpy as np

from engine.training.composer.ensemble import pick
from engine.training.composer.facts import gather_facts
from engine.training.composer.performance import perform
from engine.training.composer.plan import make_plan
from engine.training.composer.song import Room, Song
from engine.training.composer.styles import STYLES

ROOM_VARIATION = (0.7, 1.2)


def compose(rng: np.random.Generator, *, style: str | None = None, length_s: float = 10.0) -> Song:
    """Compose a song.

    Args:
        rng: random generator; the song depends on nothing else.
        style: a name in `STYLES`, or None to draw one.
        length_s: seconds to be heard, above 0.

    Returns:
        The song; three in ten begin in the middle of the music, the rest on a first bar line.

    Raises:
        ValueError: if the style is unknown or the length not positive.
    """
    if style is not None and style not in STYLES:
        raise ValueError(f"unknown style {style!r}; known: {', '.join(STYLES)}")
    if not length_s > 0:
        raise ValueError(f"length_s must be above 0, got {length_s}")
    chosen = STYLES[style if style is not None else pick(list(STYLES), rng)]
    plan = make_plan(chosen, length_s=length_s, rng=rng)
    tracks = perform(plan, rng)
    return Song(
        facts=gather_facts(plan, tracks, rng),
        tracks=tracks,
        room=_room(chosen.room, rng),
        lead_in_s=plan.lead_in_s,
        duration_s=float(length_s),
    )


def _room(typical: tuple[float, float], rng: np.random.Generator) -> Room:
    """A room like the style's, smaller or larger."""
    size, level = typical
    scale = float(rng.uniform(*ROOM_VARIATION))
    return Room(size=min(1.0, size * scale), level=min(1.0, level * scale))
