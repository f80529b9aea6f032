"""The seam of a loop, beside the steps around it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio import Waveform
from engine.audio.looping import loop_jump
from engine.errors import RequestError


def _clip(*channels: list[float], rate_hz: int = 1_000) -> Waveform:
    return Waveform(samples=np.array(channels, np.float32), sample_rate_hz=rate_hz)


def test_whole_periods_close_without_a_jump() -> None:
    tone = np.sin(2 * np.pi * 5 * np.arange(1_000) / 1_000).astype(np.float32)
    assert loop_jump(Waveform(samples=tone[None], sample_rate_hz=1_000)).ratio <= 1.001


def test_a_cut_in_the_middle_of_a_period_jumps() -> None:
    tone = np.sin(2 * np.pi * 5 * np.arange(950) / 1_000).astype(np.float32)
    assert loop_jump(Waveform(samples=tone[None], sample_rate_hz=1_000)).ratio > 10


def test_the_jump_and_the_steps_around_it_by_hand() -> None:
    # Around the seam between 5 and 0: steps of 1 before it, of 2 after it.
    found = loop_jump(_clip([0, 2, 4, 3, 4, 5]), window_s=0.002)
    assert (found.jump, found.local, found.ratio) == (5, 2, 2.5)


def test_a_seam_inside_of_the_clip_and_the_worst_channel_count() -> None:
    found = loop_jump(_clip([0, 1, 2, 3, 4, 5], [0, 1, 2, 9, 10, 11]), 3, window_s=0.002)
    assert (found.jump, found.local) == (7, 1)


def test_silence_has_no_jump_and_a_step_in_silence_is_infinite() -> None:
    assert loop_jump(_clip([0, 0, 0, 0])).ratio == 0
    assert loop_jump(_clip([0, 0, 0, 1, 1, 1]), 3, window_s=0.001).ratio == math.inf


@pytest.mark.parametrize(("n_samples", "at"), [(2, 0), (5, 5), (5, -1)])
def test_seams_outside_and_clips_without_surroundings_are_refused(n_samples: int, at: int) -> None:
    with pytest.raises(RequestError, match="seam"):
        loop_jump(_clip([0.0] * n_samples), at)
