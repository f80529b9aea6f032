"""Published language models: kind and sizes from the settings, weights to the last name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch

from engine.checkpoints.account import check_weights
from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.released_model import (
    build,
    read_config,
    read_kind,
    text_encoder_name,
)
from engine.checkpoints.settings import Settings
from engine.checkpoints.upstream_names import (
    OURS,
    RELEASED,
    TRANSFORMERS,
    translate,
    upstream_shapes,
)
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from tests.engine.golden import golden_file


def _with(file: ReleaseFile, name: str, value: Any) -> ReleaseFile:
    values: Any = deepcopy(dict(file.settings.values))
    *parents, last = name.split(".")
    place = values
    for part in parents:
        place = place[part]
    place[last] = value
    return replace(file, settings=Settings(values, file.settings.file))


@pytest.mark.parametrize(
    ("folder", "kind", "window_s", "text_width", "t5"),
    [
        ("plain", ModelKind.MAGNET, 10.0, 768, "t5-base"),
        ("hybrid", ModelKind.HYBRID, 6.0, 768, "t5-base"),
        ("musicgen", ModelKind.AUTOREGRESSIVE, 30.0, 768, "t5-base"),
        ("audio", ModelKind.MAGNET, 10.0, 1024, "t5-large"),
    ],
)
def test_the_file_says_what_it_is(
    folder: str, kind: ModelKind, window_s: float, text_width: int, t5: str
) -> None:
    file = golden_file(folder)
    config = read_config(file)
    assert config == ModelConfig(
        kind=kind, width=64, n_layers=4, n_heads=4, text_width=text_width, window_s=window_s
    )
    assert text_encoder_name(file.settings) == t5
    model = build(file, config, torch.float32)
    for name, weight in translate(file.weights).items():
        assert torch.equal(model.state_dict()[name], weight.float()), name
    assert model.positions.shape == (config.window_frames + 4, 64)


def test_an_older_configuration_is_told_apart_by_what_masked_training_leaves() -> None:
    """The released 30 s file names neither its solver nor its class as today's code does."""
    old: Mapping[str, Any] = {"solver": "lm", "transformer_lm": {"subcodes_context": 5}}
    assert read_kind(Settings(old, "f")) is ModelKind.MAGNET
    delayed = {**old, "codebooks_pattern": {"modeling": "delay"}}
    assert read_kind(Settings(delayed, "f")) is ModelKind.HYBRID
    assert read_kind(Settings({"lm_model": "transformer_lm"}, "f")) is ModelKind.AUTOREGRESSIVE


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("transformer_lm.norm_first", False, "norm_first"),
        ("transformer_lm.bias_ff", True, "bias_ff"),
        ("transformer_lm.positional_embedding", "rope", "rope"),
        ("transformer_lm.kv_repeat", 2, "kv_repeat"),
        ("transformer_lm.dim", 10**9, "width"),
        ("transformer_lm.dim", "64", "dim"),
        ("transformer_lm.num_heads", 5, "n_heads"),
        ("dataset.segment_duration", -1, "window_s"),
        ("codebooks_pattern.modeling", "unroll", "unroll"),
        ("fuser.cross", ["self_wav"], "self_wav"),
        ("fuser.prepend", ["self_wav"], "Melody"),
        ("interleave_stereo_codebooks.use", True, "stereo"),
    ],
)
def test_other_networks_are_refused(name: str, value: Any, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        read_config(_with(golden_file("plain"), name, value))


def test_stereo_delays_are_refused() -> None:
    file = _with(golden_file("musicgen"), "codebooks_pattern.delay.delays", [0, 0, 1, 1])
    with pytest.raises(CheckpointError, match="Stereo"):
        read_config(file)


def test_every_name_and_shape_is_accounted_for() -> None:
    file = golden_file("plain")
    wanted, weights = upstream_shapes(read_config(file)), dict(file.weights)
    check_weights(weights, wanted, "f")
    emb = weights.pop("emb.2.weight")
    with pytest.raises(CheckpointError, match=r"1 missing weights such as emb\.2\.weight"):
        check_weights(weights, wanted, "f")
    with pytest.raises(
        CheckpointError, match=r"emb\.2\.weight of \[5, 64\] instead of \[2049, 64\]"
    ):
        check_weights({**weights, "emb.2.weight": emb[:5]}, wanted, "f")
    weights["emb.2.weight"] = emb
    with pytest.raises(CheckpointError, match=r"1 unknown weights such as self_wav\.x"):
        check_weights({**weights, "self_wav.x": emb}, wanted, "f")
    weights["emb.2.weight"] = torch.full_like(emb, math.nan)
    with pytest.raises(CheckpointError, match=r"emb\.2\.weight that are not finite"):
        check_weights(weights, wanted, "f")


def test_a_file_without_a_text_projection_is_no_text_model() -> None:
    file = golden_file("plain")
    weights = {name: weight for name, weight in file.weights.items() if "output_proj" not in name}
    with pytest.raises(CheckpointError, match="output_proj"):
        read_config(replace(file, weights=weights))


@pytest.mark.parametrize(
    ("width", "n_layers", "n_heads", "text_width", "n_keys", "n_parameters"),
    [
        (1024, 24, 16, 768, 300, 420_371_456),
        (1536, 48, 24, 768, 588, 1_838_737_920),
        (1024, 24, 16, 1024, 300, 420_633_600),
        (1536, 48, 24, 1024, 588, 1_839_131_136),
    ],
)
def test_published_sizes(
    width: int, n_layers: int, n_heads: int, text_width: int, n_keys: int, n_parameters: int
) -> None:
    config = ModelConfig(
        kind=ModelKind.MAGNET,
        width=width,
        n_layers=n_layers,
        n_heads=n_heads,
        text_width=text_width,
    )
    assert len(upstream_shapes(config)) == n_keys
    with torch.device("meta"):
        ours = {
            name: tuple(each.shape) for name, each in LanguageModel(config).state_dict().items()
        }
    for naming in (RELEASED, TRANSFORMERS, OURS):
        shapes = naming.shapes(config)
        assert sum(map(math.prod, shapes.values())) == n_parameters
        weights = {name: torch.empty(each, device="meta") for name, each in shapes.items()}
        renamed = naming.translate(weights)
        assert {name: tuple(weight.shape) for name, weight in renamed.items()} == ours
        assert shapes[naming.text_weight] == (width, text_width)
