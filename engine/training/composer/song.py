"""What the composer hands over: notes, tracks, the facts of a song, and its MIDI file."""

from dataclasses import dataclass

import mido

TICKS_PER_BEAT = 480
DRUM_CHANNEL = 9
SLOW_BELOW_BPM = 90.0
FAST_ABOVE_BPM = 125.0


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note: start and length in beats, MIDI pitch 0..127, velocity 1..127."""

    start_beat: float
    length_beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class Swell:
    """A change of a track's expression (MIDI controller 11, 0..127) at a beat."""

    beat: float
    expression: int


@dataclass(frozen=True, kw_only=True)
class Track:
    """One instrument's notes with its General MIDI program, or a drum kit's number."""

    name: str
    role: str
    program: int
    is_drums: bool
    notes: tuple[Note, ...]
    volume: int
    pan: int = 64
    reverb_send: int = 40
    swells: tuple[Swell, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Room:
    """The reverberation of a song: `size` 0..1 and `level` 0..1, in FluidSynth's terms."""

    size: float
    level: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is true of a clip and may be said of it.

    `main_instrument` is the family that listeners name (one of ten, or "drums"), and
    `instruments[0]` the same instrument by its own name. `key` and `mode` are "none" where only
    drums play. `moods[0]` follows from mode and energy alone; the rest are the style's.
    """

    style: str
    tempo_bpm: float
    tempo_class: str
    key: str
    mode: str
    is_minor: bool
    metre: str
    instruments: tuple[str, ...]
    main_instrument: str
    has_drums: bool
    moods: tuple[str, ...]
    density: str
    solo: bool
    form: str


def tempo_class(tempo_bpm: float) -> str:
    """Name a tempo: "slow" below 90 bpm, "fast" above 125, "medium" between."""
    if tempo_bpm < SLOW_BELOW_BPM:
        return "slow"
    return "fast" if tempo_bpm > FAST_ABOVE_BPM else "medium"


@dataclass(frozen=True, kw_only=True)
class Song:
    """A piece of music: `lead_in_s` seconds that are played but not heard, then `duration_s`.

    A lead-in lets a clip begin in the middle of the music, with the tails of earlier notes.
    """

    facts: Facts
    tracks: tuple[Track, ...]
    room: Room
    lead_in_s: float
    duration_s: float

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes of all tracks in order of their start."""
        every = (note for track in self.tracks for note in track.notes)
        return tuple(sorted(every, key=lambda note: (note.start_beat, note.pitch)))

    def beats_to_s(self, beats: float) -> float:
        """Convert a time or length in beats to seconds from the start of the lead-in."""
        return beats * 60.0 / self.facts.tempo_bpm

    def to_midi(self) -> mido.MidiFile:
        """Write the song, its lead-in included, as a type-1 MIDI file."""
        midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
        header = mido.MidiTrack()
        header.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(self.facts.tempo_bpm)))
        beats_per_bar = int(self.facts.metre.split("/")[0])
        header.append(mido.MetaMessage("time_signature", numerator=beats_per_bar, denominator=4))
        midi.tracks.append(header)
        for track, channel in zip(self.tracks, channels(self.tracks), strict=True):
            midi.tracks.append(_midi_track(track, channel))
        return midi


def channels(tracks: tuple[Track, ...]) -> list[int]:
    """Give each track a MIDI channel: drums the tenth, the others the rest in order."""
    free = iter([channel for channel in range(16) if channel != DRUM_CHANNEL])
    return [DRUM_CHANNEL if track.is_drums else next(free) for track in tracks]


def track_messages(track: Track, channel: int) -> list[tuple[float, mido.Message]]:
    """List a track's MIDI messages with their times in beats, note ends before note starts."""
    settings = [
        mido.Message("program_change", channel=channel, program=track.program),
        mido.Message("control_change", channel=channel, control=7, value=track.volume),
        mido.Message("control_change", channel=channel, control=10, value=track.pan),
        mido.Message("control_change", channel=channel, control=91, value=track.reverb_send),
    ]
    timed = [(0.0, 0, message) for message in settings]
    for swell in track.swells:
        message = mido.Message(
            "control_change", channel=channel, control=11, value=swell.expression
        )
        timed.append((swell.beat, 1, message))
    for note in track.notes:
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch)
        timed.append((note.start_beat, 3, on))
        timed.append((note.start_beat + note.length_beats, 2, off))
    timed.sort(key=lambda item: item[:2])
    return [(beat, message) for beat, _, message in timed]


def _midi_track(track: Track, channel: int) -> mido.MidiTrack:
    midi_track = mido.MidiTrack()
    midi_track.append(mido.MetaMessage("track_name", name=track.name))
    now = 0
    for beat, message in track_messages(track, channel):
        tick = round(beat * TICKS_PER_BEAT)
        midi_track.append(message.copy(time=tick - now))
        now = tick
    return midi_track
