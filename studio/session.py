"""What one tab knows: frozen, changed only by pure transitions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.decode.requests import GenerationRequest

MAX_TAKES = 24
"""Takes kept on the page; older ones leave it, so that a long session stays light. Examples have
the room that a tab's own takes leave: all eight beside up to 16 of these, none beside 24."""

SEED_LIMIT = 2**32 - 8
"""Dice stay below it, so that eight variations have seeds that can be asked for alone."""


@dataclass(frozen=True, kw_only=True)
class Take:
    """One finished clip.

    Args:
        take_id: unguessable name, also the key of its card.
        path: the WAV file, where the page may fetch it.
        request: what was asked for, with `seed` this take's own and one variation.
        model: name of what made it. licence: of that model.
        duration_s: length of the audio.
        sample_rate_hz: of the audio.
        gain_db: what the model's samples were multiplied by to fit into the file; mostly 0.
        peaks: the waveform's envelope, as `studio.widgets.takes.encode_peaks` writes it.
        codes: int16 [K, T] its tokens, so that editing it need not encode it; None: not known.
        codec_hash: of the codec that the tokens are for; "" where they are not known.
        is_example: it ships with the studio; nobody made it in this tab.
    """

    take_id: str
    path: str
    request: GenerationRequest
    model: str
    licence: str
    duration_s: float
    sample_rate_hz: int
    gain_db: float
    peaks: str
    codes: NDArray[np.int16] | None = field(default=None, compare=False, repr=False)
    codec_hash: str = field(default="", compare=False)
    is_example: bool = False


@dataclass(frozen=True, kw_only=True)
class Session:
    """One tab's takes, newest first. A list of earlier sessions is an undo history.

    Args:
        takes: made in this tab.
        examples: to hear first, the same in every tab; see `ExampleTakes.beside`.
    """

    takes: tuple[Take, ...] = ()
    examples: tuple[Take, ...] = ()

    @property
    def shown(self) -> tuple[Take, ...]:
        """All that the page shows, from the top: examples below the tab's own takes."""
        return (self.takes + self.examples)[:MAX_TAKES]

    def with_takes(self, takes: tuple[Take, ...]) -> Session:
        """The session after a run that finished."""
        return replace(self, takes=(takes + self.takes)[:MAX_TAKES])

    def with_examples(self, examples: tuple[Take, ...]) -> Session:
        """The session with these for its examples."""
        return replace(self, examples=examples)

    def take(self, take_id: object) -> Take | None:
        """The take of that name; None for anything that a browser may send instead."""
        return next((t for t in (*self.takes, *self.examples) if t.take_id == take_id), None)


def new_take_id() -> str:
    """A name that nobody can guess, so that one tab cannot address another's take."""
    return secrets.token_urlsafe(12)


def roll_dice() -> int:
    """A seed by chance."""
    return secrets.randbelow(SEED_LIMIT)


def seed_of(request: GenerationRequest, variation: int) -> GenerationRequest:
    """The request that makes one variation alone."""
    return replace(request, seed=request.seed + variation, variations=1)
