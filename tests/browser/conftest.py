"""Running studios, and pages that note what they ask the network for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from studio.app import build_app, launch_options
from studio.library import Library
from studio.models_here import open_library
from studio.settings import Settings
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = {"desktop": (1440, 1000), "phone": (375, 812), "small phone": (320, 640)}


@contextmanager
def serving(library: Library, default: str = "fake", *, queue_size: int = 16) -> Iterator[str]:
    """A studio on a free port; gives its address."""
    settings = Settings(queue_size=queue_size)
    app = build_app(library, default, settings)
    try:
        _, url, _ = app.launch(**launch_options(settings), prevent_thread_lock=True, quiet=True)
        yield url
    finally:
        app.close()


@pytest.fixture(scope="session")
def studio_url() -> Iterator[str]:
    """The studio as it is shipped, with studio-mini."""
    with serving(*open_library(Settings())) as url:
        yield url


@pytest.fixture(scope="session")
def slow_model() -> FakeModel:
    return FakeModel(step_s=0.15)


@pytest.fixture(scope="session")
def slow_url(slow_model: FakeModel) -> Iterator[str]:
    """A studio slow enough to be caught at work, with room for few."""
    with serving(fake_library(model=slow_model)) as url:
        yield url


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a context of its own; fails on errors and on foreign requests."""
    contexts, errors, foreign = [], [], []

    def open_page(url: str, *, size: str = "desktop", scheme: str = "dark") -> Page:
        width, height = WIDTHS[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: _note_foreign(request.url, foreign))
        page.goto(url)
        page.wait_for_selector("#ms-generate")
        page.wait_for_selector(".ms-status[data-state=idle]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert foreign == []


def _note_foreign(url: str, foreign: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:")):
        foreign.append(url)
