"""EnCodec, the codec of every published MAGNeT, MusicGen and AudioGen, behind our protocol.

Here its networks come from the `encodec` package, whose modules have the names of Meta's own weight
files; `engine.codec.encodec_transformers` has the other form.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.release_names import STATE_FILE
from engine.checkpoints.settings import Settings
from engine.codec.checks import require_codes, require_samples
from engine.errors import CheckpointError
from engine.torchaudio_stand_in import ensure_torchaudio

_SIZES = {
    "seanet.dimension": (1, 4096),
    "seanet.n_filters": (1, 1024),
    "seanet.n_residual_layers": (0, 32),
    "seanet.kernel_size": (1, 64),
    "seanet.last_kernel_size": (1, 64),
    "seanet.residual_kernel_size": (1, 64),
    "seanet.dilation_base": (1, 16),
    "seanet.compress": (1, 16),
    "seanet.lstm": (0, 8),
    "rvq.n_q": (1, 64),
    "rvq.bins": (2, 2**15 - 1),
}
"""Far beyond any model: a damaged file must fail in words, not in memory."""

_WIDEST_DILATION = 2**12
"""Samples between the taps of a convolution, which pads by as many on each side."""
_HIGHEST_RATE_HZ = 10**6


@dataclass(frozen=True, kw_only=True)
class EncodecParts:
    """The four functions that both libraries name and shape differently.

    Args:
        encoder: [B, 1, N] samples to [B, D, T] latents. decoder: back, exactly T * hop samples.
        quantise: [B, D, T] latents to [K, B, T] codes. sum_codes: [<= K, B, T] codes to latents.
    """

    encoder: nn.Module
    decoder: nn.Module
    quantise: Callable[[Tensor], Tensor]
    sum_codes: Callable[[Tensor], Tensor]
    quantizer: nn.Module


class EncodecCodec(nn.Module):
    """A mono EnCodec; implements `engine.codec.protocol.Codec`, always in float32.

    Args:
        parts: the networks, in evaluation mode.
        sample_rate_hz, frame_rate_hz, n_levels, codebook_size: as in the protocol.
    """

    def __init__(
        self,
        parts: EncodecParts,
        *,
        sample_rate_hz: int,
        frame_rate_hz: int,
        n_levels: int,
        codebook_size: int,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.quantizer = parts.encoder, parts.decoder, parts.quantizer
        self._quantise, self._sum_codes = parts.quantise, parts.sum_codes
        self.sample_rate_hz, self.frame_rate_hz = sample_rate_hz, frame_rate_hz
        self.n_levels, self.codebook_size = n_levels, codebook_size
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def encode(self, samples: Tensor) -> Tensor:
        """See `Codec.encode`. The last frame is filled up as the file's padding mode says."""
        require_samples(samples)
        return self._quantise(self.encoder(samples.float())).transpose(0, 1)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """See `Codec.decode`."""
        require_codes(codes, self.n_levels, self.codebook_size)
        return self.decoder(self._sum_codes(codes.transpose(0, 1)))


def codec_from_release(file: ReleaseFile) -> EncodecCodec:
    """An EnCodec with the weights of a `compression_state_dict.bin` in its full form.

    Raises:
        CheckpointError: another kind of codec, or weights that do not fit the settings.
    """
    ensure_torchaudio()
    from encodec.modules import SEANetDecoder, SEANetEncoder
    from encodec.quantization import ResidualVectorQuantizer

    settings = file.settings
    _require_codec(settings)
    sizes, ratios = _read_sizes(settings), settings.numbers("seanet.ratios")
    rate, hop = settings.whole("sample_rate"), math.prod(ratios)
    shared = {
        "channels": settings.whole("channels"),
        "ratios": list(ratios),
        "causal": settings.get("encodec.causal", False),
        "pad_mode": settings.text("seanet.pad_mode"),
        "true_skip": settings.get("seanet.true_skip", False),
        "norm": settings.text("seanet.norm"),
        **{name.removeprefix("seanet."): n for name, n in sizes.items() if "seanet." in name},
    }
    network = nn.Module()
    with warnings.catch_warnings(), torch.device("meta"):  # no memory for what is replaced at once
        # Of PyTorch to the authors of `encodec`, whose names for weights hang on the old way.
        warnings.filterwarnings("ignore", ".*weight_norm.*", FutureWarning)
        network.encoder = SEANetEncoder(**shared)
        network.decoder = SEANetDecoder(**shared)
        network.quantizer = ResidualVectorQuantizer(
            dimension=sizes["seanet.dimension"], n_q=sizes["rvq.n_q"], bins=sizes["rvq.bins"]
        )
    _assign(network, file)
    layers = network.quantizer.vq
    return EncodecCodec(
        EncodecParts(
            encoder=network.encoder,
            decoder=network.decoder,
            quantizer=network.quantizer,
            quantise=lambda latents: layers.encode(latents, n_q=sizes["rvq.n_q"]),
            sum_codes=layers.decode,
        ),
        sample_rate_hz=rate,
        frame_rate_hz=rate // hop,
        n_levels=sizes["rvq.n_q"],
        codebook_size=sizes["rvq.bins"],
    )


