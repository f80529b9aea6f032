"""The frozen table of token vectors and its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.errors import CheckpointError

TABLE_FILE = "text_table.safetensors"
TOKENIZER_FILE = "tokenizer.json"


@dataclass(frozen=True, kw_only=True)
class TokenTable:
    """One vector for each vocabulary entry, in 8 bits.

    Args:
        values: [V, D] int8.
        scales: [V] float32; row v is `values[v] * scales[v]`.
    """

    values: Tensor
    scales: Tensor

    @property
    def width(self) -> int:
        """D."""
        return self.values.shape[1]


def save_table(table: TokenTable, path: Path) -> None:
    """Write a table as safetensors, with its origin in the header."""
    origin = "distilled from sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)"
    tensors = {"values": table.values, "scales": table.scales.to(torch.float16)}
    save_file(tensors, str(path), metadata={"origin": origin})
    path.chmod(0o644)  # safetensors writes for the owner alone


def load_table(path: Path) -> TokenTable:
    """Read a table.

    Raises:
        CheckpointError: the file is missing or holds something else.
    """
    if not path.is_file():
        raise CheckpointError(
            f"the token table {path} is missing",
            expected="a safetensors file with values and scales",
            advice="Run: magnet-studio train text",
        )
    try:
        tensors = load_file(str(path))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"the token table {path.name} cannot be read ({error})",
            expected="a whole, undamaged safetensors file",
            advice="Copy it again, or run: magnet-studio train text",
        ) from error
    if set(tensors) != {"values", "scales"} or tensors["values"].dtype != torch.int8:
        raise CheckpointError(
            f"{path} holds {sorted(tensors)}",
            expected="int8 values and their scales",
            advice="Write the table again with: magnet-studio train text",
        )
    return TokenTable(values=tensors["values"], scales=tensors["scales"].float())
