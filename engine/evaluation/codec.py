"""Measures of a codec: how far decoded sound is from its source, and how the codes are used.

All on samples at 32 kHz, both clips scaled to RMS 0.08 before they are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import librosa
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.signal import find_peaks
from torch import Tensor, nn

from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.codec import envelope, spectrogram
from engine.codec.mini import FRAME_SAMPLES, MiniCodec
from engine.codec.protocol import Codec

RATE_HZ = 32_000
COARSE = (2048, 512, 128)
FINE = (512, 128, 40)
"""Window, hop and mel bands of the two resolutions of `mel_distance`."""
BANDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"bass": (0.0, 250.0), "mid": (250.0, 4000.0), "treble": (4000.0, 16_000.0)}
)
"""In Hz; a mel band belongs where its centre lies."""
_RMS, _FLOOR = 0.08, 1e-3
_LAG = 2  # frames of FINE, 8 ms: half its window
ONSET = 0.25
"""Least mean rise of the log-mel bands at an onset. Lower finds ripples of held chords, too."""
_ONSET_APART, _ONSET_NEAR = 12, 5  # frames: 48 ms between two, 20 ms between one and its copy

Samples = NDArray[np.floating[Any]]


def mel_distance(source: Tensor, decoded: Tensor, resolution: tuple[int, int, int]) -> float:
    """Mean absolute difference of log-mel spectra, both clips scaled to RMS 0.08 before.

    Args:
        source, decoded: [B, N] samples at 32 kHz.
        resolution: `COARSE` or `FINE`.
    """
    return float((log_mel(source, resolution) - log_mel(decoded, resolution)).abs().mean())


def log_mel(samples: Tensor, resolution: tuple[int, int, int]) -> Tensor:
    """log(mel magnitudes + 0.001) of [B, N] samples scaled to RMS 0.08: [B, n_mels, frames]."""
    window, hop, n_mels = resolution
    level = samples.pow(2).mean(-1, keepdim=True).sqrt().clamp_min(1e-6)
    spectrum = torch.stft(
        samples * (_RMS / level), window, hop,
        window=torch.hann_window(window), return_complex=True,
    )  # fmt: skip
    return torch.log(mel_filters(window, n_mels) @ spectrum.abs() + _FLOOR)


def mel_centres_hz(n_mels: int) -> NDArray[np.float64]:
    """Where the bands of `mel_filters` peak, [n_mels]."""
    return np.asarray(librosa.mel_frequencies(n_mels + 2, fmin=0, fmax=RATE_HZ / 2)[1:-1])


def in_band(name: str) -> NDArray[np.bool_]:
    """Which mel bands of `COARSE` belong to one of `BANDS`, [128]."""
    low, high = BANDS[name]
    centres = mel_centres_hz(COARSE[2])
    return (centres >= low) & (centres < high)


def si_sdr_db(source: Samples, decoded: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio over a whole clip, both without their means.

    Args:
        source, decoded: [N], not constant.

    Source: Le Roux et al. 2019, equation 4.
    """
    true, heard = (np.asarray(each, np.float64) - np.mean(each) for each in (source, decoded))
    target = true * (heard @ true / max(float(true @ true), 1e-20))
    wrong = heard - target
    return float(10 * np.log10(max(target @ target, 1e-20) / max(wrong @ wrong, 1e-20)))


