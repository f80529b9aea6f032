"""A whole model folder in miniature, with random weights: real files, real code, no training."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from engine.checkpoints.folder import ModelParts, save_model
from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, save_table

WORDS = ("[UNK]", "calm", "piano", "drums", "loud")


def write_tiny_model(folder: Path, kind: ModelKind = ModelKind.HYBRID) -> Path:
    """Write a model folder of a few kilobytes and return it."""
    text_files = folder.with_name(folder.name + "-text")
    text_files.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(-100, 100, (len(WORDS), 8), generator=generator).to(torch.int8)
    save_table(TokenTable(values=values, scales=torch.full((len(WORDS),), 0.01)),
               text_files / TABLE_FILE)  # fmt: skip
    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(text_files / TOKENIZER_FILE))
    torch.manual_seed(0)
    text_config = MiniTextConfig(width=16, n_layers=1, n_heads=2, max_tokens=6)
    language_config = ModelConfig(
        kind=kind, width=16, n_layers=2, n_heads=2, text_width=16, codebook_size=32, window_s=2.0
    )
    codec = MiniCodec(
        MiniCodecConfig(
            width=16,
            encoder_blocks=1,
            decoder_blocks=1,
            code_width=4,
            codebook_size=32,
            inversion_rounds=1,
        )  # fmt: skip
    )
    codec.codebooks.normal_()
    parts = ModelParts(
        name="tiny",
        licence="MIT",
        language_model=LanguageModel(language_config),
        codec=codec,
        text_encoder=MiniTextEncoder.from_folder(text_files, text_config),
    )
    save_model(folder, parts, text_files=text_files)
    return folder
