"""What can be chosen, and what is known of it before any weight is read."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
import torch

from engine.checkpoints import catalogue, offers
from engine.checkpoints.folder import FILES, LANGUAGE_MODEL_FILE
from engine.checkpoints.hub import PUBLISHED
from engine.checkpoints.offers import Source
from engine.checkpoints.parts import load_parts
from engine.checkpoints.release_names import RELEASE_FILES, STATE_FILE
from engine.errors import CheckpointError
from engine.knobs import published_family
from engine.model.config import ModelKind
from tests.engine.checkpoints.small_musicgen import edit_config, make_musicgen, save_musicgen
from tests.engine.golden import GOLDEN
from tests.engine.tiny_model import write_tiny_model

RELEASE = GOLDEN / "plain" / "checkpoint"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("original") / "tiny")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub's cache that is empty, and no embedded model."""
    monkeypatch.setattr(catalogue, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _put(cache: Path, repo: str, *files: str) -> None:
    """Files in the Hub's cache, as a download leaves them."""
    folder = cache / f"models--{repo.replace('/', '--')}"
    (folder / "snapshots" / "c0ffee").mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text("c0ffee")
    for file in files:
        (folder / "snapshots" / "c0ffee" / file).write_bytes(b"")


def test_embedded_models_come_first_then_folders_then_the_hub(cache: Path, tiny: Path) -> None:
    shutil.copytree(tiny, cache.parent / "models" / "first")
    found = offers.offers([tiny])
    assert [offer.name for offer in found] == ["first", "tiny", *PUBLISHED]
    assert [offer.source for offer in found[:3]] == [Source.EMBEDDED, Source.FOLDER, Source.HUB]


def test_a_folder_of_our_own_tells_its_sizes(cache: Path, tiny: Path) -> None:
    offer = offers.offers([tiny])[0]
    assert (offer.kind, offer.licence, offer.window_s) == (ModelKind.HYBRID, "MIT", 2.0)
    assert (offer.sample_rate_hz, offer.is_here, offer.path) == (32000, True, tiny)
    assert offer.size_bytes == sum((tiny / name).stat().st_size for name in FILES)
    parameters = offer.parameters + offer.text_parameters + offer.codec_parameters
    assert parameters == catalogue.read_card(tiny).parameters


def test_a_release_folder_tells_its_sizes_without_its_weights_being_read(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a weight was read")

    for name in ("to", "float", "half", "clone"):
        monkeypatch.setattr(torch.Tensor, name, touched)
    offer = offers.offers([RELEASE])[0]
    assert (offer.name, offer.source) == ("checkpoint", Source.FOLDER)
    assert offer.kind is ModelKind.MAGNET and offer.is_here and "not stated" in offer.licence
    assert offer.text_parameters > 0 and offer.codec_parameters > 0
    assert offer.size_bytes > sum((RELEASE / name).stat().st_size for name in RELEASE_FILES)


def test_a_release_folder_without_a_text_encoder_waits_for_it(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in RELEASE_FILES:
        shutil.copyfile(RELEASE / name, folder / name)
    offer = offers.offers([folder])[0]
    assert not offer.is_here and offer.text_parameters == 109_628_544
    _put(cache, "google-t5/t5-base", "config.json", "model.safetensors", "spiece.model")
    assert offers.offers([folder])[0].is_here


@pytest.mark.parametrize(("rate", "window_s"), [(32000, 30.0), (16000, 10.0)])
def test_a_folder_of_transformers_tells_what_is_loaded_from_it(
    cache: Path, tmp_path: Path, rate: int, window_s: float
) -> None:
    folder = save_musicgen(make_musicgen(rate), tmp_path / "theirs")
    offer = offers.offers([folder])[0]
    assert (offer.name, offer.window_s, offer.sample_rate_hz) == ("theirs", window_s, rate)
    assert offer.is_here and offer.size_bytes > 4 * offer.parameters
    loaded, _ = load_parts(folder, torch.float32)
    assert offer.config == loaded.language_model.config
    assert offer.family is published_family(window_s, rate)


def test_a_folder_of_transformers_with_senseless_sizes_is_left_out(
    cache: Path, tmp_path: Path
) -> None:
    folder = save_musicgen(make_musicgen(), tmp_path / "theirs")
    edit_config(folder, lambda values: values["decoder"].update(hidden_size=0))
    found, problems = offers.survey([folder])
    assert found[0].source is Source.HUB and "make no model" in problems[0].came


def test_published_models_tell_their_sizes_before_anything_is_fetched(cache: Path) -> None:
    found = {offer.name: offer for offer in offers.offers()}
    large = found["musicgen-large"]
    assert large.kind is ModelKind.AUTOREGRESSIVE and large.window_s == 30.0
    assert large.parameters == pytest.approx(3.257e9, rel=1e-3)
    assert large.size_bytes == pytest.approx(6.514e9 + 0.236e9 + 0.892e9, rel=1e-3)
    assert not any(offer.is_here for offer in found.values())


def test_a_published_model_is_here_when_all_its_files_are(cache: Path) -> None:
    def here() -> list[str]:
        return [offer.name for offer in offers.offers() if offer.is_here]

    _put(cache, "facebook/magnet-small-10secs", "state_dict.bin")
    _put(cache, "google-t5/t5-base", "config.json", "model.safetensors", "spiece.model")
    assert here() == []
    _put(cache, "facebook/magnet-small-10secs", "compression_state_dict.bin")
    assert here() == ["magnet-small-10secs"]


def test_a_broken_folder_is_left_out_and_named_in_the_log(
    cache: Path, tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(tiny, tmp_path / "broken")
    (tmp_path / "broken" / LANGUAGE_MODEL_FILE).write_bytes(b"x")
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile" / STATE_FILE).write_bytes(b"x")
    folders = [tmp_path / "nowhere", tmp_path / "broken", tmp_path / "hostile", tiny]
    with caplog.at_level(logging.WARNING):
        assert [offer.name for offer in offers.offers(folders)][:2] == [
            "tiny",
            next(iter(PUBLISHED)),
        ]
    assert [record.getMessage()[:10] for record in caplog.records] == ["Left out: "] * 3
    assert len(offers.survey(folders)[1]) == 3


def test_a_name_stands_for_one_model(cache: Path, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "other" / "tiny")
    found, problems = offers.survey([tiny, tmp_path / "other" / "tiny"])
    assert [offer.path for offer in found if offer.name == "tiny"] == [tiny]
    assert isinstance(problems[0], CheckpointError) and "the name of another" in problems[0].came


def test_a_folder_named_as_a_published_model_takes_its_place(
    cache: Path, tiny: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(tiny, tmp_path / "musicgen-small")
    places = {offer.name: offer.path for offer in offers.offers([copy])}
    assert places["musicgen-small"] == copy and len(places) == len(PUBLISHED)
