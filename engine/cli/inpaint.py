"""`magnet-studio inpaint`: parts of a sound file made anew."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
from engine.errors import AudioError
from engine.knobs import N_LEVELS, build_request

if TYPE_CHECKING:
    from engine.audio.source import Source
    from engine.edit import Edited, WorkingClip
    from engine.music import MusicModel

_SNAPS = ("frame", "beat", "bar")


class _Region(click.ParamType):
    """START:STOP in seconds."""

    name = "region"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "START:STOP"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        start, colon, stop = str(value).partition(":")
        try:
            return float(start), float(stop)
        except ValueError:
            self.fail(f"{value!r} is not two times in seconds such as 2.0:4.5", param, ctx)


class _Levels(click.ParamType):
    """Numbers of levels, counted from 1 as users see them."""

    name = "levels"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "N,N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        try:
            levels = tuple(sorted({int(each) for each in str(value).split(",")}))
        except ValueError:
            levels = ()
        if not levels or not 1 <= levels[0] <= levels[-1] <= N_LEVELS:
            self.fail(f"{value!r} is not levels from 1 to {N_LEVELS} such as 3,4", param, ctx)
        return tuple(level - 1 for level in levels)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--prompt", default="", help="What the parts should sound like; empty: anything.")
@click.option(
    "--region",
    "regions",
    type=_Region(),
    multiple=True,
    required=True,
    help="A part to make anew, in seconds; give it several times for several parts.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .wav or .flac, whatever holds the source's own samples. Several "
    "candidates (--variations) get a number each.",
)
@click.option(
    "--snap",
    type=click.Choice(_SNAPS),
    default="frame",
    show_default=True,
    help="Move the ends of the parts to the nearest frame (20 ms), beat or bar.",
)
@click.option("--levels", type=_Levels(), help="Levels to make anew, 1 is the coarsest: 3,4 "
              "changes the texture alone.  [default: all]")  # fmt: skip
@click.option(
    "--fade-ms",
    type=click.FloatRange(0, 1000),
    default=20.0,
    show_default=True,
    help="Length of the equal-power fades, which lie inside of the parts.",
)
@click.option(
    "--match-level/--no-match-level",
    default=True,
    show_default=True,
    help="Make the parts as loud as the codec made what is around them.",
)
@model_options
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@knob_options(without=("prompt", "duration_s", "context_s"))
@click.pass_context
def inpaint(
    ctx: click.Context,
    path: Path,
    prompt: str,
    regions: Sequence[tuple[float, float]],
    output: Path,
    snap: str,
    levels: tuple[int, ...] | None,
    fade_ms: float,
    match_level: bool,
    model_name: str,
    revision: str | None,
    device: str | None,
    dtype: str | None,
    preset: str,
    force: bool,
    as_json: bool,
    **_knobs: object,
) -> None:
    """Make parts of FILE anew; every sample outside of them stays as it is, bit for bit.

    \b
    magnet-studio inpaint in.flac --region 2.0:4.0 --region 7:7.5 --prompt "soft piano" -o out.flac
    magnet-studio inpaint in.wav --region 0:8 --snap bar --levels 3,4 -o out.wav
    """
    given = with_seed({**given_values(ctx), "prompt": prompt})
    variations = build_request(given).variations
    paths = targets(output, variations, None, force=force)
    _require_other(path, paths)

    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.audio import read_source
    from engine.decode import finish
    from engine.edit import MAX_CLIP_S, edit_steps, finish_edit, open_clip, plan_edit
    from engine.estimate import peak_memory_bytes

    source = read_source(path, max_duration_s=MAX_CLIP_S)
    _require_room_for(source, output)
    model, helpers = load_all(given, model_name, device=device, dtype=dtype, revision=revision)
    request, helpers = named(request_for(model, helpers, preset, given), helpers)
    started = time.perf_counter()
    clip = open_clip(model, source)
    plan = plan_edit(clip, _snapped(clip, regions, snap), levels=levels)
    codes = finish(with_progress(edit_steps(model, clip, plan, request, helpers))).codes
    settings: dict[str, Any] = {"fade_s": fade_ms / 1000, "match_level": match_level}
    edits = [finish_edit(model, clip, plan, each, **settings) for each in codes]
    cost = {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory_bytes": peak_memory_bytes(model.device),
    }
    files = []
    for number, (target, edited) in enumerate(zip(paths, edits, strict=True)):
        facts = {
            "regions_s": [[region.start_sample / source.sample_rate_hz,
                           region.stop_sample / source.sample_rate_hz]
                          for region in plan.regions],
            "levels": list(levels) if levels else None,
            **settings,
        }  # fmt: skip
        alone = replace(request, seed=request.seed + number, variations=1)
        files.append(_write(target, edited, (alone, model, helpers), facts))
    _report(model, cost, files, as_json=as_json)


def _require_other(path: Path, targets: Sequence[Path]) -> None:
    """The source is never replaced: the proof needs it."""
    if any(target.exists() and path.exists() and target.samefile(path) for target in targets):
        raise AudioError(
            f"the output {targets[0]} is the source itself",
            expected="another file",
            advice="Choose another name",
        )


def _require_room_for(source: Source, output: Path) -> None:
    """An ending that cannot hold the source's samples is refused before the work."""
    if output.suffix.lower() not in (".wav", ".flac"):
        raise AudioError(
            f"the file {output.name} would change every sample",
            expected=".wav or .flac",
            advice=f"Write {output.stem}{source.suffix}, which holds the source's own samples",
        )


