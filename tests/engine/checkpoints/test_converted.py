"""Converted copies: made once, used after, and never in the way."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from engine.checkpoints import converted, release_file
from engine.checkpoints.account import check_weights
from engine.checkpoints.converted import copies_folder, read_language_model
from engine.checkpoints.folder import hash_model
from engine.checkpoints.parts import load_parts
from engine.checkpoints.release_file import read_release_file
from engine.checkpoints.release_folder import ReleasedParts
from engine.checkpoints.release_names import RELEASE_FILES, STATE_FILE
from engine.checkpoints.released_model import assemble, read_config
from engine.errors import CheckpointError
from tests.engine.golden import GOLDEN

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
PLAIN, HYBRID = (GOLDEN / name / "checkpoint/state_dict.bin" for name in ("plain", "hybrid"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAGNET_STUDIO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/language-models"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _state(path: Path, digest: str | None) -> dict[str, torch.Tensor]:
    file = read_language_model(path, digest)
    return assemble(file, read_config(file), torch.float32).state_dict()


def _equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def _forbid_pickles(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pickle is read")

    monkeypatch.setattr(release_file.torch, "load", refuse)


def test_the_second_load_reads_no_pickle(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, plain = _digest(PLAIN), _state(PLAIN, None)
    assert not cache.exists()
    first = _state(PLAIN, digest)
    assert [each.name for each in cache.iterdir()] == [f"{digest}.safetensors"]
    _forbid_pickles(monkeypatch)
    assert _equal(plain, first) and _equal(plain, _state(PLAIN, digest))


def test_the_settings_are_those_of_the_source(cache: Path) -> None:
    digest = _digest(PLAIN)
    source, again = (read_language_model(PLAIN, digest).settings for _ in range(2))
    assert again == source


def test_a_copy_has_our_names_and_the_numbers_of_its_source(cache: Path) -> None:
    digest = _digest(PLAIN)
    read_language_model(PLAIN, digest)
    copy = load_file(cache / f"{digest}.safetensors")
    assert {each.dtype for each in copy.values()} == {torch.float16}
    assert "layers.0.self_attention.qkv.weight" in copy
    with safe_open(cache / f"{digest}.safetensors", "pt") as file:
        assert file.metadata()["source_sha256"] == digest


def test_another_source_has_another_copy(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / STATE_FILE
    states = []
    for source in (PLAIN, HYBRID):
        shutil.copy(source, path)
        states.append(_state(path, _digest(path)))
    assert len(list(cache.iterdir())) == 2
    kinds = [read_config(read_language_model(path, _digest(path))).kind for path in (PLAIN, HYBRID)]
    assert kinds[0] is not kinds[1]


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _rewrite(path: Path, change: Callable[[dict[str, torch.Tensor], dict[str, str]], Any]) -> None:
    with safe_open(path, "pt") as file:
        header = dict(file.metadata())
    weights = {name: each.clone() for name, each in load_file(path).items()}
    change(weights, header)
    save_file(weights, path, metadata=header)


NORM = "final_norm.weight"
DAMAGES: list[Callable[[Path], object]] = [
    _truncate,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_text("no weights"),
    lambda path: _rewrite(path, lambda weights, header: weights.pop(NORM)),
    lambda path: _rewrite(path, lambda weights, header: weights[NORM].fill_(float("nan"))),
    lambda path: _rewrite(path, lambda weights, header: header.pop("settings")),
    lambda path: _rewrite(path, lambda weights, header: header.update(settings="[1]")),
    lambda path: _rewrite(path, lambda weights, header: header.update(settings="{")),
    lambda path: _rewrite(path, lambda weights, header: header.update(format="another")),
    lambda path: _rewrite(path, lambda weights, header: header.update(source_sha256="0")),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_or_foreign_copy_is_made_anew(
    cache: Path,
    damage: Callable[[Path], object],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = _digest(PLAIN)
    expected = _state(PLAIN, digest)
    (copy,) = cache.iterdir()
    damage(copy)
    assert _equal(_state(PLAIN, digest), expected)
    assert "is made anew" in caplog.text
    assert list(cache.iterdir()) == [copy]
    _forbid_pickles(monkeypatch)
    assert _equal(_state(PLAIN, digest), expected)


def _read_only(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)


def _no_folder(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.write_text("a file is in its place")


def _full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converted.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))


def _full_later(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(weights: object, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(converted, "save_file", fail)


@pytest.mark.parametrize("hinder", [_read_only, _no_folder, _full, _full_later])
def test_without_a_place_for_copies_it_loads_and_says_so(
    cache: Path,
    hinder: Callable[[Path, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hinder(cache, monkeypatch)
    assert _state(PLAIN, _digest(PLAIN))
    assert "No converted copy could be kept" in caplog.text
    assert [each.levelno for each in caplog.records] == [logging.WARNING]
    assert not cache.is_dir() or not list(cache.iterdir())


def test_a_refused_file_leaves_no_copy(cache: Path, tmp_path: Path) -> None:
    content = torch.load(PLAIN, weights_only=True)
    content["best_state"]["emb.0.weight"].fill_(float("inf"))
    torch.save(content, tmp_path / STATE_FILE)
    with pytest.raises(CheckpointError, match="not finite"):
        read_language_model(tmp_path / STATE_FILE, _digest(tmp_path / STATE_FILE))
    assert not cache.exists()


def test_what_a_killed_program_left_is_removed_after_a_day(cache: Path) -> None:
    old, new = cache / ".partial-old", cache / ".partial-new"
    for place in (old, new):
        place.mkdir(parents=True)
        (place / "x").write_bytes(b"1")
    os.utime(old, (0, 0))
    read_language_model(PLAIN, _digest(PLAIN))
    assert not old.exists() and new.exists()


def test_off_is_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAGNET_STUDIO_CACHE", "off")
    assert copies_folder() is None
    assert _state(PLAIN, _digest(PLAIN))
    assert not list(tmp_path.iterdir())


def test_without_the_variable_it_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAGNET_STUDIO_CACHE")
    folder = copies_folder()
    assert folder is not None and "magnet-studio" in folder.parts


def test_the_suite_has_a_cache_of_its_own(converted_copies: Path) -> None:
    folder = copies_folder()
    assert folder is not None and folder.is_relative_to(converted_copies)


def test_a_model_folder_is_read_once_for_both_hashes(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PLAIN.parent
    parts, digest = load_parts(folder, torch.float32)
    assert digest == hash_model(folder, RELEASE_FILES)
    assert [each.stem for each in cache.iterdir()] == [_digest(PLAIN)]
    hashed: list[str] = []
    real = load_parts.__globals__["hash_file"]

    def count(path: Path) -> str:
        hashed.append(path.name)
        return real(path)

    monkeypatch.setitem(load_parts.__globals__, "hash_file", count)
    again, digest_again = load_parts(folder, torch.float32)
    assert digest_again == digest and sorted(hashed) == sorted(RELEASE_FILES)
    assert isinstance(parts, ReleasedParts) and isinstance(again, ReleasedParts)
    assert _equal(parts.language_model.state_dict(), again.language_model.state_dict())


def test_a_copy_is_accounted_for_by_our_names(cache: Path) -> None:
    digest = _digest(PLAIN)
    read_language_model(PLAIN, digest)
    copy = read_language_model(PLAIN, digest)
    check_weights(copy.weights, copy.naming.shapes(read_config(copy)), "copy")
    source = read_release_file(PLAIN)
    assert not isinstance(source, release_file.CodecPointer)
    assert copy.naming is not source.naming
