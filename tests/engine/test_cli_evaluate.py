"""`magnet-studio evaluate` with parts that measure nothing: what is kept, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from engine.cli import evaluate, main
from engine.errors import AudioError
from engine.evaluation import report
from engine.evaluation.part import Part, Section, Setup
from tests.engine.tiny_model import write_tiny_model

Work = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("evaluate") / "tiny")


@pytest.fixture
def run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, Path]]:
    """Runs the command with parts of these names, those in `dear` only if they are named."""

    def run(*arguments: str, dear: str = "", unfit: str = "", **parts: Work) -> tuple[int, Path]:
        table = {}
        for name, work in parts.items():
            fits = name != unfit
            part = Part(
                name=name,
                about=f"About {name}.",
                measure=work,
                describe=_describe,
                suits=lambda model, fits=fits: fits,
            )
            monkeypatch.setitem(sys.modules, f"fake_{name}", SimpleNamespace(PART=part))
            entry = evaluate._Entry(module=f"fake_{name}", is_dear=name == dear)
            table[name] = entry
        monkeypatch.setattr(evaluate, "PARTS", MappingProxyType(table))
        monkeypatch.setattr(evaluate, "DEAR", (dear,))
        # the choice of names is made when the module is imported
        names = SimpleNamespace(choices=list(table))
        parameter = next(each for each in evaluate.evaluate.params if each.name == "parts")
        monkeypatch.setattr(parameter, "type", type(parameter.type)(names.choices))
        output = tmp_path / "out"
        common = ("evaluate", "--model", str(folder), "--output", str(output))
        return main([*common, *arguments]), output

    return run


def _describe(result: dict[str, Any]) -> Section:
    return Section(title=f"Chapter {result['name']}", body=f"{result['clips']} clips")


def _finds(name: str) -> Work:
    return lambda setup: {"name": name, "clips": setup.clips}


def _raises(error: BaseException) -> Work:
    def work(_: Setup) -> dict[str, Any]:
        raise error

    return work


def test_all_parts_but_the_dear_ones_are_measured(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    found = {name: _finds(name) for name in ("a", "b", "c")}
    status, output = run("--clips", "9", dear="b", **found)
    assert status == 0
    assert sorted(path.name for path in (output / "results").iterdir()) == ["a.json", "c.json"]
    record = json.loads((output / "results" / "a.json").read_text())
    assert record["result"] == {"name": "a", "clips": 9}
    measured = record["measured"]
    assert (measured["model"], measured["clips"], measured["device"]) == ("tiny", 9, "cpu")
    assert len(measured["weights_hash"]) == 64 and measured["seconds"] >= 0
    text = (output / "report.md").read_text()
    assert "## Chapter a" in text and "## Chapter c" in text and "Chapter b" not in text
    captured = capsys.readouterr()
    assert captured.out.strip() == str(output / "report.md")
    assert "[1/2] a" in captured.err


def test_a_dear_part_is_measured_if_it_is_named(run: Callable[..., tuple[int, Path]]) -> None:
    status, output = run("b", "b", dear="b", a=_finds("a"), b=_finds("b"))
    assert status == 0
    assert [path.name for path in (output / "results").iterdir()] == ["b.json"]


def test_a_part_that_the_model_cannot_do_is_measured_only_if_it_is_named(
    run: Callable[..., tuple[int, Path]],
) -> None:
    status, output = run(unfit="a", a=_finds("a"), b=_finds("b"))
    assert status == 0
    assert [path.name for path in (output / "results").iterdir()] == ["b.json"]
    status, output = run("a", unfit="a", a=_finds("a"), b=_finds("b"))
    assert sorted(path.name for path in (output / "results").iterdir()) == ["a.json", "b.json"]


def test_a_part_that_fails_is_said_and_the_others_go_on(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    error = AudioError("the disk is round", expected="a flat one", advice="Press it")
    status, output = run(a=_raises(error), c=_finds("c"))
    assert status == 1
    assert "Error in a: The disk is round" in capsys.readouterr().err
    text = (output / "report.md").read_text()
    assert "The disk is round; expected a flat one. Press it." in text and "## Chapter c" in text


def test_stopping_keeps_what_is_finished(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    status, output = run(a=_finds("a"), b=_raises(KeyboardInterrupt()), c=_finds("c"))
    assert status == 130
    assert [path.name for path in (output / "results").iterdir()] == ["a.json"]
    assert "## Chapter a" in (output / "report.md").read_text()


def test_a_mistake_of_ours_is_not_hidden(run: Callable[..., tuple[int, Path]]) -> None:
    with pytest.raises(ZeroDivisionError):
        run(a=_raises(ZeroDivisionError()), c=_finds("c"))


def test_reading_measures_nothing(run: Callable[..., tuple[int, Path]]) -> None:
    _, output = run(a=_finds("a"))
    (output / "report.md").unlink()
    status, _ = run("--read", "--model", "no such model", a=_raises(AssertionError("measured")))
    assert status == 0 and "## Chapter a" in (output / "report.md").read_text()


def test_a_missing_package_is_said_in_words(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ModuleNotFoundError("No module named 'mido'", name="mido")
    status, output = run(a=_raises(missing), c=_finds("c"))
    assert status == 1 and (output / "results" / "c.json").is_file()
    assert "package mido is missing" in capsys.readouterr().err
    assert "magnet-studio\\[train\\]" in (output / "report.md").read_text()
    with pytest.raises(ModuleNotFoundError):
        run(a=_raises(ModuleNotFoundError("No module named 'engine.x'", name="engine.x")))


def test_without_matplotlib_nothing_is_measured_in_vain(
    run: Callable[..., tuple[int, Path]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    status, output = run(a=_raises(AssertionError("measured")))
    assert status == 1 and not output.exists()
    assert "pip install 'magnet-studio[train]'" in capsys.readouterr().err


def test_a_model_that_is_not_there_leaves_no_report(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    status, output = run("--model", "no such model", a=_finds("a"))
    assert status == 1 and not output.exists()
    assert "no such model" in capsys.readouterr().err


def test_minutes_reach_the_part_that_trains(run: Callable[..., tuple[int, Path]]) -> None:
    def spans(setup: Setup, *, minutes: float) -> dict[str, Any]:
        return {"name": "spans", "clips": minutes}

    _, output = run("--minutes", "1.5", spans=spans)
    assert "1.5 clips" in (output / "report.md").read_text()


def test_parts_are_listed_with_what_they_measure(
    run: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run("--list", dear="b", a=_finds("a"), b=_finds("b"))
    assert status == 0
    assert capsys.readouterr().out.splitlines() == [
        "a           About a.",
        "b           About b. (only if named)",
    ]


def test_the_cache_lies_with_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGNET_STUDIO_CACHE", str(tmp_path))
    assert evaluate.default_cache(Path("out")) == tmp_path / "evaluation"
    monkeypatch.setenv("MAGNET_STUDIO_CACHE", "off")
    assert evaluate.default_cache(Path("out")) == Path("out/cache")


def test_every_name_of_the_table_leads_to_its_part() -> None:
    assert {name: evaluate.find_part(name).name for name in evaluate.PARTS} == {
        name: name for name in evaluate.PARTS
    }


def test_the_help_waits_for_no_heavy_library(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import engine.cli.evaluate, sys; print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"
    assert main(["evaluate", "--help"]) == 0
    assert "codec, music, adherence" in " ".join(capsys.readouterr().out.split())