def _snapped(
    clip: WorkingClip, regions: Sequence[tuple[float, float]], to: str
) -> list[tuple[float, float]]:
    """Regions with their ends on beats or bars; frames are the plan's own."""
    if to == "frame":
        return list(regions)
    from engine.audio import Snap, find_beats, snap

    beats = find_beats(clip.source.waveform)
    grid: dict[str, Any] = {
        "frame_rate_hz": clip.frame_rate_hz,
        "duration_s": clip.duration_s,
        "beats": beats,
    }
    tempo = f"{beats.tempo_bpm:.1f} beats per minute" if beats.tempo_bpm else "no tempo"
    click.echo(f"Found {tempo}, confidence {beats.confidence:.2f}", err=True)
    moved = []
    for region in regions:
        start, stop = (snap(time_s, Snap(to), **grid).grid_s for time_s in region)
        click.echo(f"{region[0]:g}:{region[1]:g} becomes {start:.3f}:{stop:.3f}", err=True)
        moved.append((start, stop))
    return moved


def _write(
    path: Path,
    edited: Edited,
    made_by: tuple[Any, MusicModel, Mapping[str, MusicModel]],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    from engine.audio import write_source
    from engine.provenance import provenance

    proof = asdict(edited.proof) | {"passed": edited.proof.passed}
    proof = {name: getattr(value, "value", value) for name, value in proof.items()}
    request, model, helpers = made_by
    kept = provenance(request, model, helpers) | {"edit": {**facts, "null_test": proof}}
    write_source(path, edited.result, provenance=kept)
    return {"path": str(path), "seed": request.seed, **facts, "null_test": proof}


def _report(
    model: MusicModel,
    cost: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    *,
    as_json: bool,
) -> None:
    if as_json:
        facts = {"model": model.name, "licence": model.licence, **cost, "files": files}
        click.echo(json.dumps(facts, indent=2))
        return
    for file in files:
        proof = file["null_test"]
        verdict = "unchanged" if proof["passed"] else "NOT unchanged"
        name = click.format_filename(file["path"])
        click.echo(
            f"{name}  seed {file['seed']}  {proof['compared_samples']:,} samples outside: {verdict}"
        )
    click.echo(f"{model.name} ({model.licence}), {cost['seconds']:.1f} s", err=True)
