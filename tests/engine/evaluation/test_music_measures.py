"""Silence, clipping, variety and copies, on clips and tokens whose answer is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation import music
from engine.evaluation.embeddings import RATE_HZ, Embedding
from engine.evaluation.music import (
    Run,
    apart,
    below,
    longest_run,
    mean_apart,
    mean_apart_within,
    measure_levels,
    nearer_share,
    nearest,
    resampled,
    summarise_levels,
    training,
)
from engine.evaluation.part import Setup

N = 2 * RATE_HZ


def sine(size: float) -> NDArray[np.float32]:
    return (size * np.sin(2 * np.pi * 440 * np.arange(N) / RATE_HZ)).astype(np.float32)


def half_silent(share: float) -> NDArray[np.float32]:
    clip = sine(0.5)
    clip[: round(share * N)] = 0
    return clip


def test_a_clip_that_is_silent_for_most_of_its_time_is_silent() -> None:
    clips = np.stack([half_silent(0.6), half_silent(0.4), half_silent(0), half_silent(1)])
    found = summarise_levels([measure_levels(clips)])
    assert found["silent"] == 0.5
    assert found["silent_time"] == pytest.approx((0.6 + 0.4 + 0 + 1) / 4, abs=0.02)


def test_a_whisper_is_no_silence_and_faint_noise_is() -> None:
    # -57 and -63 dB of full scale, RMS
    clips = np.stack([sine(2**0.5 * 10 ** (-57 / 20)), sine(2**0.5 * 10 ** (-63 / 20))])
    assert measure_levels(clips).silent_time.tolist() == [0, 1]


def test_flat_tops_are_clipping_and_a_single_peak_is_none() -> None:
    flat, peak = np.clip(sine(1.2), -1, 1), sine(0.5)
    peak[1000] = 1
    negative = sine(0.5)
    negative[100:103] = -1
    found = measure_levels(np.stack([flat, peak, negative, sine(0.9)]))
    assert found.clipped.tolist() == [True, False, True, False]


def test_the_level_is_that_of_the_whole_clip_in_db() -> None:
    found = summarise_levels([measure_levels(np.stack([sine(1.0)])),
                              measure_levels(np.stack([sine(0.1), sine(0.01)]))])  # fmt: skip
    assert found["clips"] == 3
    assert found["level_db"][0] == pytest.approx(-43.01, abs=0.02)
    assert found["level_db"][2] == pytest.approx(-23.01, abs=0.02)
    assert found["level_db"][4] == pytest.approx(-3.01, abs=0.02)


def test_distances_are_root_mean_squares_of_the_dimensions() -> None:
    first, second = np.array([[0.0, 0.0]]), np.array([[3.0, 3.0], [0.0, 2.0]])
    np.testing.assert_allclose(apart(first, second), [[3, 2**0.5]])
    np.testing.assert_allclose(nearest(first, second), [2**0.5])


def test_unrelated_clips_are_about_the_root_of_two_apart() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 50))
    assert mean_apart(rows) == pytest.approx(2**0.5, rel=0.02)


def test_distances_within_groups_leave_out_all_others() -> None:
    rows = np.array([[0.0], [1.0], [10.0], [13.0], [99.0]])
    assert mean_apart_within(rows, ["a", "a", "b", "b", "c"]) == 2
    assert mean_apart_within(rows, range(5)) is None


def test_shares_of_pairs_and_quantiles() -> None:
    assert nearer_share(np.array([1, 5, 2]), np.array([2, 4, 2])) == 0.5
    values = np.arange(100.0)
    assert below(values, values) == 0.05
    assert below(values - 200, values) == 1


def naive_run(tokens: list[int], clip: list[int]) -> int:
    longest = 0
    for at in range(len(tokens)):
        for to in range(len(clip)):
            n = 0
            while at + n < len(tokens) and to + n < len(clip) and tokens[at + n] == clip[to + n]:
                n += 1
            longest = max(longest, n)
    return longest


def test_longest_runs_are_those_of_the_plain_search() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        # few different tokens: long runs by chance, several as long as one another
        tokens, others = rng.integers(3, size=17), rng.integers(3, size=(4, 21))
        runs = [naive_run(tokens.tolist(), clip.tolist()) for clip in others]
        assert longest_run(tokens, others) == Run(n_frames=max(runs), clip=int(np.argmax(runs)))


def test_a_copied_stretch_is_found_wherever_it_is() -> None:
    rng = np.random.default_rng(2)
    others = rng.integers(2048, size=(20, 512)).astype(np.uint16)
    tokens = rng.integers(2048, size=500).astype(np.uint16)
    tokens[40:140] = others[13, 400:500]
    assert longest_run(tokens, others) == Run(n_frames=100, clip=13)
    tokens[:] = others[7, 12:]
    assert longest_run(tokens, others) == Run(n_frames=500, clip=7)


def test_nothing_in_common_is_a_run_of_none() -> None:
    assert longest_run(np.zeros(9, int), np.ones((3, 9), int)).n_frames == 0


def test_clips_keep_pitch_and_length_at_another_rate() -> None:
    clips = np.stack([sine(0.5), sine(0.1)])
    slower = resampled(clips, RATE_HZ, RATE_HZ // 2)
    assert slower.shape == (2, N // 2)
    inner = slice(1000, -1000)
    np.testing.assert_allclose(slower[:, inner], clips[:, ::2][:, inner], atol=1e-3)
    assert resampled(clips, RATE_HZ, RATE_HZ) is clips


class Codec(torch.nn.Module):
    """The coarsest token of a frame of 640 samples is how loud it is."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def encode(self, samples: Tensor) -> Tensor:
        frames = samples[:, 0].unfold(-1, 640, 640).abs().mean(-1)
        return (frames * 1000).round().long()[:, None].repeat(1, 4, 1)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Seed and number of each clip of the training that was rendered; its level says them too."""
    found: list[tuple[int, int]] = []

    def clips(seed: int, first: int) -> Iterator[NDArray[np.float32]]:
        for number in itertools.count(first):
            found.append((seed, number))
            yield np.full(6400, 0.001 * (100 * seed + number), np.float32)

    monkeypatch.setattr(music, "_training_clips", clips)
    monkeypatch.setattr(music, "TRAINING_SEEDS", (1, 2))
    monkeypatch.setattr(music, "_BATCH", 2)
    return found


@pytest.fixture
def setup(tmp_path: Path, rendered: list[tuple[int, int]]) -> Setup:
    model = SimpleNamespace(
        codec_hash="codec", sample_rate_hz=RATE_HZ, parts=SimpleNamespace(codec=Codec())
    )
    return Setup(model=model, cache=tmp_path)  # type: ignore[arg-type]


def level(name: str = "level", factor: float = 1.0) -> dict[str, Embedding]:
    embed = lambda samples: factor * np.abs(samples).mean(axis=1, keepdims=True)  # noqa: E731
    return {name: Embedding(name=name, why="Loudness.", embed=embed)}


def test_the_training_is_some_clips_of_each_seed(setup: Setup) -> None:
    found = training(setup, level(), 6)
    assert found.codes[:, 0].tolist() == [100, 101, 102, 200, 201, 202]
    np.testing.assert_allclose(found.rows["level"][:, 0] * 1000, found.codes[:, 0], rtol=1e-3)
    assert found.codes.shape == (6, 10)


def test_the_training_is_rendered_once(setup: Setup, rendered: list[tuple[int, int]]) -> None:
    first = training(setup, level(), 6)
    again = training(setup, level(), 6)
    assert rendered == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
    np.testing.assert_array_equal(first.codes, again.codes)


def test_the_training_is_heard_anew_by_another_judge_of_the_same_name(setup: Setup) -> None:
    first = training(setup, level(), 4)
    again = training(setup, level(factor=2), 4)
    np.testing.assert_allclose(again.rows["level"], 2 * first.rows["level"])
