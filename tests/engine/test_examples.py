"""The example clips: they are there, and each is what its entry in the list says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.assets import assets_dir
from engine.audio import (
    find_beats,
    integrated_lufs,
    read_audio,
    read_provenance,
    true_peak_db,
)
from engine.errors import AudioError
from engine.examples import ExampleClip, example_clips

CLIPS = example_clips()
ENTRIES: dict[str, dict[str, Any]] = {
    entry["name"]: entry for entry in json.loads((assets_dir() / "clips/clips.json").read_text())
}
MOST_BYTES = 1_500_000


def test_there_are_clips_each_with_a_name_of_its_own() -> None:
    assert 5 <= len(CLIPS) <= 6
    assert [clip.name for clip in CLIPS] == list(ENTRIES)
    assert len({clip.title for clip in CLIPS}) == len(CLIPS)
    assert all(clip.prompt == ENTRIES[clip.name]["prompt"] != "" for clip in CLIPS)


def test_every_file_in_the_folder_is_listed() -> None:
    assert {clip.path for clip in CLIPS} == set((assets_dir() / "clips").glob("*.flac"))


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_clip_is_stereo_and_sounds_from_end_to_end(clip: ExampleClip) -> None:
    entry, info = ENTRIES[clip.name], soundfile.info(clip.path)
    assert (info.format, info.subtype, info.samplerate) == ("FLAC", "PCM_16", 44_100)
    assert clip.path.stat().st_size < MOST_BYTES
    waveform = read_audio(clip.path)
    assert waveform.n_channels == 2
    assert 10 <= waveform.duration_s <= 16
    assert waveform.duration_s == pytest.approx(entry["duration_s"], abs=1e-3)
    left, right = waveform.samples
    assert not np.array_equal(left, right)
    tenth = waveform.sample_rate_hz // 10
    pieces = np.abs(waveform.samples[:, : waveform.n_samples // tenth * tenth])
    assert pieces.reshape(2, -1, tenth).max(axis=(0, 2)).min() > 0.01
    assert np.abs(waveform.samples[:, -tenth:]).max() > 0.03


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_clip_is_as_loud_as_its_entry_says(clip: ExampleClip) -> None:
    waveform = read_audio(clip.path)
    lufs = integrated_lufs(waveform)
    assert lufs == pytest.approx(ENTRIES[clip.name]["lufs"], abs=0.1)
    assert lufs == pytest.approx(-16, abs=1.5)
    assert true_peak_db(waveform) < -1


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_the_tempo_of_a_clip_is_found(clip: ExampleClip) -> None:
    entry = ENTRIES[clip.name]
    waveform = read_audio(clip.path)
    beats = find_beats(waveform, beats_per_bar=int(entry["metre"].split("/")[0]))
    assert beats.tempo_bpm == pytest.approx(entry["tempo_bpm"], rel=0.01)
    assert beats.confidence > 0.3
    assert entry["bars"] * beats.beats_per_bar == pytest.approx(
        waveform.duration_s * entry["tempo_bpm"] / 60, abs=1e-3
    )


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_a_clip_says_how_it_was_made(clip: ExampleClip) -> None:
    kept = read_provenance(clip.path)
    assert kept is not None
    assert kept["made_by"] == "engine.training.composer.examples"
    assert "FluidR3" in kept["soundfont"]
    assert ENTRIES[clip.name].items() <= kept.items()


def test_a_folder_without_a_list_has_no_clips(tmp_path: Path) -> None:
    assert example_clips(tmp_path) == ()


LOST = '[{"name": "a", "title": "", "prompt": "", "file": "a.flac"}]'


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "a"}]', LOST])
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "clips.json").write_text(text)
    with pytest.raises(AudioError, match="clip"):
        example_clips(tmp_path)