def onset_strength(samples: Samples) -> NDArray[np.float64]:
    """How much the log-mel bands of `FINE` rise within 8 ms, the mean over bands; falls count 0.

    Args:
        samples: [N] at 32 kHz.

    Returns:
        [frames], one each 4 ms; a frame tells of the rise around it.
    """
    bands = log_mel(_tensor(samples), FINE)[0]
    rise = (bands[:, _LAG:] - bands[:, :-_LAG]).clamp_min(0).mean(0)
    # The mirrored ends of a clip are no onsets.
    rise[:_LAG], rise[-_LAG:] = 0, 0
    return F.pad(rise, (_LAG // 2, _LAG - _LAG // 2)).double().numpy()


@dataclass(frozen=True, kw_only=True)
class Onsets:
    """What became of the onsets of a clip.

    Args:
        found: in the source.
        kept: of these, with an onset of the decoded clip within 20 ms.
        added: onsets of the decoded clip with none of the source within 20 ms.
        steepness: of every kept one, how steep its attack is: decoded / source.
    """

    found: int
    kept: int
    added: int
    steepness: tuple[float, ...]


def compare_onsets(source: Samples, decoded: Samples) -> Onsets:
    """Whether things start where they did, and as suddenly.

    An onset is a peak of `onset_strength` of `ONSET` or more, in height and above what is around
    it. Its partner may be half as high, so that an onset that has become soft counts as kept and
    as less steep, and one at the threshold is not lost by chance. Steepness is the height of the
    peak: the mean rise of the bands within 8 ms.

    Args:
        source, decoded: [N] at 32 kHz, the same length.
    """
    strengths = onset_strength(source), onset_strength(decoded)
    sure = [_peaks(strength, ONSET) for strength in strengths]
    likely = [_peaks(strength, ONSET / 2) for strength in strengths]
    pairs = _matched(sure[0], likely[1])
    back = _matched(sure[1], likely[0])
    return Onsets(
        found=len(sure[0]),
        kept=len(pairs),
        added=len(sure[1]) - len(back),
        steepness=tuple(float(strengths[1][b] / strengths[0][a]) for a, b in pairs),
    )


def _peaks(strength: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    found, _ = find_peaks(strength, height=least, prominence=least, distance=_ONSET_APART)
    return found


def _matched(first: NDArray[np.int64], second: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Each of `first` with the nearest of `second` within reach that is not taken yet."""
    free, pairs = set(second.tolist()), []
    for at in first.tolist():
        near = sorted((abs(other - at), other) for other in free if abs(other - at) <= _ONSET_NEAR)
        if near:
            pairs.append((at, near[0][1]))
            free.remove(near[0][1])
    return pairs


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipMeasures:
    """What one clip lost.

    Args:
        coarse, fine: `mel_distance`.
        si_sdr_db: see `si_sdr_db`.
        louder_db: RMS of the decoded clip over that of its source, which `coarse` does not see.
        errors: [128] mean absolute difference of each log-mel band of `COARSE`.
        offsets: [128] the same with its sign: above 0 where the decoded clip is louder.
        onsets: see `compare_onsets`.
    """

    coarse: float
    fine: float
    si_sdr_db: float
    louder_db: float
    errors: NDArray[np.float64]
    offsets: NDArray[np.float64]
    onsets: Onsets


def measure_clip(source: Samples, decoded: Samples) -> ClipMeasures:
    """All that compares a clip with its source.

    Args:
        source, decoded: [N] at 32 kHz, the same length of 0.1 s or more.
    """
    true, heard = _tensor(source), _tensor(decoded)
    difference = (log_mel(heard, COARSE) - log_mel(true, COARSE))[0].double().numpy()
    return ClipMeasures(
        coarse=float(np.abs(difference).mean()),
        fine=mel_distance(true, heard, FINE),
        si_sdr_db=si_sdr_db(source, decoded),
        louder_db=10 * math.log10(max(_power(decoded), 1e-12) / max(_power(source), 1e-12)),
        errors=np.abs(difference).mean(-1),
        offsets=difference.mean(-1),
        onsets=compare_onsets(source, decoded),
    )


def _power(samples: Samples) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


@torch.no_grad()
def round_trip(codec: Codec, samples: Samples) -> tuple[Tensor, NDArray[np.float32]]:
    """One clip through a codec of any rate.

    Args:
        codec: on any device.
        samples: [N] at 32 kHz.

    Returns:
        Codes [K, T] on the CPU and decoded samples [N] at 32 kHz, without the padding of the
        last frame. A codec of a lower rate cannot give back what is above half of it.
    """
    sent = at_rate(np.asarray(samples, np.float32), RATE_HZ, codec.sample_rate_hz)
    codes = codec.encode(_tensor(sent)[None].to(_device(codec)))
    decoded = codec.decode(codes)[0, 0, : len(sent)].float().cpu().numpy()
    back = at_rate(decoded, codec.sample_rate_hz, RATE_HZ)[: len(samples)]
    # resampling twice may round one sample away
    return codes[0].cpu(), np.pad(back, (0, len(samples) - len(back)))


@torch.no_grad()
def inversion_alone(codec: MiniCodec, samples: Samples) -> NDArray[np.float32]:
    """[N] samples by the codec's way back from their exact magnitudes and levels: no codes."""
    padded = F.pad(_tensor(samples), (0, -len(samples) % FRAME_SAMPLES))
    exact = spectrogram.magnitudes(padded)
    back = spectrogram.invert(exact, iterations=codec.config.inversion_rounds)
    if codec.config.envelope:
        back = envelope.follow(back, envelope.band_levels(padded))
    return back[0, : len(samples)].numpy()


def at_rate(samples: NDArray[np.float32], came_hz: int, wanted_hz: int) -> NDArray[np.float32]:
    """[N] samples at another rate."""
    if came_hz == wanted_hz:
        return samples
    return resample(Waveform(samples=samples[None], sample_rate_hz=came_hz), wanted_hz).samples[0]


def _device(codec: Codec) -> torch.device:
    if isinstance(codec, nn.Module):
        return next(codec.parameters()).device
    return torch.device("cpu")


def _tensor(samples: Samples) -> Tensor:
    """[1, N] of [N]."""
    return torch.from_numpy(np.array(samples, np.float32))[None]


def count_codes(codes: Tensor, codebook_size: int) -> Tensor:
    """How often each code occurs in each level of [B, K, T]: [K, V] int64."""
    levels = (level.flatten() for level in codes.unbind(1))
    return torch.stack([torch.bincount(level, minlength=codebook_size) for level in levels])


def perplexity(counts: Tensor) -> float:
    """exp(entropy) of codes that occur so often, [V]: as many codes used evenly tell as much."""
    share = counts.double() / counts.sum()
    return float((-(share * share.clamp_min(1e-12).log()).sum()).exp())


def perplexities(codes: Tensor, codebook_size: int) -> list[float]:
    """exp(entropy) of the codes of each level, over all of [B, K, T]."""
    return [perplexity(level) for level in count_codes(codes, codebook_size)]


def even_use(n_codes: int, codebook_size: int, seed: int = 0) -> tuple[float, int]:
    """The perplexity and the number of unused codes if all are equally likely.

    Perplexity of few codes is too low and some do not occur by chance: this is the best that can
    be read from `n_codes` of them.
    """
    drawn = np.random.default_rng(seed).integers(codebook_size, size=n_codes)
    counts = torch.from_numpy(np.bincount(drawn, minlength=codebook_size))
    return perplexity(counts), int((counts == 0).sum())


def interval(
    rows: NDArray[Any], statistic: Callable[[NDArray[Any]], Any], draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic of clips, and what holds 95 % of its values over bootstrap samples of clips.

    Args:
        rows: [n] or [n, columns], one row a clip: the rows are drawn.
        statistic: of such an array.
        draws, seed: number and choice of the bootstrap samples.
    """
    rng = np.random.default_rng(seed)
    again = [statistic(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(draws)]
    low, high = np.nanquantile(again, (0.025, 0.975))
    return float(statistic(rows)), float(low), float(high)


@torch.no_grad()
def measure_codec(codec: Codec, clips: Tensor) -> dict[str, object]:
    """Encode and decode clips [B, N] and take the measures that training follows."""
    codes = codec.encode(clips[:, None])
    decoded = codec.decode(codes)[:, 0, : clips.shape[-1]]
    return {
        "coarse": round(mel_distance(clips, decoded, COARSE), 4),
        "fine": round(mel_distance(clips, decoded, FINE), 4),
        "perplexities": [round(value, 1) for value in perplexities(codes, codec.codebook_size)],
    }


@lru_cache(maxsize=4)
def mel_filters(window: int, n_mels: int) -> Tensor:
    """Slaney's filters at 32 kHz, [n_mels, window / 2 + 1]."""
    return torch.from_numpy(librosa.filters.mel(sr=RATE_HZ, n_fft=window, n_mels=n_mels))
