"""Quality against speed: the values that each family of models is played with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

SOUND_RATE_HZ = 16_000
"""The published models of sounds, as against music, have this sample rate."""

MUSIC_WINDOW_S = 10.0
"""Windows longer than this are given more steps at the coarsest level."""


class Family(str, Enum):
    """Models that want the same settings."""

    MINI = "studio-mini"
    """In our own format: studio-mini, and models trained like it."""
    MUSIC = "music"
    """Published models with windows of 10 s."""
    LONG_MUSIC = "long music"
    """Published models with windows of 30 s."""
    SOUND = "sound"
    """Published models of sounds, 16 kHz."""


def published_family(window_s: float, sample_rate_hz: int) -> Family:
    """The family of a published model, or of one in its format."""
    if sample_rate_hz == SOUND_RATE_HZ:
        return Family.SOUND
    return Family.MUSIC if window_s <= MUSIC_WINDOW_S else Family.LONG_MUSIC


_MINI: Mapping[str, object] = {
    "temperature": 1.0,
    "anneal_temperature": False,
    "top_p": 0.95,
    "cfg_start": 6.0,
    "cfg_end": 2.0,
    "opening_temperature": 0.9,
    "opening_top_k": 100,
    "opening_cfg": 6.0,
}
"""What studio-mini sounds best with, of what was tried on 16 plain prompts: the paper's values
make a small model noisy, more guidance makes it forget the prompt, cooler draws make it drone."""

_PAPER: Mapping[str, object] = {
    "temperature": 3.0,
    "anneal_temperature": True,
    "top_p": 0.9,
    "cfg_start": 10.0,
    "cfg_end": 1.0,
    "opening_temperature": 1.0,
    "opening_top_k": 250,
    "opening_cfg": 3.0,
}
"""The paper's values for music; those of the opening are MusicGen's."""

_PAPER_SOUND: Mapping[str, object] = {
    **_PAPER,
    "temperature": 3.5,
    "top_p": 0.8,
    "cfg_start": 20.0,
}
"""The published configuration of the sound models."""


def _presets(
    values: Mapping[str, object], *steps: tuple[int, ...]
) -> Mapping[str, Mapping[str, object]]:
    """`steps` are those of draft, balanced and best."""
    arranged = ("nonoverlap", "nonoverlap", "stride1")
    return MappingProxyType(
        {
            name: MappingProxyType({**values, "steps": each, "arrangement": arrangement})
            for name, each, arrangement in zip(PRESET_NAMES, steps, arranged, strict=True)
        }
    )


PRESET_NAMES = ("draft", "balanced", "best")
DEFAULT_PRESET = "balanced"

# Draft has one step at each finer level, which costs 8 % of Frechet distance (the paper's figure
# 7); balanced is the paper's; best has overlapping spans, which its author finds to sound better.
_SHORT = ((20, 1, 1, 1), (20, 10, 10, 10), (20, 10, 10, 10))
_LONG = ((60, 1, 1, 1), (60, 10, 10, 10), (60, 10, 10, 10))

PRESETS: Mapping[Family, Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        Family.MINI: _presets(_MINI, (8, 2, 1, 1), (16, 4, 2, 2), (20, 10, 10, 10)),
        Family.MUSIC: _presets(_PAPER, *_SHORT),
        Family.LONG_MUSIC: _presets(_PAPER, *_LONG),
        Family.SOUND: _presets(_PAPER_SOUND, *_SHORT),
    }
)
"""By family and name. Every preset sets the same knobs, so choosing one undoes another; without
a preset there are the table's defaults, the paper's for 10 s of music."""

PRESET_KNOBS = frozenset(PRESETS[Family.MINI][DEFAULT_PRESET])
"""The names of the knobs that a preset sets."""
