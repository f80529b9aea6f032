from __future__ import annotations

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import Beats, read_audio, read_source, write_source
from engine.errors import AudioError
from engine.knobs import defaults
from studio.editing import opening
from studio.editing.files import read_version
from studio.editing.opening import beats_of, open_file, open_take, warm_up_beats
from studio.editing.versions import Edits
from studio.editing.work import Editor
from studio.session import Take
from tests.studio.editing.editing_help import write_sound


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 44_100, 2, "PCM_16"),
        ("a.wav", 96_000, 1, "PCM_24"),
        ("a.wav", 48_000, 2, "FLOAT"),
        ("a.flac", 8_000, 1, "PCM_16"),
        ("a.flac", 44_100, 2, "PCM_24"),
    ],
)
def test_what_a_browser_plays_is_the_users_own_file(
    tmp_path: Path, name: str, rate: int, channels: int, subtype: str
) -> None:
    path = write_sound(tmp_path / name, rate=rate, channels=channels, subtype=subtype)
    version = open_file(path, f"My {name}")
    assert version.path == version.preview_path == str(path)
    assert version.name == f"My {name}" and version.label == f"Opened My {name}"
    assert (version.sample_rate_hz, version.n_channels) == (rate, channels)
    assert version.duration_s == pytest.approx(2.51)
    assert version.made is None and version.proof == "" and version.hint == ""


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype", "played"),
    [
        ("a.wav", 44_100, 6, "PCM_24", (44_100, 2)),
        ("a.wav", 192_000, 2, "PCM_16", (48_000, 2)),
        ("a.wav", 44_100, 1, "DOUBLE", (44_100, 1)),
        ("a.wav", 44_100, 1, "ULAW", (44_100, 1)),
        ("a.flac", 48_000, 7, "PCM_16", (48_000, 1)),
        ("a.wav", 32_000, 1, "PCM_U8", (32_000, 1)),
    ],
)
def test_what_browsers_do_not_play_is_rendered_beside_the_file(
    tmp_path: Path, name: str, rate: int, channels: int, subtype: str, played: tuple[int, int]
) -> None:
    path = write_sound(tmp_path / name, rate=rate, channels=channels, subtype=subtype)
    version = open_file(path, name)
    assert version.path == str(path) != version.preview_path
    with soundfile.SoundFile(version.preview_path) as preview:
        assert (preview.format, preview.subtype) == ("FLAC", "PCM_16")
        assert (preview.samplerate, preview.channels) == played
    assert 0.05 < read_audio(version.preview_path).peak <= 1


def test_a_file_under_a_wrong_name_is_rendered_for_the_browser(tmp_path: Path) -> None:
    wrong = tmp_path / "a.wav"
    write_sound(tmp_path / "a.flac").rename(wrong)
    version = open_file(wrong, "a.wav")
    assert version.name == "a.flac"
    assert version.preview_path != version.path


def test_a_lossy_file_is_decoded_once(tmp_path: Path, cache: Path) -> None:
    path = write_sound(tmp_path / "a.ogg", subtype="VORBIS")
    version = open_file(path, "a.ogg")
    assert version.path.startswith(str(cache)) and version.name == "a.wav"
    assert np.array_equal(read_version(version).samples, read_source(path).samples)
    assert "decoded" in version.hint


def test_peaks_are_a_file_of_pairs(tmp_path: Path) -> None:
    version = open_file(write_sound(tmp_path / "a.wav", seconds=2.0), "a.wav")
    peaks = np.fromfile(version.peaks_path, np.int8).reshape(-1, 2)
    assert len(peaks) == 400 and (peaks[:, 0] <= peaks[:, 1]).all() and peaks.max() > 30


def test_a_silent_clip_is_opened_with_a_hint(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(8_000), 8_000)
    assert "silent" in open_file(tmp_path / "a.wav", "a.wav").hint