def _require_codec(settings: Settings) -> None:
    if settings.get("seanet") is None and settings.get("transformer_lm") is not None:
        raise CheckpointError(
            f"the file {settings.file} holds a language model",
            expected="a codec",
            advice=f"Was it exchanged with {STATE_FILE}? Download both again",
        )


def _read_sizes(settings: Settings) -> dict[str, int]:
    settings.require("compression_model", "encodec")
    settings.require("encodec.autoencoder", "seanet")
    settings.require("encodec.quantizer", "rvq")
    settings.require("encodec.renormalize", False)
    settings.require("channels", 1)
    settings.require("seanet.activation", "ELU")
    settings.require("seanet.disable_norm_outer_blocks", 0)
    settings.require("seanet.pad_mode", "constant", "reflect")
    settings.require("seanet.norm", "weight_norm")
    settings.require("seanet.decoder.final_activation", None)
    sizes = {name: settings.whole(name) for name in _SIZES}
    ratios, rate = settings.numbers("seanet.ratios"), settings.whole("sample_rate")
    wrong = [name for name, (least, most) in _SIZES.items() if not least <= sizes[name] <= most]
    if wrong:
        raise _wrong_size(settings, wrong[0], sizes[wrong[0]])
    widest = sizes["seanet.dilation_base"] ** max(sizes["seanet.n_residual_layers"] - 1, 0)
    if widest > _WIDEST_DILATION:
        raise _wrong_size(settings, "seanet.dilation_base", sizes["seanet.dilation_base"])
    require_ratios(ratios, rate, settings, "seanet.ratios", "sample_rate")
    return sizes


def require_ratios(
    ratios: tuple[int, ...], rate_hz: int, settings: Settings, name: str, rate_name: str
) -> None:
    """Check that there is a whole number of frames a second.

    Args:
        ratios: whose product is a frame's samples. rate_hz: of the sound.
        settings: where both are from. name, rate_name: what they are called there.

    Raises:
        CheckpointError: there is none.
    """
    if not 1 <= len(ratios) <= 8 or not all(1 <= each <= 64 for each in ratios):
        raise _wrong_size(settings, name, list(ratios))
    if not 0 < rate_hz <= _HIGHEST_RATE_HZ or rate_hz % math.prod(ratios):
        raise _wrong_size(settings, rate_name, rate_hz)


def _wrong_size(settings: Settings, name: str, came: object) -> CheckpointError:
    return CheckpointError(
        f"the setting {name} in {settings.file} is {str(came)[:100]}",
        expected="the sizes of an EnCodec with a whole number of frames a second",
        advice="Download the codec again",
    )


def _assign(network: nn.Module, file: ReleaseFile) -> None:
    """Set the weights, accounting for every name and shape."""
    weights = {name: weight.float() for name, weight in file.weights.items()}
    try:
        network.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        fault = " ".join(str(error).split("\n\t")[1:])[:200]
        raise CheckpointError(
            f"the weights of the codec in {file.settings.file} do not fit ({fault})",
            expected="the EnCodec that its settings describe",
            advice="Download the file again",
        ) from error
    if not all(bool(torch.isfinite(weight).all()) for weight in weights.values()):
        raise CheckpointError(
            f"the codec in {file.settings.file} has weights that are not finite",
            expected="finite numbers",
            advice="Download the file again",
        )
