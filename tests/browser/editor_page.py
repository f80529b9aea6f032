"""Driving the page of the region editor's bench."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.editor_bench import serving_bench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def bench_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_bench(tmp_path_factory.mktemp("editor")) as url:
        yield url


@pytest.fixture
def open_editor(browser: Browser, bench_url: str) -> Iterator[Open]:
    """Opens the bench with one of its values; fails on errors of the page."""
    contexts, errors = [], []

    def open_page(value: str = "beats", *, width: int = 1100, touch: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, has_touch=touch, is_mobile=touch
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and errors.append(line.text))
        page.goto(bench_url)
        page.wait_for_selector(".ms-editor")
        page.wait_for_selector("#send-long")
        if value != "empty":
            send(page, value)
            page.wait_for_selector(".ms-editor[data-state=clip]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def send(page: Page, value: str) -> None:
    """Sets one of the bench's values, and waits until the page has it."""
    with page.expect_response(lambda answer: "/queue/data" in answer.url):
        page.evaluate(f"document.querySelector('#send-{value.replace(' ', '-')}').click()")
    page.wait_for_timeout(250)


def told(page: Page) -> dict[str, Any]:
    """What Python reads when a button is pressed."""
    page.evaluate("document.querySelector('#told textarea').value = ''")
    page.evaluate("document.querySelector('#read').click()")
    page.wait_for_function("document.querySelector('#told textarea').value !== ''")
    return dict(json.loads(page.input_value("#told textarea")))


def drag(page: Page, start_s: float, stop_s: float, part: str = "wave", rows=(0.5, 0.5)) -> None:
    """Drags over the stage between two times of the whole clip of 32 s."""
    box = page.locator(f".ms-ed-{part}").bounding_box()
    assert box is not None
    xs = [box["x"] + box["width"] * time / 32 for time in (start_s, stop_s)]
    ys = [box["y"] + box["height"] * row for row in rows]
    page.mouse.move(xs[0], ys[0])
    page.mouse.down()
    page.mouse.move((xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2, steps=3)
    page.mouse.move(xs[1], ys[1], steps=3)
    page.mouse.up()
    page.wait_for_timeout(80)


def names(page: Page) -> list[str]:
    """What the regions on the page are called, after the next frame."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return [each.get_attribute("aria-label") for each in page.locator(".ms-ed-region").all()]


def position(page: Page) -> float:
    return float(page.get_attribute(".ms-ed-wave", "aria-valuenow") or "nan")
