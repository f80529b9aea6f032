"""The names that others give to the language model's weights, translated to ours.

The only place in the project that knows them: those of the released files, and those of
`transformers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from engine.model.config import ModelConfig

_TEXT = "condition_provider.conditioners.description.output_proj."
_PREFIXES = {
    _TEXT: "text_projection.",
    "emb.": "embeddings.",
    "out_norm.": "final_norm.",
    "linears.": "heads.",
}
_LAYER = re.compile(r"transformer\.layers\.(\d+)\.(.+)")
_IN_LAYER = {
    "norm1.weight": "self_norm.weight",
    "norm1.bias": "self_norm.bias",
    "self_attn.in_proj_weight": "self_attention.qkv.weight",
    "self_attn.out_proj.weight": "self_attention.out.weight",
    "norm_cross.weight": "cross_norm.weight",
    "norm_cross.bias": "cross_norm.bias",
    "cross_attention.out_proj.weight": "cross_attention.out.weight",
    "norm2.weight": "ffn_norm.weight",
    "norm2.bias": "ffn_norm.bias",
    "linear1.weight": "feed_forward.up.weight",
    "linear2.weight": "feed_forward.down.weight",
}

_T_DECODER = "decoder.model.decoder."
_T_TEXT = "enc_to_dec_proj."
_T_PREFIXES = {
    _T_TEXT: "text_projection.",
    _T_DECODER + "embed_tokens.": "embeddings.",
    _T_DECODER + "layer_norm.": "final_norm.",
    "decoder.lm_heads.": "heads.",
}
_T_LAYER = re.compile(re.escape(_T_DECODER) + r"layers\.(\d+)\.(.+)")
_T_IN_LAYER = {
    "self_attn_layer_norm.weight": "self_norm.weight",
    "self_attn_layer_norm.bias": "self_norm.bias",
    "self_attn.out_proj.weight": "self_attention.out.weight",
    "encoder_attn_layer_norm.weight": "cross_norm.weight",
    "encoder_attn_layer_norm.bias": "cross_norm.bias",
    "encoder_attn.q_proj.weight": "cross_attention.query.weight",
    "encoder_attn.out_proj.weight": "cross_attention.out.weight",
    "final_layer_norm.weight": "ffn_norm.weight",
    "final_layer_norm.bias": "ffn_norm.bias",
    "fc1.weight": "feed_forward.up.weight",
    "fc2.weight": "feed_forward.down.weight",
}
_T_JOINED = {
    "self_attention.qkv.weight": tuple(f"self_attn.{part}_proj.weight" for part in "qkv"),
    "cross_attention.key_value.weight": tuple(f"encoder_attn.{part}_proj.weight" for part in "kv"),
}
"""Matrices that lie one below the other in ours."""
TRANSFORMERS_POSITIONS = _T_DECODER + "embed_positions.weights"
"""The table of positions, which older files of `transformers` hold; ours is computed."""


class Naming(NamedTuple):
    """How one kind of file names its weights.

    `text_weight` is the name of the matrix that projects the text; `shapes` gives every name and
    the shape of its weight for a model of certain sizes; `translate` renames to ours.
    """

    text_weight: str
    shapes: Callable[[ModelConfig], dict[str, tuple[int, ...]]]
    translate: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]


def upstream_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every released name and the shape of its weight, for a model of these sizes."""
    width, wide, size = config.width, config.ffn_ratio * config.width, config.codebook_size
    shapes: dict[str, tuple[int, ...]] = {
        _TEXT + "weight": (width, config.text_width),
        _TEXT + "bias": (width,),
        "out_norm.weight": (width,),
        "out_norm.bias": (width,),
    }
    for level in range(config.n_levels):
        shapes[f"emb.{level}.weight"] = (size + 1, width)
        shapes[f"linears.{level}.weight"] = (size, width)
    in_layer: dict[str, tuple[int, ...]] = {
        "self_attn.in_proj_weight": (3 * width, width),
        "self_attn.out_proj.weight": (width, width),
        "cross_attention.in_proj_weight": (3 * width, width),
        "cross_attention.out_proj.weight": (width, width),
        "linear1.weight": (wide, width),
        "linear2.weight": (width, wide),
    }
    for norm in ("norm1", "norm_cross", "norm2"):
        in_layer[f"{norm}.weight"] = in_layer[f"{norm}.bias"] = (width,)
    for number in range(config.n_layers):
        for name, shape in in_layer.items():
            shapes[f"transformer.layers.{number}.{name}"] = shape
    return shapes


