"""The codec of studio-mini: short-time magnitudes, quantised at 50 Hz with four codebooks.

Geometry as MAGNeT's EnCodec (32 kHz, 50 Hz, 4 x 2048), but all networks run at the frame
rate and no token carries phase: `engine.codec.spectrogram` finds phases that fit. That makes
it an order of magnitude cheaper than sample-rate convolutions on a CPU, keeps sustained notes
steady, and leaves the language model nothing unpredictable to learn. The price: it does not
keep the waveform, only how it sounds (SI-SDR is meaningless for it).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.codec import envelope, spectrogram
from engine.codec.checks import require_codes, require_samples

FRAME_SAMPLES = 2 * spectrogram.HOP
_SHORT_WINDOW, _SHORT_HOP = 480, 160
"""Four 15 ms spectra a frame tell the encoder when within the frame a note starts."""
_SHORT_BINS = _SHORT_WINDOW // 2 + 1
LONG_FLOOR, SHORT_FLOOR = 0.015, 0.06
"""Magnitudes under these are inaudible beside music of RMS 0.08; they bound the logarithms."""
_LARGEST_SIZE = 2**16
_CENTRE = -1.5
"""Mean of the log-magnitudes of music, so that networks see values around 0."""
_LEVEL_CENTRE = -5.0
"""The same for the levels of bands."""
LEVEL_ROWS = FRAME_SAMPLES // envelope.HOP


@dataclass(frozen=True, kw_only=True)
class MiniCodecConfig:
    """Sizes of the codec's networks, 1 to 65536 unless another range is given.

    Args:
        width: channels of all blocks.
        ffn_ratio: hidden width of a block / width.
        encoder_blocks, decoder_blocks: ConvNeXt blocks on each side.
        code_width: width of codebook vectors.
        n_levels, codebook_size: K and V.
        inversion_rounds: Griffin-Lim rounds of the decoder, 0 or more.
        envelope: whether the decoder also tells `engine.codec.envelope` levels, which the sound
            is then made to follow.

    Raises:
        ValueError: a size that is no whole number, or out of its range.
    """

    width: int = 384
    ffn_ratio: int = 3
    encoder_blocks: int = 4
    decoder_blocks: int = 5
    code_width: int = 128
    n_levels: int = 4
    codebook_size: int = 2048
    inversion_rounds: int = 8
    envelope: bool = False

    def __post_init__(self) -> None:
        if type(self.envelope) is not bool:
            raise ValueError(f"envelope is {self.envelope!r}, not true or false")
        for field in fields(self):
            if field.name == "envelope":
                continue
            size, lowest = getattr(self, field.name), int(field.name != "inversion_rounds")
            if type(size) is not int or not lowest <= size <= _LARGEST_SIZE:
                raise ValueError(
                    f"{field.name} is {size!r}, not a whole number from {lowest} to {_LARGEST_SIZE}"
                )


class ConvBlock(nn.Module):
    """ConvNeXt block over time: depth-wise convolution, then a two-layer network per frame."""

    def __init__(self, width: int, ffn_ratio: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, width * ffn_ratio)
        self.narrow = nn.Linear(width * ffn_ratio, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, T, width] to the same shape."""
        mixed = self.norm(self.mix(x.transpose(1, 2)).transpose(1, 2))
        return x + self.scale * self.narrow(F.gelu(self.widen(mixed)))


def log_magnitudes(samples: Tensor) -> tuple[Tensor, Tensor]:
    """Log spectra of [B, N] samples at both resolutions, grouped by frame.

    Returns:
        [B, T, 2, long bins] and [B, T, 4, short bins].
    """
    batch, n_samples = samples.shape
    frames = n_samples // FRAME_SAMPLES
    long = torch.log(spectrogram.magnitudes(samples) + LONG_FLOOR)
    short = spectrogram.magnitudes(samples, window=_SHORT_WINDOW, hop=_SHORT_HOP)
    return (
        long.reshape(batch, frames, 2, -1),
        torch.log(short + SHORT_FLOOR).reshape(batch, frames, 4, -1),
    )


