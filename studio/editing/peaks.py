"""Waveforms for drawing: the lowest and the highest sample of every 5 ms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS_PER_S = 200
"""Five pixels of a bar at 120 beats per minute are 50 columns: enough to see an attack."""


def peaks_of(samples: NDArray[np.floating[Any]], sample_rate_hz: int) -> NDArray[np.int8]:
    """The envelope over all channels.

    Column c starts at sample floor(c * rate / 200) and ends before the next one; where the rate
    is so low that it has none, it is that sample.

    Args:
        samples: [C, N], full scale at 1; louder ones are drawn at the edge.
        sample_rate_hz: samples per second.

    Returns:
        [ceil(N * 200 / rate), 2]: lowest and highest, full scale at 127.
    """
    n_columns = -(-samples.shape[1] * COLUMNS_PER_S // sample_rate_hz)
    starts = np.arange(n_columns, dtype=np.int64) * sample_rate_hz // COLUMNS_PER_S
    # Each channel for itself, so that no copy of a long clip is made.
    low = np.minimum.reduceat(samples, starts, axis=1).min(axis=0)
    high = np.maximum.reduceat(samples, starts, axis=1).max(axis=0)
    scaled = np.clip(np.stack([low, high], axis=1) * 127, -127, 127)
    return np.round(scaled).astype(np.int8)
