"""The Inpaint workspace in a real Chromium, with studio-mini."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.audio import read_provenance

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visit = Callable[..., "Page"]
RATE = 44_100
_HAS_ESTIMATE = "/About|Under/.test(document.querySelector('#ms-edit-estimate').innerText)"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Six seconds of clicks at 120 beats per minute over a chord, stereo, 24-bit FLAC."""
    rng = np.random.default_rng(0)
    times = np.arange(6 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hz * times) for hz in (220, 277, 330)) * 0.05
    clicks = np.exp(-((times % 0.5) * 60)) * rng.normal(0, 0.3, times.shape)
    path = tmp_path / "song.flac"
    soundfile.write(path, np.stack([chord + clicks, chord], axis=1), RATE, subtype="PCM_24")
    return path


def open_file(visit: Visit, url: str, path: Path, *, size: str = "desktop") -> Page:
    page = visit(url, size=size)
    page.click("#ms-work label:has-text('Inpaint')")
    choose_file(page, path)
    page.wait_for_selector(".ms-editor[data-state=clip]")
    return page


def choose_file(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#ms-open")
    chooser.value.set_files(path)


def drag(page: Page, start_s: float, stop_s: float, duration_s: float = 6.0) -> None:
    wave = page.locator(".ms-ed-wave")
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    y = box["y"] + box["height"] / 2
    x = [box["x"] + time / duration_s * box["width"] for time in (start_s, stop_s)]
    page.mouse.move(x[0], y)
    page.mouse.down()
    page.mouse.move(x[1], y, steps=6)
    page.mouse.up()


def make_anew(page: Page, variations: int = 1) -> None:
    page.click("#ms-preset label:has-text('Draft')")
    field = page.locator("#ms-variations input[type=number]")
    field.fill(str(variations))
    field.press("Tab")
    page.click("#ms-regenerate")
    page.wait_for_selector(".ms-status[data-state=done]", timeout=180_000)
    page.wait_for_selector(".ms-ed-candidates:not([hidden])")


def keep(page: Page) -> None:
    before = page.locator(".ms-version").count()
    page.click(".ms-ed-commit")
    page.wait_for_function(f"document.querySelectorAll('.ms-version').length === {before + 1}")


def download(page: Page, folder: Path, number: int = 0) -> Path:
    with page.expect_download() as got:
        page.locator(".ms-version .ms-download").nth(number).click()
    path = folder / f"got-{number}-{got.value.suggested_filename}"
    got.value.save_as(path)
    return path


def test_two_regions_are_made_anew_and_nothing_else(
    studio_url: str, visit: Visit, song: Path, tmp_path: Path
) -> None:
    page = open_file(visit, studio_url, song)
    drag(page, 1.0, 2.0)
    drag(page, 3.5, 4.25)
    page.wait_for_function(_HAS_ESTIMATE)
    make_anew(page, variations=2)
    assert page.locator(".ms-card-choice").count() == 3  # the source, and two candidates
    # Heard in place, and switched while it plays.
    page.click(".ms-ed-audition")
    page.wait_for_selector(".ms-ed-play[data-playing=true]")
    page.locator(".ms-card-choice").nth(2).click()
    page.wait_for_timeout(300)
    page.keyboard.press("x")
    assert page.is_disabled(".ms-ed-commit")  # the source is no candidate
    page.keyboard.press("x")
    keep(page)
    proof = page.inner_text(".ms-version-proof")
    assert proof.startswith("Read back and compared: all ") and "bit for bit" in proof
    got = download(page, tmp_path)
    before, after = (soundfile.read(path, dtype="int32") for path in (song, got))
    assert after[1] == before[1] and soundfile.info(got).subtype == "PCM_24"
    changed = (before[0] != after[0]).any(axis=1)
    inside = np.zeros_like(changed)
    for start, stop in read_provenance(got)["edit"]["regions_s"]:
        inside[round(start * RATE) : round(stop * RATE)] = True
    assert inside.mean() == pytest.approx(1.75 / 6, abs=0.03)
    assert changed[inside].any() and not changed[~inside].any()
    # Back to the source, whose file is the one that was opened, and with the regions again.
    page.click(".ms-ed-undo")
    page.wait_for_selector(".ms-version[data-undone=true]")
    assert page.locator(".ms-ed-row").count() == 2
    assert download(page, tmp_path, 1).read_bytes() == song.read_bytes()
    page.click(".ms-ed-redo")
    page.wait_for_selector(".ms-version[data-undone=false]")


def test_a_second_edit_goes_on_from_the_first(
    studio_url: str, visit: Visit, song: Path, tmp_path: Path
) -> None:
    page = open_file(visit, studio_url, song)
    drag(page, 1.0, 1.5)
    make_anew(page)
    keep(page)
    drag(page, 4.0, 4.5)
    page.wait_for_selector(".ms-ed-row")
    assert "first the clip becomes tokens" not in page.inner_text("#ms-edit-estimate")
    make_anew(page)
    keep(page)
    first, second = (soundfile.read(download(page, tmp_path, n), dtype="int32")[0] for n in (1, 0))
    assert np.array_equal(first[: 3 * RATE], second[: 3 * RATE])
    assert not np.array_equal(first, second)


def test_a_take_is_sent_here_and_made_a_loop(studio_url: str, visit: Visit, tmp_path: Path) -> None:
    page = visit(studio_url)
    page.fill("#ms-prompt textarea", "fast techno")
    field = page.locator("#ms-duration-s input[type=number]")
    field.fill("3")
    field.press("Tab")
    page.click("#ms-preset label:has-text('Draft')")
    page.click("#ms-generate")
    page.click(".ms-take:not(.ms-take-example) .ms-edit-take", timeout=120_000)
    page.wait_for_selector(".ms-editor[data-state=clip]")
    assert page.is_visible("#ms-regenerate") and not page.is_visible("#ms-generate")
    page.click("#ms-kind label:has-text('Loop')")
    # Made of its own tokens: nothing has to be encoded.
    page.wait_for_function(
        "/About|Under/.test(document.querySelector('#ms-edit-estimate').innerText)"
    )
    assert "first the clip becomes tokens" not in page.inner_text("#ms-edit-estimate")
    make_anew(page)
    keep(page)
    got = download(page, tmp_path)
    assert soundfile.info(got).duration == pytest.approx(3.0, abs=0.02)
    assert read_provenance(got)["edit"]["is_loop"] is True
    page.click("#ms-work label:has-text('Generate')")
    assert page.is_visible(".ms-take") and not page.is_visible("#ms-editor")


def test_an_example_is_opened_and_extended(studio_url: str, visit: Visit, tmp_path: Path) -> None:
    page = visit(studio_url)
    page.click("#ms-work label:has-text('Inpaint')")
    page.click("#ms-example input")
    page.locator("#ms-example [role=option], ul[role=listbox] li").first.click()
    page.wait_for_selector(".ms-editor[data-state=clip]")
    assert page.input_value("#ms-prompt textarea") != ""
    page.click("#ms-kind label:has-text('Extend')")
    field = page.locator("#ms-right input")
    field.fill("2")
    field.press("Tab")
    make_anew(page)
    keep(page)
    source, longer = (soundfile.read(download(page, tmp_path, n), dtype="int16")[0] for n in (1, 0))
    assert len(longer) - len(source) == pytest.approx(2 * RATE, abs=2)
    sure = len(source) - round(0.05 * RATE)
    assert np.array_equal(source[:sure], longer[:sure])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.wav", b"", "empty"),
        ("page.wav", b"<html>", "cannot be read as sound"),
        ("cut.wav", b"RIFF\xff\xff\x00\x00WAVEfmt ", "cannot be read as sound"),
    ],
)
def test_a_file_that_is_no_sound_is_said_and_the_page_goes_on(
    studio_url: str, visit: Visit, tmp_path: Path, song: Path, name: str, content: bytes, words: str
) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    page = visit(studio_url)
    page.click("#ms-work label:has-text('Inpaint')")
    choose_file(page, bad)
    page.wait_for_selector(".ms-status[data-state=failed]")
    assert words in page.inner_text(".ms-status-detail")
    choose_file(page, song)
    page.wait_for_selector(".ms-editor[data-state=clip]")


