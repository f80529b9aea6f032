"""T5, the text encoder of every published MAGNeT, MusicGen and AudioGen, behind our protocol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import CheckpointError, RequestError
from engine.text.protocol import TextFeatures
from engine.torchaudio_stand_in import ensure_torchaudio

MAX_TOKENS = 512
"""What T5 was trained on; the published code has no limit."""


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
    ensure_torchaudio()
    from transformers import T5EncoderModel, T5Tokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        encoder = T5EncoderModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
        tokenizer = T5Tokenizer.from_pretrained(folder, local_files_only=True)
    # The library raises nearly anything on damaged input.
    except Exception as error:
        raise CheckpointError(
            f"the text encoder in {folder.name} cannot be used ({str(error)[:200]})",
            expected="a T5 of transformers: config.json, model.safetensors and its tokeniser",
            advice="Download it again",
        ) from error
    return T5TextEncoder(encoder, tokenizer)
