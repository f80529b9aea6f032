"""Small files of published judges: random numbers under the names that the published files have.

The names are written out here from the authors' code, not taken from ours: torchvggish's
vggish.py, passt_hear21's models/passt.py, LAION-CLAP's clap_module/htsat.py and model.py with
transformers' RobertaModel for its text half.
"""

from __future__ import annotations

import math
from pathlib import Path

import librosa
import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor

from engine.evaluation.hub.clap import ClapSizes
from engine.evaluation.hub.passt import PaSSTSizes
from engine.evaluation.hub.vggish import VGGishSizes

SMALL_VGGISH = VGGishSizes(convolutions=(2, 2, 3, 3, 4, 4), hidden=8, embedding=6)
SMALL_PASST = PaSSTSizes(width=16, layers=2, heads=2, classes=7)
SMALL_CLAP = ClapSizes(
    bands=4, depths=(2, 1, 1, 1), joint=8,
    text_width=8, text_layers=2, text_heads=2, words=12, text_places=20,
)  # fmt: skip
WORDS = ("<s>", "<pad>", "</s>", "<unk>", "calm", "piano", "loud", "drums")
Shapes = dict[str, tuple[int, ...]]


def vggish_shapes(sizes: VGGishSizes) -> Shapes:
    shapes: Shapes = {}
    before = 1
    for number, width in zip((0, 3, 6, 8, 11, 13), sizes.convolutions, strict=True):
        shapes[f"features.{number}.weight"] = (width, before, 3, 3)
        shapes[f"features.{number}.bias"] = (width,)
        before = width
    dense = (before * 6 * 4, sizes.hidden, sizes.hidden, sizes.embedding)
    for place, number in enumerate((0, 2, 4)):
        shapes[f"embeddings.{number}.weight"] = (dense[place + 1], dense[place])
        shapes[f"embeddings.{number}.bias"] = (dense[place + 1],)
    return shapes


def passt_shapes(sizes: PaSSTSizes) -> Shapes:
    width = sizes.width
    shapes: Shapes = {
        "cls_token": (1, 1, width),
        "dist_token": (1, 1, width),
        "new_pos_embed": (1, 2, width),
        "freq_new_pos_embed": (1, width, 12, 1),
        "time_new_pos_embed": (1, width, 1, sizes.places),
        "patch_embed.proj.weight": (width, 1, 16, 16),
        "patch_embed.proj.bias": (width,),
        **_pair("norm", width),
        **_pair("head.0", width),
        **_linear("head.1", width, sizes.classes),
        **_linear("head_dist", width, sizes.classes),
    }
    for n in range(sizes.layers):
        shapes |= {
            **_pair(f"blocks.{n}.norm1", width),
            **_pair(f"blocks.{n}.norm2", width),
            **_linear(f"blocks.{n}.attn.qkv", width, 3 * width),
            **_linear(f"blocks.{n}.attn.proj", width, width),
            **_linear(f"blocks.{n}.mlp.fc1", width, 4 * width),
            **_linear(f"blocks.{n}.mlp.fc2", 4 * width, width),
        }
    return shapes


def clap_shapes(sizes: ClapSizes) -> Shapes:
    """Of the floating-point entries without the spectrum's constants."""
    shapes: Shapes = {"logit_scale_a": (), "logit_scale_t": ()}
    shapes |= _clap_sound_shapes(sizes)
    shapes |= _clap_text_shapes(sizes)
    for half, width in (("audio", 8 * sizes.bands), ("text", sizes.text_width)):
        shapes |= _linear(f"{half}_projection.0", width, sizes.joint)
        shapes |= _linear(f"{half}_projection.2", sizes.joint, sizes.joint)
        shapes |= _linear(f"{half}_transform.sequential.0", sizes.joint, sizes.joint)
        shapes |= _linear(f"{half}_transform.sequential.3", sizes.joint, sizes.joint)
    return shapes