def translate(upstream: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a released MAGNeT, Hybrid-MAGNeT, MusicGen or AudioGen.

    Args:
        upstream: the file's `best_state`.

    Returns:
        A state for `LanguageModel.load_state_dict`. Unknown names are kept as they are, so
        that a strict load reports them. The tensors are the same ones, or views of them.
    """
    ours: dict[str, Tensor] = {}
    for name, tensor in upstream.items():
        in_layer = _LAYER.fullmatch(name)
        if in_layer and in_layer[2] == "cross_attention.in_proj_weight":
            base, width = f"layers.{in_layer[1]}.cross_attention.", tensor.shape[1]
            ours[base + "query.weight"] = tensor[:width]
            ours[base + "key_value.weight"] = tensor[width:]
        elif in_layer:
            ours[f"layers.{in_layer[1]}.{_IN_LAYER.get(in_layer[2], in_layer[2])}"] = tensor
        else:
            ours[_renamed(name, _PREFIXES)] = tensor
    return ours


def transformers_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every name of `transformers` and the shape of its weight, for a model of these sizes.

    Without those of the text encoder and the codec that lie in the same file.
    """
    width, wide, size = config.width, config.ffn_ratio * config.width, config.codebook_size
    shapes: dict[str, tuple[int, ...]] = {
        _T_TEXT + "weight": (width, config.text_width),
        _T_TEXT + "bias": (width,),
        _T_DECODER + "layer_norm.weight": (width,),
        _T_DECODER + "layer_norm.bias": (width,),
    }
    for level in range(config.n_levels):
        shapes[f"{_T_DECODER}embed_tokens.{level}.weight"] = (size + 1, width)
        shapes[f"decoder.lm_heads.{level}.weight"] = (size, width)
    square, joined = (width, width), [name for names in _T_JOINED.values() for name in names]
    in_layer = {
        name: (width,) if "norm" in name else square for name in (*_T_IN_LAYER, *joined)
    } | {"fc1.weight": (wide, width), "fc2.weight": (width, wide)}
    for number in range(config.n_layers):
        for name, shape in in_layer.items():
            shapes[f"{_T_DECODER}layers.{number}.{name}"] = shape
    return shapes


def translate_transformers(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the language model's weights of a MusicGen of `transformers`.

    Args:
        theirs: all that `transformers_shapes` names; see `translate` for names beyond.
    """
    ours: dict[str, Tensor] = {}
    parts = {name for names in _T_JOINED.values() for name in names}
    numbers: dict[str, None] = {}
    for name, tensor in theirs.items():
        in_layer = _T_LAYER.fullmatch(name)
        if in_layer is None:
            ours[_renamed(name, _T_PREFIXES)] = tensor
            continue
        numbers[in_layer[1]] = None
        if in_layer[2] not in parts:
            ours[f"layers.{in_layer[1]}.{_T_IN_LAYER.get(in_layer[2], in_layer[2])}"] = tensor
    for number in numbers:
        for name, pieces in _T_JOINED.items():
            found = [theirs[f"{_T_DECODER}layers.{number}.{piece}"] for piece in pieces]
            ours[f"layers.{number}.{name}"] = torch.cat(found)
    return ours


def own_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Our own names and shapes, by way of the released ones."""
    released = {
        name: torch.empty(shape, device="meta") for name, shape in upstream_shapes(config).items()
    }
    return {name: tuple(weight.shape) for name, weight in translate(released).items()}


def _renamed(name: str, prefixes: Mapping[str, str]) -> str:
    for theirs, replacement in prefixes.items():
        if name.startswith(theirs):
            return replacement + name[len(theirs) :]
    return name


RELEASED = Naming(_TEXT + "weight", upstream_shapes, translate)
TRANSFORMERS = Naming(_T_TEXT + "weight", transformers_shapes, translate_transformers)
OURS = Naming("text_projection.weight", own_shapes, dict)
