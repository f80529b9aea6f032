"""The built app: what is public, what is queued, and what the panel reads from a browser."""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from engine.audio import read_audio, read_provenance
from engine.errors import CheckpointError, EngineError
from engine.knobs import KNOBS
from engine.model.config import ModelKind
from studio.app import build_app, launch_options
from studio.assets import icon_path
from studio.handlers import Studio
from studio.panels.page import build_panels
from studio.settings import Settings
from tests.studio.fake_shelf import fake_library, fake_offer, published

OTHERS = (
    published("plain", window_s=5.0),
    published("musicgen", kind=ModelKind.AUTOREGRESSIVE, window_s=30.0),
)


@pytest.fixture(scope="module")
def app():
    return build_app(fake_library(*OTHERS), "fake", Settings(queue_size=7))


@pytest.fixture(scope="module")
def client(app):
    _, url, _ = app.launch(**launch_options(Settings()), prevent_thread_lock=True, quiet=True)
    yield Client(url, verbose=False)
    app.close()


def _panel():
    with gr.Blocks():
        facts = {"name": "fake", "state": "loaded"}
        offer = fake_offer()
        panel, _ = build_panels(offer, [offer], facts=facts, estimate="", preview="")
        return panel


def test_only_the_named_endpoints_are_public(app) -> None:
    names = [fn.api_name for fn in app.fns.values() if fn.api_visibility == "public"]
    assert names == ["generate", "inpaint", "models"]


def test_all_that_use_the_model_share_one_queue_for_one_job(app) -> None:
    device = [fn for fn in app.fns.values() if fn.concurrency_id == "device"]
    assert len(device) == 5  # Generate, Inpaint, Load, and the endpoints
    assert all(fn.concurrency_limit == 1 for fn in device)
    assert app._queue.max_size >= 7


def test_everything_that_can_be_pressed_or_chosen_does_something(app) -> None:
    """Gradio would also switch off whatever no event reads."""
    kinds = (gr.Button, gr.Radio, gr.Dropdown, gr.Checkbox, gr.UploadButton, gr.Audio)
    used = {target[0] for fn in app.fns.values() for target in fn.targets}
    used |= {block._id for fn in app.fns.values() for block in fn.inputs}
    parts = [block for block in app.blocks.values() if isinstance(block, kinds)]
    assert len(parts) > 10
    assert [part.elem_id for part in parts if part._id not in used] == []


def test_nothing_is_reported_to_anyone(app) -> None:
    assert app.analytics_enabled is False


def test_the_browser_tab_has_the_studios_icon(client: Client) -> None:
    icon = httpx.get(f"{client.src}favicon.ico")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.content == Path(icon_path()).read_bytes()


def test_every_knob_is_on_the_page(studio: Studio) -> None:
    panel = _panel()
    given = tuple(component.value for component in panel.inputs)
    assert set(panel.values(given)) == set(KNOBS)


def test_the_page_starts_with_a_request_that_can_be_carried_out(studio: Studio) -> None:
    panel = _panel()
    values = panel.values(tuple(component.value for component in panel.inputs))
    order = studio.order("fake", values)
    first = studio.first_order("fake")
    assert order.request is not None and first.request is not None
    assert order.request.options == first.request.options


def test_zero_turns_an_optional_knob_off(studio: Studio) -> None:
    panel = _panel()
    values = panel.values(tuple(0 if c.value is None else c.value for c in panel.inputs))
    assert values["top_k"] is None
    assert values["span_len"] is None


def test_line_breaks_of_the_prompt_field_are_spaces() -> None:
    panel = _panel()
    given = ["a\nb\r\nc", *(component.value for component in panel.inputs[1:])]
    assert panel.values(tuple(given))["prompt"] == "a b c"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("opener", "no such model"),
        ("rescorer", 7),
        ("context_s", "long"),
        ("prompt", "x" * 10_000),
        ("prompt", "bell \x07"),
        ("prompt", {"text": 1}),
        ("mode", "<b>"),
        ("duration_s", 1e9),
        ("variations", 99),
        ("seed", -1),
    ],
)
def test_what_a_browser_may_send_is_refused_with_words(
    studio: Studio, name: str, sent: object
) -> None:
    panel = _panel()
    values = panel.values(tuple(component.value for component in panel.inputs))
    with pytest.raises(EngineError, match="expected"):
        studio.order("fake", {**values, name: sent})


def test_a_program_gets_files_and_what_made_them(client: Client) -> None:
    files, facts = client.predict(
        "calm piano", variations=2, seed=5, duration_s=0.5, opening_s=0.1, api_name="/generate"
    )
    assert [read_audio(path).duration_s for path in files] == [0.5, 0.5]
    assert [fact["request"]["seed"] for fact in facts] == [5, 6]
    assert os.path.basename(files[0]) == "magnet-5.wav"


def test_a_program_may_choose_a_model_and_gets_its_licence(client: Client) -> None:
    files, facts = client.predict("rain", model="plain", seed=3, api_name="/generate")
    assert read_audio(files[0]).duration_s == 5.0  # its window, which is shorter than 10 s
    assert (facts[0]["model"], facts[0]["licence"]) == ("plain", "CC-BY-NC-4.0")
    assert facts[0]["request"]["mode"] == "parallel"
    assert read_provenance(files[0])["licence"] == "CC-BY-NC-4.0"


def test_a_program_gets_the_list_of_models(client: Client) -> None:
    models = {model["name"]: model for model in client.predict(api_name="/models")}
    assert list(models) == ["fake", "plain", "musicgen"]
    assert models["fake"]["is_loaded"] is True
    assert models["musicgen"]["kind"] == "autoregressive"
    assert models["musicgen"]["is_here"] is False


def test_a_program_is_refused_a_model_that_is_not_on_offer(client: Client) -> None:
    with pytest.raises(AppError, match="not on offer; expected fake or plain"):
        client.predict("x", model="../secret", api_name="/generate")


def test_a_program_gets_a_clear_refusal(client: Client) -> None:
    with pytest.raises(AppError, match="expected 1 to 8|whole number, 1 to 8"):
        client.predict("x", variations=9, api_name="/generate")
    with pytest.raises(AppError, match="bogus"):
        client.predict("x", options={"bogus": 1}, api_name="/generate")
    with pytest.raises(AppError, match="(?i)options is"):
        client.predict("x", options=[1], api_name="/generate")


@pytest.mark.parametrize("sent", ["no such model", "/etc", "", None, 3, ["fake"], "x" * 10_000])
def test_a_model_that_is_not_on_offer_is_refused_with_words(studio: Studio, sent: object) -> None:
    with pytest.raises(CheckpointError, match="not on offer; expected fake"):
        studio.order(sent, {})
