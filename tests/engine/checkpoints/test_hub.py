"""Fetching models over HTTP from a stand-in of the Hub, with every way in which it can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.checkpoints.hub import PUBLISHED, Progress, _bar
from tests.engine.checkpoints.hub_server import COMMIT, FakeHub

REPO = PUBLISHED["magnet-small-10secs"].repo
_STATE = bytes(range(256)) * 4096
_NOTHING_LISTENS = "http://127.0.0.1:9"
_CLIENT = """
import json, sys
from engine.checkpoints import hub
from engine.errors import CheckpointError
name, revision = sys.argv[1], sys.argv[2] or None
seen, answer = [], {}
try:
    if name in hub.PUBLISHED:
        folder = hub.fetch_model(hub.PUBLISHED[name], revision=revision, report=seen.append)
    else:
        folder = hub.fetch_part(name, report=seen.append)
    answer["folder"] = str(folder)
except CheckpointError as error:
    answer["error"] = str(error)
answer["last"] = {f"{each.repo}/{each.file}": [each.done, each.total] for each in seen}
answer["rises"] = all(a.done <= b.done for a, b in zip(seen, seen[1:]) if a.file == b.file)
here = hub.is_model_here(hub.PUBLISHED[name]) if name in hub.PUBLISHED else hub.is_part_here(name)
print(json.dumps({**answer, "here": here}))
"""

_FULL_DISK = """
import errno
from huggingface_hub import file_download
def fill(url, file, **rest):
    file.write(b"x" * 1000)
    raise OSError(errno.ENOSPC, "No space left on device")
