"""`config.json` is believed only where it makes sense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoints.description import CONFIG_FILE, ModelDescription, read_description
from engine.codec.mini import MiniCodecConfig
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.text.mini import MiniTextConfig

GOOD = ModelDescription(
    name="tiny",
    licence="MIT",
    language_model=ModelConfig(
        kind=ModelKind.HYBRID, width=16, n_layers=2, n_heads=2, text_width=16
    ),
    codec=MiniCodecConfig(),
    text_encoder=MiniTextConfig(width=16, n_layers=1, n_heads=2),
)


def _read(folder: Path, content: str | bytes) -> ModelDescription:
    raw = content.encode() if isinstance(content, str) else content
    (folder / CONFIG_FILE).write_bytes(raw)
    return read_description(folder)


def _changed(*path: str, value: Any) -> str:
    config = json.loads(GOOD.to_json())
    place = config
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return json.dumps(config)


def test_a_description_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert _read(tmp_path, GOOD.to_json()) == GOOD


def test_sizes_with_a_default_may_be_left_out(tmp_path: Path) -> None:
    config = json.loads(GOOD.to_json())
    del config["language_model"]["span_len"]
    assert _read(tmp_path, json.dumps(config)) == GOOD


@pytest.mark.parametrize(
    "value",
    [
        *("wide", "16", True, None, [], {}, 16.0, 1e300, -16, 0, 2**16 + 2, 10**30),
        *(float("nan"), float("inf")),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("section", "name"),
    [
        *(("language_model", "width"), ("language_model", "n_heads")),
        *(("codec", "width"), ("codec", "encoder_blocks"), ("codec", "codebook_size")),
        *(("text_encoder", "width"), ("text_encoder", "n_layers"), ("text_encoder", "max_tokens")),
    ],
)
def test_sizes_of_another_kind_or_out_of_range_are_named(
    tmp_path: Path, section: str, name: str, value: object
) -> None:
    with pytest.raises(CheckpointError, match=name):
        _read(tmp_path, _changed(section, name, value=value))


@pytest.mark.parametrize("value", ["long", True, None, [], 0, -1, 1e-9, 601, 1e300, float("nan")])
def test_a_window_that_makes_no_sense_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(CheckpointError, match="window_s"):
        _read(tmp_path, _changed("language_model", "window_s", value=value))


@pytest.mark.parametrize("value", ["magic", "", None, 1, [], {}, True])
def test_a_kind_that_is_not_known_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(CheckpointError, match="not a valid ModelKind"):
        _read(tmp_path, _changed("language_model", "kind", value=value))


@pytest.mark.parametrize("name", ["name", "licence"])
@pytest.mark.parametrize(
    "value", ["", "  ", None, 1, [], "a\nb", "\x1b[2J", "\x00", "\ud800", "x" * 101]
)
def test_texts_that_cannot_be_shown_are_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(CheckpointError, match=name):
        _read(tmp_path, _changed(name, value=value))


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("codec", "n_levels", 5),
        ("codec", "codebook_size", 1024),
        ("language_model", "n_levels", 3),
        ("language_model", "codebook_size", 2047),
        ("language_model", "frame_rate_hz", 25),
        ("language_model", "text_width", 18),
        ("language_model", "n_heads", 3),
        ("language_model", "width", 17),
        ("text_encoder", "width", 18),
        ("text_encoder", "n_heads", 3),
    ],
)
def test_sizes_that_do_not_fit_together_are_refused(
    tmp_path: Path, section: str, name: str, value: int
) -> None:
    with pytest.raises(CheckpointError, match=f"{name}|text_width"):
        _read(tmp_path, _changed(section, name, value=value))


@pytest.mark.parametrize("section", ["language_model", "codec", "text_encoder"])
@pytest.mark.parametrize("value", [None, 1, "x", [], [[]], [{"width": 1}], {"a": {"b": 1}}, True])
def test_sections_of_another_kind_are_named(tmp_path: Path, section: str, value: object) -> None:
    with pytest.raises(CheckpointError, match=section):
        _read(tmp_path, _changed(section, value=value))


@pytest.mark.parametrize("path", [("more",), ("language_model", "more"), ("codec", "__class__")])
def test_names_that_are_not_known_are_shown(tmp_path: Path, path: tuple[str, ...]) -> None:
    with pytest.raises(CheckpointError, match=f"'{path[-1]}', which is not known"):
        _read(tmp_path, _changed(*path, value=1))


@pytest.mark.parametrize("name", ["name", "licence", "language_model", "codec", "text_encoder"])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    config = json.loads(GOOD.to_json())
    del config[name]
    with pytest.raises(CheckpointError, match=f"has no {name}"):
        _read(tmp_path, json.dumps(config))
    with pytest.raises(CheckpointError, match="language_model has no kind, width, n_layers"):
        _read(tmp_path, _changed("language_model", value={}))


@pytest.mark.parametrize(
    "content",
    [
        *("", "null", "[]", "3", '"x"', "NaN", "{", "{}}", "[" * 50_000, '{"a":' * 10_000),
        *(b"\xff\xfe{}", b"\x00" * 100, b"\x80\x04\x95pickle", GOOD.to_json().encode("utf-16")),
        _changed("codec", "width", value=1).replace(": 1,", ": " + "1" * 10_000 + ","),
        GOOD.to_json() + " " * 2**16,
    ],
)
def test_files_of_something_else_are_refused_in_few_words(
    tmp_path: Path, content: str | bytes
) -> None:
    with pytest.raises(CheckpointError, match="not understood") as caught:
        _read(tmp_path, content)
    assert len(str(caught.value)) < 600


def test_a_missing_file_is_an_error_of_the_family(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="config"):
        read_description(tmp_path)
