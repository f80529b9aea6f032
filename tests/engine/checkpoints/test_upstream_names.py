"""The released names of weights and ours."""

import torch

from engine.checkpoints.upstream_names import translate, translate_transformers


def test_cross_attention_is_split_into_query_and_keys_with_values() -> None:
    name = "transformer.layers.7.cross_attention.in_proj_weight"
    ours = translate({name: torch.arange(6)[:, None].expand(6, 2)})
    assert ours["layers.7.cross_attention.query.weight"][:, 0].tolist() == [0, 1]
    assert ours["layers.7.cross_attention.key_value.weight"][:, 0].tolist() == [2, 3, 4, 5]


def test_names_outside_and_inside_of_layers() -> None:
    weight = torch.zeros(2)
    upstream = [
        "condition_provider.conditioners.description.output_proj.bias",
        "emb.3.weight",
        "linears.0.weight",
        "out_norm.bias",
        "transformer.layers.11.norm_cross.weight",
        "transformer.layers.0.linear2.weight",
    ]
    assert list(translate(dict.fromkeys(upstream, weight))) == [
        "text_projection.bias",
        "embeddings.3.weight",
        "heads.0.weight",
        "final_norm.bias",
        "layers.11.cross_norm.weight",
        "layers.0.feed_forward.down.weight",
    ]


def test_unknown_names_are_kept_for_a_strict_load_to_report() -> None:
    unknown = {"condition_provider.conditioners.self_wav.x": torch.zeros(1)}
    assert list(translate(unknown)) == list(unknown)
    layer = {"transformer.layers.2.self_attn.mha.in_proj_bias": torch.zeros(1)}
    assert list(translate(layer)) == ["layers.2.self_attn.mha.in_proj_bias"]


def test_queries_keys_and_values_are_joined_in_order() -> None:
    base = "decoder.model.decoder.layers.7."
    theirs = {
        f"{base}{kind}.{part}_proj.weight": torch.full((1, 1), float(number))
        for kind in ("encoder_attn", "self_attn")
        for number, part in enumerate("vkq")
    }
    ours = translate_transformers(theirs)
    assert ours["layers.7.self_attention.qkv.weight"].flatten().tolist() == [2, 1, 0]
    assert ours["layers.7.cross_attention.query.weight"].item() == 2
    assert ours["layers.7.cross_attention.key_value.weight"].flatten().tolist() == [1, 0]
