"""A model ready to play: language model, codec and text encoder on one device.

model = load("studio-mini")
steps = model.generate(GenerationRequest(prompt="calm solo piano", seed=7))
clips = model.listen(finish(steps).codes)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from engine.audio.waveform import Waveform
from engine.binding import bind_texts
from engine.cast import cast_for, check_given, modes_of, region_windows
from engine.checkpoints.catalogue import ModelCard, available, find_model, is_here, read_card
from engine.checkpoints.folder import ModelParts
from engine.checkpoints.hub import PUBLISHED, Report, fetch_model
from engine.checkpoints.parts import AnyParts, load_parts
from engine.checkpoints.weights import hash_weights
from engine.codec.checks import written_part
from engine.decode import (
    DecodeStep,
    GenerationRequest,
    Mode,
    Window,
    request_windows,
)
from engine.device import choose_device, choose_dtype, codec_device, memory_explained
from engine.errors import CheckpointError
from engine.estimate import Estimate, Measured, SpeedReading, estimate, read_speed
from engine.knobs import Family, published_family
from engine.model.config import ModelKind
from engine.model.predictor import BoundModel

__all__ = [
    "DEFAULT_MODEL",
    "PUBLISHED",
    "ModelCard",
    "MusicModel",
    "available",
    "load",
    "modes_of",
    "read_card",
]

DEFAULT_MODEL = "studio-mini"
_NOBODY: Mapping[str, MusicModel] = MappingProxyType({})
_ROOM_FOR_MODEL = "Close other programs, or choose another device"


@dataclass(frozen=True, kw_only=True)
class MusicModel:
    """One model on one device; holds no state of any request.

    Args:
        parts: its networks. path: its folder.
        weights_hash: SHA-256 over all its files as they were loaded (`folder.hash_model`).
        device, dtype: where and in what the language model computes.
        together: variations run in one batch: quicker on an accelerator, but one of them made
            alone may then round, and so sound, differently.
    """

    parts: AnyParts
    path: Path
    weights_hash: str
    device: torch.device
    dtype: torch.dtype
    together: bool = False

    @property
    def name(self) -> str:
        """Its own name, which its files carry."""
        return self.parts.name

    @property
    def licence(self) -> str:
        """Of the weights."""
        return self.parts.licence

    @property
    def window_s(self) -> float:
        """The longest clip that it was trained on, in seconds."""
        return self.parts.language_model.config.window_s

    @property
    def sample_rate_hz(self) -> int:
        """Of the sound."""
        return self.parts.codec.sample_rate_hz

    @property
    def frame_rate_hz(self) -> int:
        """Codec frames per second."""
        return self.parts.codec.frame_rate_hz

    @property
    def n_levels(self) -> int:
        """K."""
        return self.parts.codec.n_levels

    @property
    def codebook_size(self) -> int:
        """V."""
        return self.parts.codec.codebook_size

    @property
    def kind(self) -> ModelKind:
        """Of its language model."""
        return self.parts.language_model.config.kind

    @property
    def family(self) -> Family:
        """Whose presets it is played with."""
        if isinstance(self.parts, ModelParts):
            return Family.MINI
        return published_family(self.window_s, self.sample_rate_hz)

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What this kind of model can do; see `modes_with`."""
        return modes_of(self.kind)

    def modes_with(self, opener: MusicModel | None) -> tuple[Mode, ...]:
        """The same if another model writes openings for it."""
        return modes_of(self.kind, has_opener=opener is not None)

    @cached_property
    def codec_hash(self) -> str:
        """SHA-256 over the codec's weights: models that share it can read each other's tokens."""
        return hash_weights(self.parts.codec)

    @cached_property
    def speed(self) -> SpeedReading:
        """Seconds of each kind of work, measured once on this device."""
        return read_speed(self.parts, self.device)

    def generate(
        self, request: GenerationRequest, helpers: Mapping[str, MusicModel] = _NOBODY
    ) -> Iterator[DecodeStep]:
        """Write tokens, one record per step; closing the iterator stops the work.

        Where 16-bit numbers overflow, the clip is written again in 32 bits from its first step:
        the records then start again from index 0.

        Args:
            request: what to play.
            helpers: the models that `request.opener` and `request.rescorer` name.

        Raises:
            RequestError: at once, if the request does not fit this model or its helpers.
        """
        return cast_for(self, request, helpers).run(request)

    def inpaint(
        self,
        codes: Tensor,
        keep: Tensor,
        request: GenerationRequest,
        helpers: Mapping[str, MusicModel] = _NOBODY,
    ) -> Iterator[DecodeStep]:
        """Write those tokens of a clip anew that are not kept; the rest never changes.

        Each region is written in the window that gives it the most context on both sides. In
        hybrid mode a region that runs to the end of the clip begins with an opening.

        Args:
            codes: int64 [1 or B, K, T] tokens of the clip.
            keep: bool [K, T], True where a token stays; see `engine.decode.recipes`.
            request: text, mode, seed and options; its duration is that of the clip.
            helpers: as for `generate`.

        Raises:
            RequestError: at once: another shape, or nothing to write; else as `generate`.
        """
        check_given(self, codes, keep, request)
        given = codes.to(self.device), keep.to(self.device)
        return cast_for(self, request, helpers).run(request, given)

    def region_windows(self, keep: Tensor, request: GenerationRequest) -> tuple[Window, ...]:
        """The windows in which `inpaint` writes what is free of bool [K, T] `keep`."""
        return region_windows(self.parts.language_model.config, keep, request)

    def windows(self, request: GenerationRequest) -> tuple[Window, ...]:
        """The windows in which a request is written; mostly one.

        Raises:
            RequestError: an overlap that leaves a window nothing to write.
        """
        config = self.parts.language_model.config
        return request_windows(request, config.window_frames, config.frame_rate_hz)

    def in_float32(self) -> MusicModel:
        """The same model computing in 32 bits; itself if it does already."""
        if self.dtype is torch.float32:
            return self
        language_model = deepcopy(self.parts.language_model).float()
        return replace(
            self, parts=replace(self.parts, language_model=language_model), dtype=torch.float32
        )

    def bind(self, prompt: str, negative_prompt: str = "") -> BoundModel:
        """The language model with its text bound; an empty text is the null condition."""
        texts = prompt.strip(), negative_prompt.strip()
        return bind_texts(self.parts, texts, self.device, together=self.together)

    def listen(self, codes: Tensor) -> list[Waveform]:
        """Decode tokens, also of an unfinished step.

        Args:
            codes: [B, K, T] int64. Left out: frames from the first without a coarsest token on,
                and levels that are not complete in the frames before it.

        Returns:
            B mono clips.

        Raises:
            RequestError: nothing is written yet.
        """
        return [
            Waveform(samples=clip.float().cpu().numpy(), sample_rate_hz=self.sample_rate_hz)
            for clip in self.decode(codes)
        ]

    @torch.no_grad()
    def decode(self, codes: Tensor) -> list[Tensor]:
        """The same as samples [1, N], on the codec's device."""
        heard, codec = written_part(codes, self.codebook_size), self.parts.codec
        with memory_explained(self.device):
            heard = heard.to(next(codec.parameters()).device)
            if self.together:
                return list(codec.decode(heard))
            # One at a time on purpose: a variation must sound the same alone and among others.
            return [codec.decode(clip[None])[0] for clip in heard]

    def _measured(self) -> Measured:
        return self.parts, self.speed

    def estimate(
        self,
        request: GenerationRequest,
        helpers: Mapping[str, MusicModel] = _NOBODY,
        *,
        keep: Tensor | None = None,
    ) -> Estimate:
        """Seconds and memory that `generate`, or with `keep` that `inpaint` takes here."""
        cast = cast_for(self, request, helpers)
        return estimate(
            request,
            self.windows(request) if keep is None else self.region_windows(keep, request),
            self._measured(),
            opener=cast.opener._measured() if cast.opener else None,
            rescorer=cast.rescorer._measured() if cast.rescorer else None,
        )


