"""EnCodec in the format of `transformers`, as the Hub has it and as MusicGen's folders hold it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.settings import Settings
from engine.checkpoints.transformers_files import (
    make_network,
    read_settings,
    read_sizes,
    read_weights,
)
from engine.codec.encodec import EncodecCodec, EncodecParts, require_ratios
from engine.errors import CheckpointError
from engine.torchaudio_stand_in import ensure_torchaudio

_SIZES = {
    "sampling_rate": (1, 10**6, 24000),
    "hidden_size": (1, 4096, 128),
    "num_filters": (1, 1024, 32),
    "num_residual_layers": (0, 32, 1),
    "kernel_size": (1, 64, 7),
    "last_kernel_size": (1, 64, 7),
    "residual_kernel_size": (1, 64, 3),
    "dilation_growth_rate": (1, 16, 2),
    "compress": (1, 16, 2),
    "num_lstm_layers": (0, 8, 2),
    "codebook_size": (2, 2**15 - 1, 1024),
}
"""Least, most (far beyond any codec), and what the library takes where nothing is said."""
_CHOICES: dict[str, tuple[object, ...]] = {
    "use_causal_conv": (True, False),
    "use_conv_shortcut": (True, False),
    "pad_mode": ("reflect", "constant"),
}
_FIXED: dict[str, tuple[object, ...]] = {
    "audio_channels": (1,),
    "normalize": (False,),
    "norm_type": ("weight_norm",),
    "trim_right_ratio": (1.0, 1),
    "chunk_length_s": (None,),
}
_MOST_LEVELS = 64
_NORM = re.compile(r"\.weight_([gv])$")
"""Names of older files, which newer versions write in another way."""


def codec_from_folder(folder: Path, n_levels: int = 4) -> EncodecCodec:
    """An EnCodec in the format of `transformers`, such as `facebook/encodec_32khz`.

    Args:
        folder: with `config.json` and weights as safetensors.
        n_levels: K of the language model; the codec may have more.

    Raises:
        CheckpointError: the folder holds something else.
    """
    weights = read_weights(folder)
    return codec_from_transformers(read_settings(folder), weights, n_levels, folder.name)


def codec_from_transformers(
    settings: Settings, weights: Mapping[str, Tensor], n_levels: int, file: str
) -> EncodecCodec:
    """An EnCodec of settings and weights that were read already.

    Args:
        settings: of the codec alone. weights: by the names of `transformers`, old or new.
        n_levels: see `codec_from_folder`. file: where the weights are from, for messages.

    Raises:
        CheckpointError: settings or weights that do not fit.
    """
    ensure_torchaudio()
    from transformers import EncodecConfig, EncodecModel

    sizes, ratios = _read_sizes(settings, n_levels)
    choices: dict[str, Any] = {
        name: settings.get(name, allowed[0]) for name, allowed in _CHOICES.items()
    }
    config = EncodecConfig(
        **sizes,
        **choices,
        upsampling_ratios=list(ratios),
        target_bandwidths=[_best_bandwidth(settings)],
    )
    named = {_NORM.sub(_new_norm, name): weight for name, weight in weights.items()}
    model = make_network(EncodecModel, config, named, f"{file} (codec)")
    quantizer: Any = model.quantizer

    def quantise(latents: Tensor) -> Tensor:
        codes, residual = [], latents
        for layer in quantizer.layers[:n_levels]:
            codes.append(layer.encode(residual))
            residual = residual - layer.decode(codes[-1])
        return torch.stack(codes)

    return EncodecCodec(
        EncodecParts(
            encoder=model.get_submodule("encoder"),
            decoder=model.get_submodule("decoder"),
            quantizer=quantizer,
            quantise=quantise,
            sum_codes=quantizer.decode,
        ),
        sample_rate_hz=sizes["sampling_rate"],
        frame_rate_hz=sizes["sampling_rate"] // math.prod(ratios),
        n_levels=n_levels,
        codebook_size=sizes["codebook_size"],
    )


def _read_sizes(settings: Settings, n_levels: int) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Sizes and ratios, where they are those of a mono codec of at least so many levels."""
    settings.require("model_type", "encodec")
    for name, allowed in (_FIXED | _CHOICES).items():
        settings.require(name, *allowed)
    sizes: dict[str, Any] = {**read_sizes(settings, _SIZES)}
    sizes["codebook_dim"] = settings.whole("codebook_dim", sizes["hidden_size"])
    ratios = settings.numbers("upsampling_ratios", (8, 5, 4, 2))
    require_ratios(ratios, sizes["sampling_rate"], settings, "upsampling_ratios", "sampling_rate")
    bits = math.ceil(math.log2(sizes["codebook_size"])) * sizes["sampling_rate"]
    bits //= math.prod(ratios)
    best = _best_bandwidth(settings)
    if not n_levels <= 1000 * best // bits <= _MOST_LEVELS:
        raise CheckpointError(
            f"the last of the target_bandwidths in {settings.file} is {best:g}",
            expected=f"{n_levels} to {_MOST_LEVELS} levels of {bits} bits a second",
            advice="Use the codec that the model was trained with",
        )
    if sizes["codebook_dim"] != sizes["hidden_size"]:
        raise CheckpointError(
            f"the setting codebook_dim in {settings.file} is {sizes['codebook_dim']}",
            expected=f"{sizes['hidden_size']}, the hidden_size",
            advice="Download the codec again",
        )
    return sizes, ratios


def _best_bandwidth(settings: Settings) -> float:
    """In thousands of bits a second; by it the library counts its levels."""
    each = settings.get("target_bandwidths", (24.0,))
    last = each[-1] if isinstance(each, (list, tuple)) and each else None
    return Settings({"target_bandwidths": last}, settings.file).number("target_bandwidths")


def _new_norm(old: re.Match[str]) -> str:
    return f".parametrizations.weight.original{'gv'.index(old[1])}"
