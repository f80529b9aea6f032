"""The part "published": finding judges over HTTP and on disk, and going on without them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine.decode import Mode
from engine.errors import CheckpointError
from engine.evaluation import hub_part
from engine.evaluation.hub.clap import CLAP_FILE, WORDS_FILE, load_clap
from engine.evaluation.hub.passt import PASST_10_S, PASST_20_S, load_passt
from engine.evaluation.hub.vggish import VGGISH_FILE, load_vggish
from engine.evaluation.hub.weights import JUDGES_VARIABLE, JudgeFile, find_file
from engine.evaluation.hub_part import CODEC, GENERATED, OTHER, PART, REAL, Sets
from engine.evaluation.part import Setup
from tests.engine.checkpoints.hub_server import COMMIT, FakeHub
from tests.engine.evaluation.judge_files import (
    SMALL_CLAP,
    SMALL_PASST,
    SMALL_VGGISH,
    write_clap,
    write_judges,
    write_words,
)

_CONTENT = bytes(range(256)) * 40
_CLIENT = """
import sys
from dataclasses import replace
from pathlib import Path
from engine.errors import CheckpointError
from engine.evaluation.hub.clap import CLAP_FILE, WORDS_FILE, load_clap
from engine.evaluation.hub.weights import find_file
from tests.engine.evaluation.judge_files import SMALL_CLAP
try:
    clap = replace(CLAP_FILE, revision=sys.argv[1], n_bytes=None, sha256=sys.argv[2])
    words = replace(WORDS_FILE, revision=sys.argv[1])
    paths = [find_file(each, folder=None, cache=Path("nowhere")) for each in (clap, words)]
    if sys.argv[3:]:
        print("heard", load_clap(*paths, SMALL_CLAP).read(["calm piano"]).shape)
    print("found", paths[0].parent.name, paths[1].parent.name)
except CheckpointError as error:
    print("error", error)
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    files = {
        (CLAP_FILE.repo, CLAP_FILE.name): write_clap(tmp_path / "clap.pt").read_bytes(),
        (WORDS_FILE.repo, WORDS_FILE.name): write_words(tmp_path / "words.json").read_bytes(),
        ("somebody/releases", "weights.pt"): _CONTENT,
    }
    with FakeHub(files=files).serving() as hub:
        yield hub


def _fetch_clap(hub: FakeHub, cache: Path, *arguments: str, **environment: str) -> str:
    """In a process of its own: the Hub's client reads its environment once, when imported."""
    settings = {"HF_ENDPOINT": hub.address, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "0",
                "HF_HUB_ETAG_TIMEOUT": "3", "NO_PROXY": "*", **environment}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, COMMIT, *arguments],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_clap_is_fetched_from_the_hub_at_its_commit_and_then_serves_offline(
    hub: FakeHub, tmp_path: Path
) -> None:
    digest = sha256(hub.files[CLAP_FILE.repo, CLAP_FILE.name]).hexdigest()
    found = f"found {COMMIT} {COMMIT}\n"
    answer = _fetch_clap(hub, tmp_path / "cache", digest, "load")
    assert answer == "heard (1, 8)\n" + found
    hub.asked.clear()
    assert _fetch_clap(hub, tmp_path / "cache", digest, HF_HUB_OFFLINE="1") == found
    assert not hub.asked


@pytest.fixture
def _online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets this process fetch; the stand-in on loopback is all that these tests ask."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("no_proxy", "*")


def _release(hub: FakeHub, **facts: object) -> JudgeFile:
    url = f"{hub.address}/somebody/releases/resolve/main/weights.pt"
    return replace(JudgeFile(name="weights.pt", url=url), **facts)  # type: ignore[arg-type]


@pytest.mark.usefixtures("_online")
def test_a_release_is_fetched_once_and_kept(hub: FakeHub, tmp_path: Path) -> None:
    file = _release(hub, n_bytes=len(_CONTENT), sha256=sha256(_CONTENT).hexdigest()[:8])
    for _ in range(2):
        path = find_file(file, folder=None, cache=tmp_path / "kept")
        assert path.read_bytes() == _CONTENT
    assert [method for method, _, _ in hub.asked] == ["GET"]


