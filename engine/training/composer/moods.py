"""Mood from mode and energy: the one mood that a clip's sound alone should tell."""

from engine.training.composer.style import Style

_TEMPO_ENERGY = {"slow": -0.7, "medium": 0.1, "fast": 0.7}
_DRUMS_ENERGY = 0.25
_DRUMLESS_ENERGY = -0.15
_STYLE_WEIGHT = 0.6


def main_mood(style: Style, *, minor: bool, tempo: str, has_drums: bool) -> str:
    """Name the mood that mode and energy make: "happy", "calm", "sad", "tense" or "groovy".

    Args:
        style: the style; its energy counts, and it names lively music in minor.
        minor: True for modes with a minor third.
        tempo: a tempo class.
        has_drums: True if drums play.

    Returns:
        The mood's plain name.
    """
    drums = _DRUMS_ENERGY if has_drums else _DRUMLESS_ENERGY
    if _TEMPO_ENERGY[tempo] + _STYLE_WEIGHT * style.energy + drums > 0:
        return style.lively_minor if minor else "happy"
    return "sad" if minor else "calm"
