"""The folder of a training run: its state, replaced at once, and its log, one JSON a line."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import CheckpointError


@dataclass(frozen=True)
class RunFolder:
    """Files of one run.

    Args:
        path: the folder; made on the first write.
    """

    path: Path

    @property
    def state_path(self) -> Path:
        """Weights, averages, optimiser and counters."""
        return self.path / "state.pt"

    @property
    def log_path(self) -> Path:
        """One JSON object a line."""
        return self.path / "log.jsonl"

    def save(self, state: dict[str, object]) -> None:
        """Replace the saved state; a crash at any moment leaves the old or the new one whole."""
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.state_path.with_suffix(".part")
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.state_path)

    def load(self) -> dict | None:
        """Read the saved state; None if the run is new.

        Raises:
            CheckpointError: the file is damaged.
        """
        if not self.state_path.exists():
            return None
        try:
            return torch.load(self.state_path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise CheckpointError(
                f"the state {self.state_path} cannot be read ({error})",
                expected="a file written by this program",
                advice="Delete it to start the run anew",
            ) from error

    def log(self, entry: dict[str, object]) -> None:
        """Append an entry to the log and show it."""
        self.path.mkdir(parents=True, exist_ok=True)
        line = json.dumps(entry)
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)
