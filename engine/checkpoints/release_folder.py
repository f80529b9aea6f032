"""A folder in the release format, as Meta publishes its models, read into our parts.

state_dict.bin                the language model and its settings
compression_state_dict.bin    the codec, or the name of one
t5/                           optional: the text encoder, in the format of transformers
codec/                        optional: the codec that the compression file names, likewise

What the folder does not hold is fetched by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.checkpoints.converted import read_language_model
from engine.checkpoints.release_file import ReleaseFile, read_release_file
from engine.checkpoints.release_names import COMPRESSION_FILE, STATE_FILE
from engine.checkpoints.released_model import assemble, read_config, text_encoder_name
from engine.codec.encodec import EncodecCodec, codec_from_release
from engine.codec.encodec_transformers import codec_from_folder
from engine.errors import CheckpointError
from engine.model.language_model import LanguageModel
from engine.text.t5 import T5TextEncoder, load_t5

UNSTATED_LICENCE = "not stated in its files (Meta's weights: CC-BY-NC-4.0)"
TEXT_FOLDER, CODEC_FOLDER = "t5", "codec"

Fetch = Callable[[str], Path]
"""From a model's name on the Hub to a local folder with its files; raises CheckpointError."""


@dataclass(frozen=True, kw_only=True)
class ReleasedParts:
    """The three networks of a released model, in evaluation mode.

    The files do not state their licence; that of a folder's contents is for its owner to know.
    """

    name: str
    licence: str
    language_model: LanguageModel
    codec: EncodecCodec
    text_encoder: T5TextEncoder


def is_release(folder: Path) -> bool:
    """Whether a folder looks like one in the release format."""
    return (folder / STATE_FILE).is_file()


def load_release(
    folder: Path, *, fetch: Fetch, dtype: torch.dtype, state_digest: str | None = None
) -> ReleasedParts:
    """Read a folder of the release format.

    Args:
        folder: see the module.
        fetch: gets what the folder only names.
        dtype: of the language model; text encoder and codec are float32.
        state_digest: SHA-256 of the language model's file, by which its converted copy is found
            or made; None: without copies.

    Raises:
        CheckpointError: a file is missing, damaged or hostile, or parts do not fit together.
    """
    file = read_language_model(folder / STATE_FILE, state_digest)
    codec = _load_codec(folder, file, fetch)
    config = read_config(file, codec.frame_rate_hz)
    _require_fit(file, "sample_rate", codec.sample_rate_hz)
    _require_fit(file, "transformer_lm.n_q", codec.n_levels)
    _require_fit(file, "transformer_lm.card", codec.codebook_size)
    local = folder / TEXT_FOLDER
    name = text_encoder_name(file.settings)
    text_encoder = load_t5(local if local.is_dir() else fetch(name))
    if text_encoder.width != config.text_width:
        raise CheckpointError(
            f"the text encoder has {text_encoder.width} numbers a token",
            expected=f"the {config.text_width} of {name[:100]!r}, which the model was trained on",
            advice=f"Put that encoder into {TEXT_FOLDER}/, or remove the folder",
        )
    return ReleasedParts(
        name=folder.resolve().name,
        licence=UNSTATED_LICENCE,
        language_model=assemble(file, config, dtype),
        codec=codec,
        text_encoder=text_encoder,
    )


def _load_codec(folder: Path, model: ReleaseFile, fetch: Fetch) -> EncodecCodec:
    file = read_release_file(folder / COMPRESSION_FILE)
    if isinstance(file, ReleaseFile):
        return codec_from_release(file)
    local = folder / CODEC_FOLDER
    n_levels = model.settings.whole("transformer_lm.n_q", 4)
    return codec_from_folder(local if local.is_dir() else fetch(file.name), n_levels)


def _require_fit(model: ReleaseFile, name: str, of_codec: int) -> None:
    if model.settings.whole(name, of_codec) != of_codec:
        raise CheckpointError(
            f"the language model's {name} is {model.settings.get(name)}, its codec's {of_codec}",
            expected="a language model and the codec that it was trained with",
            advice=f"Download {STATE_FILE} and {COMPRESSION_FILE} of one model",
        )