def _clap_sound_shapes(sizes: ClapSizes) -> Shapes:
    last = 8 * sizes.bands
    shapes: Shapes = {
        "bn0.running_mean": (64,),
        "bn0.running_var": (64,),
        **_pair("bn0", 64),
        "patch_embed.proj.weight": (sizes.bands, 1, 4, 4),
        "patch_embed.proj.bias": (sizes.bands,),
        **_pair("patch_embed.norm", sizes.bands),
        **_pair("norm", last),
        "tscam_conv.weight": (527, last, 2, 3),
        "tscam_conv.bias": (527,),
        **_linear("head", 527, 527),
    }
    for stage, depth in enumerate(sizes.depths):
        width, heads, side = sizes.bands * 2**stage, 4 * 2**stage, 64 // 2**stage
        for n in range(depth):
            block = f"layers.{stage}.blocks.{n}"
            shapes |= {
                **_pair(f"{block}.norm1", width),
                **_pair(f"{block}.norm2", width),
                f"{block}.attn.relative_position_bias_table": (15 * 15, heads),
                **_linear(f"{block}.attn.qkv", width, 3 * width),
                **_linear(f"{block}.attn.proj", width, width),
                **_linear(f"{block}.mlp.fc1", width, 4 * width),
                **_linear(f"{block}.mlp.fc2", 4 * width, width),
            }
            if n % 2 and side > 8:  # only windows that are shifted need a mask
                shapes[f"{block}.attn_mask"] = ((side // 8) ** 2, 64, 64)
        if stage < 3:
            shapes[f"layers.{stage}.downsample.reduction.weight"] = (2 * width, 4 * width)
            shapes |= _pair(f"layers.{stage}.downsample.norm", 4 * width)
    return {f"audio_branch.{name}": shape for name, shape in shapes.items()}


def _clap_text_shapes(sizes: ClapSizes) -> Shapes:
    width = sizes.text_width
    shapes: Shapes = {
        "embeddings.word_embeddings.weight": (sizes.words, width),
        "embeddings.position_embeddings.weight": (sizes.text_places, width),
        "embeddings.token_type_embeddings.weight": (1, width),
        **_pair("embeddings.LayerNorm", width),
        **_linear("pooler.dense", width, width),
    }
    for n in range(sizes.text_layers):
        layer = f"encoder.layer.{n}"
        for name in ("query", "key", "value"):
            shapes |= _linear(f"{layer}.attention.self.{name}", width, width)
        shapes |= {
            **_linear(f"{layer}.attention.output.dense", width, width),
            **_pair(f"{layer}.attention.output.LayerNorm", width),
            **_linear(f"{layer}.intermediate.dense", width, 4 * width),
            **_linear(f"{layer}.output.dense", 4 * width, width),
            **_pair(f"{layer}.output.LayerNorm", width),
        }
    return {f"text_branch.{name}": shape for name, shape in shapes.items()}


def _pair(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _linear(name: str, width: int, to: int) -> Shapes:
    return {f"{name}.weight": (to, width), f"{name}.bias": (to,)}


def random_weights(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Numbers of a size with which every layer makes a difference."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in shapes.items():
        numbers = torch.randn(shape, generator=generator)
        spread = 1.0 if len(shape) < 2 else 1 / math.sqrt(math.prod(shape[1:]))
        found[name] = numbers.abs() + 0.5 if name.endswith("running_var") else numbers * spread
    return found


def clap_weights(sizes: ClapSizes, seed: int = 0) -> dict[str, Tensor]:
    """A whole state of LAION's, with the constants and counters of its layers."""
    found = random_weights(clap_shapes(sizes), seed)
    for name in found:
        if name.endswith("attn_mask"):
            found[name] = shift_mask(round(math.sqrt(len(found[name]))) * 8)
    index = position_index()
    for stage, depth in enumerate(sizes.depths):
        for n in range(depth):
            block = f"audio_branch.layers.{stage}.blocks.{n}"
            found[f"{block}.attn.relative_position_index"] = index.clone()
    angles = 2 * math.pi / 1024 * np.outer(np.arange(513), np.arange(1024))
    window = librosa.filters.get_window("hann", 1024)
    ears = "audio_branch.spectrogram_extractor.stft.conv_"
    for name, wave in (("real", np.cos(angles)), ("imag", -np.sin(angles))):
        found[f"{ears}{name}.weight"] = torch.tensor((wave * window)[:, None]).float()
    filters = librosa.filters.mel(sr=48_000, n_fft=1024, n_mels=64, fmin=50, fmax=14_000)
    found["audio_branch.logmel_extractor.melW"] = torch.tensor(filters.T.copy())
    found["audio_branch.bn0.num_batches_tracked"] = torch.tensor(1234)
    found["text_branch.embeddings.position_ids"] = torch.arange(sizes.text_places)[None]
    return found


def position_index() -> Tensor:
    """Of pairs of the 64 places of a window: which row of the table tells their distance."""
    places = [(row, column) for row in range(8) for column in range(8)]
    return torch.tensor(
        [[(r - s + 7) * 15 + (c - d + 7) for s, d in places] for r, c in places]
    )  # fmt: skip


def shift_mask(side: int) -> Tensor:
    """[windows, 64, 64]: -100 between places that only the rolling has made neighbours."""
    part = torch.tensor([0] * (side - 8) + [1] * 4 + [2] * 4)
    region = windows((3 * part[:, None] + part[None])[None, :, :, None])[..., 0]
    return (region[:, :, None] != region[:, None]).float() * -100


def windows(image: Tensor) -> Tensor:
    """[B, H, W, C] as [B * windows, 64, C]."""
    n, high, wide, width = image.shape
    parts = image.reshape(n, high // 8, 8, wide // 8, 8, width).transpose(2, 3)
    return parts.reshape(-1, 64, width)


def write_vggish(path: Path, sizes: VGGishSizes = SMALL_VGGISH) -> Path:
    """In PyTorch's older format, as the published one by its size."""
    weights = random_weights(vggish_shapes(sizes))
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    return path


def write_passt(path: Path, sizes: PaSSTSizes = SMALL_PASST) -> Path:
    torch.save(random_weights(passt_shapes(sizes)), path)
    return path


def write_clap(path: Path, sizes: ClapSizes = SMALL_CLAP) -> Path:
    """With what a training leaves beside the weights, numbers of NumPy's among it."""
    weights = {f"module.{name}": each for name, each in clap_weights(sizes).items()}
    torch.save(
        {
            "epoch": 15,
            "name": "music",
            "state_dict": weights,
            "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.ones(4)}}, "param_groups": []},
            "top_performance": {0: np.float64(0.9014), 1: np.float64(0.5)},
        },
        path,
    )
    return path


def write_words(path: Path, words: tuple[str, ...] = WORDS) -> Path:
    tokeniser = Tokenizer(
        models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>")
    )
    tokeniser.pre_tokenizer = pre_tokenizers.Whitespace()
    tokeniser.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokeniser.save(str(path))
    return path


def write_judges(folder: Path) -> Path:
    """A folder with a small file of each judge under its published name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_vggish(folder / "vggish-10086976.pth")
    write_passt(folder / "passt-s-f128-20sec-p16-s10-ap.474-swa.pt")
    write_clap(folder / "music_audioset_epoch_15_esc_90.14.pt")
    write_words(folder / "tokenizer.json")
    return folder
