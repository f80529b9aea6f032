"""Sound as a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import AudioError


@dataclass(frozen=True, kw_only=True, eq=False)
class Waveform:
    """Samples with their rate; nobody changes them later (the array kept here is read-only).

    Args:
        samples: [C, N] float32, finite, C >= 1, N >= 1; full scale is 1, and more is allowed here
            (a file in whole numbers is where it is refused).
        sample_rate_hz: samples per second, at least 1.

    Raises:
        AudioError: another type or shape, no samples, NaN or infinity.
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int

    def __post_init__(self) -> None:
        _check_samples(self.samples)
        if self.sample_rate_hz < 1:
            raise AudioError(
                f"the sample rate is {self.sample_rate_hz} Hz",
                expected="at least 1 Hz",
                advice="Use the rate that the samples were made at",
            )
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def n_channels(self) -> int:
        """C."""
        return self.samples.shape[0]

    @property
    def n_samples(self) -> int:
        """N."""
        return self.samples.shape[1]

    @property
    def duration_s(self) -> float:
        """N over the sample rate."""
        return self.n_samples / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """The largest magnitude of any sample; 1 is full scale."""
        # Not max(abs(...)): that would copy an hour of sound.
        return max(float(self.samples.max()), -float(self.samples.min()))

    @property
    def rms_db(self) -> float:
        """The root mean square over all channels, in dB of full scale; -inf for silence."""
        mean_square = float(np.mean(np.square(self.samples), dtype=np.float64))
        return 10 * float(np.log10(mean_square)) if mean_square > 0 else -float("inf")


def _check_samples(samples: object) -> None:
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 2:
        raise AudioError(
            f"the samples are {_described(samples)}",
            expected="a float32 array [channels, samples]",
            advice="Convert them first",
        )
    if 0 in samples.shape:
        raise AudioError(
            f"the samples are {_described(samples)}",
            expected="at least one channel and one sample",
            advice="Use a clip that is not empty",
        )
    n_bad = samples.size - int(np.count_nonzero(np.isfinite(samples)))
    if n_bad:
        raise AudioError(
            f"{n_bad:,} of {samples.size:,} samples are NaN or infinite",
            expected="ordinary numbers only",
            advice="Export the sound again from the program that made it",
        )


def _described(samples: object) -> str:
    if isinstance(samples, np.ndarray):
        return f"an array of {samples.dtype} of shape {list(samples.shape)}"
    return f"a {type(samples).__name__}"
