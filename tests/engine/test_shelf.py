"""Models are kept, dropped and shared as promised, whoever asks from whatever thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine import shelf as module
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.errors import CheckpointError, DeviceError
from engine.shelf import Shelf
from tests.engine.tiny_model import write_tiny_model

NAMES = ("a", "b", "c", "d")


class Model:
    """Stands for a loaded model; refers to itself, as networks do."""

    def __init__(self, name: str) -> None:
        self.name, self.itself = name, self


class Loader:
    """Stands for `engine.music.load` and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda name: None

    def __call__(self, name: str, **settings: Any) -> Any:
        self.asked.append(name)
        self.settings = settings
        self.before(name)
        return Model(name)


@pytest.fixture
def loader() -> Loader:
    return Loader()


def _shelf(loader: Loader, **settings: Any) -> Shelf:
    return Shelf(**{"device": "cpu", "load": loader, "allowed": NAMES, **settings})


def test_a_model_is_loaded_once(loader: Loader) -> None:
    shelf = _shelf(loader)
    assert not shelf.is_loaded("a")
    assert shelf.get("a") is shelf.get("a") and shelf.is_loaded("a")
    assert loader.asked == ["a"] and loader.settings["device"] == "cpu"


def test_what_was_not_used_for_longest_makes_room(loader: Loader) -> None:
    shelf = _shelf(loader, keep=2)
    for name in ("a", "b", "a", "c"):
        shelf.get(name)
    assert shelf.loaded() == ("a", "c") and loader.asked == ["a", "b", "c"]


def test_room_is_made_before_the_next_is_loaded(loader: Loader) -> None:
    shelf = _shelf(loader, keep=2)
    there: list[tuple[str, ...]] = []
    loader.before = lambda name: there.append(shelf.loaded())
    for name in ("a", "b", "c"):
        shelf.get(name)
    assert there == [(), ("a",), ("b",)]


@pytest.mark.parametrize("drop", ["another", "unload"])
def test_a_dropped_model_is_gone_from_memory(loader: Loader, drop: str) -> None:
    shelf = _shelf(loader, keep=1)
    gc.collect()
    gc.disable()  # it is the shelf that must collect
    try:
        model = weakref.ref(shelf.get("a"))
        shelf.get("b") if drop == "another" else shelf.unload("a")
        assert model() is None and not shelf.is_loaded("a")
    finally:
        gc.enable()


def test_unloading_what_is_not_there_is_no_error(loader: Loader) -> None:
    shelf = _shelf(loader)
    shelf.unload("a")
    assert shelf.loaded() == ()