@pytest.mark.usefixtures("_online")
@pytest.mark.parametrize(
    ("facts", "breaks", "words"),
    [
        ({"n_bytes": len(_CONTENT)}, [1000], "1,000 bytes; expected 10,240"),
        ({"sha256": "00000000"}, [], "expected one that begins with 00000000"),
        ({"url": "http://127.0.0.1:9/weights.pt"}, [], "could not be fetched"),
    ],
)
def test_a_failed_download_leaves_nothing_that_passes_for_a_file(
    facts: dict[str, object], breaks: list[int], words: str, hub: FakeHub, tmp_path: Path
) -> None:
    hub.break_after[:] = breaks
    with pytest.raises(CheckpointError, match=words):
        find_file(_release(hub, **facts), folder=None, cache=tmp_path / "kept")
    assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]


def test_offline_a_release_is_not_asked_for(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=f"HF_HUB_OFFLINE is set.*{JUDGES_VARIABLE}"):
        find_file(_release(hub), folder=None, cache=tmp_path)
    assert not hub.asked


def test_a_local_folder_comes_first(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(_CONTENT)
    file = JudgeFile(name="weights.pt", repo="somebody/else", n_bytes=len(_CONTENT))
    assert find_file(file, folder=tmp_path, cache=tmp_path) == tmp_path / "weights.pt"
    with pytest.raises(CheckpointError, match="10,240 bytes; expected 7"):
        find_file(replace(file, n_bytes=7), folder=tmp_path, cache=tmp_path)


def _setup(tmp_path: Path) -> Setup:
    return Setup(model=SimpleNamespace(), cache=tmp_path / "cache", clips=8)  # type: ignore[arg-type]


@pytest.fixture
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No judge in any place, and nothing that may be generated."""
    monkeypatch.delenv(JUDGES_VARIABLE, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub_part, "_sets", lambda setup: pytest.fail("wrote clips for nobody"))


@pytest.mark.usefixtures("_empty")
def test_without_judges_the_evaluation_goes_on_and_says_how_to_get_them(tmp_path: Path) -> None:
    result = json.loads(json.dumps(PART.measure(_setup(tmp_path))))
    assert result["available"] is False
    assert [judge["available"] for judge in result["judges"]] == [False] * 3
    assert all("HF_HUB_OFFLINE is set" in judge["why"] for judge in result["judges"])
    section = PART.describe(result)
    for file in (VGGISH_FILE, PASST_20_S, CLAP_FILE, WORDS_FILE):
        assert file.address in section.body
    assert JUDGES_VARIABLE in section.body and not section.plots


@pytest.fixture
def _small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of small judges, which the published digests would refuse."""
    folder = write_judges(tmp_path / "judges")
    monkeypatch.setenv(JUDGES_VARIABLE, str(folder))

    def find(file: JudgeFile, *, folder: Path | None, cache: Path) -> Path:
        assert folder is not None
        unpinned = replace(file, n_bytes=None, sha256="")
        return find_file(unpinned, folder=folder, cache=cache)

    monkeypatch.setattr(hub_part, "find_file", find)
    for load, sizes in (
        (load_vggish, SMALL_VGGISH), (load_passt, SMALL_PASST), (load_clap, SMALL_CLAP),
    ):  # fmt: skip
        monkeypatch.setattr(hub_part, load.__name__, partial(load, sizes=sizes))


def _noises(n: int, seed: int, level: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, (n, 64_000)).astype(np.float32)


def _two_seconds(setup: Setup) -> Sets:
    real = _noises(4, 0, 0.1)
    tone = np.sin(np.arange(64_000) / 5).astype(np.float32)
    clips = {
        REAL: real, OTHER: _noises(4, 1, 0.1), CODEC: real * 0.5, GENERATED: np.stack([tone] * 4),
    }  # fmt: skip
    captions = ("calm piano", "loud drums", "calm drums", "loud piano")
    rates_hz = dict.fromkeys(clips, 32_000)
    return Sets(captions=captions, clips=clips, rates_hz=rates_hz, mode=Mode.HYBRID)


@pytest.mark.usefixtures("_small")
def test_with_judges_there_is_a_figure_for_every_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_part, "_sets", _two_seconds)
    result = json.loads(json.dumps(PART.measure(_setup(tmp_path))))
    assert result["available"] and all(judge["available"] for judge in result["judges"])
    fads = {row["name"]: row["value"] for row in result["fad"]["rows"]}
    assert fads.keys() == {REAL, CODEC, GENERATED}
    # half as loud is the same to FAD; a tone is far from noise
    assert fads[CODEC] == pytest.approx(fads[REAL], rel=0.05)
    assert fads[GENERATED] > 3 * fads[REAL]
    kls = {row["name"]: row for row in result["kl"]["rows"]}
    assert kls.keys() == {OTHER, CODEC, GENERATED}
    assert all(row["low"] <= row["value"] <= row["high"] for row in kls.values())
    assert len(result["clap"]["rows"]) == 6 and result["kl"]["seconds"] == 10
    section = PART.describe(result)
    assert "windows are few for 6 dimensions" in section.body
    assert "; CC0-1.0, MIT" in section.body
    assert "Not measured" not in section.body and len(section.plots) == 2


