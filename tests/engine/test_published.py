"""A published model by its name, over HTTP, to a sound file: the whole way of a user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import soundfile

from tests.engine.checkpoints.hub_server import FakeHub
from tests.engine.golden import GOLDEN


def _hub() -> FakeHub:
    files = {
        ("facebook/magnet-small-10secs", name): (GOLDEN / "plain/checkpoint" / name).read_bytes()
        for name in ("state_dict.bin", "compression_state_dict.bin")
    }
    for path in (GOLDEN / "plain/checkpoint/t5").iterdir():
        files["google-t5/t5-base", path.name] = path.read_bytes()
    return FakeHub(files=files)


def test_a_published_model_plays_from_the_command_line(tmp_path: Path) -> None:
    sound = tmp_path / "rock.wav"
    with _hub().serving() as hub:
        done = subprocess.run(
            [
                sys.executable, "-m", "engine.cli", "generate", "happy rock", "-o", str(sound),
                "--model", "magnet-small-10secs", "--mode", "parallel", "--duration-s", "2",
                "--steps", "2,1,1,1", "--json",
            ],
            env={
                **os.environ,
                "HF_ENDPOINT": hub.address,
                "HF_HOME": str(tmp_path / "cache"),
                "HF_HUB_OFFLINE": "0",
                "NO_PROXY": "*",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["model"] == "magnet-small-10secs" and facts["licence"] == "CC-BY-NC-4.0"
    samples, rate = soundfile.read(sound)
    assert rate == 32000 and samples.shape == (64000,)
