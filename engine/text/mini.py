"""The text encoder of studio-mini: static word vectors and a small transformer on top.

The vectors come from a sentence encoder (see `engine.training.text_table`), so that words which
no training caption holds still lie near those that do. Only the transformer is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.errors import CheckpointError, RequestError
from engine.model.language_model import draw_weight, position_table
from engine.model.transformer import FeedForward, SelfAttention, additive_mask
from engine.text.protocol import TextFeatures
from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, load_table


@dataclass(frozen=True, kw_only=True)
class MiniTextConfig:
    """Sizes of the encoder.

    Args:
        width: of the output.
        n_layers, n_heads, ffn_ratio: the transformer's.
        max_tokens: P; longer texts are refused.
    """

    width: int = 256
    n_layers: int = 2
    n_heads: int = 4
    ffn_ratio: int = 4
    max_tokens: int = 48


class TextTokens(NamedTuple):
    """`ids` [B, P] int64 WordPieces, 0 where `mask` [B, P] bool is False."""

    ids: Tensor
    mask: Tensor


class _TextLayer(nn.Module):
    def __init__(self, config: MiniTextConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width)
        self.attention = SelfAttention(config.width, config.n_heads)
        self.ffn_norm = nn.LayerNorm(config.width)
        self.feed_forward = FeedForward(config.width, config.ffn_ratio)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), mask)
        return x + self.feed_forward(self.ffn_norm(x))


class MiniTextEncoder(nn.Module):
    """Frozen word vectors, projected, then a small bidirectional transformer.

    Every text is padded to the same P, and padding is invisible to the text's own tokens: a
    text's features do not depend on its batch.

    Args:
        config: sizes.
        table: the frozen vectors; not part of `state_dict`, they have their own file.
        tokenizer: WordPiece, lower-casing.
    """

    padding_keys = 1
    positions: Tensor
    table_values: Tensor
    table_scales: Tensor

    def __init__(self, config: MiniTextConfig, table: TokenTable, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.config = config
        self.width = config.width
        self.tokenizer = tokenizer
        self.register_buffer("table_values", table.values, persistent=False)
        self.register_buffer("table_scales", table.scales, persistent=False)
        positions = position_table(config.max_tokens, config.width)
        self.register_buffer("positions", positions, persistent=False)
        self.projection = nn.Linear(table.width, config.width)
        self.layers = nn.ModuleList(_TextLayer(config) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(config.width)

    @classmethod
    def from_folder(cls, folder: Path, config: MiniTextConfig) -> MiniTextEncoder:
        """Build with the table and tokeniser of a folder, the transformer untrained.

        Raises:
            CheckpointError: a file is missing or damaged.
        """
        return cls(config, load_table(folder / TABLE_FILE), load_tokenizer(folder))

    def tokenise(self, texts: Sequence[str]) -> TextTokens:
        """Split texts into WordPieces.

        Args:
            texts: B texts; an empty one gives no tokens.

        Raises:
            RequestError: a text is longer than P tokens.
        """
        length = self.config.max_tokens
        ids = torch.zeros(len(texts), length, dtype=torch.int64)
        mask = torch.zeros(len(texts), length, dtype=torch.bool)
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for row, encoding in enumerate(encodings):
            count = len(encoding.ids)
            if count > length:
                raise RequestError(
                    f'the text "{texts[row][:40]}…" has {count} tokens',
                    expected=f"at most {length} (about {round(length * 0.8)} words)",
                    advice="Shorten it; style, instruments, mood and tempo count most",
                )
            ids[row, :count] = torch.tensor(encoding.ids, dtype=torch.int64)
            mask[row, :count] = True
        device = self.positions.device
        return TextTokens(ids=ids.to(device), mask=mask.to(device))

    def fits(self, text: str) -> bool:
        """Whether `encode` takes this text."""
        count = len(self.tokenizer.encode(text, add_special_tokens=False).ids)
        return count <= self.config.max_tokens

    def forward(self, ids: Tensor, mask: Tensor, noise: Tensor | None = None) -> Tensor:
        """Encode tokens.

        Args:
            ids: [B, P] int64.
            mask: [B, P] bool, True on tokens of the text.
            noise: [B, P, table width], added to the word vectors (of mean square 1) in
                training, so that neighbours in meaning are treated alike.

        Returns:
            [B, P, width], exactly zero where `mask` is False.
        """
        vectors = self.table_values[ids].float() * self.table_scales[ids][..., None]
        if noise is not None:
            vectors = vectors + noise
        x = self.projection(vectors) + self.positions[: ids.shape[1]]
        # padding sees itself alone: a row of -inf would turn into NaN, also in the gradient
        itself = torch.eye(ids.shape[1], dtype=torch.bool, device=ids.device)
        attend = additive_mask((mask[:, None, :] | itself)[:, None], x.dtype)
        for layer in self.layers:
            x = layer(x, attend)
        return self.norm(x) * mask[..., None]

    def encode(self, texts: Sequence[str]) -> TextFeatures:
        """Encode prompts; see `TextEncoder.encode`."""
        tokens = self.tokenise(texts)
        return TextFeatures(hidden=self(tokens.ids, tokens.mask), mask=tokens.mask)


def load_tokenizer(folder: Path) -> Tokenizer:
    """Read the WordPiece tokeniser of a model folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise CheckpointError(
            f"the tokeniser {path} is missing",
            expected="tokenizer.json beside the model's weights",
            advice="Copy the whole model folder, or run: magnet-studio train text",
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise CheckpointError(
            f"the tokeniser {path.name} cannot be read ({error})",
            expected="a tokenizer.json as the tokenizers library writes it",
            advice="Copy it again, or run: magnet-studio train text",
        ) from error


@torch.no_grad()
def initialise_text(encoder: MiniTextEncoder, generator: torch.Generator) -> None:
    """Draw all trainable weights anew: normal, deviation 1/sqrt(inputs), cut at 3 deviations."""
    for module in encoder.modules():
        if isinstance(module, nn.Linear):
            draw_weight(module.weight, 1.0, generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
