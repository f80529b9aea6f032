"""The Generate panel in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from engine.audio import read_audio
from engine.errors import DeviceError
from tests.browser.conftest import serving
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visit = Callable[..., "Page"]

# Notes every distinct picture of the grid, and where the cards stand while it changes.
_WATCH = """() => {
  window.seen = new Set(); window.tops = new Set();
  const canvas = document.querySelector('.ms-cells');
  const look = () => {
    window.seen.add(canvas.toDataURL());
    const parts = ['#ms-grid', '#ms-takes', '#ms-composer'].map((id) => document.querySelector(id));
    window.tops.add(parts.map((part) => Math.round(part.getBoundingClientRect().top)).join());
    window.watching = requestAnimationFrame(look);
  };
  look();
}"""


def _state(page: Page, state: str, timeout_s: float = 120) -> None:
    page.wait_for_selector(f".ms-status[data-state={state}]", timeout=timeout_s * 1000)


def _write(page: Page, prompt: str) -> None:
    page.fill("#ms-prompt textarea", prompt)


def _mode(page: Page, label: str) -> None:
    page.click(f"#ms-mode label:has-text('{label}')")


def _set(page: Page, name: str, value: str) -> None:
    field = page.locator(f"#ms-{name} input[type=number]")
    field.fill(value)
    field.press("Tab")


def test_a_prompt_becomes_a_moving_grid_and_then_sound(
    studio_url: str, visit: Visit, tmp_path
) -> None:
    page = visit(studio_url)
    _write(page, "calm solo piano")
    page.hover("#ms-generate")  # Playwright scrolls to what it clicks
    page.evaluate(_WATCH)
    page.click("#ms-generate")
    _state(page, "done")
    page.wait_for_selector(".ms-take:not(.ms-pending):not(.ms-take-example)")
    assert page.evaluate("window.seen.size") >= 8
    # Nothing moved while it ran: one place for everything from the first frame to the last.
    assert len(page.evaluate("[...window.tops]")) == 1
    assert page.inner_text(".ms-take-prompt") == "calm solo piano"
    with page.expect_download() as download:
        page.click(".ms-download")
    download.value.save_as(tmp_path / "take.wav")
    sound = read_audio(tmp_path / "take.wav")
    assert sound.duration_s == pytest.approx(10, abs=0.05)
    assert sound.rms_db > -50


def test_the_player_plays(studio_url: str, visit: Visit) -> None:
    page = visit(studio_url)
    _write(page, "fast techno")
    _set(page, "duration-s", "2")
    page.click("#ms-generate")
    _state(page, "done")
    play = page.locator(".ms-take:not(.ms-take-example) .ms-play").first
    play.click()
    page.wait_for_function("document.querySelector('.ms-wave').getAttribute('aria-valuenow') > 0.2")
    assert play.get_attribute("aria-label") == "Pause take 1"
    play.click()
    page.wait_for_selector(".ms-play[aria-label='Play take 1']")


def test_the_first_frame_comes_at_once(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _set(page, "duration-s", "4")
    began = time.perf_counter()
    page.click("#ms-generate")
    page.wait_for_function(
        "document.querySelector('.ms-cells').ariaLabel.includes('4 levels by 4.0 seconds')"
    )
    # 0.5 s on a machine that is not busy with other things.
    assert time.perf_counter() - began < 3
    page.click("#ms-cancel")
    _state(page, "cancelled")


def test_cancel_stops_ones_own_job_only(slow_url: str, slow_model: FakeModel, visit: Visit) -> None:
    first, second = visit(slow_url), visit(slow_url)
    first.click("#ms-generate")
    _state(first, "running")
    second.click("#ms-generate")
    _state(second, "queued")
    assert second.inner_text(".ms-status-detail") == "1 job comes before yours."
    second.click("#ms-cancel")
    _state(second, "cancelled")
    second.wait_for_selector("#ms-generate:enabled")
    assert first.get_attribute(".ms-status", "data-state") == "running"
    first.click("#ms-cancel")
    _state(first, "cancelled")
    first.wait_for_selector("#ms-generate:enabled")
    done = slow_model.n_steps
    time.sleep(2)
    # The step that was at work when Cancel came may still have ended.
    assert slow_model.n_steps <= done + 1
    assert first.locator(".ms-take").count() == 0
    second.click("#ms-generate")
    _state(second, "done")


def test_a_step_that_comes_after_cancel_is_not_shown(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    for _ in range(4):
        page.click("#ms-generate")
        page.click("#ms-cancel")
        page.wait_for_selector("#ms-generate:enabled")
    page.wait_for_timeout(1000)
    assert page.get_attribute(".ms-status", "data-state") == "cancelled"


def test_the_job_of_a_closed_tab_stops(slow_url: str, slow_model: FakeModel, visit: Visit) -> None:
    page = visit(slow_url)
    closed = slow_model.n_closed
    _mode(page, "Autoregressive")
    page.click("#ms-generate")
    _state(page, "running")
    page.close()
    limit = time.monotonic() + 30
    while slow_model.n_closed == closed and time.monotonic() < limit:
        time.sleep(0.2)
    assert slow_model.n_closed == closed + 1


def test_a_full_queue_says_so_and_the_page_stays_usable(visit: Visit) -> None:
    with serving(fake_library(model=FakeModel(step_s=0.3)), queue_size=1) as url:
        pages = [visit(url) for _ in range(3)]
        pages[0].click("#ms-generate")
        _state(pages[0], "running")
        pages[1].click("#ms-generate")
        _state(pages[1], "queued")
        pages[2].click("#ms-generate")
        _state(pages[2], "failed")
        words = "The queue of the device is full; expected room for one more job."
        assert pages[2].inner_text(".ms-status-detail").startswith(words)
        assert pages[2].is_enabled("#ms-generate")
        assert pages[1].get_attribute(".ms-status", "data-state") == "queued"


HOSTILE = "<img src=x onerror=window.hit=1> ${window.hit=2} {{value}} `x`"


def test_a_hostile_prompt_is_text_wherever_it_shows(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _write(page, HOSTILE)
    _set(page, "duration-s", "0.5")
    _mode(page, "Parallel")
    page.click("#ms-generate")
    _state(page, "done")
    assert page.inner_text(".ms-take-prompt") == HOSTILE
    assert page.locator(".ms-take img").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("x" * 10_000, "10,000 characters"), ("a\x07b", "U+0007")],
)
def test_a_prompt_that_cannot_be_used_is_refused_with_words(
    slow_url: str, visit: Visit, prompt: str, words: str
) -> None:
    page = visit(slow_url)
    page.evaluate(
        """(text) => { const area = document.querySelector('#ms-prompt textarea');
        area.value = text; area.dispatchEvent(new Event('input')); }""",
        prompt,
    )
    page.click("#ms-generate")
    _state(page, "failed")
    assert words in page.inner_text(".ms-status-detail")
    assert words in page.inner_text("[data-testid=toast-body]")
    assert page.is_enabled("#ms-generate")


def test_an_error_at_work_is_readable_and_over(visit: Visit) -> None:
    error = DeviceError("the GPU is <out> of memory", expected="2 GB free", advice="Shorten it")
    with serving(fake_library(model=FakeModel(fail_at=5, error=error))) as url:
        page = visit(url)
        page.click("#ms-generate")
        _state(page, "failed")
        expected = "The GPU is <out> of memory; expected 2 GB free. Shorten it."
        assert page.inner_text(".ms-status-detail") == expected
        assert expected in page.inner_text("[data-testid=toast-body]")
        page.wait_for_selector("#ms-generate:enabled")
        assert page.locator(".ms-take").count() == 0


def test_a_finished_grid_has_no_step_at_work(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url, scheme="light")
    _set(page, "duration-s", "1")
    _mode(page, "Parallel")
    page.click("#ms-generate")
    _state(page, "done")
    # The last level was the last to change: amber, and after a moment the blue of all the others.
    is_blue = """() => {
      const canvas = document.querySelector('.ms-cells');
      const at = [canvas.width / 2, canvas.height * 7 / 8, 9, 1];
      const pixels = canvas.getContext('2d').getImageData(...at).data;
      return pixels.some((_, i) => i % 4 === 0 && pixels[i + 3] && pixels[i + 2] > pixels[i]);
    }"""
    page.wait_for_function(is_blue)


def test_a_take_whose_file_is_gone_says_so(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    page.route("**/*.wav", lambda route: route.fulfill(status=404))
    _set(page, "duration-s", "0.5")
    _mode(page, "Parallel")
    page.click("#ms-generate")
    _state(page, "done")
    page.click(".ms-play")
    page.wait_for_selector(".ms-play:disabled")
    assert page.inner_text(".ms-take-time") == "file is gone"


def test_chips_compose_the_prompt(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    page.click("text=Tempo")
    page.click("[data-word='120 BPM']")
    page.wait_for_selector("[data-word='120 BPM'][aria-pressed=true]")
    assert page.input_value("#ms-prompt textarea") == "120 BPM"
    _write(page, "slow song")
    page.wait_for_selector("[data-word='120 BPM'][aria-pressed=false]")
    page.click("text=Examples")
    page.click("[data-example='0']")
    page.wait_for_function("document.querySelector('#ms-prompt textarea').value.includes('lo-fi')")


def test_the_estimate_follows_the_settings(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    before = page.inner_text("#ms-estimate .ms-line")
    _set(page, "variations", "4")
    page.wait_for_function(
        "(before) => document.querySelector('#ms-estimate .ms-line').innerText !== before",
        arg=before,
    )
    field = page.locator("#ms-duration-s input[type=number]")
    for typed in ("", "999"):
        field.fill(typed)
        page.wait_for_function(
            "document.querySelector('#ms-estimate .ms-line').innerText.includes('Not possible yet')"
        )
        assert "Error" not in page.inner_text("#ms-estimate")
    _set(page, "duration-s", "4")
    page.wait_for_function(
        "document.querySelector('#ms-estimate .ms-line').innerText.includes('About')"
    )
    assert "480 MB" in page.inner_text("#ms-estimate .ms-line")
    assert "licence CC0-1.0" in page.inner_text("#ms-licence .ms-line")


def test_a_hint_of_any_length_stays_in_its_column(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _set(page, "duration-s", "0.5")
    page.wait_for_function("document.querySelector('#ms-opening-s input').value < 0.5")
    _set(page, "opening-s", "5")  # too long again, by hand
    page.wait_for_function(
        "document.querySelector('#ms-estimate .ms-line').innerText.includes('Shorten the opening')"
    )
    line, column = page.locator("#ms-estimate .ms-line"), page.locator("#ms-composer")
    assert line.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    assert page.locator("#ms-run").bounding_box()["width"] <= column.bounding_box()["width"]


def test_nothing_shows_through_the_run_bar(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url, size="phone")
    # Labels have the highest layer of what scrolls by below it.
    label = page.locator("#ms-seed [data-testid=block-info]")
    covered = """(label) => {
      const bar = document.querySelector('#ms-run').getBoundingClientRect();
      window.scrollBy(0, label.getBoundingClientRect().top - bar.top - 20);
      const box = label.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + 5, box.top + box.height / 2);
      return Boolean(top.closest('#ms-run'));
    }"""
    assert label.evaluate(covered)


def test_shift_enter_is_a_press_of_generate(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _write(page, "calm piano")
    page.press("#ms-prompt textarea", "Shift+Enter")
    _state(page, "running")
    assert page.is_disabled("#ms-generate")
    page.click("#ms-cancel")
    _state(page, "cancelled")


def test_what_is_chosen_just_before_the_press_counts(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _mode(page, "Parallel")
    page.evaluate(
        """() => {
          document.querySelector('#ms-preset input[value=draft]').click();
          const seed = document.querySelector('#ms-seed input');
          seed.value = '77';
          seed.dispatchEvent(new Event('input', {bubbles: true}));
          setTimeout(() => document.querySelector('#ms-generate').click(), 50);
        }"""
    )
    _state(page, "done")
    page.wait_for_selector(".ms-take:not(.ms-pending)")
    assert page.inner_text(".ms-note") == "Finished in 12 steps"
    assert page.inner_text(".ms-seed") == "seed 77"


def test_a_kept_seed_is_used_and_a_takes_seed_can_be_taken(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _set(page, "duration-s", "0.5")
    _mode(page, "Parallel")
    page.fill("#ms-seed input", "77")
    page.wait_for_selector("#ms-keep-seed input:checked")
    for number in (1, 2):
        page.click("#ms-generate")
        page.wait_for_function(
            f"document.querySelectorAll('.ms-take:not(.ms-pending)').length === {number}"
        )
        page.wait_for_selector("#ms-generate:enabled")
    assert page.locator(".ms-seed").all_inner_texts() == ["seed 77", "seed 77"]
    page.uncheck("#ms-keep-seed input")
    page.click("#ms-generate")
    page.wait_for_function("document.querySelectorAll('.ms-take:not(.ms-pending)').length === 3")
    assert page.locator(".ms-seed").first.inner_text() != "seed 77"
    page.locator(".ms-seed").last.click()
    page.wait_for_function("document.querySelector('#ms-seed input').value === '77'")


@pytest.mark.parametrize("size", ["phone", "small phone"])
def test_a_phone_scrolls_one_way_only(slow_url: str, visit: Visit, size: str) -> None:
    page = visit(slow_url, size=size)
    page.click("#ms-advanced > button")
    page.wait_for_selector("#ms-knob-temperature")
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]


def test_dark_and_light_are_two_themes_and_the_switch_is_remembered(
    slow_url: str, visit: Visit
) -> None:
    page = visit(slow_url, scheme="light")
    colour = "getComputedStyle(document.querySelector('.ms-status')).backgroundColor"
    light = page.evaluate(colour)
    page.click(".ms-theme")
    dark = page.evaluate(colour)
    assert light != dark
    page.reload()
    page.wait_for_selector(".ms-status")
    page.wait_for_function("document.body.classList.contains('dark')")
    assert page.evaluate(colour) == dark


def test_the_grid_has_words_for_those_who_do_not_see_it(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    _set(page, "duration-s", "1")
    _mode(page, "Parallel")
    page.click("#ms-generate")
    _state(page, "done")
    words = page.get_attribute(".ms-cells", "aria-label")
    assert (
        words
        == "Token grid, 4 levels by 1.0 seconds. Finished. 100 percent of all tokens are fixed."
    )


def test_the_keyboard_reaches_everything(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    page.focus("#ms-prompt textarea")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[id^=ms-]')?.id"))
    assert {"ms-mode", "ms-preset", "ms-seed", "ms-dice", "ms-generate"} <= reached
    page.focus("[role=tab][aria-selected=true]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Instrument"
    assert page.is_visible("[data-word=piano]")
