"""`magnet-studio generate`: words to sound files."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.audio import Encoding, Waveform, limit_peak, true_peak_db, write_audio
from engine.cli.bars import with_progress
from engine.cli.knob_options import given_values, knob_options
from engine.cli.players import (
    load_all,
    model_options,
    named,
    request_for,
    with_seed,
)
from engine.cli.targets import targets
from engine.knobs import build_request

if TYPE_CHECKING:
    from engine.decode import GenerationRequest
    from engine.music import MusicModel


@click.command()
@click.argument("prompt")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .wav, .flac, .ogg or .mp3. Several variations get a number each: "
    "song-1.wav, song-2.wav, ...",
)
@model_options
@click.option(
    "--encoding",
    type=click.Choice([each.value for each in Encoding], case_sensitive=False),
    help="Of a WAV or FLAC file.  [default: PCM_16]",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@knob_options()
@click.pass_context
def generate(
    ctx: click.Context,
    prompt: str,
    output: Path,
    model_name: str,
    revision: str | None,
    device: str | None,
    dtype: str | None,
    preset: str,
    encoding: str | None,
    force: bool,
    as_json: bool,
    **_knobs: object,
) -> None:
    """Make music that sounds like PROMPT.

    \b
    magnet-studio generate "calm solo piano, slow" -o calm.wav
    magnet-studio generate "driving techno" -o techno.flac --variations 4 --preset best
    magnet-studio generate "rain on a tin roof" -o rain.wav --model audio-magnet-small
    magnet-studio generate "folk" -o folk.wav --model magnet-small-10secs --opener musicgen-small
    """
    given = with_seed({**given_values(ctx), "prompt": prompt})
    # All that can be wrong without the model is said before it is loaded.
    wanted = Encoding(encoding) if encoding else None
    variations = build_request(given).variations
    paths = targets(output, variations, wanted, force=force)

    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.decode import finish
    from engine.estimate import peak_memory_bytes

    model, helpers = load_all(given, model_name, device=device, dtype=dtype, revision=revision)
    request, helpers = named(request_for(model, helpers, preset, given), helpers)
    started = time.perf_counter()
    codes = finish(with_progress(model.generate(request, helpers))).codes
    clips = model.listen(codes)
    seconds = time.perf_counter() - started
    files = [
        _write(path, clip, _alone(request, i), (model, helpers), wanted)
        for i, (path, clip) in enumerate(zip(paths, clips, strict=True))
    ]
    cost = {"seconds": round(seconds, 3), "peak_memory_bytes": peak_memory_bytes(model.device)}
    _report(model, request, cost, files, as_json=as_json)


def _alone(request: GenerationRequest, variation: int) -> GenerationRequest:
    return replace(request, seed=request.seed + variation, variations=1)


def _write(
    path: Path,
    clip: Waveform,
    request: GenerationRequest,
    models: tuple[MusicModel, Mapping[str, MusicModel]],
    encoding: Encoding | None,
) -> dict[str, Any]:
    """Write one clip, turned down only where it would clip, and tell its facts."""
    from engine.provenance import provenance

    gain_db = 0.0
    if encoding is not Encoding.FLOAT:
        levelled = limit_peak(clip, ceiling_db=0.0)
        clip, gain_db = levelled.waveform, levelled.gain_db
    facts = provenance(request, *models, gain_db=gain_db)
    write_audio(path, clip, encoding=encoding, provenance=facts)
    return {
        "path": str(path),
        "seed": request.seed,
        "duration_s": clip.duration_s,
        "sample_rate_hz": clip.sample_rate_hz,
        "rms_db": _finite(clip.rms_db),
        "true_peak_db": _finite(true_peak_db(clip)),
        "gain_db": gain_db,
    }


def _finite(level_db: float) -> float | None:
    """JSON has no minus infinity; the level of silence is null there."""
    return round(level_db, 2) if math.isfinite(level_db) else None


def _report(
    model: MusicModel,
    request: GenerationRequest,
    cost: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    *,
    as_json: bool,
) -> None:
    from engine.decode import request_as_dict

    if as_json:
        facts = {
            "model": model.name,
            "licence": model.licence,
            "seed": request.seed,
            **cost,
            "settings": request_as_dict(request),
            "files": files,
        }
        click.echo(json.dumps(facts, indent=2))
        return
    for file in files:
        name = click.format_filename(file["path"])
        click.echo(f"{name}  {file['duration_s']:.2f} s  seed {file['seed']}")
    peak = cost["peak_memory_bytes"]
    memory = f", {peak / 2**30:.1f} GiB at most" if peak else ""
    click.echo(f"{model.name} ({model.licence}), {cost['seconds']:.1f} s{memory}", err=True)
