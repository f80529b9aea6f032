"""Synthetic music that states its own facts: the training data of `studio-mini`.

`compose` writes a multi-instrument `Song` from a random generator, `SoundFontPlayer` renders it
through FluidSynth, `augment` varies the recording, `write_caption` words its `Facts`, and
`make_clip` does all four for clip `(seed, index)`. Inside the package time is counted in beats
(one beat is a quarter note); only `Song` and what follows it speak of seconds.
"""

from engine.training.composer.augment import augment
from engine.training.composer.captions import caption_vocabulary, write_caption
from engine.training.composer.clips import Clip, iter_clips, make_clip
from engine.training.composer.compose import compose
from engine.training.composer.render import SoundFontMissingError, SoundFontPlayer
from engine.training.composer.song import Facts, Note, Song, Track
from engine.training.composer.styles import STYLES

__all__ = [
    "STYLES",
    "Clip",
    "Facts",
    "Note",
    "Song",
    "SoundFontMissingError",
    "SoundFontPlayer",
    "Track",
    "augment",
    "caption_vocabulary",
    "compose",
    "iter_clips",
    "make_clip",
    "write_caption",
]
