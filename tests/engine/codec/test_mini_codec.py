"""The mini codec's geometry and arithmetic, with random weights."""

from dataclasses import replace

import pytest
import torch

from engine.codec.mini import FRAME_SAMPLES, MiniCodec, MiniCodecConfig
from engine.errors import AudioError, RequestError


@pytest.fixture(scope="module")
def codec() -> MiniCodec:
    torch.manual_seed(0)
    config = MiniCodecConfig(
        width=16, encoder_blocks=1, decoder_blocks=1, code_width=4, codebook_size=32,
        inversion_rounds=1,
    )  # fmt: skip
    codec = MiniCodec(config).eval()
    codec.codebooks.normal_()
    return codec


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (640, 1), (641, 2), (32000, 50)])
def test_a_frame_is_20_ms_and_the_last_is_filled_up(
    codec: MiniCodec, samples: int, frames: int
) -> None:
    codes = codec.encode(torch.randn(2, 1, samples))
    assert codes.shape == (2, 4, frames) and codes.dtype == torch.int64
    assert codec.decode(codes).shape == (2, 1, frames * FRAME_SAMPLES)


def test_quantising_takes_the_nearest_vector_of_each_level(codec: MiniCodec) -> None:
    latents = torch.randn(1, 7, 4)
    codes = codec.quantise(latents)
    residual = latents[0]
    for level, book in enumerate(codec.codebooks):
        nearest = torch.cdist(residual, book).argmin(-1)
        assert torch.equal(codes[0, level], nearest)
        residual = residual - book[nearest]


def test_fewer_levels_decode_to_a_coarser_sound_of_the_same_length(codec: MiniCodec) -> None:
    codes = torch.randint(32, (1, 4, 6))
    assert torch.allclose(codec.latents(codes[:, :1]), codec.codebooks[0][codes[:, 0]])
    assert codec.decode(codes[:, :1]).shape == codec.decode(codes).shape


@pytest.mark.parametrize(
    "samples",
    [
        torch.zeros(1, 2, 640),
        torch.zeros(1, 1, 0),
        torch.zeros(640),
        torch.full((1, 1, 640), torch.nan),
        torch.zeros(1, 1, 640, dtype=torch.int16),
    ],
)
def test_sound_that_cannot_be_encoded_is_refused(codec: MiniCodec, samples: torch.Tensor) -> None:
    with pytest.raises(AudioError):
        codec.encode(samples)


@pytest.mark.parametrize(
    "codes",
    [
        torch.full((1, 4, 3), -1),
        torch.full((1, 4, 3), 32),
        torch.zeros(1, 5, 3, dtype=torch.int64),
        torch.zeros(1, 4, 0, dtype=torch.int64),
        torch.zeros(4, 3, dtype=torch.int64),
        torch.zeros(1, 4, 3),
    ],
)
def test_codes_that_cannot_be_decoded_are_refused(codec: MiniCodec, codes: torch.Tensor) -> None:
    with pytest.raises(RequestError):
        codec.decode(codes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"n_levels": 4.0},
        {"inversion_rounds": -1},
        {"code_width": 10**9},
        {"envelope": 1},
    ],
)
def test_sizes_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MiniCodecConfig(**wrong)


def test_a_decoder_that_tells_levels_makes_the_sound_follow_them(codec: MiniCodec) -> None:
    torch.manual_seed(0)
    leveller = MiniCodec(replace(codec.config, envelope=True)).eval()
    leveller.load_state_dict(codec.state_dict(), strict=False)
    level = leveller.decoder.level
    assert level is not None
    torch.nn.init.zeros_(level.weight)
    torch.nn.init.constant_(level.bias, -20.0)  # everything as quiet as can be
    codes = torch.randint(32, (1, 4, 12))
    plain, levelled = codec.decode(codes), leveller.decode(codes)
    assert levelled.shape == plain.shape
    assert levelled.pow(2).mean() < 0.05 * plain.pow(2).mean()
    assert leveller.decoder(leveller.latents(codes)).levels.shape == (1, 60, 40)
