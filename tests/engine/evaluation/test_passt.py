"""PaSST and KL: spectra and network against slow twins, the published sizes, pairs by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.errors import CheckpointError
from engine.evaluation.hub.passt import (
    PASST_10_S,
    PASST_20_S,
    PaSST,
    PaSSTSizes,
    kl_divergence,
    kl_of_pairs,
    load_passt,
    log_mel,
)
from tests.engine.evaluation.judge_files import (
    SMALL_PASST,
    passt_shapes,
    random_weights,
    write_passt,
)


def _noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 32_000))
    return samples.astype(np.float32)


def _mel(hz: float) -> float:
    return 1127 * math.log(1 + hz / 700)


def _kaldi_filters() -> NDArray[np.float64]:
    """[128, 513] from Kaldi's formula, number by number."""
    step = _mel(15_000) / 129
    filters = np.zeros((128, 513))
    for band in range(128):
        low, centre, high = (step * (band + each) for each in range(3))
        for number in range(513):
            at = _mel(number * 32_000 / 1024)
            if low < at < high:
                filters[band, number] = (
                    (at - low) / (centre - low) if at <= centre else (high - at) / (high - centre)
                )
    return filters


def test_the_spectrum_is_that_of_the_description() -> None:
    samples = _noise(0.3)
    sharper = samples[1:] - 0.97 * samples[:-1]
    window = np.zeros(1024)
    window[112:912] = np.hanning(800)  # symmetric, in the middle of what is transformed
    spectrum = librosa.stft(sharper, n_fft=1024, hop_length=320, window=window,
                            center=True, pad_mode="reflect")  # fmt: skip
    slow = (np.log(_kaldi_filters() @ np.abs(spectrum) ** 2 + 1e-5) + 4.5) / 5
    ours = log_mel(torch.from_numpy(samples)[None])[0].numpy()
    assert ours.shape == (128, 30)
    np.testing.assert_allclose(ours, slow, atol=1e-4)


