"""The mix: channel volumes that keep the main instrument in front, and moving expression."""

import math

from engine.training.composer.song import Swell

# Decibels below the main instrument, by A-weighted loudness (so basses are stronger than it says).
ROLE_DB = {"lead": 0.0, "chords": -9.0, "pad": -14.0, "arp": -9.0, "bass": -7.0, "drums": -7.0}
SELF_CHORDS_DB = -6.0
MAIN_CHORDS_DB = -2.5
# Loudness of each kit against the piano, measured as `Instrument.loudness_db` is.
KIT_DB = {0: -2.4, 8: -2.2, 16: 2.8, 24: -1.2, 25: 6.0, 32: -2.6, 40: -5.0}
PANS = {"lead": 64, "chords": 50, "pad": 78, "arp": 84, "bass": 64, "drums": 64}
REVERB_SENDS = {"lead": 50, "chords": 44, "pad": 64, "arp": 56, "bass": 12, "drums": 26}
SWELL_STEP_BEATS = 0.5
PUMP = (60, 84, 108, 124)


def channel_volume(role: str, *, is_main: bool, is_solo: bool, loudness_db: float,
                   chords_db: float) -> int:  # fmt: skip
    """Work out the MIDI volume that puts a part at its place in the mix.

    FluidSynth's amplitude goes with the square of the volume, so 40 dB are a factor of ten.

    Args:
        role: a role of `form.ROLES`.
        is_main: True for the part of the main instrument.
        is_solo: True if one instrument plays alone.
        loudness_db: loudness of the instrument against the piano.
        chords_db: level of the chords in this style, dB against a main melody.

    Returns:
        Volume 1 to 127.
    """
    target_db = {**ROLE_DB, "chords": chords_db}[role]
    if role == "chords" and is_solo:
        target_db = SELF_CHORDS_DB
    elif role == "chords" and is_main:
        target_db = MAIN_CHORDS_DB
    return max(1, min(127, round(127 * 10 ** ((target_db - loudness_db) / 40))))


def swell(total_beats: float, period_beats: float) -> tuple[Swell, ...]:
    """Let held notes breathe: expression rises and falls once a period."""
    count = int(total_beats / SWELL_STEP_BEATS)
    beats = [index * SWELL_STEP_BEATS for index in range(count)]
    return tuple(
        Swell(beat=beat, expression=round(104 - 22 * math.cos(2 * math.pi * beat / period_beats)))
        for beat in beats
    )


def pump(total_beats: float) -> tuple[Swell, ...]:
    """Duck on every beat and come back, as a compressor keyed by the kick does in dance music."""
    return tuple(
        Swell(beat=beat + index / 4, expression=level)
        for beat in range(int(total_beats))
        for index, level in enumerate(PUMP)
    )
