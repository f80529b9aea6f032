"""What the region editor plays: position, loops, candidates, and one sound at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from studio.assets import script
from tests.browser.editor_page import (
    Open,
    bench_url,
    drag,
    names,
    open_editor,
    position,
    send,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["bench_url", "open_editor"]

_AT = "Number(document.querySelector('.ms-ed-wave').getAttribute('aria-valuenow'))"
# Notes which file the browser's players were asked for, in order, without repeats.
_AUDIO = """() => {
  window.heard = [];
  const old = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const name = decodeURIComponent(this.src).split('/').pop();
    if (window.heard[window.heard.length - 1] !== name) window.heard.push(name);
    return old.call(this);
  };
}"""
_SOUNDS = ".ms-ed-play[data-playing=true][data-loading=false]"


def play(page: Page) -> None:
    page.click(".ms-ed-play")
    page.wait_for_selector(_SOUNDS)


def test_the_player_plays_from_where_the_ruler_is_clicked(open_editor: Open) -> None:
    page = open_editor()
    box = page.locator(".ms-ed-ruler").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    assert position(page) == pytest.approx(16, abs=0.1)
    play(page)
    page.wait_for_function(f"{_AT} > 16.4")
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("Space")
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")
    stopped = position(page)
    page.wait_for_timeout(200)
    assert position(page) == stopped
    page.keyboard.press("Home")
    assert position(page) == 0


def test_source_and_candidates_change_places_where_they_are(open_editor: Open) -> None:
    page = open_editor("takes")
    assert page.get_attribute("[data-candidate=take-1]", "aria-checked") == "true"
    play(page)
    page.wait_for_function(f"{_AT} > 0.3")
    for wanted in ("take-2", "", "take-3"):
        before = position(page)
        page.click(f"[data-candidate='{wanted}']")
        page.wait_for_selector(f"[data-candidate='{wanted}'][aria-checked=true]")
        assert before <= position(page) < before + 2
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("x")
    page.wait_for_selector("[data-candidate=''][aria-checked=true]")
    page.keyboard.press("x")
    page.wait_for_selector("[data-candidate=take-3][aria-checked=true]")
    assert page.locator(_SOUNDS).count() == 1


def test_a_region_loops_and_is_auditioned_with_what_surrounds_it(open_editor: Open) -> None:
    page = open_editor("clip")
    drag(page, 10, 10.6)
    page.click("[data-do=loop]")
    page.wait_for_selector(_SOUNDS)
    seen = []
    for _ in range(16):
        page.wait_for_timeout(100)
        seen.append(position(page))
    assert all(9.9 <= at <= 10.7 for at in seen)
    assert any(later < earlier for earlier, later in zip(seen, seen[1:], strict=False))
    page.click("[data-do=loop]")
    page.wait_for_function(f"{_AT} > 10.8")
    page.click(".ms-ed-audition")
    page.wait_for_function(f"{_AT} < 9.2")
    assert position(page) >= 8.4
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")
    assert position(page) == pytest.approx(12.1, abs=0.15)


def test_a_loop_candidate_repeats_as_a_whole(open_editor: Open) -> None:
    page = open_editor("loops")
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    play(page)
    page.wait_for_function(f"{_AT} < 5 && {_AT} > 0.1")


def test_what_a_candidate_adds_before_the_source_is_shown_and_played(open_editor: Open) -> None:
    page = open_editor("longer")
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("Home")
    assert position(page) == -4
    assert page.inner_text(".ms-ed-position") == "−0:04.000"
    # Regions keep the source's times.
    assert names(page)[0].startswith("Region 1, 8.26 to")
    page.click("[data-candidate='']")
    assert position(page) == 0


def test_a_long_clip_is_played_without_being_held_in_memory(open_editor: Open) -> None:
    page = open_editor("long")
    play(page)
    page.wait_for_function(f"{_AT} > 0.4")
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("PageDown")
    page.wait_for_function(f"{_AT} > 5.2")
    page.click(".ms-ed-play")
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")


def test_a_result_is_the_source_with_the_excerpt_laid_into_it(browser: Browser) -> None:
    page = browser.new_page()
    heard = page.evaluate(
        """(code) => {
          const composed = new Function(code + 'return composed;')();
          const flat = (seconds, level, channels) => {
            const sound = new AudioBuffer(
              { length: seconds * 8000, sampleRate: 8000, numberOfChannels: channels });
            for (let i = 0; i < channels; i++) sound.getChannelData(i).fill(level);
            return sound;
          };
          const place = { start_s: 2, shift_s: 1 };
          const result = composed(flat(4, 0.25, 1), flat(1, 0.75, 2), place, 6);
          const right = result.getChannelData(1);
          return [0.5, 1.5, 2.001, 2.5, 2.999, 3.5, 4.999, 5.5].map((at) => right[at * 8000]);
        }""",
        script("region_editor_buffers.js"),
    )
    page.close()
    assert [heard[i] for i in (0, 1, 3, 5, 6, 7)] == [0, 0.25, 0.75, 0.25, 0.25, 0]
    assert 0.25 < heard[2] < 0.75 and 0.25 < heard[4] < 0.75


def test_another_clip_stops_what_plays_and_then_plays_itself(open_editor: Open) -> None:
    page = open_editor("takes")
    page.click("[data-do=loop] >> nth=0")
    page.wait_for_selector(_SOUNDS)
    send(page, "long")
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")
    assert page.inner_text(".ms-ed-name") == "Long set.wav"
    assert page.locator(".ms-ed-region").count() == 0
    play(page)
    page.wait_for_function(f"{_AT} > 0.3")
    send(page, "clip")
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")
    send(page, "empty")
    page.wait_for_selector(".ms-ed-empty", state="visible")


def test_one_thing_plays_at_a_time(open_editor: Open) -> None:
    page = open_editor()
    page.click("#fill")
    play(page)
    page.click(".ms-take .ms-play")
    page.wait_for_selector(".ms-take .ms-play[data-playing=true]")
    page.wait_for_selector(".ms-ed-play[aria-label=Play]")
    play(page)
    page.wait_for_selector(".ms-take .ms-play[data-playing=false]")
    assert page.locator(_SOUNDS).count() == 1


def test_a_candidate_of_a_long_clip_is_heard_inside_its_excerpt(open_editor: Open) -> None:
    page = open_editor("long takes")
    page.evaluate(_AUDIO)
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("PageDown")
    play(page)
    # The excerpt goes from 6 to 14 s.
    page.wait_for_function(f"{_AT} > 5.4 && window.heard.join() === 'long.wav'")
    page.wait_for_function(f"{_AT} > 6.4 && window.heard.includes('take-1.wav')")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{_AT} > 14.3")
    assert page.evaluate("window.heard") == ["long.wav", "take-1.wav", "long.wav"]
    page.click("[data-candidate='']")
    page.wait_for_selector("[data-candidate=''][aria-checked=true]")
    assert position(page) > 14


def test_decisions_and_history_reach_python(open_editor: Open) -> None:
    page = open_editor("takes")

    def asked(action: str) -> dict[str, str]:
        page.wait_for_function(
            f"document.querySelector('#asked textarea').value.includes('{action}')"
        )
        return dict(json.loads(page.input_value("#asked textarea")))

    page.click("[data-candidate=take-2]")
    page.click(".ms-ed-commit")
    assert asked("commit") == {"action": "commit", "candidate": "take-2"}
    page.click(".ms-ed-discard")
    assert asked("discard")["action"] == "discard"
    page.locator(".ms-ed-wave").focus()
    page.keyboard.press("Control+z")
    assert asked("undo")["action"] == "undo"
    assert page.is_disabled(".ms-ed-redo")
    page.click("[data-candidate='']")
    assert page.is_disabled(".ms-ed-commit")
    send(page, "drawn")
    assert page.locator(".ms-ed-candidates").is_hidden()
