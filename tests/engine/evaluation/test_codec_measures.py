"""The measures of a codec, on sounds and codes whose answer is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.evaluation.codec import (
    BANDS,
    COARSE,
    FINE,
    RATE_HZ,
    compare_onsets,
    count_codes,
    even_use,
    in_band,
    interval,
    inversion_alone,
    log_mel,
    measure_clip,
    measure_codec,
    mel_centres_hz,
    mel_distance,
    onset_strength,
    perplexities,
    perplexity,
    round_trip,
    si_sdr_db,
)

Samples = NDArray[np.float32]
CONFIG = MiniCodecConfig(
    width=16, encoder_blocks=1, decoder_blocks=1, code_width=4, codebook_size=32, inversion_rounds=8
)


def noise(seconds: float = 2.0, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).normal(0, 0.08, round(seconds * RATE_HZ))
    return samples.astype(np.float32)


def sine(hz: float, seconds: float = 2.0) -> Samples:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (0.1 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def bursts(starts_s: tuple[float, ...], *, rise_s: float = 0.0, seconds: float = 3.0) -> Samples:
    """A chord of noise-like partials at each start: up in a straight line, then dying away."""
    rng = np.random.default_rng(1)
    out = 1e-5 * rng.normal(0, 1, round(seconds * RATE_HZ))
    n = round(0.3 * RATE_HZ)
    times = np.arange(n) / RATE_HZ
    shape = np.minimum(1, times / rise_s) if rise_s else np.ones(n)
    for at in starts_s:
        first = round(at * RATE_HZ)
        out[first : first + n] += 0.3 * rng.normal(0, 1, n) * shape * np.exp(-times / 0.05)
    return out.astype(np.float32)


STARTS = (0.3, 0.8, 1.3, 1.9, 2.4)


def test_a_clip_loses_nothing_against_itself() -> None:
    clip = noise()
    found = measure_clip(clip, clip.copy())
    assert found.coarse == found.fine == found.louder_db == 0
    assert not found.errors.any() and not found.offsets.any()
    assert found.si_sdr_db > 100


def test_level_is_told_apart_from_spectra() -> None:
    clip = noise()
    found = measure_clip(clip, clip * 0.5)
    assert found.louder_db == pytest.approx(-6.02, abs=0.01)
    assert found.coarse < 1e-4 and found.fine < 1e-4


def test_the_distance_of_two_clips_is_the_mean_over_a_batch() -> None:
    batch = torch.from_numpy(np.stack([noise(seed=1), sine(440)]))
    other = torch.from_numpy(np.stack([noise(seed=2), sine(466)]))
    for resolution in (COARSE, FINE):
        alone = [mel_distance(batch[n : n + 1], other[n : n + 1], resolution) for n in range(2)]
        assert mel_distance(batch, other, resolution) == pytest.approx(np.mean(alone), rel=1e-5)
        assert log_mel(batch, resolution).shape[:2] == (2, resolution[2])


def test_every_mel_band_belongs_to_one_range() -> None:
    belongs = np.stack([in_band(name) for name in BANDS])
    assert belongs.any(1).all() and (belongs.sum(0) == 1).all()
    centres = mel_centres_hz(COARSE[2])
    assert centres[in_band("bass")].max() < 250 <= centres[in_band("mid")].min()


@pytest.mark.parametrize("band", list(BANDS))
def test_a_band_that_is_6_db_too_loud_is_named(band: str) -> None:
    clip = noise(4.0)
    spectrum = np.fft.rfft(clip)
    hz = np.fft.rfftfreq(len(clip), 1 / RATE_HZ)
    low, high = BANDS[band]
    spectrum[(hz >= low) & (hz <= high)] *= 2
    found = measure_clip(clip, np.fft.irfft(spectrum).astype(np.float32))
    centres = mel_centres_hz(COARSE[2])
    # against another range, since loudness of the whole is made equal
    inside = found.offsets[(centres > 1.3 * low) & (centres < 0.75 * high)].mean()
    others = found.offsets[(centres < 0.7 * low) | (centres > 1.4 * high)].mean()
    assert inside - others == pytest.approx(math.log(2), abs=0.03)


@pytest.mark.parametrize("wanted_db", [-10.0, 0.0, 20.0])
def test_si_sdr_reads_the_noise_that_was_added(wanted_db: float) -> None:
    clip, added = noise(seed=1).astype(np.float64), noise(seed=2).astype(np.float64)
    clip -= clip.mean()
    added -= added.mean()
    added -= clip * (added @ clip / (clip @ clip))
    added *= math.sqrt((clip @ clip) / (added @ added)) * 10 ** (-wanted_db / 20)
    assert si_sdr_db(clip, clip + added) == pytest.approx(wanted_db, abs=1e-6)
    assert si_sdr_db(clip, 3 * (clip + added) + 0.1) == pytest.approx(wanted_db, abs=1e-6)


def test_onsets_are_found_where_they_are() -> None:
    clip = bursts(STARTS)
    found = compare_onsets(clip, clip)
    assert (found.found, found.kept, found.added) == (5, 5, 0)
    assert found.steepness == (1.0,) * 5
    strength = onset_strength(clip)
    at_s = np.array([np.argmax(strength[round(s * 250) - 25 :][:50]) + round(s * 250) - 25
                     for s in STARTS]) * 0.004  # fmt: skip
    assert np.abs(at_s - STARTS).max() <= 0.008


def test_an_onset_is_kept_within_20_ms_alone() -> None:
    clip = bursts(STARTS)
    near = compare_onsets(clip, np.roll(clip, round(0.012 * RATE_HZ)))
    assert (near.kept, near.added) == (5, 0)
    far = compare_onsets(clip, np.roll(clip, round(0.032 * RATE_HZ)))
    assert (far.kept, far.added) == (0, 5)


def test_lost_and_added_onsets_are_counted() -> None:
    found = compare_onsets(bursts(STARTS), bursts((*STARTS[:3], 2.1)))
    assert (found.found, found.kept, found.added) == (5, 3, 1)


def test_a_soft_attack_is_kept_and_less_steep() -> None:
    sharp = bursts(STARTS)
    softness = [compare_onsets(sharp, bursts(STARTS, rise_s=rise_s)) for rise_s in (0.01, 0.03)]
    assert [found.kept for found in softness] == [5, 5]
    once, twice = (float(np.median(found.steepness)) for found in softness)
    assert 0.95 > once > twice > 0.3


def test_a_steady_sound_has_no_onsets() -> None:
    assert compare_onsets(sine(440), noise()).found == 0


def test_perplexity_counts_codes_that_are_used_evenly() -> None:
    codes = torch.stack([torch.arange(64) % 4, torch.zeros(64, dtype=torch.int64)])[None]
    assert perplexities(codes, 8) == pytest.approx([4.0, 1.0])
    counts = count_codes(codes, 8)
    assert counts.tolist() == [[16] * 4 + [0] * 4, [64] + [0] * 7]
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert perplexity(torch.tensor([3, 1])) == pytest.approx(math.exp(entropy))


def test_even_use_of_few_codes_looks_uneven() -> None:
    few, few_dead = even_use(2048, 2048)
    many, many_dead = even_use(200_000, 2048)
    assert few < 0.75 * 2048 and many > 0.98 * 2048 and many_dead == 0
    assert few_dead == pytest.approx(2048 / math.e, rel=0.05)


def test_an_interval_is_of_the_statistic_and_reproducible() -> None:
    rows = np.random.default_rng(0).normal(5, 1, 100)
    value, low, high = interval(rows, np.mean)
    assert value == pytest.approx(rows.mean()) and low < value < high
    # 1.96 standard errors on either side
    assert high - low == pytest.approx(2 * 1.96 * rows.std() / 10, rel=0.15)
    assert interval(rows, np.mean) == (value, low, high)
    pairs = np.stack([3 * rows, rows], 1)
    assert interval(pairs, lambda some: some[:, 0].sum() / some[:, 1].sum()) == pytest.approx(
        (3, 3, 3)
    )


class Passing:
    """A codec that gives back what it was given, cut to whole frames."""

    frame_rate_hz, n_levels, codebook_size = 50, 2, 4

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.given = torch.zeros(0)

    def encode(self, samples: Tensor) -> Tensor:
        hop = self.sample_rate_hz // self.frame_rate_hz
        self.given = torch.nn.functional.pad(samples, (0, -samples.shape[-1] % hop))
        return torch.zeros((1, self.n_levels, self.given.shape[-1] // hop), dtype=torch.int64)

    def decode(self, codes: Tensor) -> Tensor:
        return self.given


@pytest.mark.parametrize("rate_hz", [16_000, 32_000, 44_100])
@pytest.mark.parametrize("n_samples", [32_000, 40_123])
def test_a_codec_of_any_rate_is_measured_at_32_khz(rate_hz: int, n_samples: int) -> None:
    clip = sine(1000)[:n_samples]
    codes, decoded = round_trip(Passing(rate_hz), clip)
    assert codes.shape[0] == 2 and decoded.shape == clip.shape
    # the ends ring where it was resampled
    assert si_sdr_db(clip[800:-800], decoded[800:-800]) > 60


def test_what_a_lower_rate_cannot_carry_counts_as_lost() -> None:
    clip = sine(1000) + sine(12_000)
    _, decoded = round_trip(Passing(16_000), clip)
    found = measure_clip(clip, decoded)
    assert found.offsets[in_band("treble")].mean() < -0.2
    assert found.louder_db == pytest.approx(-3, abs=0.1)


def test_the_way_back_alone_keeps_a_tone_and_the_length() -> None:
    clip = sine(440)[:-77]
    back = inversion_alone(MiniCodec(CONFIG), clip)
    assert back.shape == clip.shape
    assert measure_clip(clip, back).coarse < 0.05


def test_the_way_back_follows_the_levels_of_a_codec_that_tells_them() -> None:
    clip = bursts(STARTS)
    plain, told = (MiniCodec(replace(CONFIG, envelope=envelope)) for envelope in (False, True))
    steepness = [np.median(compare_onsets(clip, inversion_alone(codec, clip)).steepness)
                 for codec in (plain, told)]  # fmt: skip
    assert steepness[1] > 1.1 * steepness[0]


def test_training_gets_the_same_figures_as_the_report() -> None:
    torch.manual_seed(0)
    codec = MiniCodec(CONFIG)
    codec.codebooks.normal_()
    clips = np.stack([noise(1.0, seed=3), sine(440, 1.0)])
    quick: dict[str, Any] = measure_codec(codec, torch.from_numpy(clips))
    slow = [(clip, *round_trip(codec, clip)) for clip in clips]
    measured = [measure_clip(clip, decoded) for clip, _, decoded in slow]
    assert quick["coarse"] == pytest.approx(np.mean([each.coarse for each in measured]), abs=2e-4)
    assert quick["fine"] == pytest.approx(np.mean([each.fine for each in measured]), abs=2e-4)
    counts = sum(count_codes(codes[None], 32) for _, codes, _ in slow)
    assert isinstance(counts, Tensor)
    assert quick["perplexities"] == pytest.approx([perplexity(each) for each in counts], abs=0.06)
