"""Seconds and frames: the only place where one becomes the other."""

from __future__ import annotations

import math

from engine.errors import RequestError


def frames_from_seconds(seconds: float, frame_rate_hz: float) -> int:
    """The number of codec frames nearest to a time; a tie goes up (0.03 s at 50 Hz is 2).

    Args:
        seconds: >= 0.
        frame_rate_hz: codec frames per second, > 0.

    Returns:
        floor(seconds * frame_rate_hz + 0.5). As many frames as this are delivered: no mode of
        decoding rounds again.

    Raises:
        RequestError: a time that is negative, infinite or not a number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise RequestError(
            f"the time is {seconds} s", expected="0 s or more", advice="Give a time in seconds"
        )
    return math.floor(seconds * frame_rate_hz + 0.5)


def frames_covering(n_samples: int, sample_rate_hz: int, frame_rate_hz: int) -> int:
    """The fewest codec frames that last as long as some samples, or longer; a part counts whole.

    Args:
        n_samples: >= 0.
        sample_rate_hz: of the samples.
        frame_rate_hz: codec frames per second.
    """
    # In whole numbers: 0.14 s times 50 Hz are 7.000000000000001 frames.
    return -(-n_samples * frame_rate_hz // sample_rate_hz)


def seconds_from_frames(n_frames: int, frame_rate_hz: float) -> float:
    """The time that frames last, in seconds."""
    return n_frames / frame_rate_hz
