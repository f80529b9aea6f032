"""Regions: the parts of a clip that are made anew, in its own samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.errors import RequestError


@dataclass(frozen=True, kw_only=True, order=True)
class Region:
    """The samples from `start_sample` up to, and without, `stop_sample`.

    Args:
        start_sample: >= 0, at the clip's own rate.
        stop_sample: > start_sample.

    Raises:
        RequestError: before the clip, reversed or empty.
    """

    start_sample: int
    stop_sample: int

    def __post_init__(self) -> None:
        if self.start_sample < 0:
            raise RequestError(
                f"the region starts at sample {self.start_sample:,}",
                expected="0 or later",
                advice="Start it inside of the clip",
            )
        if self.stop_sample <= self.start_sample:
            raise RequestError(
                f"the region goes from sample {self.start_sample:,} to {self.stop_sample:,}",
                expected="at least one sample, its end after its start",
                advice="Exchange the two ends, or draw a longer region",
            )

    @property
    def n_samples(self) -> int:
        """Its length."""
        return self.stop_sample - self.start_sample

    @property
    def as_slice(self) -> slice:
        """For the last axis of samples [C, N]."""
        return slice(self.start_sample, self.stop_sample)


def region_from_seconds(start_s: float, stop_s: float, sample_rate_hz: int) -> Region:
    """The region whose ends are the samples nearest to two times; a tie goes up.

    Args:
        start_s: >= 0.
        stop_s: > start_s.
        sample_rate_hz: of the clip.

    Raises:
        RequestError: a time that is negative or not a number; reversed or empty.
    """
    # Here, not above: its package loads PyTorch, which a reader of files need not wait for.
    from engine.decode.timing import frames_from_seconds

    return Region(
        start_sample=frames_from_seconds(start_s, sample_rate_hz),
        stop_sample=frames_from_seconds(stop_s, sample_rate_hz),
    )


def merge_regions(regions: Sequence[Region]) -> tuple[Region, ...]:
    """The same samples as sorted regions that neither overlap nor touch."""
    merged: list[Region] = []
    for region in sorted(regions):
        if merged and region.start_sample <= merged[-1].stop_sample:
            start = merged[-1].start_sample
            stop = max(merged.pop().stop_sample, region.stop_sample)
            region = Region(start_sample=start, stop_sample=stop)
        merged.append(region)
    return tuple(merged)


def check_regions(regions: Sequence[Region], n_samples: int) -> None:
    """Refuse what cannot be spliced.

    Touching regions too: each fades into the source at its ends, so that the old sound would
    show for a moment between them.

    Args:
        regions: at least one, sorted, apart from each other.
        n_samples: N of the clip.

    Raises:
        RequestError: none, outside of the clip, out of order, overlapping or touching.
    """
    if not regions:
        raise RequestError(
            "there is no region", expected="at least one", advice="Draw a region on the clip"
        )
    for region in regions:
        if region.stop_sample > n_samples:
            raise RequestError(
                f"the region ends at sample {region.stop_sample:,}",
                expected=f"{n_samples:,} or less, which is where the clip ends",
                advice="End it inside of the clip",
            )
    for first, second in pairwise(regions):
        if second.start_sample <= first.stop_sample:
            raise RequestError(
                f"a region that ends at sample {first.stop_sample:,} is followed by one that "
                f"starts at {second.start_sample:,}",
                expected="regions in order, with kept samples between them",
                advice="Merge them into one region",
            )


def kept_slices(
    regions: Sequence[Region], n_samples: int, *, start: int = 0, stop: int | None = None
) -> list[slice]:
    """What lies outside of all regions, in order; no empty slices.

    Args:
        regions: as `check_regions` wants them; there may be none.
        n_samples: N of the clip.
        start: only what is at or after this sample.
        stop: only what is before this sample; to the clip's end if None.
    """
    ends = [0, *(region.stop_sample for region in regions)]
    starts = [*(region.start_sample for region in regions), n_samples]
    stop = n_samples if stop is None else stop
    within = [
        (max(first, start), min(last, stop)) for first, last in zip(ends, starts, strict=True)
    ]
    return [slice(first, last) for first, last in within if first < last]
