"""The command as a whole: its parts, its plugins, its exit status."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from engine.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["generate"],
        ["generate", "x"],
        ["generate", "x", "-o", "a.wav", "--duration-s", "long"],
        ["generate", "x", "-o", "a.wav", "--steps", "1,2,x,4"],
        ["generate", "x", "-o", "a.wav", "--mode", "magic"],
        ["generate", "x", "-o", "a.wav", "--nonsense"],
        ["compose"],
    ],
)
def test_wrong_usage_has_its_own_status(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "Usage:" in capsys.readouterr().err


def _run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shlex.quote(sys.executable)} -m engine.cli {command}"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_reader_that_has_enough_is_no_error_to_speak_of() -> None:
    done = _run("generate --help | true")
    assert done.returncode in (0, 1) and not done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk always full")
def test_a_full_disk_is_one_line() -> None:
    done = _run("--version > /dev/full")
    assert done.returncode != 0
    assert done.stderr.startswith("Error: ") and "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def _plugin(monkeypatch: pytest.MonkeyPatch, load: Any) -> None:
    plugin = SimpleNamespace(name="extra", load=load)
    monkeypatch.setattr("engine.cli.entry_points", lambda group: [plugin])


def test_other_packages_add_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def extra() -> None:
        """Something more."""
        click.echo("more")

    _plugin(monkeypatch, lambda: extra)
    assert main(["--help"]) == 0
    assert "Something more." in capsys.readouterr().out
    assert main(["extra"]) == 0
    assert capsys.readouterr().out == "more\n"


def test_a_command_that_does_not_load_does_not_take_the_others_along(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load() -> None:
        raise ImportError("No module named 'gradio'")

    _plugin(monkeypatch, load)
    assert main(["--help"]) == 0
    assert "generate" in capsys.readouterr().out
    assert main(["extra", "--flag", "word"]) == 1
    assert "No module named 'gradio'" in capsys.readouterr().err


def test_training_has_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("data", "codec", "tokens", "lm"))


def test_help_and_version_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert "0.1.0" in capsys.readouterr().out
    assert main(["generate", "--help"]) == 0
    assert "--opening-top-k" in capsys.readouterr().out