file_download.http_get = fill
"""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    files = {(REPO, "state_dict.bin"): _STATE, (REPO, "compression_state_dict.bin"): b"codec"}
    with FakeHub(files=files).serving() as hub:
        yield hub


def _ask(
    hub: FakeHub, cache: Path, name: str, revision: str = "", *, first: str = "", **environment: str
) -> dict:
    """Fetch in a process of its own: the client reads its environment once, when imported.

    Args:
        first: code to run before.
    """
    settings = {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_ETAG_TIMEOUT": "3",
        "NO_PROXY": "*",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", first + _CLIENT, name, revision],
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
    assert answer["last"][f"{REPO}/state_dict.bin"] == [len(_STATE), len(_STATE)]
    assert answer["rises"] and answer["here"]


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
    answer = _ask(hub, tmp_path, "magnet-small-10secs", HF_ENDPOINT=_NOTHING_LISTENS)
    assert "not on this computer, and the Hub cannot be reached" in answer["error"]
    assert not answer["here"]


def test_being_offline_on_purpose_is_not_called_a_broken_network(
    hub: FakeHub, tmp_path: Path
) -> None:
    answer = _ask(hub, tmp_path, "magnet-small-10secs", HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set" in answer["error"] and not hub.asked


def test_a_broken_download_goes_on_where_it_stopped(hub: FakeHub, tmp_path: Path) -> None:
    whole = _STATE * 24  # the client keeps what has arrived in pieces of 10 MB
    hub.files[REPO, "state_dict.bin"] = whole
    hub.break_after[:] = [21 * 2**20]
    answer = _ask(hub, tmp_path, "magnet-small-10secs")
    assert (Path(answer["folder"]) / "state_dict.bin").read_bytes() == whole
    starts = [wanted for method, _, wanted in hub.asked if method == "GET" and wanted]
    assert len(starts) == 1 and int(starts[0].removeprefix("bytes=").rstrip("-")) > 0
    assert answer["last"][f"{REPO}/state_dict.bin"] == [len(whole), len(whole)]


def test_after_an_interruption_files_that_are_whole_are_not_fetched_again(
    hub: FakeHub, tmp_path: Path
) -> None:
    codec = hub.files.pop((REPO, "compression_state_dict.bin"))
    assert "error" in _ask(hub, tmp_path, "magnet-small-10secs")
    hub.files[REPO, "compression_state_dict.bin"] = codec
    hub.asked.clear()
    assert "folder" in _ask(hub, tmp_path, "magnet-small-10secs")
    fetched = [path for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path]
    assert fetched == [f"/{REPO}/resolve/{COMMIT}/compression_state_dict.bin"]


def test_a_revision_can_be_pinned(hub: FakeHub, tmp_path: Path) -> None:
    assert Path(_ask(hub, tmp_path, "magnet-small-10secs", COMMIT)["folder"]).name == COMMIT
    answer = _ask(hub, tmp_path, "magnet-small-10secs", "no-such-branch")
    assert "no such revision" in answer["error"]


def test_a_pinned_commit_that_is_there_asks_no_network(hub: FakeHub, tmp_path: Path) -> None:
    _ask(hub, tmp_path, "magnet-small-10secs", COMMIT)
    hub.asked.clear()
    assert Path(_ask(hub, tmp_path, "magnet-small-10secs", COMMIT)["folder"]).name == COMMIT
    assert not [path for _, path, _ in hub.asked if "/resolve/" in path]


def test_a_token_is_sent_when_it_is_set_and_only_then(hub: FakeHub, tmp_path: Path) -> None:
    _ask(hub, tmp_path / "without", "magnet-small-10secs", HF_TOKEN="")
    assert set(hub.tokens) == {None}
    hub.tokens.clear()
    _ask(hub, tmp_path / "with", "magnet-small-10secs", HF_TOKEN="hf_mine")
    assert set(hub.tokens) == {"Bearer hf_mine"}


def test_a_token_that_is_not_accepted_is_said(hub: FakeHub, tmp_path: Path) -> None:
    hub.bad_tokens.add("hf_old")
    answer = _ask(hub, tmp_path, "magnet-small-10secs", HF_TOKEN="hf_old")
    assert "does not accept HF_TOKEN" in answer["error"] and "hf_old" not in answer["error"]


def test_a_disk_that_fills_up_leaves_nothing_that_passes_for_a_model(
    hub: FakeHub, tmp_path: Path
) -> None:
    answer = _ask(hub, tmp_path, "magnet-small-10secs", first=_FULL_DISK)
    assert answer["error"].startswith("No room on the disk for state_dict.bin of facebook/")
    assert not answer["here"] and not list(tmp_path.rglob("state_dict.bin"))
    assert "folder" in _ask(hub, tmp_path, "magnet-small-10secs")


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


def test_the_storage_of_the_hub_reports_each_byte_once() -> None:
    """It has one count for the network and one for the disk, and a bar for each if it may."""
    from huggingface_hub.utils._xet_progress_reporting import XetDownloadProgressReporter

    seen: list[Progress] = []
    with XetDownloadProgressReporter(
        reconstruction_desc="", log_level=30, tqdm_class=_bar("a/b", "c.bin", seen.append)
    ) as bars:
        for on_disk, received in ((0, 40), (30, 60), (100, 60)):
            state = SimpleNamespace(
                total_bytes=100,
                total_bytes_completed=on_disk,
                total_transfer_bytes_completed=received,
                total_bytes_completion_rate=1.0,
                total_transfer_bytes_completion_rate=1.0,
            )
            bars.update_progress(state)
    assert [each.done for each in seen] == [30, 100] and seen[-1].total == 100


def test_what_a_report_raises_stops_the_fetching(hub: FakeHub, tmp_path: Path) -> None:
    stop = """
from engine.checkpoints import hub
def stop(progress):
    raise KeyError("nobody waits")
try:
    hub.fetch_model(hub.PUBLISHED["magnet-small-10secs"], report=stop)
except KeyError:
    pass
"""
    _ask(hub, tmp_path, "musicgen-small", first=stop)
    fetched = [path for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path]
    assert fetched == [f"/{REPO}/resolve/main/state_dict.bin"]
    assert not list(tmp_path.rglob("state_dict.bin"))
