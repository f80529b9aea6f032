"""The example clips are their recipes' and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.assets import assets_dir
from engine.audio import read_audio, true_peak_db
from engine.training.composer.examples import (
    RECIPES,
    SAMPLE_RATE_HZ,
    Recipe,
    make_example,
    write_examples,
)
from engine.training.composer.render import SoundFontPlayer

SHIPPED = assets_dir() / "clips"


@pytest.fixture(scope="module")
def player() -> SoundFontPlayer:
    return SoundFontPlayer(sample_rate_hz=SAMPLE_RATE_HZ)  # missing sounds fail


def test_the_shipped_clips_are_what_the_recipes_make(tmp_path: Path) -> None:
    write_examples(tmp_path, RECIPES[:1])
    made, shipped = (
        json.loads((folder / "clips.json").read_text())[0] for folder in (tmp_path, SHIPPED)
    )
    assert made == shipped
    new, old = (read_audio(folder / made["file"]).samples for folder in (tmp_path, SHIPPED))
    # Not to the bit: other builds of FluidSynth round otherwise.
    assert np.sqrt(np.mean((new - old) ** 2)) < 0.01 * np.sqrt(np.mean(old**2))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_makes_its_caption_and_length(recipe: Recipe, player: SoundFontPlayer) -> None:
    entries = {each["name"]: each for each in json.loads((SHIPPED / "clips.json").read_text())}
    example = make_example(recipe, player)
    entry = entries[recipe.name]
    assert example.caption == entry["prompt"]
    assert example.facts.tempo_bpm == entry["tempo_bpm"]
    assert example.waveform.duration_s == pytest.approx(entry["duration_s"], abs=1e-3)
    assert true_peak_db(example.waveform) < -1


def test_the_same_recipe_sounds_the_same_twice(player: SoundFontPlayer) -> None:
    first, second = (make_example(RECIPES[-1], player).waveform for _ in range(2))
    assert np.array_equal(first.samples, second.samples)


def test_the_mono_render_is_the_mean_of_left_and_right(player: SoundFontPlayer) -> None:
    from engine.training.composer import compose

    song = compose(np.random.default_rng(2), style="pop", length_s=1.0)
    stereo = player.render_stereo(song)
    assert stereo.shape == (2, SAMPLE_RATE_HZ)
    assert np.array_equal(stereo.mean(axis=0), player.render(song))


def test_a_song_that_begins_in_the_middle_is_refused(player: SoundFontPlayer) -> None:
    recipes = [Recipe(name="a", title="A", style="house", seed=seed, bars=4) for seed in range(4)]
    with pytest.raises(ValueError, match="middle"):
        for recipe in recipes:
            make_example(recipe, player)
