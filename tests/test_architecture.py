"""The rules of the layout: one arrow between the packages, short files, named packages."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path for name in ("engine", "studio") for path in (ROOT / name).rglob("*.py"))
MAX_LINES = 320

LONGER_FOR_A_REASON: dict[str, str] = {}
"""Path from the root, and why the file may be longer than the rest."""


def _imported(path: Path) -> Iterator[str]:
    """The full name of each module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_imports_neither_gradio_nor_studio(path: Path) -> None:
    if path.is_relative_to(ROOT / "engine"):
        roots = {name.partition(".")[0] for name in _imported(path)}
        assert not roots & {"gradio", "studio"}


def test_importing_the_engine_brings_no_web_along() -> None:
    done = _run(
        "import sys, engine, engine.cli, engine.knobs, engine.audio, engine.decode.requests\n"
        "print(sorted({'gradio', 'studio', 'fastapi'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    done = _run(
        "import sys, engine.cli\n"
        "print(sorted({'torch', 'transformers', 'librosa', 'scipy'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_no_module_imports_relatively() -> None:
    assert not [
        (path, name) for path in MODULES for name in _imported(path) if name.startswith(".")
    ]


def test_files_are_short_or_have_a_reason() -> None:
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    too_long = {name for name, n_lines in lines.items() if n_lines > MAX_LINES}
    assert too_long == set(LONGER_FOR_A_REASON)


def test_every_folder_of_code_is_a_package_that_says_what_it_is_for() -> None:
    for folder in {path.parent for path in MODULES}:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), folder


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_the_installed_commands_can_be_loaded() -> None:
    project = _project()
    plugins = project["entry-points"]["magnet_studio.commands"]
    for place in (*project["scripts"].values(), *plugins.values()):
        assert callable(pkgutil.resolve_name(place))


def test_the_space_asks_for_what_the_package_does_less_what_a_space_brings() -> None:
    project = _project()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = {line for line in lines if line and not line.startswith("#")}
    brought = {
        need for need in project["dependencies"] if re.match(r"(gradio|huggingface-hub)\b", need)
    }
    assert len(brought) == 2
    assert asked == set(project["dependencies"]) - brought


def test_every_dependency_has_a_tested_version() -> None:
    project = _project()
    needs = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(), re.M))
    assert {re.match(r"[a-z0-9-]+", need).group() for need in needs} <= pinned  # type: ignore[union-attr]
