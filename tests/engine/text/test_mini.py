"""The text encoder: padding and batches never matter, and neither does letter case."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from engine.errors import CheckpointError, RequestError
from engine.text.mini import MiniTextConfig, MiniTextEncoder, initialise_text
from engine.text.table import TokenTable, load_table, save_table

_WORDS = ("[UNK]", "slow", "sad", "piano", "drum", "##s", "jazz")


@pytest.fixture
def encoder() -> MiniTextEncoder:
    generator = torch.Generator().manual_seed(0)
    table = TokenTable(
        values=torch.randint(-127, 128, (len(_WORDS), 8), generator=generator).to(torch.int8),
        scales=torch.full((len(_WORDS),), 0.02),
    )
    vocabulary = {word: number for number, word in enumerate(_WORDS)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    config = MiniTextConfig(width=16, n_layers=2, n_heads=2, max_tokens=6)
    encoder = MiniTextEncoder(config, table, tokenizer).eval()
    initialise_text(encoder, generator)
    return encoder


def test_a_text_is_encoded_alike_alone_and_in_a_batch(encoder: MiniTextEncoder) -> None:
    alone = encoder.encode(["slow piano"])
    among = encoder.encode(["sad jazz drums piano slow", "slow piano", ""])
    torch.testing.assert_close(among.hidden[1], alone.hidden[0])


def test_what_is_not_text_is_exactly_zero(encoder: MiniTextEncoder) -> None:
    hidden, mask = encoder.encode(["sad drums", ""])
    assert mask.sum(1).tolist() == [3, 0]
    assert not hidden[~mask].any()
    assert hidden[mask].abs().sum(-1).gt(0).all()


def test_every_text_has_the_same_padded_length(encoder: MiniTextEncoder) -> None:
    assert encoder.encode(["piano"]).hidden.shape == (1, 6, 16)


def test_the_null_text_has_a_finite_gradient(encoder: MiniTextEncoder) -> None:
    encoder.encode(["", "sad"]).hidden.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in encoder.parameters())


def test_letter_case_does_not_matter(encoder: MiniTextEncoder) -> None:
    hidden = encoder.encode(["Sad Piano", "sad piano"]).hidden
    assert torch.equal(hidden[0], hidden[1])


def test_word_order_matters(encoder: MiniTextEncoder) -> None:
    hidden = encoder.encode(["sad piano", "piano sad"]).hidden
    assert not torch.allclose(hidden[0, 0], hidden[1, 1])


def test_a_text_that_is_too_long_is_refused_with_its_length(encoder: MiniTextEncoder) -> None:
    text = "slow sad piano jazz drums piano"
    assert not encoder.fits(text)
    with pytest.raises(RequestError, match="7 tokens.*at most 6"):
        encoder.encode([text])


def test_the_table_is_not_among_the_weights(encoder: MiniTextEncoder) -> None:
    assert not [name for name in encoder.state_dict() if "table" in name]


def test_a_table_survives_its_file(encoder: MiniTextEncoder, tmp_path: Path) -> None:
    table = TokenTable(values=encoder.table_values, scales=encoder.table_scales)
    save_table(table, tmp_path / "table.safetensors")
    again = load_table(tmp_path / "table.safetensors")
    assert torch.equal(again.values, table.values)
    torch.testing.assert_close(again.scales, table.scales, rtol=1e-3, atol=0)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors is missing"):
        load_table(tmp_path / "nowhere.safetensors")


def test_a_missing_tokeniser_is_named(tmp_path: Path) -> None:
    values = torch.zeros(1, 8, dtype=torch.int8)
    save_table(TokenTable(values=values, scales=torch.ones(1)), tmp_path / "text_table.safetensors")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is missing"):
        MiniTextEncoder.from_folder(tmp_path, MiniTextConfig())
