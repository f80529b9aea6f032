"""A trained run becomes a model folder that holds the averaged weights."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from engine.checkpoints.folder import load_model
from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.table import TABLE_FILE, TOKENIZER_FILE, TokenTable, save_table
from engine.training.cli import train
from engine.training.export import export
from engine.training.language_model import Trainer, TrainingOptions
from engine.training.learning_rate import Budget
from engine.training.runs import RunFolder

_MODEL = ModelConfig(
    kind=ModelKind.HYBRID, width=16, n_layers=1, n_heads=2, text_width=8, codebook_size=16
)
_TEXT = MiniTextConfig(width=8, n_layers=1, n_heads=2, max_tokens=4)
_CODEC = MiniCodecConfig(
    width=16, encoder_blocks=1, decoder_blocks=1, code_width=4, codebook_size=16
)


def _write_text_files(folder: Path) -> Path:
    folder.mkdir()
    values = torch.ones(2, 4, dtype=torch.int8)
    save_table(TokenTable(values=values, scales=torch.ones(2)), folder / TABLE_FILE)
    Tokenizer(WordLevel({"?": 0, "calm": 1}, unk_token="?")).save(str(folder / TOKENIZER_FILE))
    return folder


def _write_codec_run(folder: Path) -> torch.Tensor:
    folder.mkdir()
    codec = MiniCodec(_CODEC)
    books = torch.rand(codec.codebooks.shape)
    torch.save({"codec": codec.state_dict(), "books": {"books": books}}, folder / "codec.pt")
    (folder / "config.json").write_text(json.dumps(asdict(_CODEC)))
    return books


def test_the_averaged_weights_come_back_from_the_folder(tmp_path: Path) -> None:
    text_files = _write_text_files(tmp_path / "text")
    books = _write_codec_run(tmp_path / "codec")
    encoder = MiniTextEncoder.from_folder(text_files, _TEXT)
    trainer = Trainer(LanguageModel(_MODEL), encoder, TrainingOptions(budget=Budget(steps=1)))
    for parameter in trainer.parameters:
        parameter.data.add_(1.0)
    trainer.average.update()
    run = RunFolder(tmp_path / "run")
    run.save(trainer.state_dict())
    export(
        run,
        tmp_path / "codec",
        text_files,
        tmp_path / "model",
        model_config=_MODEL,
        text_config=_TEXT,
    )
    parts = load_model(tmp_path / "model")
    assert parts.name == "studio-mini"
    assert parts.language_model.config == _MODEL
    torch.testing.assert_close(parts.codec.codebooks, books, atol=1e-3, rtol=1e-3)
    read = [*parts.language_model.parameters(), *parts.text_encoder.parameters()]
    with trainer.average.applied():
        torch.testing.assert_close(read, trainer.parameters, atol=1e-3, rtol=1e-3)


def test_a_run_without_a_state_is_an_error(tmp_path: Path) -> None:
    text_files = _write_text_files(tmp_path / "text")
    with pytest.raises(CheckpointError, match="no saved state"):
        export(
            RunFolder(tmp_path / "run"),
            tmp_path / "codec",
            text_files,
            tmp_path / "model",
            model_config=_MODEL,
            text_config=_TEXT,
        )


def test_training_needs_minutes_or_steps(tmp_path: Path) -> None:
    folder = str(tmp_path)
    result = CliRunner().invoke(
        train, ["lm", "--tokens", folder, "--text", folder, "--run", folder]
    )
    assert result.exit_code == 2
    assert "minutes or steps" in result.output


def test_every_step_of_training_explains_itself() -> None:
    for name in train.commands:
        result = CliRunner().invoke(train, [name, "--help"])
        assert result.exit_code == 0 and "Options:" in result.output
