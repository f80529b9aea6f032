"""EnCodec from both forms of file against recorded codes and sound."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.checkpoints.release_file import ReleaseFile, read_release_file
from engine.checkpoints.settings import Settings
from engine.codec.encodec import EncodecCodec, codec_from_release
from engine.codec.encodec_transformers import codec_from_folder
from engine.errors import AudioError, CheckpointError, RequestError
from tests.engine.golden import GOLDEN

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")


@pytest.fixture(scope="module")
def file() -> ReleaseFile:
    file = read_release_file(GOLDEN / "plain/checkpoint/compression_state_dict.bin")
    assert isinstance(file, ReleaseFile)
    return file


@pytest.fixture(scope="module")
def native(file: ReleaseFile) -> EncodecCodec:
    return codec_from_release(file)


@pytest.fixture(scope="module")
def pointed() -> EncodecCodec:
    return codec_from_folder(GOLDEN / "pointer/encodec")


@pytest.fixture(scope="module")
def sound() -> EncodecCodec:
    """The 16 kHz codec of the sound models."""
    file = read_release_file(GOLDEN / "audio/checkpoint/compression_state_dict.bin")
    assert isinstance(file, ReleaseFile)
    return codec_from_release(file)


@pytest.fixture(params=["native", "pointed", "sound"])
def recorded(request: pytest.FixtureRequest) -> tuple[EncodecCodec, dict[str, Tensor]]:
    folder = {"native": "plain", "pointed": "pointer", "sound": "audio"}[request.param]
    with np.load(GOLDEN / folder / "codec.npz") as arrays:
        tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return request.getfixturevalue(request.param), tensors


def test_decoded_sound(recorded: tuple[EncodecCodec, dict[str, Tensor]]) -> None:
    codec, arrays = recorded
    sound = codec.decode(arrays["codes"].long())
    torch.testing.assert_close(sound, arrays["wav"], atol=1e-6, rtol=0)


def test_rates_are_those_of_the_file(sound: EncodecCodec, native: EncodecCodec) -> None:
    assert (sound.sample_rate_hz, sound.frame_rate_hz) == (16000, 50)
    assert (native.sample_rate_hz, native.frame_rate_hz) == (32000, 50)


def test_encoded_codes(recorded: tuple[EncodecCodec, dict[str, Tensor]]) -> None:
    codec, arrays = recorded
    assert torch.equal(codec.encode(arrays["audio"]), arrays["encoded"].long())


def test_rates_and_sizes(recorded: tuple[EncodecCodec, dict[str, Tensor]]) -> None:
    codec, arrays = recorded
    assert codec.sample_rate_hz == int(arrays["sample_rate"])
    assert codec.frame_rate_hz == int(arrays["frame_rate"]) == 50
    assert (codec.n_levels, codec.codebook_size) == (4, 2048)


def test_fewer_levels_give_a_coarser_sound(native: EncodecCodec) -> None:
    codes = torch.randint(2048, (1, 4, 5), generator=torch.Generator().manual_seed(0))
    assert native.decode(codes[:, :1]).shape == native.decode(codes).shape == (1, 1, 3200)


def test_a_clip_sounds_the_same_in_a_batch(native: EncodecCodec) -> None:
    codes = torch.randint(2048, (3, 4, 7), generator=torch.Generator().manual_seed(0))
    together = native.decode(codes)
    torch.testing.assert_close(native.decode(codes[1:2]), together[1:2], atol=1e-6, rtol=0)


def test_other_input_is_refused(native: EncodecCodec) -> None:
    with pytest.raises(AudioError, match="shape"):
        native.encode(torch.zeros(1, 2, 100))
    with pytest.raises(AudioError, match="finite"):
        native.encode(torch.full((1, 1, 100), float("nan")))
    with pytest.raises(RequestError, match="codes"):
        native.decode(torch.full((1, 4, 3), 2048))


def test_the_sixteen_khz_codec_has_shorter_frames(file: ReleaseFile) -> None:
    """The sound models' codec: other ratios, so other kernels; 50 frames a second again."""
    ratios = [8, 5, 4, 2]
    values = {**file.settings.values, "sample_rate": 16000}
    values["seanet"] = {**values["seanet"], "ratios": ratios}
    weights = dict(file.weights)
    for name in ("decoder.model.12.convtr.convtr", "encoder.model.3.conv.conv"):
        weights[f"{name}.weight_v"] = weights[f"{name}.weight_v"][..., :4]
    codec = codec_from_release(
        ReleaseFile(weights=weights, settings=Settings(values, "compression_state_dict.bin"))
    )
    assert (codec.sample_rate_hz, codec.frame_rate_hz) == (16000, 50)
    codes = codec.encode(torch.zeros(1, 1, 3200))
    assert codes.shape == (1, 4, 10) and codec.decode(codes).shape == (1, 1, 3200)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("pad_mode", "circular", "pad_mode"),
        ("n_filters", 10**9, "n_filters"),
        ("ratios", [8, 0], "ratios"),
        ("ratios", [7, 5, 4, 4], "sample_rate"),
        ("n_filters", 16, "do not fit"),
        ("activation", "eval", "activation"),
    ],
)
def test_damaged_settings_are_refused(
    file: ReleaseFile, name: str, value: object, words: str
) -> None:
    values = {**file.settings.values, "seanet": {**file.settings.values["seanet"], name: value}}
    with pytest.raises(CheckpointError, match=words):
        codec_from_release(replace(file, settings=Settings(values, "f")))


