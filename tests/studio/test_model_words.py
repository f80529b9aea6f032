from __future__ import annotations

import json

import pytest

from engine.checkpoints.offers import Source
from engine.model.config import ModelKind
from studio.library import Loading, LoadState
from studio.model_words import as_dict, facts_value, label, loading_words, spoken_count, state_words
from tests.studio.fake_shelf import MB, fake_offer, published


def test_the_list_says_what_a_model_makes_and_where_it_is_from() -> None:
    assert label(fake_offer("mini")) == "mini · 10 s of music · built in"
    assert label(fake_offer("a", source=Source.FOLDER)) == "a · 10 s of music · own folder"
    sound = published("rain", sample_rate_hz=16_000)
    assert label(sound) == "rain · 10 s of sounds · Hub"


def test_the_facts_are_all_that_is_asked_before_loading() -> None:
    offer = published("gen", kind=ModelKind.AUTOREGRESSIVE, window_s=30.0)
    value = facts_value(offer, LoadState.TO_DOWNLOAD, loading=None, memory_bytes=2_400 * MB)
    assert dict(value["facts"]) == {
        "Writes": "Left to right",
        "Window": "30 s",
        "Sample rate": "32 kHz",
        "Parameters": spoken_count(offer.parameters),
        "Download": "200 MB",
        "Memory": "about 2.4 GB",
        "Licence": "CC-BY-NC-4.0",
    }
    assert (value["state"], value["words"]) == ("to download", "To download, 200 MB")


@pytest.mark.parametrize(
    ("state", "source", "words"),
    [
        (LoadState.LOADED, Source.HUB, "Loaded"),
        (LoadState.HERE, Source.HUB, "On this computer"),
        (LoadState.HERE, Source.FOLDER, "On this computer"),
        (LoadState.HERE, Source.EMBEDDED, "Ready"),
        (LoadState.TO_DOWNLOAD, Source.HUB, "To download, 200 MB"),
    ],
)
def test_every_state_has_its_words(state: LoadState, source: Source, words: str) -> None:
    assert state_words(state, fake_offer(source=source), None) == words


def test_a_model_on_its_way_says_its_share() -> None:
    loading = Loading(name="m", file="f", done=86 * MB, total=200 * MB)
    assert state_words(LoadState.LOADING, fake_offer(), loading) == "Loading, 43 %"


@pytest.mark.parametrize(
    ("loading", "words"),
    [
        (Loading(name="m"), "Looking for its files."),
        (Loading(name="m", file="f", done=5 * MB), "f: 5 MB so far."),
        (
            Loading(name="m", file="f", done=5 * MB, total=20 * MB),
            "f: 5 MB of 20 MB, 25 %.",
        ),
        (
            Loading(name="m", file="f", done=20 * MB, total=20 * MB),
            "f is there; reading it.",
        ),
    ],
)
def test_loading_names_the_file_its_bytes_and_its_share(loading: Loading, words: str) -> None:
    assert loading_words(loading) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1_400_000, "1.4 million"), (420_371_456, "420 million"), (1_840_000_000, "1.8 billion")],
)
def test_parameters_in_words(number: int, words: str) -> None:
    assert spoken_count(number) == words


def test_programs_get_json(studio) -> None:
    offer = studio.library.offer("fake")
    assert json.loads(json.dumps(as_dict(offer, studio.library.state(offer))))["is_loaded"] is True
