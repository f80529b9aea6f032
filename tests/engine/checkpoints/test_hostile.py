"""Damaged and hostile model files, each by the two doors that a user has: refused in words.

Nothing of them runs, nothing is written, no sound is made, and no memory is taken that the files
themselves do not fill.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import resource
import struct
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from engine.checkpoints.release_names import COMPRESSION_FILE, STATE_FILE
from engine.cli import main
from engine.errors import CheckpointError
from engine.music import load
from tests.engine.golden import GOLDEN

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*weight_norm.*:FutureWarning", "ignore:Detected pickle protocol"
)
PLAIN = GOLDEN / "plain/checkpoint"
TRACE = "trace-of-hostile-code"
MOST_BYTES = 600 * 2**20
"""What refusing may take, with libraries that are imported on the way."""

Change = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """What is done to a good folder, and words of the message that only this fault has."""

    name: str
    change: Change
    words: str


class _Call:
    """Unpickling it naively calls a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def _content(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


def _replace(path: Path, content: object) -> None:
    """Write anew: in the folder are links to the recorded files."""
    path.unlink()
    torch.save(content, path)


def _in_state(edit: Callable[[dict[str, Any]], object]) -> Change:
    def change(folder: Path) -> None:
        content = _content(folder / STATE_FILE)
        edit(content)
        _replace(folder / STATE_FILE, content)

    return change


def _weights(edit: Callable[[dict[str, torch.Tensor]], object]) -> Change:
    return _in_state(lambda content: edit(content["best_state"]))


def _settings(edit: Callable[[dict[str, Any]], object]) -> Change:
    def change(content: dict[str, Any]) -> None:
        values = yaml.safe_load(content["xp.cfg"])
        edit(values)
        content["xp.cfg"] = yaml.dump(values)

    return _in_state(change)


def _text(text: str) -> Change:
    return _in_state(lambda content: content.update({"xp.cfg": text}))


def _bytes(name: str, make: Callable[[bytes], bytes]) -> Change:
    def change(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / name).write_bytes(make(whole))

    return change


def _runs_a_command(folder: Path) -> None:
    command = _Call(os.system, f"touch {folder.parent / TRACE}")
    _in_state(lambda content: content.update(version=command))(folder)


def _runs_python(folder: Path) -> None:
    """A bare pickle, of the oldest kind."""
    code = _Call(eval, f"open({str(folder.parent / TRACE)!r}, 'w')")
    _bytes(STATE_FILE, lambda _: pickle.dumps(code, protocol=0))(folder)


def _exchange(folder: Path) -> None:
    state, codec = folder / STATE_FILE, folder / COMPRESSION_FILE
    state.rename(folder / "third")
    codec.rename(state)
    (folder / "third").rename(codec)


def _codec_settings(name: str, value: object) -> Change:
    def change(folder: Path) -> None:
        content = _content(folder / COMPRESSION_FILE)
        values = yaml.safe_load(content["xp.cfg"])
        values["seanet"][name] = value
        content["xp.cfg"] = yaml.dump(values)
        _replace(folder / COMPRESSION_FILE, content)

    return change


def _pointer(name: str) -> Change:
    return lambda folder: _replace(folder / COMPRESSION_FILE, {"pretrained": name})


def _repacked(edit: Callable[[str, bytes], bytes], compression: int = zipfile.ZIP_STORED) -> Change:
    """The same archive with other contents."""

    def change(folder: Path) -> None:
        path = folder / STATE_FILE
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        path.unlink()
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in parts.items():
                archive.writestr(name, edit(name, data))

    return change


def _without_numbers(name: str, data: bytes) -> bytes:
    return data[:64] if "/data/" in name else data


def _with_zeros(name: str, data: bytes) -> bytes:
    return data + bytes(100 * 2**20) if name.endswith("data.pkl") else data


def _stretched(weights: dict[str, torch.Tensor]) -> None:
    """Two bytes that claim to be a matrix of a terabyte."""
    weights["emb.0.weight"] = torch.zeros(1, dtype=torch.float16).expand(2**20, 2**19)


def _text_encoder_of_pickle(folder: Path) -> None:
    (folder / "t5").unlink()
    (folder / "t5").mkdir()
    for name in ("config.json", "spiece.model"):
        (folder / "t5" / name).symlink_to(PLAIN / "t5" / name)
    command = _Call(os.system, f"touch {folder.parent / TRACE}")
    torch.save({"shared.weight": command}, folder / "t5/pytorch_model.bin")


def _text_encoder_header(header: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / "t5").unlink()
        (folder / "t5").mkdir()
        for name in ("config.json", "spiece.model"):
            (folder / "t5" / name).symlink_to(PLAIN / "t5" / name)
        file = struct.pack("<Q", len(header)) + header
        (folder / "t5/model.safetensors").write_bytes(file)

    return change


def _bomb(levels: int = 30) -> str:
    """References to references: 30 lines that stand for 10^30 values."""
    lines = ["a0: &a0 [x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    return "\n".join(lines)


def _merge_bomb(levels: int = 12) -> str:
    """The same by merging tables, which the reader of YAML itself carries out."""
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 10)}]}}")
    return "\n".join(lines)