@pytest.mark.usefixtures("_small")
def test_one_missing_judge_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_part, "_sets", _two_seconds)
    (tmp_path / "judges" / VGGISH_FILE.name).write_bytes(b"torn")
    (tmp_path / "judges" / CLAP_FILE.name).unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    result = PART.measure(_setup(tmp_path))
    assert [judge["available"] for judge in result["judges"]] == [False, True, False]
    assert "kl" in result and "fad" not in result and "clap" not in result
    body = PART.describe(result).body
    assert "vggish-10086976.pth cannot be read" in body and "PaSST, clips of up to 10 s" in body


@pytest.mark.usefixtures("_small")
def test_the_other_passt_is_taken_where_it_is_the_only_one(tmp_path: Path) -> None:
    folder = tmp_path / "judges"
    assert hub_part._find_passt(tmp_path) == [folder / PASST_20_S.name]
    (folder / PASST_20_S.name).rename(folder / PASST_10_S.name)
    assert hub_part._find_passt(tmp_path) == [folder / PASST_10_S.name]


def test_a_file_s_own_words_are_no_markup() -> None:
    judge = {"name": "CLAP", "available": False, "why": "![x](http://y) <b>", "get": ["z"]}
    result = {"available": False, "mode": None, "judges": [judge]}
    body = PART.describe(result).body
    assert "![x]" not in body and "<b>" not in body and "Files: z" in body


def test_a_blind_clap_is_called_one() -> None:
    rows = [{"name": REAL, "value": 0.4, "low": 0.3, "high": 0.5}]
    result = {"available": True, "clips": 8, "mode": "hybrid", "preset": "balanced", "judges": [],
              "clap": {"sameness": 0.9993, "rows": rows}}  # fmt: skip
    assert "nearly the same answer to every caption" in PART.describe(result).body
    result["clap"]["sameness"] = 0.3  # type: ignore[index]
    assert "nearly the same" not in PART.describe(result).body


def test_pictures_are_drawn() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    rows = [{"name": REAL, "value": 1.0}, {"name": GENERATED, "value": 3.0}]
    section = PART.describe(
        {"available": True, "clips": 8, "mode": "hybrid", "preset": "balanced", "judges": [],
         "fad": {"windows": 2000, "dimensions": 128, "rows": rows}}
    )  # fmt: skip
    figure, axes = pyplot.subplots()
    section.plots[0].draw(axes)
    assert [bar.get_width() for bar in axes.patches] == [1.0, 3.0]
    pyplot.close(figure)
