"""A model of our own as a folder: `config.json` and safetensors, nothing that can run code.

config.json                   name, licence and the sizes of the three networks
language_model.safetensors    weights, half precision
codec.safetensors             weights and codebooks
text_encoder.safetensors      the trained part of the text encoder
token_table, tokenizer        its frozen word vectors and vocabulary (engine.text.table)
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.table import TABLE_FILE, TOKENIZER_FILE

CONFIG_FILE = "config.json"
LANGUAGE_MODEL_FILE = "language_model.safetensors"
CODEC_FILE = "codec.safetensors"
TEXT_ENCODER_FILE = "text_encoder.safetensors"
_STEPS, _SCALE = ".int8", ".int8_scale"
"""A matrix in 8 bits is two tensors: whole numbers, and one scale a row."""
WEIGHT_FILES = (LANGUAGE_MODEL_FILE, CODEC_FILE, TEXT_ENCODER_FILE)
FILES = (CONFIG_FILE, *WEIGHT_FILES, TABLE_FILE, TOKENIZER_FILE)


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

    Args:
        folder: made if it is not there; files of the same names are replaced.
        parts: what to write.
        text_files: folder that holds the token table and the tokeniser.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _save_weights(parts.language_model, folder / LANGUAGE_MODEL_FILE)
    _save_weights(parts.codec, folder / CODEC_FILE, pack=True)
    _save_weights(parts.text_encoder, folder / TEXT_ENCODER_FILE)
    for name in (TABLE_FILE, TOKENIZER_FILE):
        if text_files.resolve() != folder.resolve():
            shutil.copyfile(text_files / name, folder / name)
    config = {
        "name": parts.name,
        "licence": parts.licence,
        "language_model": asdict(parts.language_model.config),
        "codec": asdict(parts.codec.config),
        "text_encoder": asdict(parts.text_encoder.config),
    }
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n")


def load_model(folder: Path) -> ModelParts:
    """Read a model folder.

    Raises:
        CheckpointError: a file is missing or damaged, or does not fit `config.json`.
    """
    config = read_config(folder)
    try:
        language_model = LanguageModel(_language_model_config(config["language_model"]))
        codec = MiniCodec(MiniCodecConfig(**config["codec"]))
        text_config = MiniTextConfig(**config["text_encoder"])
        name, licence = str(config["name"]), str(config["licence"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"the {CONFIG_FILE} of {folder.name} is not understood ({error})",
            expected="the sizes of a language_model, a codec and a text_encoder",
            advice="Export or download the model again",
        ) from error
    text_encoder = MiniTextEncoder.from_folder(folder, text_config)
    for network, file in (
        (language_model, LANGUAGE_MODEL_FILE),
        (codec, CODEC_FILE),
        (text_encoder, TEXT_ENCODER_FILE),
    ):
        _load_weights(network, folder / file)
    return ModelParts(
        name=name,
        licence=licence,
        language_model=language_model.eval(),
        codec=codec.eval(),
        text_encoder=text_encoder.eval(),
    )


def read_config(folder: Path) -> dict[str, Any]:
    """The description of a model folder, without its weights.

    Raises:
        CheckpointError: a file is missing, or `config.json` is no JSON object.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(
            f"the model folder {folder.name} has no {', '.join(missing)}",
            expected=f"{', '.join(FILES)}",
            advice="Check the path, or export or download the model again",
        )
    try:
        config = json.loads((folder / CONFIG_FILE).read_text())
    except (ValueError, OSError) as error:
        raise _damaged(folder / CONFIG_FILE, str(error)) from error
    if not isinstance(config, dict):
        raise _damaged(folder / CONFIG_FILE, "no JSON object")
    return config


def count_parameters(folder: Path) -> int:
    """Numbers in all networks of a model folder, without reading them.

    Raises:
        CheckpointError: a file is damaged.
    """
    total = 0
    for name in WEIGHT_FILES:
        try:
            with safe_open(folder / name, "pt") as file:
                keys = [key for key in file.keys() if not key.endswith(_SCALE)]  # noqa: SIM118
                total += sum(math.prod(file.get_slice(key).get_shape()) for key in keys)
        except (SafetensorError, OSError) as error:
            raise _damaged(folder / name, str(error)) from error
    return total


def _language_model_config(values: Mapping[str, Any]) -> ModelConfig:
    return ModelConfig(**{**values, "kind": ModelKind(values["kind"])})


def _save_weights(network: nn.Module, path: Path, *, pack: bool = False) -> None:
    state: dict[str, Tensor] = {}
    for key, value in network.state_dict().items():
        if pack and value.dim() == 2:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
            state[key + _STEPS] = (value / scale).round().to(torch.int8)
            state[key + _SCALE] = scale.half()
        else:
            state[key] = value.half().contiguous()
    partial = path.with_suffix(".partial")
    save_file(state, partial)
    partial.chmod(0o644)  # safetensors writes for the owner alone
    partial.replace(path)


def _load_weights(network: nn.Module, path: Path) -> None:
    try:
        given = _unpacked(load_file(path))
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error
    wanted = network.state_dict()
    wrong = sorted(wanted.keys() ^ given.keys()) + [
        f"{key} {list(given[key].shape)}"
        for key in wanted.keys() & given.keys()
        if wanted[key].shape != given[key].shape
    ]
    if wrong:
        raise CheckpointError(
            f"the weights {path.name} and {CONFIG_FILE} disagree about {wrong[0]}"
            + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""),
            expected="weights of the sizes that the configuration gives",
            advice="Export or download the model again",
        )
    if not all(bool(torch.isfinite(value).all()) for value in given.values()):
        raise _damaged(path, "weights that are not finite")
    network.load_state_dict({key: value.float() for key, value in given.items()})


def _unpacked(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices in 8 bits back as float32; all else as it is."""
    found = {key: value for key, value in state.items() if not key.endswith((_STEPS, _SCALE))}
    for key, steps in state.items():
        name = key.removesuffix(_STEPS)
        if name != key and name + _SCALE in state:
            found[name] = steps.float() * state[name + _SCALE].float()
    return found


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} cannot be read ({why})",
        expected="a whole, undamaged file",
        advice="Export or download the model again",
    )
