from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.audio import Depth, NullTest, Source
from engine.edit import Area, WorkingClip, plan_edit, plan_extension, plan_loop
from studio.editing.words import edited_stem, plan_words, proof_words, safe_name, safe_stem


def clip() -> WorkingClip:
    source = Source(
        samples=np.zeros((1, 10_000), np.float32), sample_rate_hz=1_000, depth=Depth.INT_16
    )
    codes = torch.zeros(4, 500, dtype=torch.int64)
    return WorkingClip(source=source, codes=codes, frame_rate_hz=50)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("song.flac", "song"),
        ("My Song (live).wav", "My Song (live)"),
        ("../../etc/passwd", "passwd"),
        (r"C:\fakepath\песня.mp3", "песня"),
        ("a<b>|c?.wav", "a_b__c_"),
        ("line\nfeed\x00.wav", "line_feed_"),
        ("\u202egnp.wav", "_gnp"),
        ("...", "clip"),
        ("", "clip"),
        (".wav", "wav"),
        ("two.dots.wav", "two.dots"),
    ],
)
def test_a_users_name_is_made_safe(name: str, stem: str) -> None:
    assert safe_stem(name) == stem.strip(" ._")


def test_a_long_name_is_cut_between_letters() -> None:
    stem = safe_stem("é" * 500 + ".wav")
    assert 0 < len(stem.encode()) <= 120 and set(stem) == {"é"}


def test_versions_are_numbered_after_what_was_opened() -> None:
    assert edited_stem("song.flac", 1) == "song-edited-1"
    assert edited_stem("song-edited-2.flac", 3) == "song-edited-3"
    assert edited_stem("song-edited-.flac", 1) == "song-edited--edited-1"


def test_plans_are_worded() -> None:
    one, two = Area(start_s=2.0, stop_s=4.0), Area(start_s=6.0, stop_s=7.0, levels=(2, 3))
    assert plan_words(plan_edit(clip(), [one])) == "2.00–4.00 s made anew"
    words = "2.00–4.00 s and levels 3, 4 of 6.00–7.00 s made anew"
    assert plan_words(plan_edit(clip(), [one, two])) == words
    four = [Area(start_s=s, stop_s=s + 0.5) for s in range(4)]
    assert plan_words(plan_edit(clip(), four)) == "4 parts made anew"
    assert plan_words(plan_extension(clip(), right_s=3)) == "3.00 s added at the end"
    both = "1.00 s added at the start and 3.00 s added at the end"
    assert plan_words(plan_extension(clip(), left_s=1, right_s=3)) == both
    assert plan_words(plan_loop(clip())) == "Made a loop, with 2.00 s new at the seam"


def test_a_proof_says_how_much_was_compared() -> None:
    proof = NullTest(
        compared_samples=1_234_567,
        different_samples=0,
        largest_difference=0.0,
        sample_rate_hz=48_000,
        n_channels=2,
        source_depth=Depth.INT_24,
        result_depth=Depth.INT_24,
    )
    assert "1,234,567" in proof_words(proof) and "24-bit, 48,000 Hz" in proof_words(proof)


def test_a_users_name_is_shown_with_its_ending() -> None:
    assert safe_name("Song.FLAC") == "Song.flac"
    assert safe_name("a.<b>") == "a.b"
    assert safe_name("") == "clip"
