"""Folders in the release format with random weights, at any of the published sizes.

    python -m tests.engine.release_writer FOLDER --kind hybrid --size small

What is written has the names, shapes, precision and settings of the published files, and nothing
of their contents: it loads, costs and computes like them, and plays noise.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import click
import torch
import yaml
from torch import Tensor, nn

from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.release_names import COMPRESSION_FILE, STATE_FILE
from engine.checkpoints.released_model import read_config
from engine.checkpoints.settings import Settings
from engine.checkpoints.upstream_names import RELEASED, upstream_shapes
from engine.torchaudio_stand_in import ensure_torchaudio
from tests.engine.golden import GOLDEN

SIZES = {"tiny": (64, 4, 4), "small": (1024, 24, 16), "medium": (1536, 48, 24)}
"""Width, layers, heads."""

TEMPLATES = {"magnet": "plain", "hybrid": "hybrid", "musicgen": "musicgen", "audio": "audio"}
"""The recorded file whose settings are changed in size."""


def write_release(folder: Path, *, kind: str, size: str, window_s: float, seed: int = 0) -> None:
    """Write both files and t5/.

    Args:
        folder: made; files of the same names are replaced.
        kind: of `TEMPLATES`.
        size: of `SIZES`; "tiny" also has the tiny codec and text encoder of the recordings.
        window_s: longest clip.
        seed: of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    source = GOLDEN / TEMPLATES[kind] / "checkpoint"
    state = torch.load(source / STATE_FILE, weights_only=True)
    settings = yaml.safe_load(state["xp.cfg"])
    width, n_layers, n_heads = SIZES[size]
    settings["transformer_lm"] |= {"dim": width, "num_layers": n_layers, "num_heads": n_heads}
    settings["dataset"]["segment_duration"] = window_s
    text_width = state["best_state"][RELEASED.text_weight].shape[1]
    content = state | {
        "best_state": _language_model(settings, text_width, generator),
        "xp.cfg": yaml.dump(settings),
    }
    torch.save(content, folder / STATE_FILE)
    _write_codec(folder, "audio" if kind == "audio" else "plain", size, generator)
    _write_t5(folder / "t5", text_width, size)


def _language_model(
    settings: dict[str, Any], text_width: int, generator: torch.Generator
) -> dict[str, Tensor]:
    like = ReleaseFile(
        weights={RELEASED.text_weight: torch.empty(1, text_width)},
        settings=Settings(settings, STATE_FILE),
    )
    shapes = upstream_shapes(read_config(like))
    return {name: _weight(name, shape, generator).half() for name, shape in shapes.items()}


def _weight(name: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """As at the start of training: norms 1 and 0, the rest by its inputs."""
    if len(shape) == 1:
        return torch.ones(shape) if "norm" in name and "weight" in name else torch.zeros(shape)
    return torch.randn(shape, generator=generator) / math.sqrt(shape[-1])


def _write_codec(folder: Path, template: str, size: str, generator: torch.Generator) -> None:
    source = GOLDEN / template / "checkpoint" / COMPRESSION_FILE
    if size == "tiny":
        shutil.copyfile(source, folder / COMPRESSION_FILE)
        return
    ensure_torchaudio()
    from encodec.modules import SEANetDecoder, SEANetEncoder
    from encodec.quantization import ResidualVectorQuantizer

    recorded = torch.load(source, weights_only=True)
    settings = yaml.safe_load(recorded["xp.cfg"])
    settings["seanet"] |= {"n_filters": 64, "dimension": 128}
    seanet = {
        name: settings["seanet"][name]
        for name in (
            "dimension", "n_filters", "n_residual_layers", "ratios", "kernel_size",
            "last_kernel_size", "residual_kernel_size", "dilation_base", "compress", "lstm",
            "pad_mode", "norm", "true_skip",
        )
    }  # fmt: skip
    network = nn.Module()
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        network.encoder = SEANetEncoder(channels=1, causal=False, **seanet)
        network.decoder = SEANetDecoder(channels=1, causal=False, **seanet)
        network.quantizer = ResidualVectorQuantizer(dimension=128, n_q=4, bins=2048)
        for layer in network.quantizer.vq.layers:
            layer._codebook.embed.normal_()
            layer._codebook.inited.fill_(1)
    content = recorded | {"best_state": network.state_dict(), "xp.cfg": yaml.dump(settings)}
    torch.save(content, folder / COMPRESSION_FILE)


def _write_t5(folder: Path, text_width: int, size: str) -> None:
    """The recordings' tokeniser; their tiny network, or a random one of the published size."""
    shutil.copytree(GOLDEN / "plain" / "checkpoint" / "t5", folder, dirs_exist_ok=True)
    if size == "tiny" and text_width == 768:
        return
    ensure_torchaudio()
    from transformers import T5Config, T5EncoderModel

    large = text_width > 768
    config = T5Config.from_pretrained(folder)
    sizes = {"d_model": text_width, "num_layers": 24 if large else 12}
    sizes |= {"num_heads": 16 if large else 12, "d_ff": 4 * text_width, "d_kv": 64}
    if size == "tiny":
        sizes = {"d_model": text_width, "num_layers": 1, "num_heads": 2, "d_ff": 64, "d_kv": 8}
    config.update(sizes)
    T5EncoderModel(config).save_pretrained(folder)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(list(TEMPLATES)), default="magnet", show_default=True)
@click.option("--size", type=click.Choice(list(SIZES)), default="small", show_default=True)
@click.option("--window-s", default=10.0, show_default=True)
def main(folder: Path, kind: str, size: str, window_s: float) -> None:
    """Write FOLDER."""
    write_release(folder, kind=kind, size=size, window_s=window_s)


if __name__ == "__main__":
    main()