def test_models_are_dropped_until_the_memory_suffices(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [write_tiny_model(tmp_path / name) for name in NAMES]
    shelf = _shelf(loader, keep=9, folders=folders)
    for name in ("a", "b", "c"):
        shelf.get(name)
    free = {3: 0, 2: 0, 1: 10**9}
    monkeypatch.setattr(module, "free_memory_bytes", lambda device: free[len(shelf.loaded())])
    shelf.get("d")
    assert shelf.loaded() == ("c", "d")


def test_memory_that_runs_out_while_loading_drops_the_others_and_is_tried_again(
    loader: Loader,
) -> None:
    shelf = _shelf(loader, keep=3)
    shelf.get("a"), shelf.get("b")
    held: list[int] = []

    def out_of_memory(name: str) -> None:
        held.append(len(shelf.loaded()))
        if shelf.loaded():
            raise DeviceError("no memory left", expected="room", advice="Wait")

    loader.before = out_of_memory
    shelf.get("c")
    assert shelf.loaded() == ("c",) and held == [2, 0]


@pytest.mark.parametrize(("there", "attempts"), [((), 1), (("a",), 2)])
def test_memory_that_never_suffices_is_said(
    loader: Loader, there: tuple[str, ...], attempts: int
) -> None:
    shelf = _shelf(loader)
    for name in there:
        shelf.get(name)

    def out_of_memory(name: str) -> None:
        raise DeviceError("no memory left", expected="room", advice="Wait")

    loader.before = out_of_memory
    with pytest.raises(DeviceError, match="(?i)no memory left"):
        shelf.get("b")
    assert shelf.loaded() == () and loader.asked.count("b") == attempts
    loader.before = lambda name: None
    assert shelf.get("b").name == "b"


def test_others_may_unload_while_room_is_made(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = _shelf(loader, keep=9)
    shelf.get("a")

    def unloads_meanwhile(*_: Any) -> bool:
        shelf.unload("a")
        return True

    monkeypatch.setattr(shelf, "_is_short", unloads_meanwhile)
    assert shelf.get("b").name == "b" and shelf.loaded() == ("b",)


def test_a_model_that_cannot_be_loaded_leaves_the_others(loader: Loader) -> None:
    shelf = _shelf(loader)
    shelf.get("a")

    def damaged(name: str) -> None:
        raise CheckpointError("it is damaged", expected="it whole", advice="Download it again")

    loader.before = damaged
    with pytest.raises(CheckpointError, match="damaged"):
        shelf.get("b")
    assert shelf.loaded() == ("a",)


def test_whoever_asks_while_it_loads_gets_the_same(loader: Loader) -> None:
    shelf = _shelf(loader)
    everyone = threading.Barrier(4)
    loader.before = lambda name: threading.Event().wait(0.1)

    def ask(name: str) -> Any:
        everyone.wait(10)
        return shelf.get(name)

    with ThreadPoolExecutor(4) as threads:
        first, second, third, other = threads.map(ask, ("a", "a", "a", "b"))
    assert first is second is third and other.name == "b"
    assert sorted(loader.asked) == ["a", "b"]


def test_one_is_loaded_at_a_time_and_those_there_do_not_wait(loader: Loader) -> None:
    shelf = _shelf(loader, keep=3)
    shelf.get("a")
    begun, go_on = threading.Event(), threading.Event()
    at_once = [0, 0]

    def slowly(name: str) -> None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        begun.set()
        assert go_on.wait(10)
        at_once[0] -= 1

    loader.before = slowly
    with ThreadPoolExecutor(2) as threads:
        loading = [threads.submit(shelf.get, name) for name in ("b", "c")]
        assert begun.wait(10)
        assert shelf.get("a").name == "a" and not shelf.is_loaded("b")
        go_on.set()
        assert [each.result(10).name for each in loading] == ["b", "c"]
    assert at_once[1] == 1


@pytest.mark.parametrize("name", ["", "nothing", "/etc", "../tiny", "./studio-mini", "x" * 10_000])
@pytest.mark.parametrize("allowed", [None, ("studio-mini",), lambda name: name == "studio-mini"])
def test_what_nobody_allowed_is_refused_in_few_words(
    loader: Loader, name: str, allowed: Any
) -> None:
    shelf = _shelf(loader, allowed=allowed)
    with pytest.raises(CheckpointError, match="may not be loaded here.*studio-mini") as caught:
        shelf.get(name)
    assert not loader.asked and len(str(caught.value)) < 700


def test_a_path_is_never_looked_at_unless_the_operator_allows_it(
    loader: Loader, tmp_path: Path
) -> None:
    path = write_tiny_model(tmp_path / "mine")
    with pytest.raises(CheckpointError, match="may not be loaded"):
        _shelf(loader, allowed=None).get(str(path))
    _shelf(loader, allowed=[str(path)]).get(str(path))
    assert loader.asked == [str(path)]


def test_a_folder_of_the_operator_s_is_known_by_its_name(loader: Loader, tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "mine")
    shelf = _shelf(loader, allowed=None, folders=[path])
    assert "mine" in [offer.name for offer in shelf.offers()]
    shelf.get("mine")
    assert loader.asked == [str(path)] and shelf.loaded() == ("mine",)


def test_only_what_may_be_loaded_is_offered(loader: Loader) -> None:
    shelf = _shelf(loader, allowed=("studio-mini", "magnet-small-10secs"))
    assert [offer.name for offer in shelf.offers()] == ["studio-mini", "magnet-small-10secs"]


def test_a_shelf_for_no_model_is_refused(loader: Loader) -> None:
    with pytest.raises(ValueError, match="keep is 0"):
        _shelf(loader, keep=0)


def test_the_embedded_model_plays_from_the_shelf() -> None:
    model = Shelf(device="cpu").get("studio-mini")
    options = SamplingOptions(steps=(1, 1, 1, 1))
    request = GenerationRequest(mode=Mode.PARALLEL, duration_s=0.5, options=options)
    assert finish(model.generate(request)).codes.shape == (1, 4, 25)
