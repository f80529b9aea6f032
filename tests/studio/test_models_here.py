from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CheckpointError
from engine.knobs import build_request
from studio.models_here import open_library
from studio.settings import Settings
from tests.engine.tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "other")


def test_the_studio_starts_with_a_folder_and_offers_the_operators_others(
    tiny: Path, other: Path
) -> None:
    settings = Settings(model=str(tiny), models=(str(other), str(tiny)), device="cpu")
    library, default = open_library(settings)
    names = [offer.name for offer in library.offers]
    assert default == "tiny"
    assert library.loaded("tiny") is not None
    assert names.count("tiny") == names.count("other") == 1
    assert "magnet-small-10secs" in names


def test_what_others_would_take_is_known_at_once(tiny: Path) -> None:
    library, default = open_library(Settings(model=str(tiny), device="cpu"))
    request = build_request({"mode": "parallel", "duration_s": 2.0})
    expected = library.expect(library.offer("magnet-small-10secs"), request)
    assert expected.memory_bytes > 1_000_000_000
    assert library.expect(library.offer(default), request).seconds < expected.seconds


def test_without_the_hub_only_what_is_here_is_on_offer(tiny: Path) -> None:
    library, _ = open_library(Settings(model=str(tiny), hub=False, device="cpu"))
    assert all(offer.is_here for offer in library.offers)
    assert "tiny" in [offer.name for offer in library.offers]


def test_a_damaged_first_model_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "broken")
    (folder / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"config\.json of broken is not understood"):
        open_library(Settings(model=str(folder), device="cpu"))


def test_a_first_model_that_is_nowhere_is_named() -> None:
    with pytest.raises(CheckpointError, match="There is no model 'no-such-model'"):
        open_library(Settings(model="no-such-model", device="cpu"))
