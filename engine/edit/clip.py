"""The clip that is edited: its samples, exactly, and its tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.audio.downmix import downmix
from engine.audio.pieces import cut
from engine.audio.regions import region_from_seconds
from engine.audio.resample import resample
from engine.audio.source import Source
from engine.audio.waveform import Waveform
from engine.decode.timing import frames_covering, frames_from_seconds, seconds_from_frames
from engine.device import memory_explained
from engine.errors import RequestError
from engine.music import MusicModel

MAX_CLIP_S = 1800.0
"""Half an hour: longer clips are refused before their sound is read."""

_CHUNK_S, _OVERLAP_S = 30.0, 1.0
"""A long clip is encoded in pieces, each with a second of its neighbours on either side: far more
than a codec hears."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkingClip:
    """A clip being edited.

    Args:
        source: its samples, exactly.
        codes: [K, T] int64 its tokens, on the CPU; T covers all of the samples.
        frame_rate_hz: of the tokens.

    Raises:
        RequestError: tokens of another clip.
    """

    source: Source
    codes: Tensor
    frame_rate_hz: int

    def __post_init__(self) -> None:
        if abs(self.n_frames - self.duration_s * self.frame_rate_hz) > 1.5:
            raise RequestError(
                f"there are tokens for {self.n_frames / self.frame_rate_hz:.2f} s",
                expected=f"the clip's {self.duration_s:.2f} s",
                advice="Open the clip again",
            )

    @property
    def duration_s(self) -> float:
        """Of the samples."""
        return self.source.n_samples / self.source.sample_rate_hz

    @property
    def n_frames(self) -> int:
        """T."""
        return int(self.codes.shape[-1])

    def sample_of(self, frame: int) -> int:
        """Where a frame begins in the source; its end for one behind the last."""
        exact = frame * self.source.sample_rate_hz / self.frame_rate_hz
        return min(int(exact + 0.5), self.source.n_samples)


@torch.no_grad()
def open_clip(model: MusicModel, source: Source) -> WorkingClip:
    """Encode a clip once, mixed to mono at the model's rate.

    Raises:
        AudioError: a clip that cannot be resampled.
        DeviceError: no memory for it.
    """
    mono = resample(downmix(source.waveform), model.sample_rate_hz)
    with memory_explained(model.device):
        codes = _encode(model, mono)
    return WorkingClip(source=source, codes=codes, frame_rate_hz=model.frame_rate_hz)


def crop(clip: WorkingClip, start_s: float, stop_s: float) -> WorkingClip:
    """A part of a clip as a clip of its own, with its own tokens and samples.

    Args:
        clip: what it is cut from.
        start_s: 0 or more; moved to the nearest frame, where the tokens can be cut.
        stop_s: at most the clip's end; to the nearest sample, so that a loop has its length.

    Raises:
        RequestError: a part that is outside, reversed or shorter than a frame.
    """
    if not 0 <= start_s < stop_s <= clip.duration_s + 1e-9:
        raise RequestError(
            f"the part is {start_s:g} s to {stop_s:g} s",
            expected=f"its start before its end, within the clip's {clip.duration_s:.3f} s",
            advice="Move it into the clip",
        )
    first = frames_from_seconds(start_s, clip.frame_rate_hz)
    start_s = seconds_from_frames(first, clip.frame_rate_hz)
    if stop_s - start_s < 1 / clip.frame_rate_hz:
        raise RequestError(
            f"the part is {1000 * (stop_s - start_s):.0f} ms long",
            expected=f"a frame of {1000 / clip.frame_rate_hz:g} ms or more",
            advice="Choose a longer part",
        )
    place = region_from_seconds(start_s, stop_s, clip.source.sample_rate_hz)
    source = cut(clip.source, place.start_sample, min(place.stop_sample, clip.source.n_samples))
    n_frames = frames_covering(source.n_samples, source.sample_rate_hz, clip.frame_rate_hz)
    return replace(clip, source=source, codes=clip.codes[:, first : first + n_frames])


def _encode(model: MusicModel, mono: Waveform) -> Tensor:
    """[K, T] tokens of a mono clip, piece by piece."""
    hop = model.sample_rate_hz // model.frame_rate_hz
    n_frames = -(-mono.n_samples // hop)
    size, beside = (frames_from_seconds(s, model.frame_rate_hz) for s in (_CHUNK_S, _OVERLAP_S))
    samples = torch.from_numpy(mono.samples.copy())
    place = next(model.parts.codec.parameters()).device
    parts = []
    for start in range(0, n_frames, size):
        first, last = max(start - beside, 0), min(start + size + beside, n_frames)
        piece = samples[None, :, first * hop : last * hop].to(place)
        codes = model.parts.codec.encode(piece)[0].cpu()
        parts.append(codes[:, start - first : start - first + size])
    return torch.cat(parts, dim=-1)
