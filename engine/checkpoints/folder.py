"""A model of our own as a folder: `config.json` and safetensors, nothing that can run code.

config.json                   name, licence and the sizes of the three networks
language_model.safetensors    weights, half precision
codec.safetensors             weights, matrices in 8 bits, and codebooks
text_encoder.safetensors      the trained part of the text encoder
text_table.safetensors        its frozen word vectors (engine.text.table)
tokenizer.json                its vocabulary
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.checkpoints.description import CONFIG_FILE, ModelDescription, read_description
from engine.checkpoints.weights import (
    check_sizes,
    damaged,
    load_weights,
    read_header,
    save_weights,
)
from engine.codec.mini import MiniCodec
from engine.errors import CheckpointError
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextEncoder, load_tokenizer
from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, load_table

LANGUAGE_MODEL_FILE = "language_model.safetensors"
CODEC_FILE = "codec.safetensors"
TEXT_ENCODER_FILE = "text_encoder.safetensors"
WEIGHT_FILES = (LANGUAGE_MODEL_FILE, CODEC_FILE, TEXT_ENCODER_FILE)
FILES = (CONFIG_FILE, *WEIGHT_FILES, TABLE_FILE, TOKENIZER_FILE)
_CHUNK_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """What a folder holds: its description and three networks in evaluation mode, float32."""

    name: str
    licence: str
    language_model: LanguageModel
    codec: MiniCodec
    text_encoder: MiniTextEncoder


def save_model(folder: Path, parts: ModelParts, *, text_files: Path) -> None:
    """Write a model folder; weights become float16.

    All files are written before the first of an older model is replaced, so that a failure
    leaves that model as it was.

    Args:
        folder: made if it is not there; files of the same names are replaced, others stay.
        parts: what to write.
        text_files: folder that holds the token table and the tokeniser; may be the same one.

    Raises:
        CheckpointError: no room, no permission, a text file is missing, or weights that
            float16 cannot hold.
        ValueError: parts that do not fit together.
    """
    description = ModelDescription(
        name=parts.name,
        licence=parts.licence,
        language_model=parts.language_model.config,
        codec=parts.codec.config,
        text_encoder=parts.text_encoder.config,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Inside, to be on the same disk: moving a file then cannot fail for lack of room.
        with TemporaryDirectory(dir=folder, prefix=".partial-") as place:
            partial = Path(place)
            (partial / CONFIG_FILE).write_text(description.to_json(), encoding="utf-8")
            save_weights(parts.language_model, partial / LANGUAGE_MODEL_FILE)
            save_weights(parts.codec, partial / CODEC_FILE, pack=True)
            save_weights(parts.text_encoder, partial / TEXT_ENCODER_FILE)
            for name in (TABLE_FILE, TOKENIZER_FILE):
                shutil.copyfile(text_files / name, partial / name)
            for name in FILES:
                (partial / name).replace(folder / name)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"the model folder {folder.name} cannot be written ({error})",
            expected="a folder that may be written to, with room for the model",
            advice="Free some space, or choose another place",
        ) from error


def load_model(folder: Path) -> ModelParts:
    """Read a model folder.

    No memory is taken for a network before its sizes in `config.json` have been found in the
    file of its weights, and so in proportion to that file.

    Raises:
        CheckpointError: a file is missing or damaged, or does not fit the others.
    """
    require_files(folder)
    description = read_description(folder)
    language_model, text_encoder = description.language_model, description.text_encoder
    table, tokenizer = _load_words(folder)
    with _without_memory():
        # Tables of positions do take memory and are in no file: here of one second, one token.
        for network, file in (
            (LanguageModel(replace(language_model, window_s=1.0)), LANGUAGE_MODEL_FILE),
            (MiniCodec(description.codec), CODEC_FILE),
            (
                MiniTextEncoder(replace(text_encoder, max_tokens=1), table, tokenizer),
                TEXT_ENCODER_FILE,
            ),
        ):
            check_sizes(network, folder / file)
        parts = ModelParts(
            name=description.name,
            licence=description.licence,
            language_model=LanguageModel(language_model).eval(),
            codec=MiniCodec(description.codec).eval(),
            text_encoder=MiniTextEncoder(text_encoder, table, tokenizer).eval(),
        )
    load_weights(parts.language_model, folder / LANGUAGE_MODEL_FILE)
    load_weights(parts.codec, folder / CODEC_FILE)
    load_weights(parts.text_encoder, folder / TEXT_ENCODER_FILE)
    return parts


def require_files(folder: Path) -> None:
    """Check that a folder has all files of a model.

    Raises:
        CheckpointError: one is missing; all that are get named.
    """
    try:
        missing = [name for name in FILES if not (folder / name).is_file()]
    except OSError as error:  # no permission to look into the folder
        raise damaged(folder, str(error)) from error
    if missing:
        some = "no model" if len(missing) == len(FILES) else f"no {', '.join(missing)}"
        raise CheckpointError(
            f"the model folder {folder.name} has {some}",
            expected=f"{', '.join(FILES)}",
            advice="Check the path, or export or download the model again",
        )


def hash_model(folder: Path, names: Sequence[str] = FILES) -> str:
    """SHA-256 over all files of a model, as hexadecimal digits.

    The same as the shell's `sha256sum FILES | sha256sum` in the folder, with the names in the
    order given.

    Raises:
        CheckpointError: a file cannot be read.
    """
    return hash_list({name: hash_file(folder / name) for name in names})


def hash_file(path: Path) -> str:
    """SHA-256 of one file, as hexadecimal digits.

    Raises:
        CheckpointError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise damaged(path, str(error)) from error
    return digest.hexdigest()


def hash_list(digests: Mapping[str, str]) -> str:
    """The hash of `hash_model` from those of the files, by name and in order."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _load_words(folder: Path) -> tuple[TokenTable, Tokenizer]:
    """The frozen word vectors and the tokeniser whose ids choose among them."""
    header = read_header(folder / TABLE_FILE)
    values, scales = (header.get(name) for name in ("values", "scales"))
    fits = (
        values is not None
        and scales is not None
        and len(values.shape) == 2
        and all(values.shape)
        and scales.shape == values.shape[:1]
    )
    if not fits:
        raise damaged(folder / TABLE_FILE, "no vectors with one scale each")
    table, tokenizer = load_table(folder / TABLE_FILE), load_tokenizer(folder)
    if not bool(torch.isfinite(table.scales).all()):
        raise damaged(folder / TABLE_FILE, "scales that are not finite")
    last, n_rows = max(tokenizer.get_vocab().values(), default=-1), len(table.values)
    if not 0 <= last < n_rows:
        raise CheckpointError(
            f"the last word of {TOKENIZER_FILE} has the number {last}",
            expected=f"0 to {n_rows - 1}, the rows of {TABLE_FILE}",
            advice="Take both files from the same model",
        )
    try:
        tokenizer.encode("♪ music", add_special_tokens=False)
    except Exception as error:  # the library raises nothing more special
        raise damaged(folder / TOKENIZER_FILE, str(error)) from error
    return table, tokenizer


class _NoFirstWeights(TorchFunctionMode):
    """Leaves out drawing numbers that are not there; PyTorch would load its compiler for it."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func is nn.init.normal_:
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def _without_memory() -> Iterator[None]:
    """Networks that are made inside have sizes but no numbers."""
    with torch.device("meta"), _NoFirstWeights():
        yield