class Encoder(nn.Module):
    """Log spectra to latents [B, T, code_width]."""

    def __init__(self, config: MiniCodecConfig) -> None:
        super().__init__()
        inputs = 2 * spectrogram.N_BINS + 4 * _SHORT_BINS
        self.enter = nn.Linear(inputs, config.width)
        self.blocks = nn.Sequential(
            *(ConvBlock(config.width, config.ffn_ratio) for _ in range(config.encoder_blocks))
        )
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, config.code_width)

    def forward(self, long: Tensor, short: Tensor) -> Tensor:
        """Encode the two outputs of `log_magnitudes`."""
        features = torch.cat([long.flatten(2), short.flatten(2)], -1) - _CENTRE
        return self.leave(self.norm(self.blocks(self.enter(features))))


class Decoded(NamedTuple):
    """Log-magnitudes [B, T, 2, long bins], and [B, 5 T, bands] as `envelope.band_levels`."""

    spectra: Tensor
    levels: Tensor | None


class Decoder(nn.Module):
    """Quantised latents to spectra."""

    def __init__(self, config: MiniCodecConfig) -> None:
        super().__init__()
        self.enter = nn.Linear(config.code_width, config.width)
        self.blocks = nn.Sequential(
            *(ConvBlock(config.width, config.ffn_ratio) for _ in range(config.decoder_blocks))
        )
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, 2 * spectrogram.N_BINS)
        self.level: nn.Linear | None = None
        if config.envelope:
            self.level = nn.Linear(config.width, LEVEL_ROWS * envelope.N_BANDS)

    def forward(self, latents: Tensor) -> Decoded:
        """Decode [B, T, code_width]."""
        features = self.norm(self.blocks(self.enter(latents)))
        spectra = self.leave(features).unflatten(-1, (2, spectrogram.N_BINS)) + _CENTRE
        if self.level is None:
            return Decoded(spectra, None)
        levels = self.level(features).unflatten(-1, (LEVEL_ROWS, envelope.N_BANDS))
        return Decoded(spectra, levels.flatten(1, 2) + _LEVEL_CENTRE)


class MiniCodec(nn.Module):
    """The whole codec; implements `engine.codec.protocol.Codec`."""

    sample_rate_hz = 32000
    frame_rate_hz = 50

    def __init__(self, config: MiniCodecConfig) -> None:
        super().__init__()
        self.config = config
        self.n_levels = config.n_levels
        self.codebook_size = config.codebook_size
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        shape = (config.n_levels, config.codebook_size, config.code_width)
        self.register_buffer("codebooks", torch.zeros(shape))
        self.codebooks: Tensor

    @torch.no_grad()
    def encode(self, samples: Tensor) -> Tensor:
        """See `Codec.encode`."""
        require_samples(samples)
        missing = -samples.shape[-1] % FRAME_SAMPLES
        mono = F.pad(samples[:, 0], (0, missing))
        return self.quantise(self.encoder(*log_magnitudes(mono)))

    def quantise(self, latents: Tensor) -> Tensor:
        """Residual quantisation of [B, T, code_width] latents to [B, K, T] codes."""
        codes, residual = [], latents.float()
        for book in self.codebooks.float():
            # argmin |r - b|^2 without the constant |r|^2
            code = (residual @ book.T - 0.5 * book.pow(2).sum(-1)).argmax(-1)
            codes.append(code)
            residual = residual - book[code]
        return torch.stack(codes, 1)

    def latents(self, codes: Tensor) -> Tensor:
        """Sum of codebook vectors, [B, <= K, T] codes to [B, T, code_width]."""
        books = self.codebooks[: codes.shape[1]]
        return torch.stack(
            [book[code] for book, code in zip(books, codes.unbind(1), strict=True)]
        ).sum(0)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """See `Codec.decode`."""
        require_codes(codes, self.n_levels, self.codebook_size)
        spectra, levels = self.decoder(self.latents(codes))
        magnitude = (spectra.float().flatten(1, 2).exp() - LONG_FLOOR).clamp_min(0.0)
        samples = spectrogram.invert(magnitude, iterations=self.config.inversion_rounds)
        if levels is not None:
            samples = envelope.follow(samples, levels.float())
        return samples[:, None]
