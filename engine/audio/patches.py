"""Patches: what a model has made for a region, brought to the source's samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.balance import LevelMatch, channel_gains, is_silent, level_match, placed
from engine.audio.regions import Region, kept_slices
from engine.audio.resample import resample
from engine.audio.source import Source
from engine.audio.waveform import Waveform
from engine.errors import AudioError, RequestError

_SURROUNDINGS_S = 1.0
"""To either side of a region: half a bar at 120 beats per minute."""

_TIE_SAMPLES = 1e-6
"""How far floating point may move a tie. A frame is 220.5 samples at 11,025 Hz, and both halves of
a loop's seam must be rounded alike, or a sample is missing or heard twice between them."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """What a region is to be filled with.

    Args:
        region: of the source.
        waveform: mono, at the model's rate. It covers the region and, for its level to be
            matched, some of what is kept around it, as the codec has reconstructed that.
        start_s: when its first sample is heard, in the source's time. Before 0 for a loop's
            patch that spans the seam: what lies outside of the clip is heard by the filters only.

    Raises:
        AudioError: more than one channel.
        RequestError: a start that is not a number.
    """

    region: Region
    waveform: Waveform
    start_s: float

    def __post_init__(self) -> None:
        if self.waveform.n_channels != 1:
            raise AudioError(
                f"the patch has {self.waveform.n_channels} channels",
                expected="one, as the codec gives it",
                advice="Mix it to mono",
            )
        if not math.isfinite(self.start_s):
            raise RequestError(
                f"the patch starts at {self.start_s} s",
                expected="a time",
                advice="Give its place in the source's time",
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedPatch:
    """A patch at the source's rate.

    Args:
        region: of the source.
        samples: [n] float32, mono.
        start_sample: where in the source the first of them belongs.
    """

    region: Region
    samples: NDArray[np.float32]
    start_sample: int

    @property
    def stop_sample(self) -> int:
        """Where in the source the patch ends."""
        return self.start_sample + len(self.samples)

    def at(self, place: slice) -> NDArray[np.float32]:
        """[n] the part that belongs to a place of the source which the patch covers."""
        return self.samples[place.start - self.start_sample : place.stop - self.start_sample]


def fit_patch(patch: Patch, source: Source) -> FittedPatch:
    """Resample a patch; its start goes to the nearest sample of the source, a tie to the later.

    Lengths that were rounded on the way to the model's rate and back may leave it short by one of
    its own samples at either end; there its outermost sample is repeated.

    Raises:
        AudioError: a patch that does not cover its region.
    """
    rate_hz, region = source.sample_rate_hz, patch.region
    samples = resample(patch.waveform, rate_hz).samples[0]
    start = math.floor(patch.start_s * rate_hz + 0.5 + _TIE_SAMPLES)
    missing = (
        max(0, start - region.start_sample),
        max(0, region.stop_sample - start - len(samples)),
    )
    if max(missing) > math.ceil(rate_hz / patch.waveform.sample_rate_hz):
        raise AudioError(
            f"the patch covers samples {start:,} to {start + len(samples):,} of the source",
            expected=f"all of its region, {region.start_sample:,} to {region.stop_sample:,}",
            advice="Decode the whole region, and some of what is kept around it",
        )
    return FittedPatch(
        region=region,
        samples=np.pad(samples, missing, mode="edge") if any(missing) else samples,
        start_sample=start - missing[0],
    )


def patch_level(
    patches: Sequence[FittedPatch],
    source: Source,
    regions: Sequence[Region],
    *,
    max_gain_db: float,
) -> LevelMatch:
    """By how much the codec's output must be turned up to be as loud as the source.

    Both are measured on what is kept within a second of the region and is in the patch.

    Args:
        patches: those that are to have one level; each covers its region.
        source: what they go into.
        regions: all of them: what lies in another one is not kept.
        max_gain_db: >= 0; the gain goes no further than this, up or down.
    """
    shared = [
        (source.samples[:, place].mean(axis=0), patch.at(place))
        for patch in patches
        for place in _kept_around(
            patch.region, source, regions, start=patch.start_sample, stop=patch.stop_sample
        )
    ]
    if not shared:
        return LevelMatch(0.0, False)
    kept, remade = (np.concatenate(parts) for parts in zip(*shared, strict=True))
    return level_match(kept, remade, max_gain_db=max_gain_db)


def surrounding_level(
    patches: Sequence[FittedPatch],
    source: Source,
    regions: Sequence[Region],
    *,
    max_gain_db: float,
) -> LevelMatch:
    """By how much a patch must be turned up to be as loud as what is kept around its region.

    Where nothing is to be heard around it, or in it, see `patch_level`; the arguments are its own.
    """
    around = [
        source.samples[:, place].mean(axis=0)
        for patch in patches
        for place in _kept_around(patch.region, source, regions)
    ]
    new = np.concatenate([patch.at(patch.region.as_slice) for patch in patches])
    kept = np.concatenate(around) if around else np.zeros(1)
    if is_silent(kept) or is_silent(new):
        return patch_level(patches, source, regions, max_gain_db=max_gain_db)
    return level_match(kept, new, max_gain_db=max_gain_db)


def patch_gains(
    patches: Sequence[FittedPatch], source: Source, regions: Sequence[Region]
) -> NDArray[np.float64]:
    """How loud a mono patch is to be in each channel.

    Measured on what is kept within a second of the region; if that is silent, on what the region
    held before.

    Args:
        patches: those that are to have one balance.
        source: what they go into.
        regions: all of them.

    Returns:
        [2, C], below and above 200 Hz; all 1 if both are silent, and for a mono source.
    """
    if source.n_channels > 1:
        own = [patch.region for patch in patches]
        around = [place for each in own for place in _kept_around(each, source, regions)]
        for places in (around, [each.as_slice for each in own]):
            if places:
                sound = np.concatenate([source.samples[:, each] for each in places], axis=1)
                gains = channel_gains(sound, source.sample_rate_hz)
                if gains is not None:
                    return gains
    return np.ones((2, source.n_channels))


def in_channels(
    patch: FittedPatch, gains: NDArray[np.float64], sample_rate_hz: int
) -> NDArray[np.float64]:
    """[C, n] a patch's region with the gains [2, C] of each channel."""
    if np.all(gains == 1):
        return np.tile(patch.at(patch.region.as_slice).astype(np.float64), (gains.shape[1], 1))
    # The whole patch, cut afterwards: a filter has no past at the start of what it is given.
    spread = placed(patch.samples, gains, sample_rate_hz)
    start = patch.region.start_sample - patch.start_sample
    return spread[:, start : start + patch.region.n_samples]


def _kept_around(
    region: Region,
    source: Source,
    regions: Sequence[Region],
    *,
    start: int = 0,
    stop: int | None = None,
) -> list[slice]:
    reach = round(_SURROUNDINGS_S * source.sample_rate_hz)
    return kept_slices(
        regions,
        source.n_samples,
        start=max(start, region.start_sample - reach),
        stop=min(source.n_samples if stop is None else stop, region.stop_sample + reach),
    )
