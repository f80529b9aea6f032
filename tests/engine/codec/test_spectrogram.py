"""Magnitudes and the way back."""

import math

import pytest
import torch

from engine.codec import spectrogram

RATE_HZ = 32000


def sines(*frequencies_hz: float, seconds: float = 1.0) -> torch.Tensor:
    time_s = torch.arange(int(seconds * RATE_HZ), dtype=torch.float64) / RATE_HZ
    tones = sum(torch.sin(2 * math.pi * f * time_s + f) for f in frequencies_hz)
    return (0.1 * tones).float()[None]


def test_spectra_are_centred_on_their_hop() -> None:
    samples = torch.zeros(1, 20 * spectrogram.HOP)
    samples[0, 10 * spectrogram.HOP + spectrogram.HOP // 2] = 1.0
    energy = spectrogram.magnitudes(samples).pow(2).sum(-1)[0]
    assert len(energy) == 20 and int(energy.argmax()) == 10
    assert torch.allclose(energy[8], energy[12], rtol=1e-3)


def test_a_short_clip_is_padded_with_silence() -> None:
    assert spectrogram.magnitudes(torch.ones(2, 640)).shape == (2, 2, spectrogram.N_BINS)


@pytest.mark.parametrize("frequencies", [(440.0,), (261.6, 329.6, 392.0), (61.7, 1234.5)])
def test_inversion_gives_magnitudes_back(frequencies: tuple[float, ...]) -> None:
    wanted = spectrogram.magnitudes(sines(*frequencies))
    got = spectrogram.magnitudes(spectrogram.invert(wanted))
    error = (got - wanted).norm() / wanted.norm()
    assert error < 0.15  # the jump at the clip's end is not a sine


def test_a_sustained_note_keeps_its_pitch_and_level() -> None:
    samples = sines(440.0, seconds=2.0)
    back = spectrogram.invert(spectrogram.magnitudes(samples))[0, RATE_HZ // 2 : -RATE_HZ // 2]
    crossings = ((back[:-1] < 0) & (back[1:] >= 0)).sum()
    assert abs(int(crossings) - 440) <= 1
    level = back.unfold(0, 640, 640).pow(2).mean(-1).sqrt()
    assert level.std() / level.mean() < 0.02


def test_more_rounds_agree_better() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 32000, generator=generator) * 0.1
    wanted = spectrogram.magnitudes(noise)
    errors = [
        (spectrogram.magnitudes(spectrogram.invert(wanted, iterations=n)) - wanted).norm()
        for n in (0, 4, 16)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_the_guess_of_phases_is_that_of_the_naive_definition() -> None:
    magnitude = spectrogram.magnitudes(sines(440.0, 700.0, seconds=0.1))
    level = torch.log(magnitude + 1e-8)
    phase = torch.zeros(spectrogram.N_BINS, dtype=torch.float64)
    for frame in range(magnitude.shape[1]):
        row = level[0, frame].tolist()
        peaks = [k for k in range(1, len(row) - 1) if row[k] >= row[k - 1] and row[k] > row[k + 1]]
        for k in range(len(row)):
            # the nearer peak; the lower one where both are as near
            peak = min(peaks, key=lambda p: (abs(p - k), p))
            a, b, c = row[peak - 1 : peak + 2]
            offset = max(-0.5, min(0.5, 0.5 * (a - c) / (a - 2 * b + c)))
            phase[k] += (peak + offset) * 2 * math.pi * spectrogram.HOP / spectrogram.WINDOW
        got = spectrogram.peak_phases(magnitude)[0, frame].double()
        difference = torch.remainder(got - phase + math.pi, 2 * math.pi) - math.pi
        assert difference.abs().max() < 1e-3


def test_phases_stay_exact_over_a_long_clip() -> None:
    """3000 frames of one spectrum turn by 3000 times what one turns by."""
    magnitude = spectrogram.magnitudes(sines(440.0, 9876.5, seconds=0.1))[:, 4:5]
    many = spectrogram.peak_phases(magnitude.expand(1, 3000, -1))
    turn = spectrogram.peak_phases(magnitude)[0, 0].double()
    difference = torch.remainder(many[0, -1] - 3000 * turn + math.pi, 2 * math.pi) - math.pi
    assert many.dtype == torch.float32
    assert difference.abs().max() < 2e-3  # 3000 times the rounding of `turn` to float32
