from __future__ import annotations

import gc
import threading
import time

import pytest

from engine.checkpoints.hub import Progress
from engine.errors import CheckpointError
from engine.knobs import build_request
from engine.music import MusicModel
from studio.library import Library, Loading, LoadState
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import MB, FakeShelf, fake_library, published

OTHER = published("other")


def _load(library: Library, name: str = "other") -> tuple[list[Loading], MusicModel | None]:
    looks, seen = library.load(name, threading.Event()), []
    while True:
        try:
            seen.append(next(looks))
        except StopIteration as end:
            return seen, end.value


def _shelf(library: Library) -> FakeShelf:
    shelf = library._shelf
    assert isinstance(shelf, FakeShelf)
    return shelf


def test_a_load_says_how_far_it_is_and_ends_with_the_model() -> None:
    library = fake_library(OTHER, load_s=1.0)
    seen, model = _load(library)
    assert model is not None and model.name == "other"
    assert [look.share(200 * MB) for look in seen] == sorted(look.share(200 * MB) for look in seen)
    assert seen[-1].file == "state_dict.bin"


def test_all_loading_is_done_in_the_devices_thread() -> None:
    library = fake_library(OTHER)
    _load(library)
    assert len(_shelf(library).threads) == 1
    assert threading.get_ident() not in _shelf(library).threads


def test_a_loaded_model_is_not_loaded_again() -> None:
    library = fake_library(OTHER)
    first, again = _load(library)[1], _load(library)[1]
    assert first is again
    assert _shelf(library).n_loads == 2  # the first model of all, and this one


def test_the_state_goes_from_download_to_loaded_and_back_to_here() -> None:
    library = fake_library(OTHER)
    assert library.state(library.offer("other")) is LoadState.TO_DOWNLOAD
    _load(library)
    assert library.state(library.offer("other")) is LoadState.LOADED
    library.unload("other")
    assert library.state(library.offer("other")) is LoadState.HERE


def test_others_see_that_a_model_is_on_its_way_without_waiting() -> None:
    library = fake_library(OTHER, load_s=1.0)
    looks = library.load("other", threading.Event())
    next(looks)
    began = time.perf_counter()
    assert library.state(library.offer("other")) is LoadState.LOADING
    assert library.loaded("fake") is not None
    assert library.expect(library.offer("fake"), build_request({})).seconds < 1
    assert time.perf_counter() - began < 0.2
    looks.close()


def test_a_stop_frees_whoever_waits_and_ends_the_load() -> None:
    library, stop = fake_library(OTHER, load_s=2.0), threading.Event()
    looks = library.load("other", stop)
    next(looks)
    stop.set()
    began = time.perf_counter()
    with pytest.raises(StopIteration) as end:
        next(looks)
    assert end.value.value is None
    assert library.state(library.offer("other")) is LoadState.TO_DOWNLOAD
    assert library.thread.call(lambda: "free") == "free"
    assert time.perf_counter() - began < 1.5
    assert library.loaded("other") is None


def test_whoever_comes_after_an_abandoned_load_waits_for_the_device() -> None:
    library, stop = fake_library(OTHER, load_s=8.0), threading.Event()
    first = library.load("other", stop)
    next(first)
    stop.set()
    second = library.load("fake", threading.Event())
    assert next(second).is_begun is False
    seen = list(second)
    assert all(not look.is_begun for look in seen)
    assert library.loaded("fake") is not None


def test_a_load_that_fails_leaves_the_others_as_they_were() -> None:
    error = CheckpointError("no network", expected="one", advice="Connect")
    library = fake_library(OTHER, models={"other": error})
    with pytest.raises(CheckpointError, match="Connect"):
        _load(library)
    assert library.loaded("fake") is not None
    assert library.state(library.offer("other")) is LoadState.TO_DOWNLOAD


def test_what_the_shelf_drops_is_freed() -> None:
    library = fake_library(OTHER, keep=1)
    _shelf(library)._models.clear()
    _load(library)
    gc.collect()
    assert library.loaded("fake") is None
    assert list(library._models) == ["other"]


def test_what_is_expected_is_asked_of_the_models_if_all_are_loaded() -> None:
    library = fake_library(OTHER)
    offer, rough = library.offer("other"), 3_000 * MB
    request = build_request({"mode": "parallel"})
    assert library.expect(offer, request).memory_bytes == rough
    _load(library)
    assert library.expect(offer, request).memory_bytes == 120 * MB
    judged = build_request({"mode": "parallel", "rescorer": "fake"})
    assert library.expect(offer, judged).memory_bytes == 240 * MB
    library.unload("fake")
    assert library.expect(offer, judged).memory_bytes == rough


def test_too_little_memory_is_known_before_loading() -> None:
    library = fake_library(OTHER, free_bytes=1_000 * MB)
    assert library.too_little_bytes(library.offer("other"), 900 * MB) is None
    assert library.too_little_bytes(library.offer("other"), 1_050 * MB) == 1_000 * MB
    # What a loaded model holds itself is there for it.
    assert library.too_little_bytes(library.offer("fake"), 1_050 * MB) is None


def test_where_nobody_tells_no_memory_is_too_little() -> None:
    library = fake_library(free_bytes=None)
    assert library.too_little_bytes(library.offer("fake"), 10**15) is None


def test_files_of_one_name_are_told_apart_by_where_they_come_from() -> None:
    loading = Loading(name="m")
    for repo, done in (("a/lm", 50), ("a/lm", 100), ("b/t5", 10)):
        loading = loading.after(Progress(repo=repo, file="model.bin", done=done, total=100))
    assert (loading.before, loading.done) == (100, 10)
    assert loading.share(400) == pytest.approx(0.275)
    assert loading.share(0) == pytest.approx(0.55)


def test_a_library_finds_only_its_offers() -> None:
    with pytest.raises(CheckpointError, match="not on offer"):
        fake_library(model=FakeModel()).offer("/etc/passwd")
