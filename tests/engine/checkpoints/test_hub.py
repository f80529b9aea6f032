"""Fetching models over HTTP from a stand-in of the Hub, with every way in which it can fail."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.checkpoints.hub import PUBLISHED, _explained
from engine.errors import CheckpointError
from tests.engine.checkpoints.hub_server import COMMIT, FakeHub

REPO = PUBLISHED["magnet-small-10secs"].repo
_STATE = bytes(range(256)) * 4096
_CLIENT = """
import json, sys
from engine.checkpoints.hub import PUBLISHED, fetch_model, fetch_part
from engine.errors import CheckpointError
name, revision = sys.argv[1], sys.argv[2] or None
seen = []
try:
    if name in PUBLISHED:
        folder = fetch_model(PUBLISHED[name], revision=revision, report=seen.append)
    else:
        folder = fetch_part(name, report=seen.append)
    last = {each.file: [each.done, each.total] for each in seen}
    print(json.dumps({"folder": str(folder), "last": last}))
except CheckpointError as error:
    print(json.dumps({"error": str(error)}))
"""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    files = {(REPO, "state_dict.bin"): _STATE, (REPO, "compression_state_dict.bin"): b"codec"}
    with FakeHub(files=files).serving() as hub:
        yield hub


def _ask(hub: FakeHub, cache: Path, name: str, revision: str = "", **environment: str) -> dict:
    """Fetch in a process of its own: the client reads its environment once, when imported."""
    settings = {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_ETAG_TIMEOUT": "3",
        "NO_PROXY": "*",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, name, revision],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_model_arrives_whole_with_its_progress(hub: FakeHub, tmp_path: Path) -> None:
    answer = _ask(hub, tmp_path, "magnet-small-10secs")
    folder = Path(answer["folder"])
    assert folder.name == COMMIT
    assert (folder / "state_dict.bin").read_bytes() == _STATE
    assert (folder / "compression_state_dict.bin").read_bytes() == b"codec"
    assert answer["last"]["state_dict.bin"] == [len(_STATE), len(_STATE)]


def test_all_files_are_of_one_commit(hub: FakeHub, tmp_path: Path) -> None:
    _ask(hub, tmp_path, "magnet-small-10secs")
    asked = [path for method, path, _ in hub.asked if method == "HEAD"]
    assert asked == [
        f"/{REPO}/resolve/main/state_dict.bin",
        f"/{REPO}/resolve/{COMMIT}/compression_state_dict.bin",
    ]


def test_a_second_time_nothing_is_downloaded_again(hub: FakeHub, tmp_path: Path) -> None:
    first = _ask(hub, tmp_path, "magnet-small-10secs")
    hub.asked.clear()
    assert _ask(hub, tmp_path, "magnet-small-10secs")["folder"] == first["folder"]
    assert not [path for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path]


def test_what_is_there_serves_without_a_network(hub: FakeHub, tmp_path: Path) -> None:
    first = _ask(hub, tmp_path, "magnet-small-10secs")
    hub.asked.clear()
    again = _ask(hub, tmp_path, "magnet-small-10secs", HF_HUB_OFFLINE="1")
    assert again["folder"] == first["folder"] and not hub.asked


def test_no_network_and_no_copy_is_said(hub: FakeHub, tmp_path: Path) -> None:
    answer = _ask(hub, tmp_path, "magnet-small-10secs", HF_ENDPOINT="http://127.0.0.1:9")
    assert "not on this computer, and the Hub cannot be reached" in answer["error"]


def test_a_broken_download_goes_on_where_it_stopped(hub: FakeHub, tmp_path: Path) -> None:
    whole = _STATE * 24  # the client keeps what has arrived in pieces of 10 MB
    hub.files[REPO, "state_dict.bin"] = whole
    hub.break_after[:] = [21 * 2**20]
    answer = _ask(hub, tmp_path, "magnet-small-10secs")
    assert (Path(answer["folder"]) / "state_dict.bin").read_bytes() == whole
    starts = [wanted for method, _, wanted in hub.asked if method == "GET" and wanted]
    assert len(starts) == 1 and int(starts[0].removeprefix("bytes=").rstrip("-")) > 0


def test_a_revision_can_be_pinned(hub: FakeHub, tmp_path: Path) -> None:
    assert Path(_ask(hub, tmp_path, "magnet-small-10secs", COMMIT)["folder"]).name == COMMIT
    answer = _ask(hub, tmp_path, "magnet-small-10secs", "no-such-branch")
    assert "no such revision" in answer["error"]


def test_refusals_are_explained(hub: FakeHub, tmp_path: Path) -> None:
    assert "knows no facebook/musicgen-small" in _ask(hub, tmp_path, "musicgen-small")["error"]
    hub.gated.add(REPO)
    assert "set HF_TOKEN" in _ask(hub, tmp_path, "magnet-small-10secs")["error"]
    hub.gated.clear()
    del hub.files[REPO, "compression_state_dict.bin"]
    answer = _ask(hub, tmp_path, "magnet-small-10secs")
    assert "magnet-small-10secs has no compression_state_dict.bin" in answer["error"]


def test_a_text_encoder_may_lack_what_is_optional(hub: FakeHub, tmp_path: Path) -> None:
    for file in ("config.json", "model.safetensors", "spiece.model", "tokenizer.json"):
        hub.files["google-t5/t5-base", file] = file.encode()
    folder = Path(_ask(hub, tmp_path, "t5-base")["folder"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "model.safetensors", "spiece.model", "tokenizer.json",
    ]  # fmt: skip


def test_a_file_cannot_name_what_is_downloaded(hub: FakeHub, tmp_path: Path) -> None:
    assert "needs 'somebody/else'" in _ask(hub, tmp_path, "somebody/else")["error"]
    assert not hub.asked


def test_a_full_disk_is_explained() -> None:
    error = _explained(OSError(errno.ENOSPC, "No space left on device"), "a/b", "c.bin")
    assert isinstance(error, CheckpointError) and "no room on the disk" in str(error).lower()


def test_published_names_are_unique_and_complete() -> None:
    assert len(PUBLISHED) == 12
    assert all(name == model.name for name, model in PUBLISHED.items())
    assert {model.licence for model in PUBLISHED.values()} == {"CC-BY-NC-4.0"}
