"""VGGish and FAD: spectra against slow twins, the network against its names, faulty files."""

from __future__ import annotations

import math
import os
import pickle
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engine.errors import CheckpointError
from engine.evaluation.hub.vggish import (
    VGGISH_FILE,
    VGGish,
    VGGishSizes,
    fad,
    levelled,
    load_vggish,
    log_mel_patches,
)
from tests.engine.evaluation.judge_files import (
    SMALL_VGGISH,
    random_weights,
    vggish_shapes,
    write_vggish,
)


def _noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16_000))
    return samples.astype(np.float32)


def _mel(hz: float) -> float:
    return 1127 * math.log(1 + hz / 700)


def _slow_patch(second: NDArray[np.float32]) -> NDArray[np.float64]:
    """One patch, number by number, from the words of VGGish's description."""
    edges = np.linspace(_mel(125), _mel(7500), 66)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    patch = np.zeros((96, 64))
    for frame in range(96):
        piece = second[frame * 160 : frame * 160 + 400].astype(np.float64) * window
        size = np.abs(np.fft.rfft(piece, 512))
        for band in range(64):
            low, centre, high = edges[band : band + 3]
            total = 0.0
            for number in range(1, 257):  # without the bin of 0 Hz
                at = _mel(number * 16_000 / 512)
                rise, fall = (at - low) / (centre - low), (high - at) / (high - centre)
                total += max(0.0, min(rise, fall)) * size[number]
            patch[frame, band] = math.log(total + 0.01)
    return patch


def test_a_patch_is_that_of_the_description() -> None:
    samples = _noise(1.5)
    patches = log_mel_patches(torch.from_numpy(samples))
    assert patches.shape == (2, 96, 64)
    np.testing.assert_allclose(patches[1], _slow_patch(samples[8_000:24_000]), atol=1e-4)


def test_the_spectrum_is_librosas() -> None:
    samples = _noise(1.0)
    # Its windows of 400 lie in the middle of 512: shifted by 56 samples.
    spectrum = np.abs(librosa.stft(np.pad(samples, (56, 56)), n_fft=512, hop_length=160,
                                   win_length=400, center=False))  # fmt: skip
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160][:96]
    ours = np.abs(np.fft.rfft(frames * torch.hann_window(400).numpy(), 512)).T
    np.testing.assert_allclose(ours, spectrum[:, :96], atol=1e-4)
    # and its filters are nearly ours: its triangles are straight in Hz, not in mel
    filters = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=64, fmin=125, fmax=7500,
                                  htk=True, norm=None)  # fmt: skip
    theirs = np.log(filters @ spectrum[:, :96] + 0.01).T
    assert np.abs(theirs - log_mel_patches(torch.from_numpy(samples))[0].numpy()).mean() < 0.1


def test_ten_seconds_are_nineteen_windows() -> None:
    assert len(log_mel_patches(torch.from_numpy(_noise(10.0)))) == 19


def test_less_than_a_second_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.99 s; expected 1 s"):
        log_mel_patches(torch.from_numpy(_noise(0.99)))


def test_how_loud_a_clip_is_makes_no_difference() -> None:
    samples = torch.from_numpy(_noise(1.0))
    torch.testing.assert_close(levelled(samples), levelled(samples * 0.01))
    assert float(levelled(samples).max()) == pytest.approx(1.0)
    assert float(levelled(torch.zeros(100)).abs().max()) == 0


def test_a_clip_without_peaks_is_raised_by_20_db_at_most() -> None:
    samples = -torch.linspace(0.1, 0.5, 100)
    assert float(levelled(samples).min()) == pytest.approx(-(10 ** (-1 / 20)) / 0.1)


