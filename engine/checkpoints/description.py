"""What a model folder says of itself: `config.json`, read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.text.mini import MiniTextConfig

CONFIG_FILE = "config.json"
_LARGEST_FILE = 2**16
"""Bytes; a description has less than a thousand."""
_LONGEST_TEXT = 100
_MODEL_RANGES = {"n_layers": (1, 200)}
_CODEC_RANGES = {
    "encoder_blocks": (1, 200),
    "decoder_blocks": (1, 200),
    "inversion_rounds": (0, 1000),
}
_TEXT_RANGES = {
    "width": (2, 2**16),
    "n_layers": (1, 200),
    "n_heads": (1, 1000),
    "ffn_ratio": (1, 64),
    "max_tokens": (1, 2**12),
}
"""Far beyond any model, yet so few layers that networks to compare with are built in no time."""


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """A name, a licence, and the sizes of three networks that fit together.

    Args:
        name, licence: 1 to 100 printable characters each.
        language_model, codec, text_encoder: the sizes.

    Raises:
        ValueError: a value out of its range, or networks that do not fit together.
    """

    name: str
    licence: str
    language_model: ModelConfig
    codec: MiniCodecConfig
    text_encoder: MiniTextConfig

    def __post_init__(self) -> None:
        for field in ("name", "licence"):
            text = getattr(self, field)
            # Both are printed as they are: no line breaks, no codes that move the cursor.
            if not isinstance(text, str) or not text.strip() or not text.isprintable():
                raise ValueError(f"{field} is {_short(text)}, not a line of text")
            if len(text) > _LONGEST_TEXT:
                raise ValueError(f"{field} has {len(text)} characters, not 1 to {_LONGEST_TEXT}")
        _check_ranges(self.language_model, "language_model", _MODEL_RANGES)
        _check_ranges(self.codec, "codec", _CODEC_RANGES)
        _check_ranges(self.text_encoder, "text_encoder", _TEXT_RANGES)
        width, n_heads = self.text_encoder.width, self.text_encoder.n_heads
        if width % n_heads or width % 2:
            raise ValueError(
                f"text_encoder: width {width} must be even and a multiple of n_heads {n_heads}"
            )
        model = self.language_model
        for name, other, size in (
            ("n_levels", "codec", self.codec.n_levels),
            ("codebook_size", "codec", self.codec.codebook_size),
            ("frame_rate_hz", "codec", MiniCodec.frame_rate_hz),
            ("text_width", "text_encoder", width),
        ):
            if getattr(model, name) != size:
                raise ValueError(
                    f"the language_model's {name} is {getattr(model, name)}, "
                    f"and that of the {other} is {size}"
                )

    def to_json(self) -> str:
        """The text of `config.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"


def read_description(folder: Path) -> ModelDescription:
    """Read and check `config.json`; no other file is looked at.

    Raises:
        CheckpointError: it cannot be read, is no description, or makes no sense.
    """
    path = folder / CONFIG_FILE
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise ValueError(f"more than {_LARGEST_FILE:,} bytes")
        return _parse(json.loads(content.decode("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"the {CONFIG_FILE} of {folder.name} is not understood ({str(error)[:200]})",
            expected="the sizes of a language_model, a codec and a text_encoder that fit together",
            advice="Export or download the model again",
        ) from error


def _parse(config: object) -> ModelDescription:
    given = _checked_keys("the file", config, ModelDescription)
    language_model = _checked_keys("language_model", given["language_model"], ModelConfig)
    kind = ModelKind(language_model["kind"])
    codec = _checked_keys("codec", given["codec"], MiniCodecConfig)
    text_encoder = _checked_keys("text_encoder", given["text_encoder"], MiniTextConfig)
    return ModelDescription(
        name=given["name"],
        licence=given["licence"],
        language_model=ModelConfig(**{**language_model, "kind": kind}),
        codec=MiniCodecConfig(**codec),
        text_encoder=MiniTextConfig(**text_encoder),
    )


def _checked_keys(where: str, values: object, kind: type) -> Mapping[str, Any]:
    """The same values, if they are what this dataclass can be made of."""
    if not isinstance(values, dict):
        raise ValueError(f"{where} is {_short(values)}, not an object with names and values")
    known = {field.name: field.default is MISSING for field in fields(kind)}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise ValueError(f"{where} has {_short(unknown[0])}, which is not known")
    missing = [name for name, required in known.items() if required and name not in values]
    if missing:
        raise ValueError(f"{where} has no {', '.join(missing)}")
    return values


def _check_ranges(sizes: object, where: str, ranges: Mapping[str, tuple[int, int]]) -> None:
    for name, (lowest, highest) in ranges.items():
        size = getattr(sizes, name)
        if type(size) is not int or not lowest <= size <= highest:
            raise ValueError(
                f"{where}: {name} is {_short(size)}, not a whole number, {lowest} to {highest}"
            )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
