"""Meta's models on the Hugging Face Hub: all that is known of them before anything is fetched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.checkpoints.upstream_names import upstream_shapes
from engine.model.config import ModelConfig, ModelKind

NON_COMMERCIAL = "CC-BY-NC-4.0"
_SMALL, _MEDIUM, _LARGE = (1024, 24), (1536, 48), (2048, 48)
"""Width and layers."""
_HEAD_WIDTH = 64
_CODEC_FILE_BYTES = 236_000_000
ENCODEC_PARAMETERS = _CODEC_FILE_BYTES // 4
"""The codec is published in float32, with encoder and codebook averages, and loaded whole."""

_WORDS, _DISTANCES = 32_128, 32


@dataclass(frozen=True, kw_only=True)
class PublishedText:
    """A published T5 1.0, as large as its architecture makes it.

    Of `T5Config` it takes the defaults for the vocabulary (32,128), the width of a head (64) and
    the table of distances (32 a head). Base and large also have heads that add up to `width` and
    a feed-forward of 4 x `width`, no gate, no biases, and norms of one scale each.

    Args:
        repo: its name on the Hub. width: of its states. n_layers: of the encoder.
    """

    repo: str
    width: int
    n_layers: int

    @property
    def parameters(self) -> int:
        """Of the encoder alone, with the word table: 4 + 8 squares of the width in a layer."""
        layer = 12 * self.width**2 + 2 * self.width
        return _WORDS * self.width + self.n_layers * layer + self._once

    @property
    def download_bytes(self) -> int:
        """Of its file in float32: the decoder, which nobody uses here, is in it too."""
        decoder = self.n_layers * (16 * self.width**2 + 3 * self.width) + self._once
        return 4 * (self.parameters + decoder)

    @property
    def _once(self) -> int:
        """The first layer's table of distances, and the last norm."""
        return _DISTANCES * (self.width // _HEAD_WIDTH) + self.width


TEXT_ENCODERS: Mapping[str, PublishedText] = MappingProxyType(
    {
        "t5-base": PublishedText(repo="google-t5/t5-base", width=768, n_layers=12),
        "t5-large": PublishedText(repo="google-t5/t5-large", width=1024, n_layers=24),
    }
)
"""By the names that released files call them by."""


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A model of Meta's on the Hub.

    Args:
        repo: its name on the Hub.
        kind: of language model.
        width, n_layers: of the language model.
        window_s: longest clip of one window. sample_rate_hz: of its sound.
        text_encoder: one of `TEXT_ENCODERS`.
        licence: of the weights.
    """

    repo: str
    kind: ModelKind
    width: int
    n_layers: int
    window_s: float
    sample_rate_hz: int
    text_encoder: str = "t5-base"
    licence: str = NON_COMMERCIAL

    @property
    def name(self) -> str:
        """To load it by: the last part of `repo`."""
        return self.repo.rpartition("/")[2]

    @property
    def config(self) -> ModelConfig:
        """The language model; what its file says counts once it is there."""
        return ModelConfig(
            kind=self.kind,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.width // _HEAD_WIDTH,
            text_width=TEXT_ENCODERS[self.text_encoder].width,
            window_s=self.window_s,
        )

    @property
    def parameters(self) -> int:
        """Of the language model."""
        return language_model_parameters(self.config)

    @property
    def download_bytes(self) -> int:
        """Of its own files: the language model in float16, and the codec; no text encoder."""
        return 2 * self.parameters + _CODEC_FILE_BYTES


def language_model_parameters(config: ModelConfig) -> int:
    """Numbers in a language model of these sizes, in our files as in released ones."""
    return sum(math.prod(shape) for shape in upstream_shapes(config).values())


def _music(repo: str, kind: ModelKind, sizes: tuple[int, int], window_s: float) -> PublishedModel:
    return PublishedModel(
        repo=f"facebook/{repo}", kind=kind, width=sizes[0], n_layers=sizes[1],
        window_s=window_s, sample_rate_hz=32000,
    )  # fmt: skip


def _sound(repo: str, kind: ModelKind, sizes: tuple[int, int]) -> PublishedModel:
    return PublishedModel(
        repo=f"facebook/{repo}", kind=kind, width=sizes[0], n_layers=sizes[1],
        window_s=10.0, sample_rate_hz=16000, text_encoder="t5-large",
    )  # fmt: skip


PUBLISHED: Mapping[str, PublishedModel] = MappingProxyType(
    {
        model.name: model
        for model in (
            _music("magnet-small-10secs", ModelKind.MAGNET, _SMALL, 10.0),
            _music("magnet-medium-10secs", ModelKind.MAGNET, _MEDIUM, 10.0),
            _music("magnet-small-30secs", ModelKind.MAGNET, _SMALL, 30.0),
            _music("magnet-medium-30secs", ModelKind.MAGNET, _MEDIUM, 30.0),
            _music("hybrid-magnet-small", ModelKind.HYBRID, _SMALL, 30.0),
            _music("hybrid-magnet-medium", ModelKind.HYBRID, _MEDIUM, 30.0),
            _sound("audio-magnet-small", ModelKind.MAGNET, _SMALL),
            _sound("audio-magnet-medium", ModelKind.MAGNET, _MEDIUM),
            _music("musicgen-small", ModelKind.AUTOREGRESSIVE, _SMALL, 30.0),
            _music("musicgen-medium", ModelKind.AUTOREGRESSIVE, _MEDIUM, 30.0),
            _music("musicgen-large", ModelKind.AUTOREGRESSIVE, _LARGE, 30.0),
            _sound("audiogen-medium", ModelKind.AUTOREGRESSIVE, _MEDIUM),
        )
    }
)
"""By name. Kind, sizes, window and rate are read again from the files once they are there."""
