"""Through open, edit, commit and back: every sample outside of the regions is the user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import Region, Source, null_test, read_provenance, read_source
from engine.decode import finish
from engine.edit import Area, edit_steps, finish_edit, open_clip, plan_edit
from engine.errors import AudioError, RequestError
from engine.knobs import defaults
from engine.music import MusicModel
from studio.editing import keeping
from studio.editing.files import read_version
from studio.editing.keeping import commit, cropped
from studio.editing.opening import open_file, open_take
from studio.editing.orders import EditKind
from studio.editing.versions import Edits, Version
from studio.editing.work import Editor
from tests.studio.editing.editing_help import (
    AREAS,
    REQUEST,
    edit,
    files_in,
    propose,
    write_sound,
)


def regions_of(version: Version) -> list[Region]:
    rate = version.sample_rate_hz
    return [
        Region(start_sample=round(start * rate), stop_sample=round(stop * rate))
        for start, stop in version.regions_s
    ]


def same_bits(one: Source, other: Source) -> bool:
    return one.depth is other.depth and one.samples.tobytes() == other.samples.tobytes()


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 44_100, 2, "PCM_16"),
        ("a.wav", 48_000, 1, "PCM_24"),
        ("a.wav", 96_000, 2, "FLOAT"),
        ("a.wav", 32_000, 2, "DOUBLE"),
        ("a.wav", 11_025, 1, "PCM_U8"),
        ("a.wav", 48_000, 6, "PCM_24"),
        ("a.flac", 8_000, 1, "PCM_16"),
        ("a.flac", 44_100, 6, "PCM_24"),
        ("a.ogg", 44_100, 2, "VORBIS"),
    ],
)
def test_outside_of_the_regions_every_bit_is_kept_through_two_edits(
    editor: Editor, tmp_path: Path, name: str, rate: int, channels: int, subtype: str
) -> None:
    path = write_sound(tmp_path / name, rate=rate, channels=channels, subtype=subtype)
    original = read_source(path)
    edits = edit(editor, Edits().opened(open_file(path, name)))
    first = edits.current
    edits = edit(editor, edits, areas=(Area(start_s=1.5, stop_s=2.0),), candidate=1)
    second = edits.current
    assert first is not None and second is not None
    once, twice = read_source(first.path), read_source(second.path)
    assert null_test(original, once, regions_of(first)).passed
    assert null_test(once, twice, regions_of(second)).passed
    both = [*regions_of(first), *regions_of(second)]
    assert null_test(original, twice, both).passed
    for region, before, after in zip(both, (original, once), (once, twice), strict=True):
        place = region.as_slice
        assert not np.array_equal(before.samples[:, place], after.samples[:, place])
    assert edits.undone().current == first
    assert same_bits(read_version(edits.undone().undone().current), original)  # type: ignore
    assert same_bits(read_version(edits.undone().redone().current), twice)  # type: ignore


def test_a_committed_excerpt_is_the_engines_own_result(
    editor: Editor, tiny: MusicModel, tmp_path: Path
) -> None:
    source = read_source(write_sound(tmp_path / "a.flac", subtype="PCM_24"))
    plan = plan_edit(open_clip(tiny, source), AREAS, seed=REQUEST.seed)
    codes = finish(edit_steps(tiny, plan, REQUEST)).codes
    edits = Edits().opened(open_file(tmp_path / "a.flac", "a.flac"))
    proposal = propose(editor, edits.current)  # type: ignore[arg-type]
    for candidate, each in zip(proposal.candidates, codes, strict=True):
        edited = finish_edit(tiny, plan, each)
        version = commit(edits.current, proposal, candidate)  # type: ignore[arg-type]
        assert same_bits(read_source(version.path), edited.clip.source)
        (tokens,) = version.tokens.values()
        assert np.array_equal(tokens.codes, edited.clip.codes.numpy())


def test_an_excerpt_of_a_long_clip_is_short_and_its_commit_whole(
    editor: Editor, tmp_path: Path
) -> None:
    path = write_sound(tmp_path / "a.wav", rate=8_000, channels=1, seconds=130)
    opened = open_file(path, "a.wav")
    proposal = propose(editor, opened, areas=(Area(start_s=60.0, stop_s=61.0),))
    candidate = proposal.candidates[0]
    assert (candidate.start_sample, candidate.stop_sample) == (50 * 8_000, 71 * 8_000)
    assert read_source(candidate.path).n_samples == 21 * 8_000
    version = commit(opened, proposal, candidate)
    result = read_source(version.path)
    assert null_test(read_source(path), result, proposal.regions).passed
    excerpt = result.samples[:, candidate.start_sample : candidate.stop_sample]
    assert np.array_equal(excerpt, read_source(candidate.path).samples)


def test_a_commit_says_what_happened(editor: Editor, tmp_path: Path) -> None:
    opened = open_file(write_sound(tmp_path / "song.flac"), "song.flac")
    edits = edit(editor, Edits().opened(opened), candidate=1)
    version = edits.current
    assert version is not None and version.parent_id == opened.version_id
    assert version.name == Path(version.path).name == "song-edited-1.flac"
    assert version.label == "0.50–1.00 s made anew, seed 4"
    assert version.regions_s == ((0.5, 1.0),) and not version.is_loop
    assert "all 177,282 samples" in version.proof and "16-bit, 44,100 Hz" in version.proof
    facts = read_provenance(version.path)
    assert facts is not None and facts == version.made
    assert facts["request"]["seed"] == 4 and facts["request"]["variations"] == 1
    assert facts["edit"]["regions_s"] == [[0.5, 1.0]] and facts["edit"]["null_test"]["passed"]
    assert (facts["licence"], facts["model"]) == ("MIT", "tiny") and facts["earlier"] == []
    again = edit(editor, edits).current
    assert again is not None and again.name == "song-edited-2.flac"
    earlier = read_provenance(again.path)["earlier"]  # type: ignore[index]
    assert [each["request"]["seed"] for each in earlier] == [4]


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_an_extension_keeps_the_whole_clip(editor: Editor, tmp_path: Path, name: str) -> None:
    path = write_sound(tmp_path / name, rate=22_050)
    opened = open_file(path, name)
    proposal = propose(editor, opened, kind=EditKind.EXTEND, left_s=0.5, right_s=1.0)
    version = commit(opened, proposal, proposal.candidates[0])
    assert version.duration_s == pytest.approx(opened.duration_s + 1.5, abs=0.02)
    offset = proposal.offset_samples
    assert offset == 11_025
    kept = slice(proposal.regions[0].stop_sample, proposal.regions[1].start_sample)
    source, result = read_source(path), read_source(version.path)
    inside = source.samples[:, kept.start - offset : kept.stop - offset]
    assert np.array_equal(result.samples[:, kept], inside)
    assert "0.50 s added at the start and 1.00 s added at the end" in version.label
    edits = Edits().opened(opened).proposed(proposal).committed(version)
    assert edit(editor, edits).current.proof  # type: ignore[union-attr]


def test_a_loop_keeps_its_length_and_says_so(editor: Editor, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", seconds=3.0)
    opened = open_file(path, "a.wav")
    edits = edit(editor, Edits().opened(opened), kind=EditKind.LOOP, seam_s=1.0)
    version = edits.current
    assert version is not None and version.is_loop and version.n_samples == opened.n_samples
    assert null_test(read_source(path), read_source(version.path), regions_of(version)).passed
    assert not edit(editor, edits).current.is_loop  # type: ignore[union-attr]


def test_a_failed_proof_publishes_nothing(
    editor: Editor, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_file(write_sound(tmp_path / "a.wav"), "a.wav")
    proposal = propose(editor, opened)
    before = files_in(cache)

    def damaged(path: Path) -> Source:
        source = read_source(path)
        samples = source.samples.copy()
        samples[0, 5] += 1 / 2**15
        return replace(source, samples=samples)

    monkeypatch.setattr(keeping, "read_source", damaged)
    with pytest.raises(AudioError, match="1 samples that should not differ"):
        commit(opened, proposal, proposal.candidates[0])
    with pytest.raises(AudioError, match="should not differ"):
        cropped(opened, 0.5, 1.0)
    assert files_in(cache) == before


def test_files_that_are_gone_are_explained(editor: Editor, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav")
    opened = open_file(path, "a.wav")
    proposal = propose(editor, opened)
    first, second = proposal.candidates
    Path(first.path).unlink()
    with pytest.raises(AudioError, match="is gone"):
        commit(opened, proposal, first)
    write_sound(Path(second.path), seconds=1.0)
    with pytest.raises(AudioError, match="candidate with seed 4 has changed"):
        commit(opened, proposal, second)
    with pytest.raises(RequestError, match="another version"):
        commit(replace(opened, version_id="other"), proposal, first)


@pytest.mark.parametrize("with_tokens", [False, True])
def test_a_crop_is_the_clips_own_samples(editor: Editor, tmp_path: Path, with_tokens: bool) -> None:
    path = write_sound(tmp_path / "song.wav", subtype="PCM_24")
    edits = Edits().opened(open_file(path, "song.wav"))
    if with_tokens:
        edits = edits.proposed(propose(editor, edits.current))  # type: ignore[arg-type]
    version = cropped(edits.current, 0.5, 2.0)  # type: ignore[arg-type]
    expected = read_source(path).samples[:, 22_050:88_200]
    assert np.array_equal(read_source(version.path).samples, expected)
    assert version.name == "song-edited-1.wav" and version.label == "Cut to 0.50–2.00 s"
    assert [each.codes.shape for each in version.tokens.values()] == [(4, 75)] * with_tokens
    after = edit(editor, edits.committed(version)).current
    assert after is not None and after.duration_s == 1.5


@pytest.mark.parametrize("part", [(-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (0.0, 9.0)])
def test_an_impossible_crop_is_refused(
    editor: Editor, tmp_path: Path, part: tuple[float, float]
) -> None:
    opened = open_file(write_sound(tmp_path / "a.wav"), "a.wav")
    with pytest.raises(RequestError):
        cropped(opened, *part)


def test_the_preview_of_surround_sound_is_made_anew(editor: Editor, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", channels=6)
    version = edit(editor, Edits().opened(open_file(path, "a.wav"))).current
    assert version is not None and version.preview_path != version.path
    assert soundfile.info(version.preview_path).channels == 2
    assert np.fromfile(version.peaks_path, np.int8).size == 2 * 502


def test_a_silent_clip_and_a_whole_one_can_be_made_anew(editor: Editor, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((16_000, 2)), 8_000)
    edits = edit(editor, Edits().opened(open_file(tmp_path / "a.wav", "a.wav")))
    whole = edit(editor, edits, areas=(Area(start_s=0.0, stop_s=2.0),)).current
    assert whole is not None and "whole clip is new" in whole.proof
    assert edits.current is not None and "all 24,000 samples" in edits.current.proof


def test_edits_branch_where_one_was_undone(editor: Editor, tmp_path: Path) -> None:
    opened = Edits().opened(open_file(write_sound(tmp_path / "a.wav"), "a.wav"))
    first = edit(editor, opened)
    second = edit(editor, first.undone(), candidate=1)
    assert first.current is not None and second.current is not None
    assert second.current.parent_id == first.current.parent_id
    one, other = (read_source(each.path) for each in (first.current, second.current))
    assert null_test(one, other, regions_of(first.current)).passed
    assert second.version(first.current_id) == first.current


def test_another_kind_of_edit_starts_from_a_takes_own_tokens(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = editor.studio
    values = {**defaults("draft"), "mode": "parallel", "duration_s": 2.0, "opening_s": 0.2}
    studio.jobs.enter("tab")
    take = list(studio.run(studio.order("tiny", values), "tab"))[-1].takes[0]
    model = studio.library.loaded("tiny")
    assert model is not None
    monkeypatch.setattr(type(model.parts.codec), "encode", None)  # never
    edits = edit(editor, Edits().opened(open_take(take)))
    assert edits.current is not None and edits.current.made is not None
    (earlier,) = edits.current.made["earlier"]
    assert earlier["request"]["seed"] == take.request.seed
    cut = edits.committed(cropped(edits.current, 0.2, 1.8))
    longer = edit(editor, cut, kind=EditKind.EXTEND, right_s=0.5)
    assert longer.current is not None and longer.current.duration_s == pytest.approx(2.1)
    licences = [each["licence"] for each in longer.current.made["earlier"] if "licence" in each]
    assert licences == ["MIT", "MIT"]
