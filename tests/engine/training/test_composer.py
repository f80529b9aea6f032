"""The composer: its music keeps its promises, and its captions say only what is true."""

import json
from dataclasses import asdict, replace

import mido
import numpy as np
import pytest

from engine.training.composer import (
    STYLES,
    SoundFontMissingError,
    SoundFontPlayer,
    augment,
    caption_vocabulary,
    compose,
    make_clip,
    write_caption,
)
from engine.training.composer.accompaniment import play_chords
from engine.training.composer.augment import detune
from engine.training.composer.caption_nouns import FAMILY_WORDS, INSTRUMENT_WORDS, STYLE_WORDS
from engine.training.composer.captions import caption_tokens
from engine.training.composer.form import FORMS, BarPlan, plan_form
from engine.training.composer.harmony import write_chart
from engine.training.composer.instruments import INSTRUMENTS, MAIN_FAMILIES
from engine.training.composer.render import find_soundfont
from engine.training.composer.rhythm import (
    Hit,
    Swing,
    parse_pattern,
    release_before_repeats,
    swing_beat,
)
from engine.training.composer.shards import shard_paths, write_shards
from engine.training.composer.song import Note, tempo_class
from engine.training.composer.theory import (
    PITCH_NAMES,
    SCALES,
    Chord,
    chord_scale,
    parse_chord,
    voice_chord,
)


def _songs(count: int, length_s: float = 4.0):
    return [compose(np.random.default_rng([7, i]), length_s=length_s) for i in range(count)]


@pytest.fixture(scope="module")
def songs():
    return _songs(150)


@pytest.fixture(scope="module")
def player():
    return SoundFontPlayer()  # missing sounds fail: `dev.py test` installs them


# --- theory and rhythm: cases to check by hand


def test_numerals_name_chords_against_the_tonic():
    assert parse_chord("V7", 0) == Chord(root_pc=7, intervals=(0, 4, 7, 10))
    assert parse_chord("bVI", 9) == Chord(root_pc=5, intervals=(0, 4, 7))
    assert parse_chord("iim7b5", 2) == Chord(root_pc=4, intervals=(0, 3, 6, 10))


@pytest.mark.parametrize("numeral", ["H", "Ifoo", ""])
def test_unknown_chords_are_refused(numeral):
    with pytest.raises(ValueError, match="unknown chord"):
        parse_chord(numeral, 0)


def test_dominant_raises_the_leading_tone_of_a_minor_scale():
    minor = (0, 2, 3, 5, 7, 8, 10)
    scale = chord_scale(minor, 9, parse_chord("V", 9))
    assert 8 in scale and 7 not in scale


def test_voicings_move_as_little_as_they_can():
    first = voice_chord(parse_chord("I", 0), low=55, high=76, previous=None)
    second = voice_chord(parse_chord("vi", 0), low=55, high=76, previous=first)
    assert len(set(first) & set(second)) == 2


def test_patterns_divide_their_bar_evenly():
    assert parse_pattern("x--.|.xx", 4) == (
        (Hit(beat=0, length_beats=3, symbol="x"),),
        (
            Hit(beat=pytest.approx(4 / 3), length_beats=pytest.approx(4 / 3), symbol="x"),
            Hit(beat=pytest.approx(8 / 3), length_beats=pytest.approx(4 / 3), symbol="x"),
        ),
    )


def test_swing_moves_only_the_offbeats():
    swing = Swing(unit_beats=0.5, ratio=2 / 3)
    assert [swing_beat(beat, swing) for beat in (0, 0.5, 1, 1.5)] == pytest.approx(
        [0, 2 / 3, 1, 5 / 3]
    )


def test_a_note_ends_before_its_pitch_is_struck_again():
    def note(start, pitch):
        return Note(start_beat=start, length_beats=2.0, pitch=pitch, velocity=90)

    first, other, second = release_before_repeats([note(1.0, 60), note(0.0, 60), note(0.5, 64)])
    assert first.start_beat + first.length_beats < second.start_beat
    assert other.length_beats == second.length_beats == 2.0


def test_a_chart_has_no_gaps_and_splits_bars_at_commas():
    chart = write_chart("I ii7,V7 %", tonic_pc=0, mode="major", beats_per_bar=4, bars=5)
    ends = [span.start_beat + span.length_beats for span in chart.spans]
    assert ends[:-1] == [span.start_beat for span in chart.spans[1:]]
    assert ends[-1] == chart.total_beats
    assert chart.chord_at(6.0).root_pc == 7


