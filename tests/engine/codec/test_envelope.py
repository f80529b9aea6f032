"""A sound is made to follow the levels of another."""

import librosa
import numpy as np
import torch

from engine.codec.envelope import HOP, N_BANDS, WINDOW, band_levels, follow, mel_bands


def test_the_bands_are_slaneys() -> None:
    wanted = librosa.filters.mel(sr=32000, n_fft=WINDOW, n_mels=N_BANDS)
    assert np.allclose(mel_bands().numpy().T, wanted, atol=1e-7)


def test_a_sound_that_has_its_levels_stays_as_it_is() -> None:
    noise = 0.1 * torch.randn(2, 6400, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(follow(noise, band_levels(noise)), noise, atol=1e-5)


def test_most_of_the_way_to_the_levels_of_another_sound_is_gone() -> None:
    generator = torch.Generator().manual_seed(0)
    steady = 0.1 * torch.randn(1, 12800, generator=generator)
    swell = steady.flip(-1) * torch.linspace(0.2, 1.0, 12800)
    wanted = band_levels(swell)
    before = (band_levels(steady) - wanted).abs().mean()
    after = (band_levels(follow(steady, wanted)) - wanted).abs().mean()
    assert 0.15 * before < after < 0.45 * before


def test_what_sounds_before_an_attack_is_turned_down() -> None:
    tone = 0.2 * torch.sin(torch.arange(6400) * 0.1)[None]
    struck = tone * (torch.arange(6400) >= 3200)
    followed = follow(tone, band_levels(struck))
    early = followed[:, : 3200 - WINDOW].pow(2).mean() / tone.pow(2).mean()
    assert early < 0.04
    assert followed[:, 3200 + WINDOW :].std() > 0.8 * tone.std()


def test_levels_have_one_row_a_hop() -> None:
    assert band_levels(torch.zeros(3, 10 * HOP)).shape == (3, 10, N_BANDS)
