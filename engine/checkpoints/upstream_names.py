"""The released files' names of the language model's weights, translated to ours.

The only place in the project that knows them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from engine.model.config import ModelConfig

_TEXT = "condition_provider.conditioners.description.output_proj."
TEXT_WEIGHT = _TEXT + "weight"
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
            ours[_outside_layers(name)] = tensor
    return ours


def _outside_layers(name: str) -> str:
    for theirs, replacement in _PREFIXES.items():
        if name.startswith(theirs):
            return replacement + name[len(theirs) :]
    return name
