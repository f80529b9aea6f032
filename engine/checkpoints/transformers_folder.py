"""A MusicGen, or an AudioGen converted to its shape, as a folder of `transformers`.

One set of weights holds all three networks; `config.json` has a part for each, and the text
encoder's tokeniser lies beside them. See `transformers_files` for the format.
"""

from __future__ import annotations

from pathlib import Path

import torch

from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.release_folder import UNSTATED_LICENCE, ReleasedParts
from engine.checkpoints.released_model import build, text_width
from engine.checkpoints.settings import Settings
from engine.checkpoints.transformers_files import (
    CONFIG_FILE,
    INDEX_FILE,
    PICKLE_FILES,
    WEIGHTS_FILE,
    below,
    part_settings,
    read_settings,
    read_sizes,
    read_weights,
    weight_files,
)
from engine.checkpoints.upstream_names import TRANSFORMERS, TRANSFORMERS_POSITIONS
from engine.codec.encodec import EncodecCodec
from engine.codec.encodec_transformers import codec_from_transformers
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.text.t5 import TOKENISER_FILES, make_t5

_TEXT, _CODEC = "text_encoder.", "audio_encoder."
# The configuration does not say how long the clips of the training were; MusicGen, all of it at
# 32 kHz, learned from 30 s, and AudioGen, at 16 kHz, from 10 s.
_WINDOWS_S = {32000: 30.0, 16000: 10.0}
_FIXED: dict[str, tuple[object, ...]] = {
    "activation_function": ("gelu",),
    "scale_embedding": (False,),
    "cross_attention_hidden_size": (None,),
    "tie_word_embeddings": (False,),
}
"""Settings that change the network, and the values that MusicGen has."""
_SIZES = {
    "hidden_size": (2, 2**16, 1024),
    "num_hidden_layers": (1, 1000, 24),
    "num_attention_heads": (1, 1000, 16),
    "ffn_dim": (1, 2**20, 4096),
    "num_codebooks": (1, 64, 4),
    "vocab_size": (2, 2**15 - 1, 2048),
}
"""Least, most, and what the library takes where nothing is said."""


def is_transformers(folder: Path) -> bool:
    """Whether a folder looks like one of `transformers`, with weights of any form."""
    weights = (WEIGHTS_FILE, INDEX_FILE, *PICKLE_FILES)
    return (folder / CONFIG_FILE).is_file() and any((folder / each).is_file() for each in weights)


def transformers_files(folder: Path) -> tuple[str, ...]:
    """The names of the files that `load_transformers` reads, in a fixed order.

    Raises:
        CheckpointError: there are no weights that can be read.
    """
    tokeniser = [name for name in TOKENISER_FILES if (folder / name).is_file()]
    return (CONFIG_FILE, *weight_files(folder), *tokeniser)


def load_transformers(folder: Path, *, dtype: torch.dtype) -> ReleasedParts:
    """Read a folder of `transformers`.

    Args:
        folder: see the module.
        dtype: of the language model; text encoder and codec are float32.

    Raises:
        CheckpointError: a file is missing, damaged, or of a model that is not implemented.
    """
    settings = read_settings(folder)
    _require_musicgen(settings)
    decoder = part_settings(settings, "decoder")
    _require_mono(decoder)
    weights = read_weights(folder)
    language = {
        name: weight
        for name, weight in weights.items()
        if not name.startswith((_TEXT, _CODEC)) and name != TRANSFORMERS_POSITIONS
    }
    codec = codec_from_transformers(
        part_settings(settings, "audio_encoder"),
        below(weights, _CODEC),
        decoder.whole("num_codebooks", 4),
        folder.name,
    )
    file = ReleaseFile(weights=language, settings=decoder, naming=TRANSFORMERS)
    language_model = build(file, _read_config(file, codec), dtype)
    text = part_settings(settings, "text_encoder")
    text.require("d_model", language_model.config.text_width)
    return ReleasedParts(
        name=folder.resolve().name,
        licence=UNSTATED_LICENCE,
        language_model=language_model,
        codec=codec,
        text_encoder=make_t5(text, below(weights, _TEXT), folder),
    )


def _read_config(file: ReleaseFile, codec: EncodecCodec) -> ModelConfig:
    settings = file.settings
    for name, allowed in _FIXED.items():
        settings.require(name, *allowed)
    sizes = read_sizes(settings, _SIZES)
    width, rate = sizes["hidden_size"], codec.sample_rate_hz
    settings.require("ffn_dim", width * max(1, sizes["ffn_dim"] // width))
    settings.require("vocab_size", codec.codebook_size)
    if rate not in _WINDOWS_S:
        raise _other(settings, f"a codec of {rate} Hz", "32000 Hz of MusicGen or 16000 of AudioGen")
    try:
        return ModelConfig(
            kind=ModelKind.AUTOREGRESSIVE,
            width=width,
            n_layers=sizes["num_hidden_layers"],
            n_heads=sizes["num_attention_heads"],
            ffn_ratio=sizes["ffn_dim"] // width,
            text_width=text_width(file),
            n_levels=codec.n_levels,
            codebook_size=codec.codebook_size,
            window_s=_WINDOWS_S[rate],
            frame_rate_hz=codec.frame_rate_hz,
        )
    except ValueError as error:
        raise _other(
            settings, f"sizes that make no model ({error})", "those of MusicGen"
        ) from error


def _require_musicgen(settings: Settings) -> None:
    kind = str(settings.get("model_type", "no model_type"))[:100]
    if kind == "musicgen_melody":
        raise _other(
            settings, "a melody model (musicgen_melody)", "a MusicGen that takes text alone"
        )
    if kind != "musicgen":
        raise _other(settings, f"a model of the kind {kind!r}", "musicgen, or a folder of our own")


def _require_mono(decoder: Settings) -> None:
    channels = decoder.whole("audio_channels", 1)
    if channels != 1:
        raise _other(decoder, f"a stereo model (audio_channels is {channels})", "a mono model")


def _other(settings: Settings, came: str, expected: str) -> CheckpointError:
    return CheckpointError(
        f"the file {settings.file} describes {came}",
        expected=expected,
        advice="Use a mono MusicGen, or a model in the release format",
    )