def _slow_logits(weights: dict[str, Tensor], spectrum: Tensor, heads: int) -> Tensor:
    """The network on one spectrum [128, frames], by the names of its weights."""

    def linear(name: str, values: Tensor) -> Tensor:
        return values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, values: Tensor, epsilon: float) -> Tensor:
        even = (values - values.mean(-1, keepdim=True)) / torch.sqrt(
            values.var(-1, unbiased=False, keepdim=True) + epsilon
        )
        return even * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    rows = []
    for pitch in range(12):
        for time in range((spectrum.shape[1] - 16) // 10 + 1):
            patch = spectrum[10 * pitch : 10 * pitch + 16, 10 * time : 10 * time + 16]
            row = (weights["patch_embed.proj.weight"][:, 0] * patch).sum((1, 2))
            row = row + weights["patch_embed.proj.bias"]
            row = row + weights["time_new_pos_embed"][0, :, 0, time]
            rows.append(row + weights["freq_new_pos_embed"][0, :, pitch, 0])
    tokens = [weights[name][0, 0] + weights["new_pos_embed"][0, place]
              for place, name in enumerate(("cls_token", "dist_token"))]  # fmt: skip
    states = torch.stack([*tokens, *rows])
    for n in range(sum(name.endswith("attn.qkv.bias") for name in weights)):
        block = f"blocks.{n}"
        parts = linear(f"{block}.attn.qkv", norm(f"{block}.norm1", states, 1e-6)).chunk(3, -1)
        heard = []
        for query, key, value in zip(*(part.chunk(heads, -1) for part in parts), strict=True):
            heard.append((query @ key.T / math.sqrt(query.shape[1])).softmax(-1) @ value)
        states = states + linear(f"{block}.attn.proj", torch.cat(heard, -1))
        inner = functional.gelu(linear(f"{block}.mlp.fc1", norm(f"{block}.norm2", states, 1e-6)))
        states = states + linear(f"{block}.mlp.fc2", inner)
    states = norm("norm", states, 1e-6)
    return linear("head.1", norm("head.0", (states[0] + states[1]) / 2, 1e-5))


def test_the_network_is_what_its_names_say() -> None:
    weights = random_weights(passt_shapes(SMALL_PASST))
    spectra = torch.randn(2, 128, 50, generator=torch.Generator().manual_seed(1))
    network = PaSST(SMALL_PASST)
    network.load_state_dict(weights)
    slow = torch.stack([_slow_logits(weights, each, SMALL_PASST.heads) for each in spectra])
    torch.testing.assert_close(network(spectra), slow, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("file", "places"), [(PASST_10_S, 99), (PASST_20_S, 200)])
def test_the_published_files_are_as_large_as_their_names_make_them(file, places) -> None:  # type: ignore[no-untyped-def]
    shapes = passt_shapes(PaSSTSizes(places=places))
    numbers = sum(math.prod(shape) for shape in shapes.values())
    assert 0 < file.n_bytes - 4 * numbers < 400 * len(shapes)
    # a first convolution of three colours would be 1.5 MB more
    assert file.n_bytes - 4 * numbers < 4 * 2 * 768 * 256


def test_the_published_sizes_run_on_two_seconds() -> None:
    torch.manual_seed(0)
    network = PaSST(PaSSTSizes()).eval()
    shapes = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    assert shapes == passt_shapes(PaSSTSizes())
    with torch.no_grad():
        assert network(log_mel(torch.from_numpy(_noise(2.0))[None])).shape == (1, 527)


@pytest.mark.parametrize(("places", "seconds"), [(99, 10), (200, 20), (300, 30)])
def test_a_file_becomes_a_judge_of_its_length(places: int, seconds: int, tmp_path: Path) -> None:
    sizes = replace(SMALL_PASST, places=places)
    judge = load_passt(write_passt(tmp_path / "passt.pt", sizes), SMALL_PASST)
    heard = judge.listen(np.stack([_noise(1.0, seed) for seed in (0, 1)]))
    assert judge.seconds == seconds and heard.shape == (2, 7)
    np.testing.assert_allclose(heard.sum(axis=1), 1)
    assert np.abs(heard[0] - heard[1]).max() > 1e-4


def test_ten_seconds_fit_the_network_for_ten_seconds(tmp_path: Path) -> None:
    judge = load_passt(write_passt(tmp_path / "passt.pt"), SMALL_PASST)
    assert judge.listen(_noise(10.0)[None]).shape == (1, 7)
    assert judge.listen(_noise(10.0)[None, :160_000], 16_000).shape == (1, 7)
    with pytest.raises(ValueError, match=r"10\.10 s; expected 0\.2 s to 10 s"):
        judge.listen(_noise(10.1)[None])
    with pytest.raises(ValueError, match=r"0\.10 s"):
        judge.listen(_noise(0.1)[None])


def test_a_network_of_another_length_is_refused(tmp_path: Path) -> None:
    path = write_passt(tmp_path / "passt.pt", replace(SMALL_PASST, places=150))
    with pytest.raises(CheckpointError, match="150 places in time; expected 99 or 200 or 300"):
        load_passt(path, SMALL_PASST)


@pytest.mark.parametrize("name", ["dist_token", "blocks.1.mlp.fc2.bias", "head_dist.weight"])
def test_a_missing_weight_is_named(name: str, tmp_path: Path) -> None:
    weights = random_weights(passt_shapes(SMALL_PASST))
    del weights[name]
    torch.save(weights, tmp_path / "passt.pt")
    with pytest.raises(CheckpointError, match=f"1 missing weights such as {name}"):
        load_passt(tmp_path / "passt.pt", SMALL_PASST)


def test_kl_is_that_of_the_formula() -> None:
    reference = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    generated = np.array([[0.25, 0.25, 0.5], [0.2, 0.3, 0.5]])
    pairs = kl_of_pairs(reference, generated)
    np.testing.assert_allclose(pairs, [math.log(2), 0.0], atol=1e-5)
    assert kl_divergence(reference, generated) == pytest.approx(math.log(2) / 2, abs=1e-5)


def test_kl_is_finite_where_the_generated_clip_has_nothing() -> None:
    value = kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert value == pytest.approx(-math.log(1e-6))


def test_kl_is_that_of_audiocraft() -> None:
    random = np.random.default_rng(0).dirichlet(np.ones(527), size=8)
    reference, generated = random[:4], random[4:]
    theirs = functional.kl_div(
        torch.log(torch.from_numpy(generated) + 1e-6), torch.from_numpy(reference), reduction="none"
    ).sum(-1)
    np.testing.assert_allclose(kl_of_pairs(reference, generated), theirs.numpy())
    # the direction matters
    assert kl_divergence(generated, reference) != pytest.approx(float(theirs.mean()), rel=1e-3)


def test_sets_of_different_sizes_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="expected equal"):
        kl_of_pairs(np.ones((3, 2)) / 2, np.ones((2, 2)) / 2)
