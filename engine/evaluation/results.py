"""Results on disk: a JSON file for each part, so that a report can be written from any of them."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from engine.errors import CheckpointError
from engine.evaluation.part import Result, Setup
from engine.version import VERSION

_SUFFIX, _FAILED = ".json", ".failed.json"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured, where and when.

    Args:
        model: its name.
        weights_hash: SHA-256 over its files.
        version: of this program.
        clips: asked for; a part may have taken fewer.
        date: UTC, as 2026-01-31 12:00.
        device: cpu, cuda, ...
        dtype: in what the language model computed.
        processor: its name.
        threads: of PyTorch.
        seconds: of the whole part.
    """

    model: str
    weights_hash: str
    version: str
    clips: int
    date: str
    device: str
    dtype: str
    processor: str
    threads: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Record:
    """One part's result.

    Args:
        part: its name.
        measured: the circumstances.
        result: what it found; None where it failed.
        error: why it failed; None where it did not.
    """

    part: str
    measured: Measured
    result: Result | None = None
    error: str | None = None


def measured_now(setup: Setup, seconds: float) -> Measured:
    """The circumstances of a part that has just ended."""
    import torch

    return Measured(
        model=setup.model.name,
        weights_hash=setup.model.weights_hash,
        version=VERSION,
        clips=setup.clips,
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"),
        device=str(setup.model.device),
        dtype=str(setup.model.dtype).removeprefix("torch."),
        processor=processor_name(),
        threads=torch.get_num_threads(),
        seconds=round(seconds, 1),
    )


def processor_name(facts: Path = Path("/proc/cpuinfo")) -> str:
    """What this computer's processor calls itself; Linux says it in a file alone."""
    try:
        lines = facts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def save(folder: Path, record: Record) -> None:
    """Keep a result; it takes the place of an older one, and of an older failure.

    A failure does not replace a result: what took an hour is still true.

    Args:
        folder: made if it is not there.
        record: of one part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failed = folder / f"{record.part}{_FAILED}"
    path = failed if record.error is not None else folder / f"{record.part}{_SUFFIX}"
    text = json.dumps(asdict(record), indent=1, default=_plain)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(path)
    if record.error is None:
        failed.unlink(missing_ok=True)


def load_all(folder: Path) -> list[Record]:
    """All results and failures of a folder, by their parts' names, failures last.

    Raises:
        CheckpointError: a file is damaged.
    """
    return sorted(_read_all(folder), key=lambda record: (record.part, record.error is not None))


def _read_all(folder: Path) -> Iterator[Record]:
    known = {field.name for field in fields(Measured)}
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            facts = {name: each for name, each in values["measured"].items() if name in known}
            yield Record(**{**values, "measured": Measured(**facts)})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"the result {path.name} cannot be read ({error})",
                expected="a file that `magnet-studio evaluate` has written",
                advice="Delete it, and measure that part again",
            ) from error


def _plain(value: Any) -> Any:
    """NumPy's and PyTorch's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")