def test_bad_files_are_refused_and_leave_nothing(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("no sound at all")
    whole = write_sound(tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:5_000])
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan, np.float32), 8_000, subtype="FLOAT")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8_000)
    for name in ("empty", "text", "cut", "nan", "none", "missing"):
        with pytest.raises(AudioError):
            open_file(tmp_path / f"{name}.wav", f"{name}.wav")
    assert list(cache.iterdir()) == []


def test_what_is_too_much_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "a.wav", rate=8_000, channels=1)
    long = write_sound(tmp_path / "b.wav", rate=100, channels=1, seconds=1801)
    monkeypatch.setattr(soundfile.SoundFile, "read", None)
    with pytest.raises(AudioError, match="at most 1,800 s"):
        open_file(long, "b.wav")
    monkeypatch.setattr(opening, "MAX_VALUES", 10_000)
    with pytest.raises(AudioError, match="at most 10,000 samples"):
        open_file(path, "a.wav")


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "a.wav", channels=6)

    def full(*args: object, **kwargs: object) -> None:
        raise AudioError("the disk is full", expected="room", advice="Free some space")

    monkeypatch.setattr("studio.editing.files.write_audio", full)
    with pytest.raises(AudioError, match="full"):
        open_file(path, "a.wav")
    assert list(cache.iterdir()) == []


def test_ten_minutes_are_opened_without_loading_the_state(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", rate=16_000, channels=1, seconds=600)
    edits = Edits().opened(open_file(path, "a.wav"))
    assert edits.current is not None and edits.current.duration_s == 600
    assert len(pickle.dumps(edits)) < 5_000


def test_what_a_file_says_of_itself_is_kept_beside(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav")
    write_source(tmp_path / "b.wav", read_source(path), provenance={"licence": "CC0-1.0"})
    version = open_file(tmp_path / "b.wav", "b.wav")
    assert version.made is None and version.origin == {"licence": "CC0-1.0"}
    write_source(tmp_path / "c.wav", read_source(path), provenance={"x": "y" * 70_000})
    assert open_file(tmp_path / "c.wav", "c.wav").origin is None


def made_take(editor: Editor) -> Take:
    studio = editor.studio
    values = {**defaults("draft"), "mode": "parallel", "duration_s": 1.5, "opening_s": 0.2}
    studio.jobs.enter("tab")
    return list(studio.run(studio.order("tiny", values), "tab"))[-1].takes[0]


def test_a_take_brings_its_tokens(editor: Editor) -> None:
    take = made_take(editor)
    assert take.codes is not None and take.codes.dtype == np.int16 and take.codes.shape == (4, 75)
    version = open_take(take)
    (codec,) = version.tokens
    model = editor.studio.library.loaded("tiny")
    assert model is not None and codec == model.codec_hash == take.codec_hash
    assert np.array_equal(version.tokens[codec].codes, take.codes)
    assert version.tokens[codec].frame_rate_hz == 50
    assert version.path == take.path and version.made is not None
    assert version.made["request"]["seed"] == take.request.seed


def test_a_take_whose_file_is_gone_says_so(editor: Editor) -> None:
    take = made_take(editor)
    Path(take.path).unlink()
    with pytest.raises(AudioError, match="gone"):
        open_take(take)


def test_beats_are_found_or_explained(tmp_path: Path) -> None:
    rate = 8_000
    clicks = np.zeros(8 * rate)
    for start in range(0, len(clicks), rate // 2):
        clicks[start : start + 100] = 0.5
    soundfile.write(tmp_path / "a.wav", clicks, rate)
    version = open_file(tmp_path / "a.wav", "a.wav")
    found = beats_of(version)
    assert isinstance(found, Beats) and found.tempo_bpm == pytest.approx(120, abs=2)
    Path(version.path).unlink()
    assert "gone" in str(beats_of(version))


def test_beats_warm_up_in_a_thread_of_their_own() -> None:
    thread = threading.Thread(target=warm_up_beats)
    thread.start()
    thread.join()
