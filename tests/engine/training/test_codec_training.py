"""The codec learns, resumes and measures itself, in miniature."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.codec.mini import MiniCodecConfig
from engine.errors import AudioError, CheckpointError
from engine.training.codec import CodecTrainer, CodecTraining, spectral_losses, train
from engine.training.codec_data import HELD_OUT_CLIPS, crops, held_out, load_shards
from engine.training.composer.shards import INT16_SCALE

CONFIG = MiniCodecConfig(
    width=32, encoder_blocks=1, decoder_blocks=1, code_width=8, codebook_size=64, inversion_rounds=0
)


@pytest.fixture
def settings(tmp_path: Path) -> CodecTraining:
    generator = np.random.default_rng(0)
    clips = generator.normal(0, 2000, (HELD_OUT_CLIPS + 6, 6400)).astype(np.int16)
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "shard_000000.npy", clips[:50])
    np.save(data / "shard_000050.npy", clips[50:])
    return CodecTraining(data=data, out=tmp_path / "run", batch=4, frames=8, warmup_steps=1)


def test_held_out_clips_are_the_last_and_never_cropped(settings: CodecTraining) -> None:
    shards = load_shards(settings.data)
    clips = held_out(shards)
    assert clips.shape == (HELD_OUT_CLIPS, 6400)
    whole = np.concatenate(shards)[-HELD_OUT_CLIPS:].astype(np.float32) / INT16_SCALE
    assert np.array_equal(clips.numpy(), whole)
    trained = np.concatenate(shards)[:-HELD_OUT_CLIPS, :1]
    shards = [np.broadcast_to(np.arange(len(s), dtype=np.int16)[:, None], s.shape) for s in shards]
    batch = next(crops(shards, batch=200, frames=2, generator=torch.Generator().manual_seed(0)))
    assert batch.max() * 32768 <= 2 * (len(trained) - 1)


def test_too_few_clips_are_refused(settings: CodecTraining) -> None:
    (settings.data / "shard_000000.npy").unlink()
    with pytest.raises(AudioError, match="held out"):
        load_shards(settings.data)


def test_equal_spectra_have_no_loss() -> None:
    spectra = torch.randn(1, 2, 2, 961)
    bins, mel = spectral_losses(spectra, spectra.clone())
    assert bins == 0 and mel == 0
    louder = spectral_losses(spectra + 0.5, spectra)
    assert louder[0] == pytest.approx(0.5, rel=1e-4) and louder[1] > 0


def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(settings: CodecTraining) -> None:
    settings = replace(settings, minutes=1e9)  # no decay within these steps
    batches = [0.1 * torch.randn(4, 5120) for _ in range(4)]
    straight = CodecTrainer(CONFIG, settings)
    for batch in batches:
        straight.train_step(batch)
    first = CodecTrainer(CONFIG, settings)
    for batch in batches[:2]:
        first.train_step(batch)
    settings.out.mkdir()
    first.save(settings.out / "codec.pt")
    second = CodecTrainer(CONFIG, settings)
    second.load(settings.out / "codec.pt")
    for batch in batches[2:]:
        second.train_step(batch)
    assert second.step == 4
    for key, value in straight.codec.state_dict().items():
        assert torch.allclose(value, second.codec.state_dict()[key], atol=1e-6), key
    assert torch.allclose(straight.books.books, second.books.books, atol=1e-6)


def test_it_learns_and_leaves_a_run_folder(settings: CodecTraining) -> None:
    trainer = CodecTrainer(CONFIG, replace(settings, minutes=1e9))
    batch = next(crops(load_shards(settings.data), batch=8, frames=8, generator=trainer.generator))
    losses = [trainer.train_step(batch)["bins"] for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    codec = train(replace(settings, minutes=1e-4), CONFIG)
    assert codec.codebooks.any()
    left = {path.name for path in settings.out.iterdir()}
    assert left == {"codec.pt", "config.json", "log.jsonl"}
    assert '"perplexities"' in (settings.out / "log.jsonl").read_text()


def test_a_decoder_can_learn_alone(settings: CodecTraining) -> None:
    trained = CodecTrainer(CONFIG, settings)
    batch = next(crops(load_shards(settings.data), batch=4, frames=8, generator=trained.generator))
    trained.train_step(batch)
    codec = trained.codec
    codec.codebooks.copy_(trained.books.books)
    before = {name: value.clone() for name, value in codec.state_dict().items()}

    config = replace(CONFIG, envelope=True)
    alone = CodecTrainer(config, replace(settings, decoder_only=True, minutes=1e9))
    alone.begin_with(codec)
    assert set(alone.train_step(batch)) == {"bins", "mel", "levels"}
    alone.train_step(batch)
    alone.measured(batch)
    after = alone.codec.state_dict()
    for name, value in before.items():
        moved = not torch.equal(value, after[name])
        assert moved == name.startswith("decoder."), name


def test_a_codec_of_other_sizes_is_no_start(settings: CodecTraining) -> None:
    trainer = CodecTrainer(CONFIG, settings)
    with pytest.raises(CheckpointError, match="other sizes"):
        trainer.begin_with(CodecTrainer(replace(CONFIG, width=16), settings).codec)
    with pytest.raises(CheckpointError, match="too many"):
        trainer.begin_with(CodecTrainer(replace(CONFIG, envelope=True), settings).codec)


def test_codebooks_that_were_trained_go_on_from_there(settings: CodecTraining) -> None:
    first = CodecTrainer(CONFIG, settings)
    batch = next(crops(load_shards(settings.data), batch=8, frames=8, generator=first.generator))
    first.train_step(batch)
    first.codec.codebooks.copy_(first.books.books)
    second = CodecTrainer(CONFIG, settings)
    second.begin_with(first.codec)
    assert second.books.started
    assert torch.equal(second.books.books, first.books.books)
