"""Example takes for the studio: `python -m engine.training.example_takes`.

What a model makes of a few plain prompts, with the settings that a visitor's page starts with.
The prompts and seeds below are all that is chosen here. To be run again whenever the model's
weights change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from engine.assets import assets_dir
from engine.audio.files import write_whole
from engine.decode import GenerationRequest, finish
from engine.errors import AudioError, EngineError
from engine.example_takes import LIST_NAME, ExampleTake, list_text
from engine.knobs import DEFAULT_PRESET, build_request, defaults
from engine.music import DEFAULT_MODEL, MusicModel, load
from engine.provenance import provenance


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One take: all that it depends on but the model. `seed` is at least 0."""

    prompt: str
    seed: int


WISHES = (
    Wish(prompt="warm lo-fi hip hop with mellow piano and soft drums, slow", seed=101),
    Wish(prompt="driving synthwave, fat bass and bright synth lead, 120 BPM", seed=102),
    Wish(prompt="gentle acoustic guitar folk tune, calm, no drums", seed=103),
    Wish(prompt="fast jazz trio with walking bass and saxophone", seed=104),
    Wish(prompt="dark cinematic strings, slow and mysterious", seed=105),
    Wish(prompt="happy chiptune melody, fast", seed=106),
    Wish(prompt="funk band with electric guitar, bass and drums, energetic", seed=107),
    Wish(prompt="calm solo piano, slow and dreamy", seed=108),
)
"""In the order in which they are shown. Several styles, with drums and without, slow and fast;
seeds that were not picked by ear, so that the takes are what a visitor may expect."""


def request_for(wish: Wish, model: MusicModel) -> GenerationRequest:
    """What a page that starts with a model asks of it for a prompt and a seed."""
    modes = [mode.value for mode in model.modes]
    start = defaults(DEFAULT_PRESET, model.family)
    values = {
        "prompt": wish.prompt,
        "seed": wish.seed,
        "mode": start["mode"] if start["mode"] in modes else modes[0],
        "duration_s": min(float(str(start["duration_s"])), model.window_s),
    }
    return build_request(values, preset=DEFAULT_PRESET, family=model.family)


def make_take(wish: Wish, model: MusicModel) -> ExampleTake:
    """Let a model carry out one wish."""
    request = request_for(wish, model)
    codes = finish(model.generate(request)).codes
    return ExampleTake(
        request=request,
        made_by=provenance(request, model),
        codec_hash=model.codec_hash,
        codes=codes[0].cpu().numpy().astype(np.uint16),
    )


def write_takes(
    folder: Path,
    model: MusicModel,
    wishes: Sequence[Wish],
    *,
    report: Callable[[str], None] | None = None,
) -> None:
    """Write the list anew, when all takes are made: whole or not at all.

    Args:
        folder: made if it is not there.
        model: makes them.
        wishes: in the order of the list.
        report: called with a line for each take that is made.

    Raises:
        AudioError: a folder that cannot be written to.
        EngineError: what `MusicModel.generate` raises.
    """
    takes = []
    for number, wish in enumerate(wishes, 1):
        takes.append(make_take(wish, model))
        if report is not None:
            report(f"{number} of {len(wishes)}: {wish.prompt}, seed {wish.seed}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(
            f"the folder {folder.name} cannot be made ({error.strerror})",
            expected="a folder that may be written to",
            advice="Choose another place",
        ) from error
    write_whole(folder / LIST_NAME, list_text(takes).encode())


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="Name or folder.")
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the list is written; the assets' own folder if absent.",
)
def main(model: str, out: Path | None) -> None:
    """Make the example takes with a model, and write their list."""
    try:
        # The processor on purpose: there most visitors can have the very same takes again.
        player = load(model, device="cpu")
        write_takes(out or assets_dir() / "takes", player, WISHES, report=click.echo)
    except EngineError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
