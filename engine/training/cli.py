"""`magnet-studio train …`: every step from nothing to a model folder."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def train() -> None:
    """Train a small model of your own.

    The steps, in this order: data, codec, tokens, text, words, lm, export."""


@train.command()
@click.option("--output", type=_FOLDER, required=True, help="Folder for the clips.")
@click.option("--clips", type=click.IntRange(1), required=True, help="How many.")
@click.option("--start", type=click.IntRange(0), default=0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--length-s", type=click.FloatRange(1), default=10.24, show_default=True)
def data(output: Path, clips: int, start: int, seed: int, workers: int, length_s: float) -> None:
    """Compose and render captioned clips."""
    from engine.training.composer.shards import write_shards

    write_shards(output, seed=seed, start=start, clips=clips, workers=workers, length_s=length_s)


@train.command()
@click.option("--audio", type=_EXISTING, required=True, help="Folder of rendered clips.")
@click.option("--run", "run_folder", type=_FOLDER, required=True, help="State and log.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), required=True)
@click.option("--start-from", type=_EXISTING, help="Model or run: a new run's first weights.")
@click.option("--decoder-only", is_flag=True, help="Leave encoder and codebooks as they are.")
@click.option("--learning-rate", type=float, default=1e-3, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=24, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
def codec(
    audio: Path, run_folder: Path, start_from: Path | None, threads: int, **recipe: Any
) -> None:
    """Train the audio codec on rendered clips; run it again to continue."""
    import torch

    from engine.training.codec import CodecTraining
    from engine.training.codec import train as train_codec
    from engine.training.export import load_trained_codec
    from engine.training.studio_mini import CODEC

    torch.set_num_threads(threads)
    settings = CodecTraining(data=audio, out=run_folder, **recipe)
    if settings.decoder_only and start_from is None:
        raise click.UsageError("--decoder-only needs --start-from: there is no encoder yet")
    trained = None if start_from is None else load_trained_codec(start_from)
    train_codec(settings, CODEC, start_from=trained, stop=_stop_on_signals())


@train.command()
@click.option("--output", type=_FOLDER, required=True, help="Folder for table and tokeniser.")
@click.option("--width", type=click.IntRange(8, 384), default=192, show_default=True)
@click.option("--dictionary", type=_EXISTING, help="WordNet's files: adds words by meaning.")
@click.option("--words", "n_words", type=click.IntRange(0), default=5400, show_default=True)
def text(output: Path, width: int, dictionary: Path | None, n_words: int) -> None:
    """Distil the word vectors from a sentence encoder."""
    from engine.training.text_table import distil

    table = distil(output, width=width, dictionary=dictionary, n_words=n_words)
    click.echo(f"{len(table.values)} vectors of {table.width} numbers in {output}")


@train.command()
@click.option("--audio", type=_EXISTING, required=True, help="Folder of rendered clips.")
@click.option("--codec", "codec_folder", type=_EXISTING, required=True, help="Codec's run.")
@click.option("--output", type=_FOLDER, required=True, help="Folder for the codes.")
@click.option("--batch", type=click.IntRange(1), default=4, show_default=True)
def tokens(audio: Path, codec_folder: Path, output: Path, batch: int) -> None:
    """Encode rendered clips into codes; finished shards are skipped."""
    from engine.training.export import load_trained_codec
    from engine.training.tokens import encode_shards

    encoder = load_trained_codec(codec_folder)
    for path in encode_shards(encoder, audio, output, batch=batch):
        click.echo(path.name)


@train.command()
@click.option("--tokens", "token_folder", type=_EXISTING, required=True, help="Codes.")
@click.option("--text", "text_folder", type=_EXISTING, required=True, help="Gets the weights.")
@click.option("--like", type=_EXISTING, help="Model folder whose features of captions to keep.")
@click.option("--steps", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--noise", type=click.FloatRange(0), default=0.7, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
def words(
    token_folder: Path, text_folder: Path, like: Path | None, threads: int, **lessons: Any
) -> None:
    """Teach the text encoder to read facts from captions, before any music."""
    import torch

    from engine.checkpoints.folder import load_model
    from engine.evaluation.paraphrases import hinge_words
    from engine.training.text_facts import Lessons, teach_folder

    torch.set_num_threads(threads)
    teaching = teach_folder(
        token_folder,
        text_folder,
        Lessons(**lessons),
        leave_out=hinge_words(),  # these words are the test
        teacher=None if like is None else load_model(like).text_encoder.eval(),
    )
    for entry in teaching:
        click.echo(entry)


@train.command()
@click.option("--tokens", "token_folder", type=_EXISTING, required=True, help="Codes.")
@click.option("--text", "text_folder", type=_EXISTING, required=True, help="Table, tokeniser.")
@click.option("--run", "run_folder", type=_FOLDER, required=True, help="State and log.")
@click.option("--start-from", type=_EXISTING, help="Model folder: a new run's first weights.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or mps.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Of training.")
@click.option("--steps", type=click.IntRange(1), help="Instead of minutes.")
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True)
@click.option("--crop-frames", type=click.IntRange(12), default=500, show_default=True)
@click.option("--learning-rate", type=float, default=1e-3, show_default=True)
@click.option("--text-rate", type=float, default=1.0, show_default=True, help="Times that.")
@click.option("--warmup-steps", type=click.IntRange(0), default=200, show_default=True)
@click.option("--text-dropout", type=click.FloatRange(0, 1), default=0.2, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--log-steps", type=click.IntRange(1), default=20, show_default=True)
@click.option("--validation-steps", type=click.IntRange(1), default=500, show_default=True)
@click.option("--save-s", type=click.FloatRange(0), default=120.0, show_default=True)
def lm(
    token_folder: Path,
    text_folder: Path,
    run_folder: Path,
    start_from: Path | None,
    device: str,
    minutes: float | None,
    steps: int | None,
    threads: int,
    log_steps: int,
    validation_steps: int,
    save_s: float,
    **recipe: Any,
) -> None:
    """Train the language model; run it again to continue where it stopped."""
    import torch

    from engine.device import choose_device
    from engine.training.language_model import TrainingOptions
    from engine.training.learning_rate import Budget
    from engine.training.loop import Rhythm, train_folder
    from engine.training.runs import RunFolder
    from engine.training.studio_mini import BEGINNINGS, MIXTURE

    torch.set_num_threads(threads)
    try:
        budget = Budget(minutes=minutes, steps=steps)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    options = TrainingOptions(budget=budget, mixture=MIXTURE, beginnings=BEGINNINGS, **recipe)
    train_folder(
        token_folder,
        text_folder,
        RunFolder(run_folder),
        options,
        start_from=start_from,
        device=choose_device(device),
        rhythm=Rhythm(log_steps=log_steps, validation_steps=validation_steps, save_s=save_s),
        stop=_stop_on_signals(),
    )


@train.command()
@click.option("--run", "run_folder", type=_EXISTING, required=True, help="Trained run.")
@click.option("--text", "text_folder", type=_EXISTING, required=True, help="Table, tokeniser.")
@click.option("--codec", "codec_folder", type=_EXISTING, required=True, help="Codec's run.")
@click.option("--output", type=_FOLDER, required=True, help="Model folder.")
def export(run_folder: Path, text_folder: Path, codec_folder: Path, output: Path) -> None:
    """Write a trained run as a model folder."""
    from engine.training.export import export as write
    from engine.training.runs import RunFolder
    from engine.training.studio_mini import MODEL, TEXT

    write(
        RunFolder(run_folder),
        codec_folder,
        text_folder,
        output,
        model_config=MODEL,
        text_config=TEXT,
    )
    click.echo(f"{output} is ready")


def _stop_on_signals() -> Callable[[], bool]:
    """A question that is answered yes after the first Ctrl-C or SIGTERM."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked.is_set


if __name__ == "__main__":
    train()
