"""Drawing and changing regions in a real Chromium, by mouse, keys and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.audio.beats import Beats
from engine.audio.snapping import Snap, continued, snap
from studio.assets import script
from tests.browser.editor_bench import HOSTILE
from tests.browser.editor_page import Open, bench_url, drag, names, open_editor, send, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["bench_url", "open_editor"]


def test_two_drags_are_two_regions_that_python_reads(open_editor: Open) -> None:
    page = open_editor()
    drag(page, 4, 8)
    drag(page, 20, 24)
    assert page.locator(".ms-ed-row").count() == 2
    read = told(page)
    times = [row[:2] for row in read["regions"]]
    assert np.allclose(times, [[4, 8], [20, 24]], atol=0.05)
    assert [row[2] for row in read["regions"]] == [None, None]
    assert read["snap"] == "frame"
    assert set(read["sent"]) == {"rev", "list"}


def test_a_region_is_moved_resized_and_deleted_by_mouse_and_key(open_editor: Open) -> None:
    page = open_editor()
    drag(page, 4, 8)
    drag(page, 6, 16)
    (row,) = told(page)["regions"]
    assert np.allclose(row[:2], [14, 18], atol=0.06)
    drag(page, 18, 22)
    (row,) = told(page)["regions"]
    assert np.allclose(row[:2], [14, 22], atol=0.08)
    drag(page, 14, 15)
    (row,) = told(page)["regions"]
    assert np.allclose(row[:2], [15, 22], atol=0.1)
    page.keyboard.press("Delete")
    assert told(page)["regions"] == []
    assert page.locator(".ms-ed-none").is_visible()


def test_regions_of_the_same_levels_merge_and_of_others_stay(open_editor: Open) -> None:
    page = open_editor()
    drag(page, 4, 8)
    drag(page, 12, 16)
    drag(page, 24, 26, "lanes", (0.6, 0.9))
    read = told(page)["regions"]
    assert [row[2] for row in read] == [None, None, [2, 3]]
    drag(page, 5, 10.5)
    merged = told(page)["regions"]
    assert len(merged) == 2
    assert np.allclose(merged[0][:2], [9.5, 16], atol=0.1)
    drag(page, 15, 24.5)
    assert [row[2] for row in told(page)["regions"]] == [None, [2, 3]]


def test_numbers_are_fields_with_what_they_will_be(open_editor: Open) -> None:
    page = open_editor()
    drag(page, 4, 8)
    page.click("[data-snap=beat]")
    field = page.locator("[data-edge=start]")
    field.fill("2.1")
    field.press("Tab")
    asked = page.locator("[data-asked=start]")
    # Beats stand at 0.25 + 0.5 n: 2.25 s is 112.5 frames, which goes up to 113.
    assert asked.inner_text() == "asked 2.100 s, will be 2.260 s"
    read = told(page)
    assert read["regions"][0][0] == 2.1
    assert read["snap"] == "beat"
    page.click("[data-snap=off]")
    field.fill("2.1")
    field.press("Tab")
    assert not asked.is_visible()
    field.fill("99")
    field.press("Tab")
    assert "starts before it stops" in page.inner_text(".ms-ed-hint")
    assert field.input_value() == "2.100"
    page.locator("[data-edge=stop]").fill("99")
    page.locator("[data-edge=stop]").press("Tab")
    assert told(page)["regions"][0][1] == 32


def test_a_region_shorter_than_a_frame_gets_one(open_editor: Open) -> None:
    page = open_editor()
    drag(page, 4, 8)
    page.locator("[data-edge=stop]").fill("4.004")
    page.locator("[data-edge=start]").fill("4.001")
    page.locator("[data-edge=start]").press("Tab")
    page.locator("[data-edge=stop]").fill("4.004")
    page.locator("[data-edge=stop]").press("Tab")
    assert names(page) == ["Region 1, 4.00 to 4.02 seconds, all levels"]


def test_a_short_drag_on_the_beat_is_a_beat(open_editor: Open) -> None:
    page = open_editor()
    page.click("[data-snap=beat]")
    drag(page, 4.3, 4.45)
    assert names(page) == ["Region 1, 4.26 to 4.76 seconds, all levels"]
    assert page.inner_text(".ms-ed-hint") == "A region lasts one beat at least."
    # Another grid moves the same region, and back: what was asked for is kept.
    page.click("[data-snap=bar]")
    page.click("[data-snap=frame]")
    assert told(page)["regions"] == [[4.25, 4.75, None]]


def test_a_value_that_comes_in_the_middle_of_a_drag_takes_nothing_away(open_editor: Open) -> None:
    page = open_editor("clip")
    box = page.locator(".ms-ed-wave").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 50, steps=3)
    send(page, "clip again")
    assert page.inner_text(".ms-ed-message") == "Found the beats."
    page.mouse.move(box["x"] + 300, box["y"] + 50, steps=3)
    page.mouse.up()
    (row,) = told(page)["regions"]
    assert row[1] - row[0] == pytest.approx(32 * 200 / box["width"], abs=0.05)


def test_the_keyboard_moves_and_resizes_by_the_grid(open_editor: Open) -> None:
    page = open_editor("drawn")
    page.locator(".ms-ed-region").first.focus()
    page.keyboard.press("ArrowRight")
    assert names(page)[0] == "Region 1, 8.76 to 12.76 seconds, all levels"
    page.keyboard.press("Shift+ArrowRight")
    assert names(page)[0] == "Region 1, 8.76 to 13.26 seconds, all levels"
    page.keyboard.press("Alt+Shift+ArrowLeft")
    assert names(page)[0] == "Region 1, 8.26 to 13.26 seconds, all levels"
    page.keyboard.press("2")
    assert names(page)[0] == "Region 1, 8.26 to 13.26 seconds, levels 1, 3 and 4"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.number") == "2"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "ms-ed-wave"
    page.wait_for_timeout(100)
    assert told(page)["regions"][0][2] == [0, 2, 3]
    page.locator(".ms-ed-region").nth(1).focus()
    page.keyboard.press("Backspace")
    assert len(told(page)["regions"]) == 1


def test_add_region_makes_a_bar_at_the_playhead(open_editor: Open) -> None:
    page = open_editor()
    page.click("[data-snap=bar]")
    page.locator(".ms-ed-wave").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    page.click(".ms-ed-add")
    assert names(page) == ["Region 1, 8.26 to 10.26 seconds, all levels"]
    assert page.evaluate("document.activeElement.dataset.number") == "1"


def test_lanes_switch_levels_and_are_painted_over(open_editor: Open) -> None:
    page = open_editor("drawn")
    box = page.locator(".ms-ed-lanes").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 10 / 32, box["y"] + box["height"] * 0.1)
    assert names(page)[0].endswith("levels 2, 3 and 4")
    drag(page, 27, 30, "lanes", (0.3, 0.6))
    assert names(page)[-1].endswith("levels 2 and 3")
    rows = page.locator(".ms-ed-row")
    rows.last.locator("[data-level='1']").click()
    rows.last.locator("[data-level='2']").click()
    assert "one level anew at least" in page.inner_text(".ms-ed-hint")
    assert told(page)["regions"][-1][2] == [2]


def test_snapping_is_the_engines(browser: Browser) -> None:
    rng = np.random.default_rng(7)
    found = tuple(np.sort(rng.uniform(0.5, 19.5, 30)).round(2).tolist())
    bars = found[::4]
    beats = Beats(
        tempo_bpm=120.0, beats_s=found, confidence=1.0, downbeats_s=bars, onsets_s=(),
        downbeat_confidence=1.0, beats_per_bar=4, duration_s=20.0,
    )  # fmt: skip
    grid = {"beat": continued(found, 20.0), "bar": continued(bars, 20.0)}
    middles = [(a + b) / 2 for a, b in zip(grid["beat"], grid["beat"][1:], strict=False)]
    times = [*rng.uniform(0, 20, 200).tolist(), *middles, 0.0, 20.0, 0.01, 0.03, 19.99]
    code = script("region_editor_logic.js")
    page = browser.new_page()
    for way in Snap:
        asked = {"times": times, "beats": grid, "snap": way.value, "code": code}
        here = page.evaluate(
            """({ times, beats, snap, code }) => {
              const [frame, grid] = new Function(code + 'return [boundaryFrame, gridTimes];')();
              const setting = { rate: 50, duration: 20, times: grid(beats, snap) };
              return times.map((time) => frame(time, setting));
            }""",
            asked,
        )
        there = [
            snap(time, way, frame_rate_hz=50, duration_s=20.0, beats=beats).frame for time in times
        ]
        assert here == there
    page.close()


def test_beats_and_candidates_leave_local_regions_alone(open_editor: Open) -> None:
    page = open_editor("clip")
    assert page.is_disabled("[data-snap=beat]") and page.is_disabled("[data-snap=bar]")
    assert page.get_attribute("[data-snap=beat]", "title") == "The beats are not known yet"
    drag(page, 4, 8)
    send(page, "clip again")
    assert page.is_enabled("[data-snap=beat]")
    assert page.inner_text(".ms-ed-message") == "Found the beats."
    assert page.locator(".ms-ed-row").count() == 1
    assert np.allclose(told(page)["regions"][0][:2], [4, 8], atol=0.05)
    send(page, "drawn")
    assert [row[:2] for row in told(page)["regions"]] == [[8, 12], [20, 24]]


def test_a_hostile_name_is_text(open_editor: Open) -> None:
    page = open_editor("hostile")
    assert page.inner_text(".ms-ed-name") == HOSTILE
    assert page.inner_text(".ms-ed-message") == HOSTILE
    assert page.locator("#ms-editor img").count() == 0
    assert page.evaluate("window.hit") is None