def test_the_network_is_what_its_names_say() -> None:
    weights = random_weights(vggish_shapes(SMALL_VGGISH))
    patches = torch.randn(3, 96, 64, generator=torch.Generator().manual_seed(1))
    found = patches[:, None]
    for number, is_pooled in ((0, 1), (3, 1), (6, 0), (8, 1), (11, 0), (13, 1)):
        name = f"features.{number}"
        found = functional.conv2d(
            found, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1
        ).relu()
        found = functional.max_pool2d(found, 2) if is_pooled else found
    # as TensorFlow lays them out: time, then band, then channel
    flat = torch.from_numpy(np.stack([each.numpy().transpose(1, 2, 0).ravel() for each in found]))
    for number in (0, 2, 4):
        flat = (
            flat @ weights[f"embeddings.{number}.weight"].T + weights[f"embeddings.{number}.bias"]
        )
        flat = flat if number == 4 else flat.relu()
    network = VGGish(SMALL_VGGISH)
    network.load_state_dict(weights)
    torch.testing.assert_close(network(patches), flat, atol=1e-5, rtol=1e-4)
    assert float(flat.min()) < 0  # before any activation


def test_the_published_file_is_as_large_as_its_names_make_it() -> None:
    numbers = sum(math.prod(shape) for shape in vggish_shapes(VGGishSizes()).values())
    assert VGGISH_FILE.n_bytes is not None
    assert 0 < VGGISH_FILE.n_bytes - 4 * numbers < 5_000


def test_the_published_sizes_run() -> None:
    with torch.device("meta"):
        network = VGGish(VGGishSizes())
    shapes = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    assert shapes == vggish_shapes(VGGishSizes())
    assert network(torch.zeros(2, 96, 64, device="meta")).shape == (2, 128)


def test_a_file_becomes_a_judge(tmp_path: Path) -> None:
    judge = load_vggish(write_vggish(tmp_path / "vggish.pth"), SMALL_VGGISH)
    clips = np.stack([np.repeat(_noise(3.0, seed), 2) for seed in (0, 1)])  # 32 kHz
    rows = judge.embed(clips)
    assert rows.shape == (2 * 5, 6) and np.isfinite(rows).all()
    # clips are heard one by one, whatever else is asked
    np.testing.assert_allclose(judge.embed(clips[1:]), rows[5:], atol=1e-6)
    np.testing.assert_allclose(judge.embed(clips[:1, ::2], 16_000), rows[:5], atol=2.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda weights: weights.pop("features.6.bias"), "1 missing weights such as features.6"),
        (lambda weights: weights.update({"pca": torch.ones(3)}), "1 unknown weights such as pca"),
        (
            lambda weights: weights.update({"embeddings.4.bias": torch.ones(7)}),
            r"embeddings.4.bias of \[7\] instead of \[6\]",
        ),
        (
            lambda weights: weights["embeddings.0.bias"].fill_(math.nan),
            "embeddings.0.bias that are not finite",
        ),
    ],
)
def test_every_name_shape_and_number_is_accounted_for(change, words, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    weights = random_weights(vggish_shapes(SMALL_VGGISH))
    change(weights)
    torch.save(weights, tmp_path / "vggish.pth")
    with pytest.raises(CheckpointError, match=words):
        load_vggish(tmp_path / "vggish.pth", SMALL_VGGISH)


class _Bomb:
    def __reduce__(self):  # type: ignore[no-untyped-def]
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("is_archive", [True, False])
def test_a_file_that_wants_to_run_something_is_refused(
    is_archive: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"features.0.weight": _Bomb()}, "bad.pth",
               _use_new_zipfile_serialization=is_archive)  # fmt: skip
    with pytest.raises(CheckpointError, match="nothing of it was run"):
        load_vggish(Path("bad.pth"))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("content", [b"", b"nothing", pickle.dumps([1, 2], protocol=2)])
def test_a_damaged_file_is_said_to_be_one(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "vggish.pth").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"vggish\.pth"):
        load_vggish(tmp_path / "vggish.pth")


def test_few_bytes_that_stand_for_many_numbers_are_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(1).expand(10**9)}, tmp_path / "vggish.pth")
    with pytest.raises(CheckpointError, match="its weights claim 4,000,000,000 bytes"):
        load_vggish(tmp_path / "vggish.pth")


def test_fad_is_0_for_the_same_and_grows_with_a_shift() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 6))
    assert fad(rows, rows) == pytest.approx(0, abs=1e-9)
    assert fad(rows, rows + 2.0) == pytest.approx(6 * 4.0)
