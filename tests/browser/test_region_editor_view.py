"""Zoom, size of the pictures, and touch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from studio.assets import script
from tests.browser.editor_page import Open, bench_url, open_editor, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["bench_url", "open_editor"]

# Counts the rectangles that pictures are made of, and the pictures.
_COUNT = """() => {
  window.rects = 0; window.draws = 0;
  const kind = CanvasRenderingContext2D.prototype;
  const fill = kind.fillRect;
  kind.fillRect = function (...all) { window.rects++; return fill.apply(this, all); };
  const clear = kind.clearRect;
  kind.clearRect = function (...all) { window.draws++; return clear.apply(this, all); };
}"""


def window_percent(page: Page) -> float:
    """How much of the clip is in view."""
    style = page.get_attribute(".ms-ed-window", "style") or ""
    return float(style.split("width:")[1].strip(" %;"))


def test_a_draw_costs_what_it_has_pixels_however_long_the_clip(open_editor: Open) -> None:
    page = open_editor("long")
    page.wait_for_timeout(300)
    page.evaluate(_COUNT)
    wave = page.locator(".ms-ed-wave")
    box = wave.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 50)
    page.keyboard.down("Control")
    for _ in range(12):
        page.mouse.wheel(0, -150)
        page.wait_for_timeout(40)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    # Two canvases a draw, each with a column a pixel and a few hundred lines at most.
    assert page.evaluate("window.draws") >= 8
    assert page.evaluate("window.rects / window.draws") < 1.5 * box["width"]
    assert window_percent(page) < 1
    for _ in range(12):
        page.click(".ms-ed-in")
    page.wait_for_timeout(100)
    assert window_percent(page) == pytest.approx(100 / 600, rel=0.05)  # a second
    page.click(".ms-ed-fit")
    page.wait_for_selector(".ms-ed-overview[data-whole=true]")


def test_envelopes_of_any_width_are_the_extremes_of_their_columns(browser: Browser) -> None:
    rng = np.random.default_rng(3)
    pairs = np.sort(rng.integers(-127, 128, (5_000, 2)), axis=1)
    spans = np.sort(rng.uniform(0, 25, (200, 2)), axis=1)
    code = script("region_editor_logic.js") + script("region_editor_peaks.js")
    page = browser.new_page()
    read = page.evaluate(
        """({ code, pairs, spans }) => {
          const Peaks = new Function(code + 'return Peaks;')();
          const peaks = new Peaks(Int8Array.from(pairs.flat()));
          return spans.map(([from, to]) => (peaks.read(from, to), [peaks.low, peaks.high]));
        }""",
        {"code": code, "pairs": pairs.tolist(), "spans": spans.tolist()},
    )
    page.close()
    for (start, stop), (low, high) in zip(spans * 200, read, strict=True):
        if stop - start < 1:
            continue
        inside = pairs[int(start) : math.ceil(stop)]
        # Blocks of the pyramid reach at most one block beyond either end.
        reach = 2 ** int(math.log2(stop - start))
        around = pairs[max(0, int(start) - reach) : math.ceil(stop) + reach]
        assert around[:, 0].min() <= low <= inside[:, 0].min()
        assert inside[:, 1].max() <= high <= around[:, 1].max()


def test_what_a_candidate_changed_is_found_in_its_columns(browser: Browser) -> None:
    rng = np.random.default_rng(4)
    source = np.sort(rng.integers(-100, 101, (2_000, 2)), axis=1)
    excerpt = source[600:1400].copy()
    excerpt[200:500] = np.sort(rng.integers(-100, 101, (300, 2)), axis=1)
    code = script("region_editor_logic.js") + script("region_editor_peaks.js")
    page = browser.new_page()
    spans = page.evaluate(
        """({ code, source, excerpt }) => {
          const [Peaks, find] = new Function(code + 'return [Peaks, changedSpans];')();
          const [old, made] = [source, excerpt].map((each) => new Peaks(Int8Array.from(each)));
          return find(old, made, 3);
        }""",
        {"code": code, "source": source.ravel().tolist(), "excerpt": excerpt.ravel().tolist()},
    )
    page.close()
    assert len(spans) == 1
    # The excerpt begins at 3 s; its columns 200 to 500 are new.
    assert spans[0]["start"] == pytest.approx(4, abs=0.03)
    assert spans[0]["stop"] == pytest.approx(5.5, abs=0.03)


def test_a_drag_beyond_the_edge_takes_the_view_along(open_editor: Open) -> None:
    page = open_editor("long")
    for _ in range(6):
        page.click(".ms-ed-in")
    box = page.locator(".ms-ed-wave").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 20, box["y"] + 50, steps=4)
    page.wait_for_timeout(700)
    page.mouse.up()
    (row,) = told(page)["regions"]
    assert row[1] - row[0] > 600 / 2**6


def test_zoom_stays_around_the_pointer_and_the_wheel_alone_scrolls_the_page(
    open_editor: Open,
) -> None:
    page = open_editor("drawn")
    region = page.locator(".ms-ed-region").first
    before = region.bounding_box()
    page.mouse.move(before["x"], before["y"] + 40)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    after = region.bounding_box()
    assert after["x"] == pytest.approx(before["x"], abs=1.5)
    assert after["width"] > 1.5 * before["width"]
    page.mouse.wheel(120, 0)
    page.wait_for_timeout(100)
    assert region.bounding_box()["x"] == pytest.approx(after["x"] - 120, abs=2)
    page.mouse.wheel(0, 200)
    page.wait_for_function("window.scrollY > 50")


class Fingers:
    """Touches of one page, through the browser's own protocol."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})


def test_a_finger_draws_and_two_fingers_zoom(open_editor: Open) -> None:
    page = open_editor("clip", width=375, touch=True)
    fingers = Fingers(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    box = page.locator(".ms-ed-wave").bounding_box()
    y = box["y"] + 60
    fingers.send("touchStart", (box["x"] + 60, y))
    for x in range(70, 160, 10):
        fingers.send("touchMove", (box["x"] + x, y))
    fingers.send("touchEnd")
    page.wait_for_selector(".ms-ed-row")
    (row,) = told(page)["regions"]
    assert row[1] - row[0] == pytest.approx(32 * 90 / box["width"], rel=0.1)
    for handle in page.locator(".ms-ed-handle").all():
        assert handle.bounding_box()["width"] >= 24
    page.evaluate("window.scrollTo(0, 0)")
    box = page.locator(".ms-ed-wave").bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + 20
    fingers.send("touchStart", (middle - 20, y), (middle + 20, y))
    for gap in range(25, 105, 10):
        fingers.send("touchMove", (middle - gap, y), (middle + gap, y))
    fingers.send("touchEnd")
    page.wait_for_selector(".ms-ed-overview[data-whole=false]")
    assert page.locator(".ms-ed-row").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_grid_of_a_part_has_the_clips_times_and_says_what_is_kept(open_editor: Open) -> None:
    page = open_editor("empty")
    kept = page.locator(".ms-legend-kept")
    assert kept.is_hidden()
    page.evaluate(
        """() => {
          window.labels = [];
          const old = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
            window.labels.push(text);
            return old.call(this, text, ...rest);
          };
        }"""
    )
    page.click("#part")
    kept.wait_for(state="visible")
    page.wait_for_function("window.labels.includes('72 s')")
    assert page.evaluate("window.labels[0]") == "62 s"
