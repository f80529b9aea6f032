from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import AudioError
from studio.editing.files import new_room, read_version, sweep
from studio.editing.opening import open_file
from tests.studio.editing.editing_help import files_in, write_sound


def test_a_folder_is_there_whole_or_not_at_all(cache: Path) -> None:
    with pytest.raises(ValueError, match="stop"), new_room() as room:
        (room.work / "a.txt").write_text("half")
        raise ValueError("stop")
    with new_room():
        pass
    assert list(cache.iterdir()) == []
    with new_room() as room:
        (room.work / "a.txt").write_text("whole")
        assert not room.home.exists()
        room.publish()
    assert files_in(cache) == [room.home / "a.txt"]
    assert room.at_home(room.work / "a.txt") == str(room.home / "a.txt")


def test_a_cache_that_cannot_be_written_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file"))
    with pytest.raises(AudioError, match="cannot be written"), new_room():
        pass


def test_a_full_disk_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(AudioError, match="Free some space"), new_room():
        pass


def test_a_file_that_is_gone_or_another_is_explained(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav")
    version = open_file(path, "a.wav")
    write_sound(path, seconds=2.0)
    with pytest.raises(AudioError, match="has changed"):
        read_version(version)
    path.unlink()
    with pytest.raises(AudioError, match="is gone.*Open the clip again"):
        read_version(version)


def test_what_nobody_uses_is_swept_and_what_is_read_stays(tmp_path: Path, cache: Path) -> None:
    path = write_sound(tmp_path / "a.wav")
    unused, used = open_file(path, "a.wav"), open_file(path, "a.wav")
    (cache / "magnet-edit-crashed.part").mkdir()
    (cache / "somebody-elses").mkdir()
    for folder in cache.iterdir():
        for each in (*folder.iterdir(), folder):
            os.utime(each, (1, 1))
    read_version(used)
    assert sweep(3_600) == 2
    assert Path(used.peaks_path).exists() and not Path(unused.peaks_path).exists()
    assert (cache / "somebody-elses").exists()