def test_unknown_accompaniment_steps_are_refused():
    chart = write_chart("I", tonic_pc=0, mode="major", beats_per_bar=4, bars=1)
    plans = (BarPlan(roles=frozenset({"chords"})),)
    with pytest.raises(ValueError, match="unknown step"):
        play_chords(
            "q...", role="chords", chart=chart, plans=plans,
            instrument=INSTRUMENTS["piano"],
        )  # fmt: skip


# --- form, styles, songs


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bars", [4, 5, 7, 9])
def test_the_main_role_plays_in_every_bar_and_drums_in_nearly_all(form, bars):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        plans = plan_form(form, bars=bars, phrase_bars=4, main_role="lead", rng=rng)
        assert len(plans) == bars
        assert all("lead" in plan.roles for plan in plans)
        assert sum("drums" not in plan.roles for plan in plans) <= 2


@pytest.mark.parametrize("style", STYLES)
def test_every_style_composes_from_nothing_but_its_random_generator(style):
    first, second = (compose(np.random.default_rng(3), style=style) for _ in range(2))
    assert first == second
    assert first.facts.style == style
    assert first != compose(np.random.default_rng(4), style=style)


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
def test_styles_name_known_instruments_and_progressions_for_every_mode(style):
    names = {*style.leads, *style.chords, *style.pads, *style.arps, *style.basses}
    assert names <= INSTRUMENTS.keys()
    assert all(INSTRUMENTS[name].family in MAIN_FAMILIES for name in style.leads)
    assert {"major", "minor"} & style.progressions.keys()
    for progressions in style.progressions.values():
        for numeral in " ".join(progressions).replace(",", " ").split():
            assert numeral == "%" or parse_chord(numeral, 0)


def test_unknown_styles_and_empty_lengths_are_refused():
    with pytest.raises(ValueError, match="unknown style"):
        compose(np.random.default_rng(0), style="polka metal")
    with pytest.raises(ValueError, match="length_s"):
        compose(np.random.default_rng(0), length_s=0)


def test_facts_are_true_of_the_tracks(songs):
    for song in songs:
        facts = song.facts
        assert facts.has_drums == any(track.is_drums for track in song.tracks)
        assert set(facts.instruments) == {track.name for track in song.tracks}
        assert facts.solo == (len(facts.instruments) == 1)
        assert facts.tempo_class == tempo_class(facts.tempo_bpm)
        assert 55 <= facts.tempo_bpm <= 185
        if facts.main_instrument != "drums":
            assert INSTRUMENTS[facts.instruments[0]].family == facts.main_instrument
        assert json.loads(json.dumps(asdict(facts)))["key"] == facts.key


def test_notes_are_playable(songs):
    for song in songs:
        assert song.notes
        for note in song.notes:
            assert note.start_beat >= 0 and note.length_beats > 0
            assert 0 <= note.pitch <= 127 and 1 <= note.velocity <= 127


def test_bare_lines_play_one_note_at_a_time_in_their_register(songs):
    leads = [track for song in songs for track in song.tracks if track.role == "lead"]
    assert len(leads) > 50
    for track in leads:
        instrument = INSTRUMENTS[track.name]
        pitches = [note.pitch for note in track.notes]
        assert instrument.low <= min(pitches) and max(pitches) <= instrument.high


def test_songs_of_a_key_mostly_keep_to_its_scale(songs):
    for song in songs:
        if song.facts.mode not in ("major", "minor"):
            continue
        tonic = PITCH_NAMES.index(song.facts.key)
        scale = {(tonic + step) % 12 for step in SCALES[song.facts.mode]}
        pitched = [track for track in song.tracks if not track.is_drums]
        pitches = [note.pitch for track in pitched for note in track.notes]
        assert np.mean([pitch % 12 in scale for pitch in pitches]) > 0.6


def test_the_set_is_varied_and_balanced():
    facts = [song.facts for song in _songs(500, length_s=2.0)]
    assert {fact.style for fact in facts} == STYLES.keys()
    assert 0.4 < np.mean([fact.has_drums for fact in facts]) < 0.75
    assert 0.3 < np.mean([fact.is_minor for fact in facts]) < 0.6
    for tempo in ("slow", "medium", "fast"):
        assert np.mean([fact.tempo_class == tempo for fact in facts]) > 0.2
    for family in MAIN_FAMILIES:
        assert np.mean([fact.main_instrument == family for fact in facts]) > 0.03
    assert {"3/4", "4/4"} == {fact.metre for fact in facts}
    assert any(fact.main_instrument == "drums" for fact in facts)


