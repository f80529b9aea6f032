"""A small MusicGen of `transformers` with random weights, as a folder of that library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.text.t5 import TOKENISER_FILES
from engine.torchaudio_stand_in import ensure_torchaudio
from tests.engine.golden import GOLDEN

T5 = GOLDEN / "plain/checkpoint/t5"


def make_musicgen(sample_rate_hz: int = 32000) -> Any:
    """The library's own model, in evaluation mode; always the same weights."""
    ensure_torchaudio()
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    torch.manual_seed(0)
    config = MusicgenConfig(
        text_encoder=T5Config(
            vocab_size=512, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_heads=3
        ),
        audio_encoder=EncodecConfig(
            sampling_rate=sample_rate_hz,
            upsampling_ratios=[8, 5, 4, sample_rate_hz // 8000],
            num_filters=2,
            hidden_size=8,
            codebook_size=64,
            target_bandwidths=[1.2],  # 4 levels of 50 Hz and 6 bits
            use_causal_conv=False,
            use_conv_shortcut=False,
        ),
        decoder=MusicgenDecoderConfig(
            vocab_size=64,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            ffn_dim=128,
            # By these the weights are large enough for a text and a layout to make a difference.
            initializer_factor=0.5,
            pad_token_id=64,
            bos_token_id=64,
        ),
    )
    model = MusicgenForConditionalGeneration(config).eval()
    for level in model.audio_encoder.quantizer.layers:
        level.codebook.embed.normal_()
    model.generation_config.pad_token_id = model.generation_config.bos_token_id = 64
    model.generation_config.decoder_start_token_id = 64
    return model


def save_musicgen(model: Any, folder: Path, **options: Any) -> Path:
    """Write the model with the golden tokeniser; `options` are of `save_pretrained`."""
    model.save_pretrained(folder, **options)
    for name in TOKENISER_FILES:
        if (T5 / name).is_file():
            shutil.copy(T5 / name, folder)
    return folder


def edit_config(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change `config.json` in place."""
    path = folder / "config.json"
    values = json.loads(path.read_text())
    edit(values)
    path.write_text(json.dumps(values))
