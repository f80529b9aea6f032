"""The command that makes the example takes, with a tiny model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from engine.decode import finish
from engine.errors import DeviceError
from engine.example_takes import ExampleTake, example_takes, takes_for
from engine.knobs import defaults
from engine.music import MusicModel, load
from engine.training import example_takes as making
from engine.training.example_takes import WISHES, Wish, main, request_for, write_takes
from tests.engine.tiny_model import write_tiny_model

TWO = (Wish(prompt="calm piano", seed=1), Wish(prompt="loud drums", seed=2))


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def model(model_folder: Path) -> MusicModel:
    return load(str(model_folder), device="cpu")


def test_the_wishes_differ_in_words_and_seeds() -> None:
    assert len(WISHES) == len({wish.prompt for wish in WISHES}) == 8
    assert len({wish.seed for wish in WISHES}) == 8


def test_the_settings_are_those_a_page_starts_with(model: MusicModel) -> None:
    request, start = request_for(TWO[0], model), defaults("balanced", model.family)
    assert (request.mode.value, request.options.steps) == (start["mode"], start["steps"])
    assert (request.duration_s, request.variations) == (model.window_s, 1)


def test_what_is_written_can_be_played_by_the_model_that_made_it(
    model: MusicModel, tmp_path: Path
) -> None:
    write_takes(tmp_path / "new" / "takes", model, TWO)
    takes = takes_for(model, example_takes(tmp_path / "new" / "takes"))
    assert [take.request.prompt for take in takes] == ["calm piano", "loud drums"]
    for take in takes:
        assert (take.model, take.made_by["model_sha256"]) == ("tiny", model.weights_hash)
        sound = model.listen(torch.from_numpy(take.codes.astype(np.int64))[None])[0]
        assert sound.duration_s == pytest.approx(2.0)


def test_a_listed_request_makes_the_same_tokens_again(model: MusicModel, tmp_path: Path) -> None:
    write_takes(tmp_path, model, TWO[:1])
    (take,) = example_takes(tmp_path)
    again = finish(model.generate(take.request)).codes[0].numpy()
    assert np.array_equal(again, take.codes)


def test_a_failure_on_the_way_leaves_the_earlier_list(
    model: MusicModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_takes(tmp_path, model, TWO[:1])
    before = (tmp_path / "takes.json").read_bytes()
    make = making.make_take

    def fails_second(wish: Wish, model: MusicModel) -> ExampleTake:
        if wish.seed == 2:
            raise DeviceError("no memory", expected="some", advice="Buy some")
        return make(wish, model)

    monkeypatch.setattr(making, "make_take", fails_second)
    with pytest.raises(DeviceError):
        write_takes(tmp_path, model, TWO)
    assert [path.name for path in tmp_path.iterdir()] == ["takes.json"]
    assert (tmp_path / "takes.json").read_bytes() == before


def test_the_command_writes_all_of_them(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "WISHES", TWO)
    arguments = ["--model", str(model_folder), "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "2 of 2: loud drums, seed 2" in result.output
    assert [take.request.seed for take in example_takes(tmp_path)] == [1, 2]


def test_a_place_that_cannot_be_written_to_is_a_message(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "WISHES", TWO[:1])
    (tmp_path / "file").write_text("")
    arguments = ["--model", str(model_folder), "--out", str(tmp_path / "file")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert result.output.count("\n") == 2 and "expected a folder" in result.output


def test_an_unknown_model_is_a_message() -> None:
    result = CliRunner().invoke(main, ["--model", "no-such-model"])
    assert result.exit_code == 1 and "no-such-model" in result.output
