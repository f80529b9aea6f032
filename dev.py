#!/usr/bin/env python3
"""Everything a checkout needs, with nothing but Python 3.10 to 3.13 installed.

    python3 dev.py run  [options of `magnet-studio serve`]   start the app
    python3 dev.py test [options of pytest]                  run the tests
    python3 dev.py check                                     lint, format, types and tests

Each makes the environment .venv where it is missing and installs the tested versions; the next
time that takes no time. Before the command may stand:

    --torch-index URL   where to get torch from, such as https://download.pytorch.org/whl/cpu,
                        which on Linux without an NVIDIA GPU saves gigabytes of CUDA
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
RUN, DEVELOP = "run", "develop"
EXTRAS = {RUN: "", DEVELOP: "[dev,train]"}

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOUNDFONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/local/share/soundfonts/FluidR3_GM.sf2",
    "/opt/homebrew/share/soundfonts/FluidR3_GM.sf2",
)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit status."""
    rest = list(arguments)
    torch_index = None
    if rest[:1] == ["--torch-index"] and len(rest) > 1:
        torch_index, rest = rest[1], rest[2:]
    command = rest.pop(0) if rest else "help"
    if command in ("help", "-h", "--help"):
        print(__doc__)
        return 0
    if command not in ("run", "test", "check"):
        print(f"There is no command {command!r}.\n{__doc__}", file=sys.stderr)
        return 2
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        found = ".".join(map(str, sys.version_info[:2]))
        print(f"This is Python {found}; start dev.py with 3.10 to 3.13.", file=sys.stderr)
        return 1
    if not install(RUN if command == "run" else DEVELOP, torch_index):
        return 1
    if command == "run":
        return call(PYTHON, "-m", "engine.cli", "serve", *rest)
    install_system_needs()
    if command == "test":
        return test(rest)
    tools = ("ruff check .", "ruff format --check .", "mypy")
    failures = [call(PYTHON, "-m", *tool.split()) for tool in tools] + [test(rest)]
    return int(any(failures))


def test(arguments: Sequence[str]) -> int:
    """Run pytest in two processes; what this machine cannot do is left out by its marker, and said.

    Much of the time goes into waiting for a browser. A file's tests stay together, for what they
    share is made once in each process.
    """
    if not any(argument.startswith(("-n", "--numprocesses")) for argument in arguments):
        arguments = ["-n", "2", "--dist", "loadfile", *arguments]
        # Two teams of threads on the same cores would wait for each other.
        os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    left_out = ["hub"] if has_nvidia_gpu() else ["hub", "gpu"]
    if any(argument.startswith("-m") for argument in arguments):
        return call(PYTHON, "-m", "pytest", *arguments)
    print(f"Left out unless asked for with -m: tests marked {' or '.join(left_out)}.", flush=True)
    selection = " and ".join(f"not {marker}" for marker in left_out)
    return call(PYTHON, "-m", "pytest", "-m", selection, *arguments)


def install(wanted: str, torch_index: str | None) -> bool:
    """Make .venv hold the tested versions; quick when nothing has changed since the last time."""
    if not PYTHON.exists() and not make_environment():
        return False
    current = fingerprint()
    # What develops also runs.
    if any(stamp(each) == current for each in {wanted, DEVELOP}):
        return True
    if torch_index is None and sys.platform == "linux" and not has_nvidia_gpu():
        print(
            "No NVIDIA GPU found. If torch now pulls gigabytes of CUDA, stop and start again with\n"
            f"    python3 dev.py --torch-index https://download.pytorch.org/whl/cpu {wanted}",
            flush=True,
        )
    pip = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-c", CONSTRAINTS)
    index = ("--index-url", torch_index) if torch_index else ()
    # torch alone and first: its index serves nothing else in the versions wanted.
    failed = call(*pip, *index, "--no-deps", "torch") or call(*pip, "-e", f".{EXTRAS[wanted]}")
    if failed:
        print("The installation failed; what pip says above is the reason.", file=sys.stderr)
        return False
    stamp_path(wanted).write_text(current, encoding="utf-8")
    return True


def make_environment() -> bool:
    """Create .venv; a half-made one is removed, to be made anew the next time."""
    print(f"Making {VENV.name} with Python {sys.version.split()[0]} ...", flush=True)
    if call(sys.executable, "-m", "venv", VENV) == 0:
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    print(
        "Python could not make an environment. On Debian and Ubuntu: apt install python3-venv.",
        file=sys.stderr,
    )
    return False


def fingerprint() -> str:
    """Of all that decides what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp_path(wanted: str) -> Path:
    """The file that remembers an installation."""
    return VENV / f"installed-{wanted}.sha256"


def stamp(wanted: str) -> str:
    """The fingerprint of the last installation that succeeded; empty if there was none."""
    path = stamp_path(wanted)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def install_system_needs() -> None:
    """What pip cannot bring: a browser, and for the composer FluidSynth with its sounds.

    Where this fails the tests that need it fail, and say so; the others run.
    """
    if not any(map(shutil.which, BROWSERS)) and not apt_install("chromium"):
        call(PYTHON, "-m", "playwright", "install", "chromium")
    fluidsynth = ctypes.util.find_library("fluidsynth")
    soundfont = os.environ.get("MAGNET_STUDIO_SOUNDFONT") or any(map(os.path.exists, SOUNDFONTS))
    if not (fluidsynth and soundfont) and not apt_install("fluidsynth", "fluid-soundfont-gm"):
        print(
            "FluidSynth or its soundfont is missing, so the composer's tests will fail.\n"
            "macOS: brew install fluid-synth; then set MAGNET_STUDIO_SOUNDFONT to FluidR3_GM.sf2.",
            file=sys.stderr,
            flush=True,
        )


def apt_install(*packages: str) -> bool:
    """Install Debian packages if that needs nobody's password; False if it cannot or fails."""
    if not shutil.which("apt-get"):
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (not shutil.which("sudo") or call(*as_root, "true", quiet=True)):
        return False
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    call(*apt, "update")
    return call(*apt, "install", "--yes", "--no-install-recommends", *packages) == 0


def has_nvidia_gpu() -> bool:
    """Whether the driver's own tool sees one."""
    return bool(shutil.which("nvidia-smi")) and call("nvidia-smi", "-L", quiet=True) == 0


def call(*command: str | Path, quiet: bool = False) -> int:
    """Run a command in the checkout and return its exit status."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.call([str(part) for part in command], cwd=ROOT, stdout=sink, stderr=sink)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
