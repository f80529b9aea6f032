"""KL: how far apart what PaSST hears in a generated clip and in the real one of the same prompt.

PaSST is a vision transformer that tells the 527 classes of AudioSet in a spectrogram. As in the
papers of AudioGen, MusicGen and MAGNeT, its answers become probabilities by softmax (though it was
trained with one sigmoid for each class), and the figure is the mean over pairs of
KL(reference || generated). audiocraft takes the network for clips of up to 20 s.

Sources: Koutini et al. 2022, arXiv 2110.05069 (PaSST); Kreuk et al. 2022, arXiv 2209.15352, and
audiocraft, metrics/kld.py (the measure), config/solver/musicgen/default.yaml (20 s);
kkoutini/passt_hear21, models/passt.py (names, sizes), models/preprocess.py and base.py (spectrum).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.errors import CheckpointError
from engine.evaluation.hub.mel import mel_triangles
from engine.evaluation.hub.weights import JudgeFile, load_into, read_tensors

_RELEASES = "https://github.com/kkoutini/PaSST/releases/download"
PASST_20_S = JudgeFile(
    name="passt-s-f128-20sec-p16-s10-ap.474-swa.pt",
    url=f"{_RELEASES}/v0.0.5/passt-s-f128-20sec-p16-s10-ap.474-swa.pt",
    # 86,231,326 numbers in float32, and 50,638 bytes of an archive of 157 entries.
    n_bytes=344_975_942,
    licence="Apache-2.0",
)
"""The papers' judge."""
PASST_10_S = JudgeFile(
    name="passt-s-f128-p16-s10-ap.476-swa.pt",
    url=f"{_RELEASES}/v0.0.1-audioset/passt-s-f128-p16-s10-ap.476-swa.pt",
    n_bytes=344_665_734,
    sha256="302903fa8c4aee817b11dc982da0b29aaf8d11a3e722420476d0a12c9db70c2c",
    licence="Apache-2.0",
)
"""`passt_s_swa_p16_128_ap476`: the same for clips of up to 10 s; other programs take this one."""

RATE_HZ = 32_000
N_CLASSES = 527
_WINDOW, _HOP, _N_FFT, _BANDS = 800, 320, 1024, 128
_HIGH_HZ = 15_000.0
"""Half the rate less half of 2,000 Hz, by which the training moved the highest band about."""
_PATCH, _STRIDE = 16, 10
_SECONDS = {99: 10, 200: 20, 300: 30}
"""Of clips, by places in time that the three published networks know."""
_EPSILON = 1e-6

Samples = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class PaSSTSizes:
    """Of the transformer; `places` in time of a clip's patches, 99 for 10 s."""

    width: int = 768
    layers: int = 12
    heads: int = 12
    classes: int = N_CLASSES
    places: int = 99


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, states: Tensor) -> Tensor:
        parts = self.qkv(states).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        return self.proj(heard.transpose(1, 2).flatten(2))


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = _Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)}
        )

    def forward(self, states: Tensor) -> Tensor:
        states = states + self.attn(self.norm1(states))
        inner = functional.gelu(self.mlp["fc1"](self.norm2(states)))
        return states + self.mlp["fc2"](inner)