def test_a_convolution_wider_than_any_is_refused(file: ReleaseFile) -> None:
    seanet = file.settings.values["seanet"] | {"dilation_base": 16, "n_residual_layers": 32}
    values = {**file.settings.values, "seanet": seanet}
    with pytest.raises(CheckpointError, match="dilation_base"):
        codec_from_release(replace(file, settings=Settings(values, "f")))


def test_missing_and_unusable_weights_are_refused(file: ReleaseFile) -> None:
    some = {name: weight for name, weight in file.weights.items() if "lstm" not in name}
    with pytest.raises(CheckpointError, match="lstm"):
        codec_from_release(replace(file, weights=some))
    name = "decoder.model.15.conv.conv.bias"
    broken = {**file.weights, name: torch.full_like(file.weights[name], float("inf"))}
    with pytest.raises(CheckpointError, match="not finite"):
        codec_from_release(replace(file, weights=broken))


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        codec_from_folder(tmp_path)
    folder = shutil.copytree(GOLDEN / "pointer/encodec", tmp_path / "codec")
    (folder / "model.safetensors").write_bytes(b"\x08")
    with pytest.raises(CheckpointError, match=r"codec/model\.safetensors cannot be read"):
        codec_from_folder(folder)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("audio_channels", 2, "audio_channels"),
        ("norm_type", "time_group_norm", "norm_type"),
        ("num_filters", 10**9, "num_filters"),
        ("upsampling_ratios", [8, 5, 4, 2], "4 to 64 levels"),
        ("target_bandwidths", [1.1], "4 to 64 levels"),
        ("codebook_dim", 64, "codebook_dim"),
        ("model_type", "dac", "'dac'"),
    ],
)
def test_other_codecs_are_refused(tmp_path: Path, name: str, value: object, words: str) -> None:
    folder = shutil.copytree(GOLDEN / "pointer/encodec", tmp_path / "codec")
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, name: value}))
    with pytest.raises(CheckpointError, match=words):
        codec_from_folder(folder)


def test_a_codec_without_all_its_weights_is_refused(tmp_path: Path) -> None:
    """Nothing is drawn at random in the place of what is missing."""
    folder = shutil.copytree(GOLDEN / "pointer/encodec", tmp_path / "codec")
    weights = {
        name: each.clone()  # of a file that is written anew
        for name, each in load_file(folder / "model.safetensors").items()
        if name != "decoder.layers.1.lstm.bias_hh_l0"
    }
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="missing weights such as decoder.layers.1.lstm"):
        codec_from_folder(folder)
