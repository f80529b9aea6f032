"""The studio over the engine's own model, as small as can be: the fake must not drift from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.audio import read_provenance
from engine.knobs import defaults
from engine.music import MusicModel, load
from studio.handlers import Studio
from studio.jobs import JobBook
from tests.engine.tiny_model import write_tiny_model
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import library_of


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = Path(tmp_path_factory.mktemp("models")) / "tiny"
    write_tiny_model(folder)
    return load(str(folder), device="cpu")


def _studio(model: MusicModel) -> Studio:
    return Studio(library=library_of(model), default=model.name, jobs=JobBook())


def test_the_fake_has_what_the_studio_uses_of_a_model(model: MusicModel) -> None:
    for name in ("name", "licence", "weights_hash", "window_s", "sample_rate_hz", "frame_rate_hz"):
        assert type(getattr(FakeModel(), name)) is type(getattr(model, name)), name


def test_every_mode_ends_in_takes(model: MusicModel) -> None:
    studio = _studio(model)
    for mode in model.modes:
        values = {**defaults("draft"), "mode": mode.value, "duration_s": 0.5, "opening_s": 0.2}
        studio.jobs.enter("tab")
        last = list(studio.run(studio.order(model.name, {**values, "variations": 2}), "tab"))[-1]
        assert last.status["state"] == "done"
        assert [take.duration_s for take in last.takes] == pytest.approx([0.5, 0.5])
        facts = read_provenance(last.takes[0].path)
        assert facts is not None and facts["model_sha256"] == model.weights_hash


def test_the_estimate_is_made_before_anything_runs(model: MusicModel) -> None:
    studio = _studio(model)
    values = defaults("draft") | {"duration_s": 0.5, "opening_s": 0.2}
    assert studio.estimate(studio.order(model.name, values))