def _shared_lists(content: dict[str, Any]) -> None:
    tree: list[object] = ["x"]
    for _ in range(40):
        tree = [tree, tree]
    content["xp.cfg"] = {"a": tree}


_HUGE = json.dumps({"shared.weight": {"dtype": "F32", "shape": [10**6, 10**6],
                                      "data_offsets": [0, 4 * 10**12]}}).encode()  # fmt: skip

CASES = (
    Case("command in a pickle", _runs_a_command, r"wants to call \w+\.system"),
    Case("code in a bare pickle", _runs_python, "wants to call .*eval"),
    Case("truncated", _bytes(STATE_FILE, lambda whole: whole[: len(whole) // 2]), "cannot be read"),
    Case("truncated codec", _bytes(COMPRESSION_FILE, lambda whole: whole[:-99]),
         "compression_state_dict.bin cannot be read"),
    Case("empty", _bytes(STATE_FILE, lambda _: b""), "state_dict.bin cannot be read"),
    Case("text", _bytes(STATE_FILE, lambda _: b"<html>404</html>"), "cannot be read"),
    Case("a folder as a file", lambda folder: ((folder / COMPRESSION_FILE).unlink(),
                                               (folder / COMPRESSION_FILE).mkdir()),
         "no file compression_state_dict.bin"),
    Case("exchanged", _exchange, "holds a codec; .*exchanged"),
    Case("two language models", lambda folder: ((folder / COMPRESSION_FILE).unlink(),
         (folder / COMPRESSION_FILE).symlink_to(PLAIN / STATE_FILE)), "holds a language model"),
    Case("missing weight", _weights(lambda weights: weights.pop("emb.2.weight")),
         "1 missing weights such as emb.2.weight"),
    Case("extra weight", _weights(lambda weights: weights.update({"x\x1b[2J": torch.ones(2)})),
         r"1 unknown weights such as 'x\\x1b\[2J'"),
    Case("misshapen weight", _weights(lambda weights: weights.update(
        {"emb.2.weight": torch.ones(3, 64)})), r"emb.2.weight of \[3, 64\] instead of"),
    Case("NaN", _weights(lambda weights: weights["out_norm.bias"].fill_(math.nan)),
         "out_norm.bias that are not finite"),
    Case("sparse weight", _weights(lambda weights: weights.update(
        {"out_norm.bias": torch.ones(64).to_sparse()})), "best_state with out_norm.bias"),
    Case("weight without numbers", _weights(lambda weights: weights.update(
        {"out_norm.bias": torch.ones(64, device="meta")})), "best_state with out_norm.bias"),
    Case("whole numbers", _weights(lambda weights: weights.update(
        {"out_norm.bias": torch.ones(64, dtype=torch.int64)})), "out_norm.bias that are not"),
    Case("a name that is no text", _weights(lambda weights: weights.update({7: torch.ones(1)})),
         "best_state with 7"),
    Case("a name of 24,000 digits", _in_state(lambda content: content.update(
        {_Call(int, "f" * 20_000, 16): 1})), "state_dict.bin cannot be read"),
    Case("a list of a stretched tensor", _in_state(lambda content: content.update(
        version=_Call(list, torch.zeros(1).expand(2**24)))), "state_dict.bin cannot be read"),
    Case("no YAML", _text("a: [1"), "xp.cfg that is not YAML"),
    Case("YAML of objects", _text("a: !!python/object/apply:os.system ['true']"),
         "not YAML .*could not determine a constructor"),
    Case("YAML bomb", _text(_bomb()), "references to other places"),
    Case("YAML of merges", _text(_merge_bomb()), "references to other places"),
    Case("deep YAML", _text("[" * 5000), "xp.cfg that is not"),
    Case("long YAML", _text("a: " + "x" * 10**6), "1,000,003 characters"),
    Case("a tree of shared lists", _in_state(_shared_lists), "more than 20,000 values"),
    Case("absurd width", _settings(lambda values: values["transformer_lm"].update(dim=10**9)),
         "width is 1000000000"),
    Case("absurd numbers", _settings(lambda values: values["transformer_lm"].update(dim=10**400)),
         "more than 18 digits"),
    Case("wide beyond the file", _settings(lambda values: values["transformer_lm"].update(
        dim=2**16, num_layers=1000, num_heads=1)), "missing weights .* misshapen"),
    Case("an endless window", _settings(lambda values: values["dataset"].update(
        segment_duration=1e9)), "window_s is 1000000000.0"),
    Case("other types", _settings(lambda values: values.update(fuser={"cross": 5})),
         "takes 5 by fuser.cross"),
    Case("absurd codec", _codec_settings("n_filters", 10**9), "n_filters .* is 1000000000"),
    Case("codec beyond the file", _codec_settings("n_filters", 1024), "codec .* do not fit"),
    Case("keys that move the cursor", _in_state(lambda content: (content.pop("xp.cfg"),
         content.update({"\x1b[2J": 1}))), r"the keys \?\[2J, best_state"),
    Case("pointer to anything", _pointer("someone/with-a-pickle"), "'someone/with-a-pickle'"),
    Case("pointer to a path", _pointer("../../secret"), "'../../secret'"),
    Case("long pointer", _pointer("x" * 10**6), "the keys pretrained"),
    Case("text encoder as a pickle", _text_encoder_of_pickle,
         "only pytorch_model.bin; .*a pickle could run code"),
    Case("text encoder beyond its file", _text_encoder_header(_HUGE),
         "t5/model.safetensors cannot be read"),
    Case("archive of less than it claims", _repacked(_without_numbers), "cannot be read"),
    Case("archive that unpacks to more", _repacked(_with_zeros, zipfile.ZIP_DEFLATED),
         "that unpack to"),
    Case("stretched weight", _weights(_stretched), "its weights claim 1,099,"),
)  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def folder(case: Case, tmp_path: Path) -> Path:
    """A good model in which one thing is wrong."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in (STATE_FILE, COMPRESSION_FILE, "t5"):
        (folder / name).symlink_to(PLAIN / name)
    case.change(folder)
    return folder


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGNET_STUDIO_CACHE", str(tmp_path / "cache"))


def _peak_bytes() -> int:
    """The most memory that this process had so far, that of libraries in C included."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def test_it_is_refused_in_words(case: Case, folder: Path) -> None:
    before, peak = {each.name for each in folder.parent.iterdir()}, _peak_bytes()
    with pytest.raises(CheckpointError, match=case.words) as caught:
        load(str(folder), device="cpu")
    assert caught.value.expected and caught.value.advice
    assert len(str(caught.value)) < 1000 and str(caught.value).isprintable()
    assert {each.name for each in folder.parent.iterdir()} - before <= {"cache"}
    assert _peak_bytes() - peak < MOST_BYTES


def test_the_command_line_says_so_too(
    case: Case, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = folder.parent / "sound.wav"
    assert main(["generate", "x", "-o", str(sound), "--model", str(folder)]) == 1
    message = capsys.readouterr().err
    assert message.startswith("Error: ") or "\nError: " in message
    assert "Traceback" not in message
    assert not sound.exists() and not (folder.parent / TRACE).exists()


def test_the_folder_is_good_without_the_fault(tmp_path: Path) -> None:
    """So that each refusal above is for its own fault."""
    assert load(str(PLAIN), device="cpu").name == "checkpoint"
