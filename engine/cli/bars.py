"""Progress bars on standard error, if that is a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.checkpoints.hub import Progress, Report
    from engine.decode import DecodeStep


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


def with_progress(steps: Iterable[DecodeStep]) -> Iterator[DecodeStep]:
    """The same steps, with a bar on standard error while they pass, if that is a terminal."""
    from tqdm import tqdm

    from engine.decode import Phase

    with tqdm(disable=None, unit="step", leave=False) as bar:
        for step in steps:
            bar.total = step.count
            stage = f"level {step.stage + 1}" if step.phase is Phase.PARALLEL else "opening"
            words = f"{stage}, step {step.step + 1} of {step.total_steps}"
            bar.set_description(words, refresh=False)
            bar.update(step.index + 1 - bar.n)  # back to 1 where it starts again in 32 bits
            yield step
