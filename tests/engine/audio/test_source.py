"""Sources: a file read and written again has the same bits, whatever its depth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import Waveform, read_provenance
from engine.audio.source import (
    Depth,
    Source,
    quantised,
    read_source,
    source_from_waveform,
    write_source,
)
from engine.errors import AudioError
from tests.engine.audio.raw_files import KINDS, read_raw, write_raw


@pytest.mark.parametrize(("suffix", "subtype"), KINDS)
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_a_file_written_again_has_the_same_numbers_and_form(
    tmp_path: Path, suffix: str, subtype: str, channels: int
) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_raw(first, subtype, channels=channels)
    write_source(second, read_source(first), provenance={"regions": [[0, 1]]})
    before, after = soundfile.info(first), soundfile.info(second)
    assert (after.subtype, after.samplerate, after.channels) == (subtype, 44_100, channels)
    assert after.frames == before.frames
    assert read_raw(first).tobytes() == read_raw(second).tobytes()
    assert read_provenance(second) == {"regions": [[0, 1]]}


@pytest.mark.parametrize(("suffix", "subtype"), KINDS)
def test_a_source_knows_an_ending_that_holds_it(tmp_path: Path, suffix: str, subtype: str) -> None:
    write_raw(tmp_path / f"a{suffix}", subtype)
    assert read_source(tmp_path / f"a{suffix}").suffix == suffix


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3", "a.aiff"])
def test_the_decoded_samples_of_other_kinds_are_kept_in_a_wav(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (8_000, 2))
    soundfile.write(tmp_path / name, noise, 44_100)
    source = read_source(tmp_path / name)
    assert source.suffix == ".wav"
    write_source(tmp_path / "b.wav", source)
    again = read_source(tmp_path / "b.wav")
    assert again.depth is source.depth
    assert again.samples.tobytes() == source.samples.tobytes()


def test_the_ulaw_of_telephones_is_kept_in_16_bits(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, 8_000)
    soundfile.write(tmp_path / "a.wav", noise, 8_000, subtype="ULAW")
    write_source(tmp_path / "b.wav", read_source(tmp_path / "a.wav"))
    assert soundfile.info(tmp_path / "b.wav").subtype == "PCM_16"
    np.testing.assert_array_equal(
        soundfile.read(tmp_path / "b.wav", dtype="int16")[0],
        soundfile.read(tmp_path / "a.wav", dtype="int16")[0],
    )


@pytest.mark.parametrize("suffix", [".ogg", ".mp3", ".txt", ""])
def test_an_ending_that_would_lose_bits_is_refused_and_nothing_is_written(
    tmp_path: Path, suffix: str
) -> None:
    source = source_from_waveform(_waveform())
    with pytest.raises(AudioError, match=r"Change the ending to \.wav"):
        write_source(tmp_path / f"a{suffix}", source)
    assert list(tmp_path.iterdir()) == []


def test_a_float_source_does_not_go_into_flac(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="32-bit float source"):
        write_source(tmp_path / "a.flac", source_from_waveform(_waveform()))


def test_samples_that_a_depth_does_not_have_are_refused(tmp_path: Path) -> None:
    samples = np.array([[0.1]], np.float32)
    source = Source(samples=samples, sample_rate_hz=8_000, depth=Depth.INT_16)
    with pytest.raises(AudioError, match="not among the numbers of a 16-bit file"):
        write_source(tmp_path / "a.wav", source)
    over = Source(samples=np.array([[1.0]], np.float32), sample_rate_hz=8_000, depth=Depth.INT_8)
    with pytest.raises(AudioError, match="8-bit"):
        write_source(tmp_path / "a.wav", over)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_nan_in_the_source_is_refused(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.0, np.nan]), 8_000, subtype=subtype)
    with pytest.raises(AudioError, match=r"a\.wav 1 of 2 samples are NaN"):
        read_source(tmp_path / "a.wav")


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8_000)
    with pytest.raises(AudioError, match="no sound"):
        read_source(tmp_path / "a.wav")


def test_a_long_file_is_refused_by_the_stated_limit(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(24_000), 8_000)
    with pytest.raises(AudioError, match="at most 2 s"):
        read_source(tmp_path / "a.wav", max_duration_s=2.0)


def test_samples_of_another_type_are_refused() -> None:
    with pytest.raises(AudioError, match="expected an array of float64"):
        Source(samples=np.zeros((1, 5), np.float32), sample_rate_hz=8_000, depth=Depth.FLOAT_64)


def test_a_source_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        source_from_waveform(_waveform()).samples[0, 0] = 1


def test_quantising_rounds_to_the_depth_and_counts_what_is_clipped() -> None:
    samples = np.array([0.4 / 128, 0.6 / 128, -1.0, 1.0, -1.1])
    rounded, clipped = quantised(samples, Depth.INT_8)
    assert (rounded * 128).tolist() == [0, 1, -128, 127, -128]
    assert clipped == 2
    kept, none_clipped = quantised(samples * 3, Depth.FLOAT_64)
    assert (kept.tolist(), none_clipped) == ((samples * 3).tolist(), 0)


def _waveform() -> Waveform:
    return Waveform(samples=np.full((2, 10), 0.25, np.float32), sample_rate_hz=8_000)
