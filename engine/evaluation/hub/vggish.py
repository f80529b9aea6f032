"""FAD: the Fréchet distance between VGGish embeddings of short windows of clips.

The published figures (MAGNeT, MusicGen) are from Google's tool, called by audiocraft. So, as there:
clips of 16 kHz scaled to full peak, windows of 1 s every 0.5 s of which the first 0.96 s count, the
128 numbers before any activation, no PCA, no quantisation. Other programs differ: torchvggish
returns PCA-whitened, quantised embeddings unless told otherwise, and its windows do not overlap.
Their figures cannot be compared with these.

Sources: Hershey et al. 2017, arXiv 1609.09430 (network); Kilgour et al. 2019, arXiv 1812.08466
(FAD); google-research, frechet_audio_distance/audioset_model.py and create_embeddings_main.py
(windows, scaling); tensorflow/models, research/audioset/vggish/README.md (spectrum, embeddings
before activation); audiocraft, metrics/fad.py (peak); harritaylor/torchvggish, vggish.py (names).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.evaluation.frechet import frechet_distance
from engine.evaluation.hub.mel import mel_triangles
from engine.evaluation.hub.weights import JudgeFile, load_into, read_tensors

VGGISH_FILE = JudgeFile(
    name="vggish-10086976.pth",
    url="https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
    # 72,141,184 numbers in float32, and 3,201 bytes of names in PyTorch's older format.
    n_bytes=288_567_937,
    # By PyTorch's custom the file's name has the first digits of its digest.
    sha256="10086976",
    licence="Apache-2.0",
)
RATE_HZ = 16_000
STEP_S = 0.5
_WINDOW, _HOP, _N_FFT = 400, 160, 512
_FRAMES, _BANDS = 96, 64
_LOG_OFFSET = 0.01
_PEAK = 10 ** (-1 / 20)
"""audiocraft writes clips with their peak 1 dB below full scale."""
_LEAST_PEAK = 0.1
"""Google's tool does not raise clips by more than 20 dB."""

Samples = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class VGGishSizes:
    """Widths of the six convolutions and of the two hidden layers, and of the embedding."""

    convolutions: tuple[int, int, int, int, int, int] = (64, 128, 256, 256, 512, 512)
    hidden: int = 4096
    embedding: int = 128


class VGGish(nn.Module):
    """VGG's configuration A without its last block, on patches of 96 x 64; names as torchvggish's.

    Args:
        sizes: of the layers.
    """

    def __init__(self, sizes: VGGishSizes) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for number, width in enumerate(sizes.convolutions):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            if number not in (2, 4):  # two convolutions share the third and the fourth pooling
                layers.append(nn.MaxPool2d(2, 2))
            before = width
        self.features = nn.Sequential(*layers)
        flat = before * (_FRAMES // 16) * (_BANDS // 16)
        self.embeddings = nn.Sequential(
            nn.Linear(flat, sizes.hidden),
            nn.ReLU(),
            nn.Linear(sizes.hidden, sizes.hidden),
            nn.ReLU(),
            nn.Linear(sizes.hidden, sizes.embedding),
        )

    def forward(self, patches: Tensor) -> Tensor:
        """Embeddings [n, 128] of log-mel patches [n, 96, 64]."""
        found = self.features(patches[:, None])
        # Channels last, as TensorFlow flattens them: the weights were trained there.
        return self.embeddings(found.permute(0, 2, 3, 1).flatten(1))


@dataclass(frozen=True, kw_only=True, eq=False)
class VGGishJudge:
    """A loaded VGGish."""

    network: VGGish

    @torch.no_grad()
    def embed(self, clips: Samples, rate_hz: int = 32_000) -> NDArray[np.float64]:
        """Embeddings of all windows of clips, [n * windows, 128].

        Args:
            clips: [n, N] of 1 s or more.
            rate_hz: of the samples.

        Raises:
            ValueError: clips of less than 1 s.
        """
        found = []
        for clip in clips:
            sound = Waveform(samples=np.asarray(clip, np.float32)[None], sample_rate_hz=rate_hz)
            samples = torch.tensor(resample(sound, RATE_HZ).samples[0])
            found.append(self.network(log_mel_patches(levelled(samples))))
        return torch.cat(found).double().numpy()


def load_vggish(path: Path, sizes: VGGishSizes | None = None) -> VGGishJudge:
    """VGGish from a file with torchvggish's names.

    Args:
        path: of the file.
        sizes: None: the published ones.

    Raises:
        CheckpointError: the file holds something else.
    """
    network = VGGish(sizes or VGGishSizes())
    load_into(network, read_tensors(path), path)
    return VGGishJudge(network=network)


def fad(reference: NDArray[np.float64], generated: NDArray[np.float64]) -> float:
    """The Fréchet audio distance of two sets of embeddings, [n, 128] and [m, 128]; 0 is best.

    Several hundred windows of each are needed before 128 dimensions' covariances mean much;
    with fewer the figure is too high, for good music as for bad.
    """
    return frechet_distance(reference, generated)


def levelled(samples: Tensor) -> Tensor:
    """Samples [N] scaled as audiocraft writes them and Google's tool reads them."""
    written = samples * (_PEAK / samples.abs().max().clamp_min(1e-8))
    # The largest sample, not the largest distance from 0: this is what the tool does.
    return written / written.max().clamp_min(_LEAST_PEAK)


def log_mel_patches(samples: Tensor) -> Tensor:
    """Log-mel patches [windows, 96, 64] of samples [N] at 16 kHz.

    Raises:
        ValueError: less than 1 s.
    """
    if samples.shape[-1] < RATE_HZ:
        raise ValueError(f"a clip has {samples.shape[-1] / RATE_HZ:.2f} s; expected 1 s or more")
    windows = samples.unfold(-1, RATE_HZ, round(STEP_S * RATE_HZ))
    frames = windows.unfold(-1, _WINDOW, _HOP)[:, :_FRAMES]
    spectrum = torch.fft.rfft(frames * torch.hann_window(_WINDOW), _N_FFT).abs()
    return torch.log(spectrum @ _filters() + _LOG_OFFSET)


@lru_cache(maxsize=1)
def _filters() -> Tensor:
    return mel_triangles(_BANDS, _N_FFT, rate_hz=RATE_HZ, low_hz=125.0, high_hz=7500.0)
