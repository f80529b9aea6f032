"""The benchmark accounts for all of the work; no test looks at how long it took."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.bench import CODEC, OPENING, RESCORING, TEXT, TRANSFERS, matrix_peak, measure
from engine.cli import main
from engine.decode import GenerationRequest, Mode, SamplingOptions
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

_LEVELS = [f"level {number}" for number in range(1, 5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("bench") / "tiny")


@pytest.fixture(scope="module")
def model(folder: Path) -> MusicModel:
    return load(str(folder), device="cpu", dtype=torch.float32)


@pytest.mark.parametrize(
    ("mode", "parts"),
    [
        (Mode.PARALLEL, [TEXT, *_LEVELS, CODEC, TRANSFERS]),
        (Mode.HYBRID, [TEXT, OPENING, *_LEVELS, CODEC, TRANSFERS]),
        (Mode.AUTOREGRESSIVE, [TEXT, OPENING, CODEC, TRANSFERS]),
    ],
)
def test_every_part_is_timed_and_counted(model: MusicModel, mode: Mode, parts: list[str]) -> None:
    options = SamplingOptions(steps=(3, 1, 1, 1))
    request = GenerationRequest(
        prompt="calm", mode=mode, duration_s=1.0, opening_s=0.2, variations=2, options=options
    )
    found = measure(model, request, rounds=1)
    assert list(found.seconds) == list(found.operations) == parts
    assert all(seconds > 0 for seconds in found.seconds.values())
    assert all(found.operations[part] > 0 for part in parts[:-1])
    assert found.operations[TRANSFERS] == 0
    assert found.total_s == sum(found.seconds.values()) and found.audio_s == 2.0
    if mode is Mode.PARALLEL:
        assert found.operations["level 1"] > 2 * found.operations["level 2"]


def test_rescoring_is_a_part_of_its_own(model: MusicModel) -> None:
    options = SamplingOptions(steps=(3, 1, 1, 1))
    request = GenerationRequest(mode=Mode.PARALLEL, duration_s=1.0, options=options)
    without = measure(model, request, rounds=1)
    found = measure(model, replace(request, rescorer="self"), rounds=1)
    assert RESCORING not in without.operations and found.operations[RESCORING] > 0
    assert {part: found.operations[part] for part in without.operations} == without.operations


def test_twice_the_variations_are_twice_the_operations(model: MusicModel) -> None:
    request = GenerationRequest(prompt="calm", mode=Mode.PARALLEL, duration_s=1.0)
    double = GenerationRequest(prompt="calm", mode=Mode.PARALLEL, duration_s=1.0, variations=2)
    once, twice = (measure(model, each, rounds=1).operations for each in (request, double))
    assert twice["level 1"] == 2 * once["level 1"] and twice[TEXT] == once[TEXT]


def test_the_roof_is_a_speed() -> None:
    assert matrix_peak(torch.device("cpu"), torch.float32) > 1e9


def test_the_command_prints_and_draws(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "bench.html"
    common = ["bench", "--model", str(folder), "--duration-s", "0.5", "--rounds", "1"]
    arguments = [*common, "--mode", "parallel", "--variations", "1,2", "--plot", str(plot)]
    assert main([*arguments, "--json", "--dtype", "float32"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [row["variations"] for row in facts["rows"]] == [1, 2]
    assert facts["dtype"] == "float32" and set(facts["rows"][0]["parts"]) == {
        TEXT,
        CODEC,
        TRANSFERS,
        *_LEVELS,
    }
    assert "Seconds of music per second" in plot.read_text(encoding="utf-8")
    assert main([*common, "--mode", "hybrid", "--opening-s", "0.1"]) == 0
    assert "| hybrid | 1 | opening |" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--variations", "0"], ["--steps", "a"], ["--mode", "fast"]])
def test_wrong_usage_is_said(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *wrong]) == 2
    assert wrong[1] in capsys.readouterr().err
