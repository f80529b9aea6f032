"""Files of the release format are read whole, or refused in words; nothing in them runs."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from engine.checkpoints.release_file import CodecPointer, ReleaseFile, read_release_file
from engine.checkpoints.settings import Settings
from engine.errors import CheckpointError
from tests.engine.golden import GOLDEN

_GOOD = {"best_state": {"a": torch.ones(2)}, "xp.cfg": "transformer_lm:\n  dim: 64\n"}


def _write(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def _read(path: Path) -> ReleaseFile:
    file = read_release_file(path)
    assert isinstance(file, ReleaseFile)
    return file


def test_a_released_file_gives_weights_and_settings() -> None:
    file = _read(GOLDEN / "plain/checkpoint/state_dict.bin")
    assert len(file.weights) == 60
    assert file.settings.whole("transformer_lm.dim") == 64
    assert file.settings.text("generate.audio.format") == "wav"


def test_a_pickled_configuration_is_read_as_plain_data() -> None:
    text = _read(GOLDEN / "plain/checkpoint/state_dict.bin")
    objects = _read(GOLDEN / "plain/checkpoint/state_dict_dictconfig.bin")
    assert objects.settings.values == text.settings.values
    for name, weight in text.weights.items():
        assert torch.equal(weight, objects.weights[name])


def test_a_pointer_names_another_codec() -> None:
    pointer = read_release_file(GOLDEN / "pointer/compression_state_dict.bin")
    assert pointer == CodecPointer("facebook/encodec_32khz")


class _Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_pickle_does_not_run(tmp_path: Path, legacy: bool) -> None:
    path, trace = tmp_path / "state_dict.bin", tmp_path / "trace"
    content = {**_GOOD, "version": _Touch(trace)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r"wants to call \w+\.mkdir.*nothing of it was run"):
        read_release_file(path)
    assert not trace.exists()


def test_a_configuration_object_cannot_be_called(tmp_path: Path) -> None:
    """The stand-ins take no arguments and have no methods that a pickle could reach."""
    path = tmp_path / "state_dict.bin"
    _write(path, _GOOD)
    hostile = b"\x80\x02comegaconf.dictconfig\nDictConfig\nX\x01\x00\x00\x00a\x85R."
    damaged = tmp_path / "hostile.bin"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            data = hostile if name.endswith("data.pkl") else source.read(name)
            target.writestr(name, data)
    with pytest.raises(CheckpointError, match="hostile.bin cannot be read"):
        read_release_file(damaged)


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: float) -> None:
    whole = (GOLDEN / "plain/checkpoint/state_dict.bin").read_bytes()
    path = tmp_path / "state_dict.bin"
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(CheckpointError, match=r"state_dict\.bin cannot be read"):
        read_release_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no file state_dict\.bin"):
        read_release_file(tmp_path / "state_dict.bin")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (torch.ones(2), "a Tensor"),
        ([1, 2], "a list"),
        ({"model": 1}, "the keys model"),
        ({**_GOOD, "best_state": {}}, "best_state with nothing"),
        ({**_GOOD, "best_state": {"a": "text"}}, "best_state with a"),
        ({**_GOOD, "xp.cfg": "a: [1"}, "not YAML"),
        ({**_GOOD, "xp.cfg": "just words"}, "no table of settings"),
    ],
)
def test_other_contents_are_named(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        read_release_file(_write(tmp_path / "state_dict.bin", content))


def test_a_text_is_no_file_of_weights(tmp_path: Path) -> None:
    path = tmp_path / "state_dict.bin"
    path.write_text("<html>404</html>")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_release_file(path)
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(CheckpointError, match="state_dict.bin"):
        read_release_file(path)


# --- settings


def test_references_are_followed() -> None:
    settings = Settings(
        {"rate": 32000, "codec": {"rate": "${rate}", "home": "${oc.env:HOME}/x"}}, "f"
    )
    assert settings.whole("codec.rate") == 32000
    assert settings.text("codec.home") == "${oc.env:HOME}/x"
    assert settings.get("codec.absent", 3) == settings.get("rate.deeper", 3) == 3


def test_circles_are_refused() -> None:
    settings = Settings({"a": "${b}", "b": "${a}"}, "f")
    with pytest.raises(CheckpointError, match="reference to itself"):
        settings.get("a")


@pytest.mark.parametrize("value", [True, 1.5, "3", None, [3], float("nan")])
def test_a_whole_number_is_nothing_else(value: object) -> None:
    with pytest.raises(CheckpointError, match="setting n in f"):
        Settings({"n": value}, "f").whole("n")


def test_only_what_is_implemented_is_allowed() -> None:
    settings = Settings({"norm": "rms", "flag": 0}, "f")
    settings.require("absent", True)
    with pytest.raises(CheckpointError, match="norm in f is 'rms'; expected 'layer_norm'"):
        settings.require("norm", "layer_norm")
    with pytest.raises(CheckpointError, match="flag"):
        settings.require("flag", False)  # 0 is not False
