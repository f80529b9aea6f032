"""Progress bars for files that arrive from the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.checkpoints.hub import Progress, Report


@contextmanager
def fetch_bars() -> Iterator[Report]:
    """What to call while files arrive: a bar for each on standard error, if that is a terminal."""
    from tqdm import tqdm

    bars: dict[tuple[str, str], Any] = {}

    def report(progress: Progress) -> None:
        file = progress.repo, progress.file  # several repositories have a model.safetensors
        if file not in bars:
            bars[file] = tqdm(
                desc=progress.file, disable=None, unit="B", unit_scale=True, total=progress.total
            )
        bar = bars[file]
        bar.total = progress.total or None
        bar.update(progress.done - bar.n)

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()
