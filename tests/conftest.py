"""What every test runs under, and the real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before any test module imports Gradio or the Hub's client: no test talks to the network by
# accident. Tests marked `hub` take the second one away for themselves.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_BROWSER_FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="session", autouse=True)
def converted_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test writes to the user's own cache, nor do the programs that it starts."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAGNET_STUDIO_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium: the system's, else the one that Playwright has downloaded."""
    from playwright.sync_api import sync_playwright

    system = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system, args=list(_BROWSER_FLAGS))
        yield chromium
        chromium.close()
