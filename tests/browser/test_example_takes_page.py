"""Example takes in a real Chromium: there before anything is made, and below what is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.audio import Waveform, read_provenance
from engine.example_takes import example_takes
from tests.browser.conftest import serving
from tests.studio.example_list import write_list
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from torch import Tensor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visit = Callable[..., "Page"]
LIMIT_MS = 180_000

_PLAYED = "document.querySelector('.ms-take-example .ms-wave').getAttribute('aria-valuenow') > 0.1"


@pytest.fixture
def fakes_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A studio of fakes, with two examples."""
    write_list(tmp_path / "takes", FakeModel(), 71, 72)
    monkeypatch.setattr("engine.example_takes.assets_dir", lambda: tmp_path)
    with serving(fake_library(model=FakeModel(step_s=0.02))) as url:
        yield url


def _seeds(page: Page) -> list[str]:
    return page.locator(".ms-take:not(.ms-pending) .ms-seed").all_inner_texts()


def test_a_visitor_hears_what_the_model_makes_and_sends_it_to_editing(
    studio_url: str, visit: Visit
) -> None:
    page, shipped = visit(studio_url), example_takes()
    page.wait_for_selector(".ms-take-example", timeout=LIMIT_MS)
    assert _seeds(page) == [f"seed {take.request.seed}" for take in shipped]
    prompts = page.locator(".ms-take-prompt").all_inner_texts()
    assert prompts == [take.request.prompt for take in shipped]
    assert set(page.locator(".ms-take-maker").all_inner_texts()) == {"example"}
    page.locator(".ms-take-example .ms-play").nth(0).click()
    page.wait_for_function(_PLAYED)
    page.locator(".ms-take-example .ms-edit-take").nth(2).click()
    page.wait_for_selector(".ms-editor[data-state=clip]")
    assert page.input_value("#ms-prompt textarea") == shipped[2].request.prompt
    # Made of its own tokens: nothing has to be encoded.
    page.click("#ms-kind label:has-text('Loop')")
    page.wait_for_function(
        "/About|Under/.test(document.querySelector('#ms-edit-estimate').innerText)"
    )
    assert "first the clip becomes tokens" not in page.inner_text("#ms-edit-estimate")


def test_own_takes_come_above_the_examples_which_stay(
    fakes_url: str, visit: Visit, tmp_path: Path
) -> None:
    page = visit(fakes_url)
    page.wait_for_selector(".ms-take-example")
    assert _seeds(page) == ["seed 71", "seed 72"]
    for name, value in (("seed", "5"), ("duration-s", "1")):
        field = page.locator(f"#ms-{name} input").first
        field.fill(value)
        field.press("Tab")
    page.click("#ms-generate")
    page.wait_for_selector(".ms-pending")
    page.wait_for_selector(".ms-take:not(.ms-pending):not(.ms-take-example)")
    assert _seeds(page) == ["seed 5", "seed 71", "seed 72"]
    labels = [each.get_attribute("aria-label") for each in page.locator(".ms-play").all()]
    assert labels == ["Play take 1", "Play example 1", "Play example 2"]
    # Its seed can be used again, and its file tells what made it.
    page.locator(".ms-seed").nth(2).click()
    page.wait_for_function("document.querySelector('#ms-seed input').value === '72'")
    with page.expect_download() as download:
        page.locator(".ms-download").nth(2).click()
    download.value.save_as(tmp_path / "take.wav")
    facts = read_provenance(tmp_path / "take.wav")
    assert facts is not None and facts["model"] == "its maker"


def test_a_tab_that_was_open_before_them_gets_them(
    fakes_url: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen, may_go_on = FakeModel.listen, threading.Event()

    def held(model: FakeModel, codes: Tensor) -> list[Waveform]:
        may_go_on.wait(60)
        return listen(model, codes)

    monkeypatch.setattr(FakeModel, "listen", held)
    page = visit(fakes_url)
    page.wait_for_timeout(2500)  # more than one question
    assert page.locator(".ms-take-example").count() == 0
    assert page.is_visible(".ms-takes-empty") and page.is_enabled("#ms-generate")
    may_go_on.set()
    page.wait_for_selector(".ms-take-example")
    assert not page.is_visible(".ms-takes-empty")