def test_midi_files_hold_every_note_and_the_tempo(songs, tmp_path):
    song = songs[0]
    song.to_midi().save(tmp_path / "song.mid")
    read = mido.MidiFile(tmp_path / "song.mid")
    messages = [message for track in read.tracks for message in track]
    assert sum(message.type == "note_on" for message in messages) == len(song.notes)
    tempo = next(message.tempo for message in messages if message.type == "set_tempo")
    assert mido.tempo2bpm(tempo) == pytest.approx(song.facts.tempo_bpm, abs=0.01)


# --- captions


def test_captions_hold_only_words_of_the_vocabulary(songs):
    vocabulary = caption_vocabulary()
    rng = np.random.default_rng(0)
    for song in songs:
        for _ in range(5):
            assert set(caption_tokens(write_caption(song.facts, rng))) <= vocabulary


def test_captions_of_one_clip_differ(songs):
    rng = np.random.default_rng(0)
    captions = {write_caption(songs[3].facts, rng) for _ in range(100)}
    assert len(captions) > 90


def test_no_caption_denies_what_is_there(songs):
    rng = np.random.default_rng(1)
    denials = ("no drums", "without drums", "drumless", "beatless", "no percussion")
    for song in songs:
        for _ in range(5):
            caption = write_caption(song.facts, rng).lower()
            assert caption
            if song.facts.has_drums:
                assert not any(denial in caption for denial in denials)
            elif song.facts.tempo_class == "slow":
                assert "fast tempo" not in caption and "uptempo" not in caption


def test_every_style_and_instrument_has_words():
    assert STYLE_WORDS.keys() == STYLES.keys()
    assert FAMILY_WORDS.keys() == set(MAIN_FAMILIES)
    assert INSTRUMENT_WORDS.keys() == INSTRUMENTS.keys()


# --- sound


def test_augmentation_keeps_length_level_and_peak():
    rng = np.random.default_rng(0)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32000) / 32000)
    for _ in range(20):
        varied = augment(tone, rng, 32000)
        assert varied.shape == tone.shape and varied.dtype == np.float32
        assert np.abs(varied).max() <= 0.981
        assert 0.045 < np.sqrt(np.mean(varied**2)) < 0.155


def test_detuning_shifts_pitch_by_its_cents():
    tone = np.sin(2 * np.pi * 1000 * np.arange(32000) / 32000)
    shifted = detune(tone, 100.0)
    peak_hz = np.argmax(np.abs(np.fft.rfft(shifted[:30000]))) * 32000 / 30000
    assert peak_hz == pytest.approx(1000 * 2 ** (1 / 12), abs=1.1)


def test_a_missing_soundfont_says_what_to_install(tmp_path):
    with pytest.raises(SoundFontMissingError, match="fluid-soundfont-gm"):
        find_soundfont(tmp_path / "absent.sf2")


def test_a_clip_depends_on_seed_and_index_alone(player):
    first = make_clip(player, 5, 2, 2.0)
    make_clip(player, 5, 3, 2.0)
    again = make_clip(player, 5, 2, 2.0)
    assert np.array_equal(first.samples, again.samples)
    assert first.facts == again.facts and first.captions == again.captions
    assert not np.array_equal(first.samples, make_clip(player, 6, 2, 2.0).samples)


def test_a_lead_in_is_played_but_left_out(player):
    song = compose(np.random.default_rng(1), style="house", length_s=3.0)
    whole = player.render(replace(song, lead_in_s=0.0))
    late = player.render(replace(song, lead_in_s=1.0, duration_s=2.0))
    assert len(whole) == 96000 and len(late) == 64000
    assert np.array_equal(whole[32000:], late)


@pytest.mark.parametrize("style", ["house", "classical piano", "folk", "orchestral"])
def test_clips_sound_throughout(player, style):
    song = compose(np.random.default_rng(11), style=style, length_s=6.0)
    samples = augment(player.render(song), np.random.default_rng(0), 32000)
    assert np.isfinite(samples).all()
    seconds = np.sqrt(np.mean(samples.reshape(-1, 32000) ** 2, axis=1))
    assert seconds.min() > 0.003


def test_shards_resume_where_they_stopped(player, tmp_path):
    write_shards(tmp_path, seed=1, start=0, clips=3, workers=1, length_s=0.5)
    samples_path, facts_path = shard_paths(tmp_path, 0)
    written = samples_path.stat().st_mtime_ns
    write_shards(tmp_path, seed=1, start=0, clips=3, workers=1, length_s=0.5)
    assert samples_path.stat().st_mtime_ns == written
    samples = np.load(samples_path)
    assert samples.shape == (3, 16000) and samples.dtype == np.int16
    lines = [json.loads(line) for line in facts_path.read_text().splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert all(len(line["captions"]) == 3 for line in lines)
    assert not list(tmp_path.glob("*.part"))