class PaSST(nn.Module):
    """A DeiT whose patches overlap and whose places are a sum of time and pitch; published names.

    Args:
        sizes: of the network.
    """

    def __init__(self, sizes: PaSSTSizes) -> None:
        super().__init__()
        width, pitches = sizes.width, (_BANDS - _PATCH) // _STRIDE + 1
        self.places = sizes.places
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.dist_token = nn.Parameter(torch.zeros(1, 1, width))
        self.new_pos_embed = nn.Parameter(torch.zeros(1, 2, width))
        self.freq_new_pos_embed = nn.Parameter(torch.zeros(1, width, pitches, 1))
        self.time_new_pos_embed = nn.Parameter(torch.zeros(1, width, 1, sizes.places))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, width, _PATCH, _STRIDE)})
        self.blocks = nn.Sequential(*(_Block(width, sizes.heads) for _ in range(sizes.layers)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, sizes.classes))
        # Trained beside the other and published with it; the answer is the other's.
        self.head_dist = nn.Linear(width, sizes.classes)

    def forward(self, spectrum: Tensor) -> Tensor:
        """Logits [n, classes] of log-mel spectra [n, 128, frames]."""
        patches = self.patch_embed["proj"](spectrum[:, None])
        places = self.time_new_pos_embed[..., : patches.shape[-1]]
        patches = (patches + places + self.freq_new_pos_embed).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token, self.dist_token], dim=1) + self.new_pos_embed
        states = torch.cat([tokens.expand(len(patches), -1, -1), patches], dim=1)
        states = self.norm(self.blocks(states))
        return self.head((states[:, 0] + states[:, 1]) / 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class PaSSTJudge:
    """A loaded PaSST, for clips of up to `seconds`."""

    network: PaSST
    seconds: int

    @torch.no_grad()
    def listen(self, clips: Samples, rate_hz: int = RATE_HZ) -> NDArray[np.float64]:
        """Probabilities [n, 527] of AudioSet's classes, each row of which sums to 1.

        Args:
            clips: [n, N], of 0.2 s or more.
            rate_hz: of the samples.

        Raises:
            ValueError: clips that are too short, or longer than the network's.
        """
        length_s = np.shape(clips)[-1] / rate_hz
        if not 0.2 <= length_s <= self.seconds:
            raise ValueError(f"clips have {length_s:.2f} s; expected 0.2 s to {self.seconds} s")
        found = []
        for clip in clips:
            sound = Waveform(samples=np.asarray(clip, np.float32)[None], sample_rate_hz=rate_hz)
            samples = torch.tensor(resample(sound, RATE_HZ).samples)
            found.append(self.network(log_mel(samples)).double().softmax(-1))
        return torch.cat(found).numpy()


def load_passt(path: Path, sizes: PaSSTSizes | None = None) -> PaSSTJudge:
    """PaSST from a published file, for 10, 20 or 30 s, which its places in time tell.

    Args:
        path: of the file.
        sizes: None: the published ones; `places` are the file's.

    Raises:
        CheckpointError: the file holds something else.
    """
    weights = read_tensors(path)
    places = weights.get("time_new_pos_embed", torch.zeros(1)).shape[-1]
    if places not in _SECONDS:
        raise CheckpointError(
            f"the file {path.name} knows {places} places in time",
            expected=" or ".join(map(str, _SECONDS)) + ", as the published PaSST-S have",
            advice=f"Download {PASST_20_S.address}",
        )
    network = PaSST(replace(sizes or PaSSTSizes(), places=places))
    load_into(network, weights, path)
    return PaSSTJudge(network=network, seconds=_SECONDS[places])


def kl_of_pairs(
    reference: NDArray[np.float64], generated: NDArray[np.float64]
) -> NDArray[np.float64]:
    """KL(reference || generated) of each pair, in nats, [n].

    1e-6 is added to what is heard in the generated clip alone, as audiocraft does; so equal pairs
    give a little below 0 (-0.0005 at most), not 0.

    Args:
        reference, generated: [n, classes] probabilities of the same prompts.

    Raises:
        ValueError: sets of different shapes.
    """
    first, second = (np.asarray(each, np.float64) for each in (reference, generated))
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(f"the sets are {first.shape} and {second.shape}; expected equal [n, d]")
    logs = np.log(np.where(first > 0, first, 1.0))
    return (first * (logs - np.log(second + _EPSILON))).sum(axis=1)


def kl_divergence(reference: NDArray[np.float64], generated: NDArray[np.float64]) -> float:
    """The mean of `kl_of_pairs`: the papers' KL; 0 is best."""
    return float(kl_of_pairs(reference, generated).mean())


def log_mel(samples: Tensor) -> Tensor:
    """The spectra [n, 128, frames] that the network was trained on, of samples [n, N] at 32 kHz."""
    sharper = samples[:, 1:] - 0.97 * samples[:, :-1]
    spectrum = torch.stft(
        sharper, _N_FFT, _HOP, _WINDOW, torch.hann_window(_WINDOW, periodic=False),
        center=True, return_complex=True,
    ).abs().square()  # fmt: skip
    return (torch.log(_filters().T @ spectrum + 1e-5) + 4.5) / 5


@lru_cache(maxsize=1)
def _filters() -> Tensor:
    return mel_triangles(_BANDS, _N_FFT, rate_hz=RATE_HZ, low_hz=0.0, high_hz=_HIGH_HZ)
