"""Example clips for the editor: `python -m engine.training.composer.examples OUT`.

A few of the composer's songs as a listener would get them: stereo at 44.1 kHz, a whole number of
bars, and as loud as each other. Their random generators are no training clip's, so no model of
ours has learned them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from engine.audio.files import write_audio
from engine.audio.loudness import integrated_lufs, normalise_loudness
from engine.audio.waveform import Waveform
from engine.training.composer.captions import write_caption
from engine.training.composer.compose import compose
from engine.training.composer.render import SoundFontPlayer
from engine.training.composer.song import Facts, Song, Track

SAMPLE_RATE_HZ = 44_100
TARGET_LUFS = -16.0
CEILING_DB = -1.2
"""Of true peaks; the rounding to 16 bits may move them a little."""
FADE_S = 0.01
"""At the end, where notes still sound."""
WIDTH = 2.0
"""Pans are this much wider than in training, whose clips are mono."""
LIST_NAME = "clips.json"
SOUNDFONT = "FluidR3 GM (MIT)"

MIDDLE = 64
"""MIDI's middle of the picture."""
_FAMILY = 7_001
"""First number of each clip's seed. Training has pairs [seed, index], these have three numbers."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One clip: all that it depends on.

    Args:
        name: of the file, without its ending.
        title: for people.
        style: a name in `STYLES`.
        seed: at least 0; chosen among others by its sound's figures.
        bars: length, at least 1.
        caption: which of the captions that the composer words for it, from 0.
    """

    name: str
    title: str
    style: str
    seed: int
    bars: int
    caption: int = 0


def _recipe(name: str, title: str, style: str, seed: int, bars: int, caption: int) -> Recipe:
    return Recipe(name=name, title=title, style=style, seed=seed, bars=bars, caption=caption)


RECIPES = (
    _recipe("lofi-beat", "Lo-fi beat", "lo-fi hip hop", 55, 4, 9),
    _recipe("funk-band", "Funk band", "funk", 34, 4, 11),
    _recipe("house-loop", "House loop", "house", 13, 6, 9),
    _recipe("folk-guitars", "Folk guitars", "folk", 25, 4, 10),
    _recipe("orchestra", "Orchestra", "orchestral", 22, 6, 5),
    _recipe("solo-piano", "Solo piano", "classical piano", 1, 4, 5),
)
"""In the order in which they are offered. Each is in four, 10 to 15 s long, reaches -17.5 LUFS
without a limiter, and `find_beats` finds its tempo with a confidence above 0.3."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """A recipe's sound (stereo), what is true of it, and its caption."""

    recipe: Recipe
    waveform: Waveform
    facts: Facts
    caption: str


def make_example(recipe: Recipe, player: SoundFontPlayer) -> Example:
    """Compose, render and level one clip.

    Args:
        recipe: what to make.
        player: a synthesiser at `SAMPLE_RATE_HZ`.

    Raises:
        ValueError: an unknown style, or a seed whose song begins before its first bar line.
    """
    song, rng = _whole_bars(recipe)
    samples = player.render_stereo(song)
    fade = round(FADE_S * player.sample_rate_hz)
    samples[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    waveform = Waveform(samples=samples, sample_rate_hz=player.sample_rate_hz)
    levelled = normalise_loudness(waveform, target_lufs=TARGET_LUFS, ceiling_db=CEILING_DB)
    captions = [write_caption(song.facts, rng) for _ in range(recipe.caption + 1)]
    return Example(
        recipe=recipe, waveform=levelled.waveform, facts=song.facts, caption=captions[-1]
    )


def write_examples(
    folder: Path, recipes: tuple[Recipe, ...] = RECIPES, *, soundfont: Path | None = None
) -> None:
    """Write all clips as FLAC, and the list of them.

    Args:
        folder: made if it is not there.
        recipes: what to make.
        soundfont: see `SoundFontPlayer`.

    Raises:
        SoundFontMissingError: no FluidSynth or soundfont.
        AudioError: a folder that cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    player = SoundFontPlayer(soundfont, sample_rate_hz=SAMPLE_RATE_HZ)
    entries = []
    for recipe in recipes:
        example = make_example(recipe, player)
        entry = describe(example)
        made_by = {"made_by": "engine.training.composer.examples", "soundfont": SOUNDFONT}
        write_audio(folder / entry["file"], example.waveform, provenance=made_by | entry)
        entries.append(entry)
    text = json.dumps(entries, indent=2) + "\n"
    (folder / LIST_NAME).write_text(text, encoding="utf-8")


def describe(example: Example) -> dict[str, Any]:
    """A clip's entry in the list; `lufs` is its integrated loudness."""
    recipe, facts = example.recipe, example.facts
    lufs = integrated_lufs(example.waveform)
    return {
        "name": recipe.name,
        "file": f"{recipe.name}.flac",
        "title": recipe.title,
        "prompt": example.caption,
        "style": recipe.style,
        "seed": recipe.seed,
        "bars": recipe.bars,
        "metre": facts.metre,
        "tempo_bpm": facts.tempo_bpm,
        "key": facts.key,
        "mode": facts.mode,
        "duration_s": round(example.waveform.duration_s, 3),
        "lufs": None if lufs is None else round(lufs, 1),
    }


def _whole_bars(recipe: Recipe) -> tuple[Song, np.random.Generator]:
    """The song, as long as its bars, which only its tempo and metre tell; begun on a bar line."""
    length_s = 1.0
    for _ in range(2):
        rng = np.random.default_rng([_FAMILY, recipe.seed, recipe.bars])
        song = compose(rng, style=recipe.style, length_s=length_s)
        beats = recipe.bars * int(song.facts.metre.split("/")[0])
        length_s = song.beats_to_s(beats)
    if song.lead_in_s:
        raise ValueError(f"seed {recipe.seed} of {recipe.style} begins in the middle of a song")
    return replace(song, tracks=tuple(_wider(track) for track in song.tracks)), rng


def _wider(track: Track) -> Track:
    pan = MIDDLE + round(WIDTH * (track.pan - MIDDLE))
    return replace(track, pan=max(0, min(2 * MIDDLE - 1, pan)))


@click.command()
@click.argument("folder", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--soundfont", type=click.Path(path_type=Path), help="Searched for if absent.")
def main(folder: Path, soundfont: Path | None) -> None:
    """Write the example clips and their list to the folder OUT."""
    write_examples(folder, soundfont=soundfont)


if __name__ == "__main__":
    main()
