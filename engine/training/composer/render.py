"""Songs to sound through FluidSynth and a General MIDI soundfont."""

import ctypes
import os
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ToolError
from engine.training.composer.song import Song, channels, track_messages

SOUNDFONT_VARIABLE = "MAGNET_STUDIO_SOUNDFONT"
SOUNDFONT_PATHS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/local/share/soundfonts/FluidR3_GM.sf2",
    "/opt/homebrew/share/soundfonts/FluidR3_GM.sf2",
)
# FluidSynth computes 64 samples at a time: events are placed on that grid (2 ms at 32 kHz).
BLOCK_SAMPLES = 64
GAIN = 0.6
CHANNELS = 16
DRUM_BANK = 128
LOG_WARNING = 2


class SoundFontMissingError(ToolError):
    """The soundfont or FluidSynth is not installed; the message says how to get it."""


def find_soundfont(path: str | Path | None = None) -> Path:
    """Find the soundfont.

    Args:
        path: a file to use, or None to look at `MAGNET_STUDIO_SOUNDFONT` and the usual places.

    Returns:
        The path of an existing file.

    Raises:
        SoundFontMissingError: if there is none.
    """
    given = path or os.environ.get(SOUNDFONT_VARIABLE)
    places = [Path(given)] if given else [Path(place) for place in SOUNDFONT_PATHS]
    for place in places:
        if place.is_file():
            return place
    tried = ", ".join(str(place) for place in places)
    raise SoundFontMissingError(
        f"there is no soundfont at {tried}",
        expected="a General MIDI soundfont such as FluidR3_GM.sf2",
        advice="Install one (Debian: apt install fluid-soundfont-gm), give its path, "
        f"or set {SOUNDFONT_VARIABLE}",
    )


class SoundFontPlayer:
    """Renders songs with a soundfont that is loaded once.

    Every song gets a new synthesiser, lent the loaded soundfont: FluidSynth's own reset leaves
    voices fading and reverb modulation running, so the same song would not sound twice the same.
    Lending needs four functions of the library that pyfluidsynth does not wrap.
    """

    def __init__(self, path: str | Path | None = None, sample_rate_hz: int = 32000) -> None:
        """Load the soundfont.

        Args:
            path: the soundfont, or None to search for it.
            sample_rate_hz: rate of the rendered samples.

        Raises:
            SoundFontMissingError: if FluidSynth or the soundfont is missing.
        """
        self.sample_rate_hz = sample_rate_hz
        self._fluidsynth = _load_fluidsynth()
        self._library = self._fluidsynth._fl
        self._library.fluid_synth_get_sfont_by_id.restype = ctypes.c_void_p
        # Each change of soundfont warns about presets that are gone for a moment: expected here.
        self._library.fluid_set_log_function(LOG_WARNING, None, None)
        place = find_soundfont(path)
        synth = self._new_synth()
        number = synth.sfload(str(place))
        if number < 0:
            raise SoundFontMissingError(
                f"FluidSynth cannot read {place}",
                expected="a soundfont in SF2 format",
                advice="Give the path of another soundfont",
            )
        handle = ctypes.c_void_p(synth.synth)
        self._font = ctypes.c_void_p(self._library.fluid_synth_get_sfont_by_id(handle, number))
        self._library.fluid_synth_remove_sfont(handle, self._font)
        synth.delete()

    def render(self, song: Song) -> np.ndarray:
        """Render a song.

        Args:
            song: the song.

        Returns:
            Mono float32 samples [N], N = duration at the sample rate, rounded; the lead-in is
            played but left out.
        """
        return self.render_stereo(song).mean(axis=0)

    def render_stereo(self, song: Song) -> np.ndarray:
        """Render a song as `render` does, left and right: float32 samples [2, N]."""
        synth = self._new_synth()
        number = self._library.fluid_synth_add_sfont(ctypes.c_void_p(synth.synth), self._font)
        try:
            return self._play(synth, number, song)
        finally:
            # Voices hold the font's samples: end them before it is taken back.
            for channel in range(CHANNELS):
                synth.all_sounds_off(channel)
            self._samples(synth, 8 * BLOCK_SAMPLES)
            self._library.fluid_synth_remove_sfont(ctypes.c_void_p(synth.synth), self._font)
            synth.delete()

    def _new_synth(self) -> Any:
        return self._fluidsynth.Synth(
            gain=GAIN,
            samplerate=float(self.sample_rate_hz),
            channels=CHANNELS,
            **{"synth.chorus.active": 0, "synth.cpu-cores": 1, "synth.polyphony": 128},
        )

    def _play(self, synth: Any, font_number: int, song: Song) -> np.ndarray:
        synth.set_reverb(song.room.size, 0.4, 0.7, song.room.level)
        for track, channel in zip(song.tracks, channels(song.tracks), strict=True):
            bank = DRUM_BANK if track.is_drums else 0
            synth.program_select(channel, font_number, bank, track.program)
        lead_in = round(song.lead_in_s * self.sample_rate_hz)
        wanted = lead_in + round(song.duration_s * self.sample_rate_hz)
        blocks = -(-wanted // BLOCK_SAMPLES)
        pieces = []
        now = 0
        for block, message in self._events(song):
            if block >= blocks:
                break
            if block > now:
                pieces.append(self._samples(synth, (block - now) * BLOCK_SAMPLES))
                now = block
            _send(synth, message)
        pieces.append(self._samples(synth, (blocks - now) * BLOCK_SAMPLES))
        return np.concatenate(pieces, axis=1)[:, lead_in:wanted]

    def _events(self, song: Song) -> list[tuple[int, Any]]:
        """All messages but program changes with their block numbers, in order."""
        timed = []
        for track, channel in zip(song.tracks, channels(song.tracks), strict=True):
            for beat, message in track_messages(track, channel):
                if message.type != "program_change":
                    at_samples = song.beats_to_s(beat) * self.sample_rate_hz
                    timed.append((round(at_samples / BLOCK_SAMPLES), message))
        return sorted(timed, key=lambda item: item[0])

    def _samples(self, synth: Any, count: int) -> np.ndarray:
        """Compute the next samples [2, count] as floats (the 16-bit call would add dither)."""
        stereo = np.empty((2, count), dtype=np.float32)
        left, right = (ctypes.c_void_p(side.ctypes.data) for side in stereo)
        self._library.fluid_synth_write_float(
            ctypes.c_void_p(synth.synth), count, left, 0, 1, right, 0, 1
        )
        return stereo


def _send(synth: Any, message: Any) -> None:
    if message.type == "note_on":
        synth.noteon(message.channel, message.note, message.velocity)
    elif message.type == "note_off":
        synth.noteoff(message.channel, message.note)
    else:
        synth.cc(message.channel, message.control, message.value)


def _load_fluidsynth() -> Any:
    try:
        import fluidsynth
    except (ImportError, AttributeError) as error:
        # pyfluidsynth raises AttributeError or ImportError where libfluidsynth itself is absent.
        raise SoundFontMissingError(
            "FluidSynth is missing",
            expected="the Python package pyfluidsynth and the FluidSynth library",
            advice="pip install pyfluidsynth, and for the library (Debian) "
            "apt install libfluidsynth3",
        ) from error
    return fluidsynth
