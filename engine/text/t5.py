"""T5, the text encoder of every published MAGNeT, MusicGen and AudioGen, behind our protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.checkpoints.settings import Settings
from engine.checkpoints.transformers_files import (
    make_network,
    read_settings,
    read_sizes,
    read_weights,
)
from engine.errors import CheckpointError, RequestError
from engine.text.protocol import TextFeatures
from engine.torchaudio_stand_in import ensure_torchaudio

MAX_TOKENS = 512
"""What T5 was trained on; the published code has no limit."""
_TOKENISER_SETTINGS = "tokenizer_config.json"
TOKENISER_FILES = (
    "spiece.model",
    "tokenizer.json",
    _TOKENISER_SETTINGS,
    "special_tokens_map.json",
    "added_tokens.json",
)
_LARGEST_FILE = 2**24
"""Bytes of a tokeniser's file; published ones have up to 2.5 million."""
_EXTRA_WORDS = {"extra_ids": (0, 1000, 100)}
"""Words that the library adds by count, whatever the files hold; every T5 has 100."""
_TABLES = ("shared.weight", "encoder.embed_tokens.weight")
"""One table by two names, of which files hold one or both."""
_OTHER_HALF = ("decoder.", "lm_head.")
"""Weights of a whole T5 that its encoder does not have."""
_SIZES = {
    "vocab_size": (1, 2**20, 32128),
    "d_model": (1, 2**16, 512),
    "d_kv": (1, 2**12, 64),
    "d_ff": (1, 2**18, 2048),
    "num_layers": (1, 200, 6),
    "num_heads": (1, 1000, 8),
}
"""Least, most (far beyond any T5), and what the library takes where nothing is said."""


class T5TextEncoder(nn.Module):
    """The encoder half of a T5, in float32; implements `engine.text.protocol.TextEncoder`.

    Args:
        encoder, tokenizer: of `transformers`.
    """

    padding_keys = 0

    def __init__(self, encoder: nn.Module, tokenizer: Any) -> None:
        super().__init__()
        self.encoder = encoder.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.width = int(encoder.get_input_embeddings().embedding_dim)  # type: ignore[operator]

    def tokenise(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token ids with their end sign and mask, [B, P] each; an empty text has no True.

        Raises:
            RequestError: a text has more than `MAX_TOKENS` tokens.
        """
        encoded = self.tokenizer(list(texts), return_tensors="pt", padding=True)
        ids, mask = encoded["input_ids"], encoded["attention_mask"].bool()
        if ids.shape[1] > MAX_TOKENS:
            longest = int(mask.sum(1).argmax())
            raise RequestError(
                f'the text "{texts[longest][:40]}…" has {ids.shape[1]} tokens',
                expected=f"at most {MAX_TOKENS}",
                advice="Shorten it; style, instruments, mood and tempo count most",
            )
        told = torch.tensor([bool(text) for text in texts])
        return ids, mask & told[:, None]

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> TextFeatures:
        """See `TextEncoder.encode`. Nothing is run for empty texts."""
        device = next(self.encoder.parameters()).device
        ids, mask = (each.to(device) for each in self.tokenise(texts))
        hidden = torch.zeros(*ids.shape, self.width, device=device)
        rows = mask.any(1)
        if rows.any():
            states = self.encoder(input_ids=ids[rows], attention_mask=mask[rows].long())
            hidden[rows] = states.last_hidden_state * mask[rows][..., None]
        return TextFeatures(hidden=hidden, mask=mask)


def load_t5(folder: Path) -> T5TextEncoder:
    """Read a T5 in the format of `transformers`: configuration, safetensors, tokeniser.

    Raises:
        CheckpointError: the folder holds something else.
    """
    weights = {
        name: weight
        for name, weight in read_weights(folder).items()
        if not name.startswith(_OTHER_HALF)
    }
    return make_t5(read_settings(folder), weights, folder)


def make_t5(settings: Settings, weights: Mapping[str, Tensor], folder: Path) -> T5TextEncoder:
    """A T5 of settings and weights that were read already.

    Args:
        settings: of the T5 alone. weights: of its encoder, by the names of `transformers`.
        folder: with the tokeniser.

    Raises:
        CheckpointError: settings, weights or a tokeniser that do not fit.
    """
    ensure_torchaudio()
    from transformers import T5Config, T5EncoderModel

    settings.require("model_type", "t5")
    settings.require("feed_forward_proj", "relu")
    settings.require("relative_attention_num_buckets", 32)
    settings.require("relative_attention_max_distance", 128)
    sizes: dict[str, Any] = {**read_sizes(settings, _SIZES)}
    named = dict(weights)
    for one, other in (_TABLES, _TABLES[::-1]):
        if one in named:
            named.setdefault(other, named[one])
    epsilon = settings.number("layer_norm_epsilon", 1e-6)
    config = T5Config(**sizes, layer_norm_epsilon=epsilon)
    encoder = make_network(T5EncoderModel, config, named, f"{folder.name} (text encoder)")
    return T5TextEncoder(encoder, _load_tokeniser(folder, sizes["vocab_size"]))


def _load_tokeniser(folder: Path, vocab_size: int) -> Any:
    from transformers import T5Tokenizer

    _require_small(folder)
    try:
        tokenizer = T5Tokenizer.from_pretrained(folder, local_files_only=True)
        last = max(tokenizer.get_vocab().values())
    # The library raises nearly anything on damaged input.
    except Exception as error:
        raise CheckpointError(
            f"the text encoder's tokeniser in {folder.name} cannot be used ({str(error)[:200]})",
            expected="the tokeniser of a T5: spiece.model or tokenizer.json",
            advice="Download it again",
        ) from error
    if last >= vocab_size:
        raise CheckpointError(
            f"the last word of the tokeniser in {folder.name} has the number {last}",
            expected=f"0 to {vocab_size - 1}, the words of the text encoder",
            advice="Take both from the same model",
        )
    return tokenizer


def _require_small(folder: Path) -> None:
    """The library reads these files whole, and makes as many words as they say."""
    for name in TOKENISER_FILES:
        size = (folder / name).stat().st_size if (folder / name).is_file() else 0
        if size > _LARGEST_FILE:
            raise CheckpointError(
                f"the file {folder.name}/{name} has {size:,} bytes",
                expected=f"at most {_LARGEST_FILE:,}, far more than a T5 has",
                advice="Download it again",
            )
    if (folder / _TOKENISER_SETTINGS).is_file():
        read_sizes(read_settings(folder, _TOKENISER_SETTINGS), _EXTRA_WORDS)