def load(
    name: str = DEFAULT_MODEL,
    *,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    together: bool = False,
    revision: str | None = None,
    report: Report | None = None,
) -> MusicModel:
    """Load a model by its name or from a folder, fetching a published one from the Hub.

    Args:
        name: one of `available()` or of `PUBLISHED`, or the path of a folder in our own format,
            the release format or that of `transformers`. A name wins over a folder of that name
            in the current directory; "./studio-mini" is the folder.
        dtype: of the language model; None: see `engine.device.choose_dtype`.
        together: see `MusicModel`.
        revision: commit, branch or tag of a published model; None: the newest.
        report: called while files arrive.
        device: see `engine.device.choose_device`.

    Raises:
        CheckpointError: no such model, it cannot be fetched, it has no revisions, or its files
            are damaged.
        DeviceError: no such device, or no memory left on it.
    """
    published = None if is_here(name) else PUBLISHED.get(name)
    if published is None:
        folder = find_model(name)
        if revision is not None:
            raise CheckpointError(
                f"the revision {revision[:100]!r} is asked of {folder.name}, on this computer",
                expected="a published model, of which the Hub has revisions",
                advice="Leave the revision out",
            )
    else:
        folder = fetch_model(published, revision=revision, report=report)
    place = choose_device(device)
    dtype = dtype or choose_dtype(place)
    with memory_explained(place, needed="this model", advice=_ROOM_FOR_MODEL):
        parts, weights_hash = load_parts(folder, dtype, report)
        if published is not None:
            parts = replace(parts, name=published.name, licence=published.licence)
        parts.language_model.to(place)
        parts.text_encoder.to(place)
        # The codec stays in float32: phases and convolutions over a whole clip need it.
        parts.codec.to(codec_device(place))
    return MusicModel(
        parts=parts,
        path=folder,
        weights_hash=weights_hash,
        device=place,
        dtype=dtype,
        together=together,
    )