def test_a_file_is_dropped_on_the_editor(studio_url: str, visit: Visit, song: Path) -> None:
    page = visit(studio_url)
    page.click("#ms-work label:has-text('Inpaint')")
    sound = base64.b64encode(song.read_bytes()).decode()
    held = page.evaluate_handle(
        """(sound) => {
          const bytes = Uint8Array.from(atob(sound), (each) => each.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "dropped song.flac", { type: "audio/flac" }));
          return transfer;
        }""",
        sound,
    )
    page.dispatch_event(".ms-editor", "drop", {"dataTransfer": held})
    page.wait_for_selector(".ms-editor[data-state=clip]")
    assert page.inner_text(".ms-ed-name") == "dropped song.flac"


def test_a_file_that_misses_the_editor_leaves_the_page_alone(studio_url: str, visit: Visit) -> None:
    page = visit(studio_url)
    went_on = page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["x"], "x.wav"));
          const options = { dataTransfer, bubbles: true, cancelable: true };
          return ["dragover", "drop"].map(
            (name) => document.body.dispatchEvent(new DragEvent(name, options)));
        }"""
    )
    assert went_on == [False, False]  # the browser would open the file


def test_a_clip_that_is_opened_while_a_take_is_made_can_be_edited_afterwards(
    studio_url: str, visit: Visit, song: Path
) -> None:
    page = visit(studio_url)
    page.click("#ms-preset label:has-text('Draft')")
    page.fill("#ms-prompt textarea", "calm piano")
    page.click("#ms-generate")
    page.click("#ms-work label:has-text('Inpaint')")
    choose_file(page, song)
    page.wait_for_selector(".ms-editor[data-state=clip][data-busy=true]")
    page.wait_for_selector(".ms-status[data-state=done]", timeout=180_000)
    page.wait_for_selector(".ms-editor[data-busy=false]")


def test_what_is_added_can_be_auditioned_without_a_region(
    studio_url: str, visit: Visit, song: Path
) -> None:
    page = open_file(visit, studio_url, song)
    page.wait_for_selector("[data-snap=bar]:enabled")
    page.click("[data-snap=bar]")
    assert page.is_disabled(".ms-ed-audition")
    page.click("#ms-kind label:has-text('Extend')")
    page.wait_for_selector("#ms-right", state="visible")
    make_anew(page)
    page.click(".ms-ed-audition")
    page.wait_for_function("document.querySelector('.ms-ed-position').innerText > '0:04.6'")
    assert page.inner_text(".ms-ed-position") < "0:06"
    keep(page)
    assert page.get_attribute("[data-snap=bar]", "aria-checked") == "true"


def test_what_stays_sets_the_knobs_and_is_cleared_by_hand(slow_url: str, visit: Visit) -> None:
    page = visit(slow_url)
    page.click("#ms-work label:has-text('Inpaint')")
    page.click("#ms-stays label:has-text('Half of it')")
    strength = page.locator("#ms-knob-strength input[type=number]")
    page.wait_for_function("document.querySelector('#ms-knob-strength input').value === '0.5'")
    page.click("#ms-stays label:has-text('The rhythm')")
    page.wait_for_function("document.querySelector('#ms-knob-strength input').value === '1'")
    page.click("#ms-inside button.label-wrap")
    assert page.input_value("#ms-knob-keep_onsets_s input") == "0.1"
    strength.fill("0.7")
    strength.press("Tab")
    page.wait_for_function("!document.querySelector('#ms-stays input:checked')")


def test_a_hostile_name_is_text(studio_url: str, visit: Visit, song: Path) -> None:
    hostile = song.with_name("<img src=x onerror=window.hit=1> ${window.hit=2}.flac")
    song.rename(hostile)
    page = open_file(visit, studio_url, hostile)
    page.wait_for_selector(".ms-version")
    assert page.evaluate("window.hit") is None
    assert page.locator("#ms-editor img, #ms-versions img").count() == 0


def test_without_a_region_the_button_says_what_is_missing(
    studio_url: str, visit: Visit, song: Path
) -> None:
    page = open_file(visit, studio_url, song)
    page.click("#ms-regenerate")
    page.wait_for_selector(".ms-status[data-state=failed]")
    assert "There is no region" in page.inner_text(".ms-status-detail")
    assert page.is_enabled("#ms-regenerate")


def test_cancel_leaves_the_clip_as_it_is(studio_url: str, visit: Visit, song: Path) -> None:
    page = open_file(visit, studio_url, song)
    drag(page, 1.0, 4.0)
    page.click("#ms-preset label:has-text('Best')")
    page.click("#ms-regenerate")
    page.wait_for_selector(".ms-status[data-state=running]")
    page.click("#ms-cancel")
    page.wait_for_selector(".ms-status[data-state=cancelled]")
    page.wait_for_selector("#ms-regenerate:enabled")
    assert page.locator(".ms-ed-row").count() == 1 and page.locator(".ms-version").count() == 1
    assert not page.is_visible(".ms-ed-candidates")


@pytest.mark.parametrize("size", ["phone", "small phone"])
def test_it_fits_on_a_phone(studio_url: str, visit: Visit, song: Path, size: str) -> None:
    page = open_file(visit, studio_url, song, size=size)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
