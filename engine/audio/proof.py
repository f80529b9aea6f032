"""The proof that nothing changed outside of the regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio.regions import Region, check_regions, kept_slices
from engine.audio.source import Depth, Source, read_source
from engine.errors import AudioError


@dataclass(frozen=True, kw_only=True)
class NullTest:
    """What a comparison of all samples outside of the regions has found.

    Args:
        compared_samples: how many there are outside, over all channels; 0 where the region is
            the whole clip.
        different_samples: how many of them have other bits (+0.0 and -0.0 are other bits).
        largest_difference: between two of them; full scale is 1.
        sample_rate_hz: of both.
        n_channels: of both.
        source_depth: of the source.
        result_depth: of the result.
    """

    compared_samples: int
    different_samples: int
    largest_difference: float
    sample_rate_hz: int
    n_channels: int
    source_depth: Depth
    result_depth: Depth

    @property
    def passed(self) -> bool:
        """True where every bit outside is the source's, at the source's depth."""
        return self.different_samples == 0 and self.source_depth is self.result_depth


def null_test(source: Source, result: Source, regions: Sequence[Region]) -> NullTest:
    """Compare every sample outside of the regions, bit by bit.

    Samples of two depths are compared as numbers (and the test is not passed).

    Args:
        source: before.
        result: after; of the same rate, channels and length.
        regions: sorted, apart from each other, inside the clip.

    Raises:
        AudioError: clips that cannot be compared sample by sample.
        RequestError: impossible regions.
    """
    _check_same_shape(source, result)
    check_regions(regions, source.n_samples)
    compared = different = 0
    largest = 0.0
    for kept in kept_slices(regions, source.n_samples):
        before, after = source.samples[:, kept], result.samples[:, kept]
        if before.dtype == after.dtype:
            word = f"u{before.dtype.itemsize}"
            is_other = before.view(word) != after.view(word)
        else:
            is_other = before != after
        compared += is_other.size
        different += int(np.count_nonzero(is_other))
        distance = np.abs(before[is_other].astype(np.float64) - after[is_other])
        largest = max(largest, float(distance.max(initial=0.0)))
    return NullTest(
        compared_samples=compared,
        different_samples=different,
        largest_difference=largest,
        sample_rate_hz=source.sample_rate_hz,
        n_channels=source.n_channels,
        source_depth=source.depth,
        result_depth=result.depth,
    )


def null_test_files(
    source_path: str | Path,
    result_path: str | Path,
    regions: Sequence[Region],
    *,
    max_duration_s: float = 3600.0,
) -> NullTest:
    """The same test on what two files hold, read back from where they lie.

    Args:
        source_path: before.
        result_path: after.
        regions: in the source's samples.
        max_duration_s: longer files are refused before they are loaded.

    Raises:
        AudioError: a file that cannot be read, or clips that cannot be compared.
        RequestError: impossible regions.
    """
    source = read_source(source_path, max_duration_s=max_duration_s)
    result = read_source(result_path, max_duration_s=max_duration_s)
    return null_test(source, result, regions)


def _check_same_shape(source: Source, result: Source) -> None:
    if _shape(source) != _shape(result):
        raise AudioError(
            f"the result has {_shape(result)}",
            expected=f"the source's {_shape(source)}",
            advice="Compare the files that belong to each other",
        )


def _shape(clip: Source) -> str:
    return f"{clip.n_channels} channels of {clip.n_samples:,} samples at {clip.sample_rate_hz} Hz"
