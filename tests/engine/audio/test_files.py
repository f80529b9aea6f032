"""Files: exact round trips, every bad input named, nothing half-written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.audio import (
    SUFFIXES,
    Encoding,
    Waveform,
    read_audio,
    read_provenance,
    write_audio,
)
from engine.errors import AudioError

_PROVENANCE = {
    "prompt": "ピアノ <b>${HOME}</b>",
    "seed": 2**32 - 1,
    "settings": {"steps": [20, 10, 10, 10], "top_k": None},
    "regions": [[0.5, 1.25]] * 500,
}


def _noise(channels: int = 2, n_samples: int = 32_000, rate_hz: int = 32_000) -> Waveform:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (channels, n_samples))
    return Waveform(samples=samples.astype(np.float32), sample_rate_hz=rate_hz)


def _in_16_bits(rate_hz: int = 32_000, channels: int = 2) -> Waveform:
    numbers = np.random.default_rng(0).integers(-(2**15), 2**15, (channels, 4_000))
    return Waveform(samples=(numbers / 2**15).astype(np.float32), sample_rate_hz=rate_hz)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_16_bit_sound_comes_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    waveform = _in_16_bits()
    write_audio(tmp_path / f"a{suffix}", waveform)
    np.testing.assert_array_equal(read_audio(tmp_path / f"a{suffix}").samples, waveform.samples)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_24_bit_sound_comes_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    numbers = np.random.default_rng(0).integers(-(2**23), 2**23, (2, 4_000))
    waveform = Waveform(samples=(numbers / 2**23).astype(np.float32), sample_rate_hz=48_000)
    write_audio(path, waveform, encoding=Encoding.PCM_24)
    assert soundfile.info(path).subtype == "PCM_24"
    np.testing.assert_array_equal(read_audio(path).samples, waveform.samples)


def test_float_sound_comes_back_bit_for_bit_over_full_scale_too(tmp_path: Path) -> None:
    waveform = Waveform(samples=_noise().samples * np.float32(3), sample_rate_hz=32_000)
    write_audio(tmp_path / "a.wav", waveform, encoding=Encoding.FLOAT)
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav").samples, waveform.samples)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("channels", [1, 2])
def test_rate_channels_and_length_are_kept(tmp_path: Path, suffix: str, channels: int) -> None:
    write_audio(tmp_path / f"a{suffix}", _noise(channels))
    back = read_audio(tmp_path / f"a{suffix}")
    assert (back.sample_rate_hz, back.samples.shape) == (32_000, (channels, 32_000))


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_six_channels_and_unusual_rates_are_read(tmp_path: Path, rate_hz: int) -> None:
    write_audio(tmp_path / "a.wav", _in_16_bits(rate_hz, channels=6))
    back = read_audio(tmp_path / "a.wav")
    assert (back.n_channels, back.sample_rate_hz) == (6, rate_hz)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_usual_bit_depth_is_read(tmp_path: Path, subtype: str) -> None:
    samples = np.array([[0.5, -0.25], [0.0, 0.75]])
    soundfile.write(tmp_path / "a.wav", samples.T, 8_000, subtype=subtype)
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav").samples, samples, atol=0.01)


def test_full_scale_is_stored_one_step_below_and_not_wrapped(tmp_path: Path) -> None:
    waveform = Waveform(samples=np.array([[1.0, -1.0]], np.float32), sample_rate_hz=8_000)
    write_audio(tmp_path / "a.wav", waveform)
    assert read_audio(tmp_path / "a.wav").samples.tolist() == [[32767 / 32768, -1.0]]


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_sound_over_full_scale_is_refused_not_clipped(tmp_path: Path, name: str) -> None:
    loud = Waveform(samples=np.array([[1.25, 0.0]], np.float32), sample_rate_hz=8_000)
    with pytest.raises(AudioError, match="1.250, over full scale"):
        write_audio(tmp_path / name, loud)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_provenance_comes_back_as_it_went_in_however_long(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_audio(path, _noise(), provenance=_PROVENANCE)
    assert read_provenance(path) == _PROVENANCE
    assert read_audio(path).n_samples == 32_000


def test_provenance_does_not_change_the_samples(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", _in_16_bits(), provenance=_PROVENANCE)
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav").samples, _in_16_bits().samples)


@pytest.mark.parametrize("comment", ["made by hand", "[1]", '{"magnet_studio": 1}', "[" * 5000])
def test_a_file_without_our_tag_has_no_provenance(tmp_path: Path, comment: str) -> None:
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 8_000, 1) as file:
        file.comment = comment
        file.write(np.zeros(100))
    assert read_provenance(tmp_path / "a.flac") is None


@pytest.mark.parametrize("provenance", [{"a": float("nan")}, {"a": object()}])
def test_provenance_that_is_not_json_is_refused_before_writing(
    tmp_path: Path, provenance: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, TypeError)):
        write_audio(tmp_path / "a.wav", _noise(), provenance=provenance)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3"])
def test_float_goes_into_a_wav_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioError, match="encoding"):
        write_audio(tmp_path / name, _noise(), encoding=Encoding.FLOAT)


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.wav.exe"])
def test_an_unknown_ending_is_refused_with_those_that_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioError, match=r"expected one of \.wav, \.flac, \.ogg, \.mp3"):
        write_audio(tmp_path / name, _noise())


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="6 channels at 32000 Hz do not go into MP3"):
        write_audio(tmp_path / "a.mp3", _noise(channels=6))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/folder/a.wav", "bad\0name.wav", "n" * 300 + ".wav"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioError, match="cannot be written"):
        write_audio(tmp_path / name, _noise())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_audio(tmp_path / "a.wav", _in_16_bits())
    before = (tmp_path / "a.wav").read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AudioError, match="Free some space"):
        write_audio(tmp_path / "a.wav", _noise())
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_audio(tmp_path / "a.wav", _noise())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "came"),
    [
        (b"", "empty"),
        (b"this is a letter, not a song\n" * 100, "cannot be read as sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cannot be read as sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "cannot be read as sound"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_by_name(
    tmp_path: Path, content: bytes, came: str
) -> None:
    (tmp_path / "song.wav").write_bytes(content)
    with pytest.raises(AudioError, match=rf"The file song\.wav.*{came}"):
        read_audio(tmp_path / "song.wav")
    with pytest.raises(AudioError):
        read_provenance(tmp_path / "song.wav")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.wav", tmp_path):
        with pytest.raises(AudioError, match="cannot be opened"):
            read_audio(path)


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 1)), 8_000)
    with pytest.raises(AudioError, match="no sound"):
        read_audio(tmp_path / "a.wav")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_half_a_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_audio(path, _noise())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioError, match=r"The file a\.\w+ (is cut off|cannot be read)"):
        read_audio(path)


def test_a_streamed_wav_of_unknown_size_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_audio(path, _in_16_bits())
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[4:8] = content[place : place + 4] = b"\xff" * 4
    path.write_bytes(content)
    np.testing.assert_array_equal(read_audio(path).samples, _in_16_bits().samples)


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.flac", _in_16_bits())
    for name in ("b.wav", "b.raw", "b.txt", "b"):
        (tmp_path / name).write_bytes((tmp_path / "a.flac").read_bytes())
        np.testing.assert_array_equal(read_audio(tmp_path / name).samples, _in_16_bits().samples)


def test_nan_in_a_file_is_refused_with_the_files_name(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.0, np.nan]), 8_000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"In the file a\.wav 1 of 2 samples are NaN"):
        read_audio(tmp_path / "a.wav")


def test_a_file_of_hours_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(8_000 * 3), 8_000)
    monkeypatch.delattr(soundfile.SoundFile, "read")
    with pytest.raises(AudioError, match="3 s long; expected at most 2 s"):
        read_audio(tmp_path / "a.wav", max_duration_s=2.0)


def test_a_file_without_tags_has_no_provenance(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        write_audio(tmp_path / f"a{suffix}", _noise())
        assert read_provenance(tmp_path / f"a{suffix}") is None


def test_other_peoples_wav_tags_are_left_alone(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 8_000, 1) as file:
        file.title, file.comment = "a title", "a comment"
        file.write(np.zeros(100))
    assert read_provenance(tmp_path / "a.wav") is None
