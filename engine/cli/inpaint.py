"""`magnet-studio inpaint`: parts of a sound file made anew, or added to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.bars import with_progress
from engine.cli.edit_targets import Extension, ExtensionType, LevelsType, RegionType
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
from engine.knobs import EDIT_KNOBS, build_request, build_settings

if TYPE_CHECKING:
    from engine.audio import Beats
    from engine.edit import Edited, EditPlan, EditSettings, WorkingClip
    from engine.music import MusicModel

_DEFAULT_SEAM = "2"
_FOR_ALL_KINDS = frozenset({"fade_s", "match_level"})
"""The settings of edits that extensions and loops have too."""


def _places(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is written: regions, room at an end, or a loop's seam."""
    options = (
        click.option(
            "--region",
            "regions",
            type=RegionType(),
            multiple=True,
            help="A part to make anew, in seconds, in all levels or after a second colon in some: "
            "2.0:4.5 or 2.0:4.5:3,4. Give it several times for several parts.",
        ),
        click.option(
            "--levels",
            type=LevelsType(),
            help="Levels to make anew in all parts that name none, 1 is the coarsest: 3,4 changes "
            "the texture alone.  [default: all]",
        ),
        click.option(
            "--extend",
            "extensions",
            type=ExtensionType(),
            multiple=True,
            help="Seconds to add at the end, or with left: at the start: 4 or left:2.5.",
        ),
        click.option(
            "--loop",
            "seam_s",
            type=float,
            is_flag=False,
            flag_value=_DEFAULT_SEAM,
            help="Close the clip on itself: so many seconds around the loop point are made anew "
            f"({_DEFAULT_SEAM} if no number follows).",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--prompt", default="", help="What the parts should sound like; empty: anything.")
@_places
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: .wav or .flac, whatever holds the source's own samples. Several "
    "candidates (--variations) get a number each.",
)
@knob_options(table=EDIT_KNOBS, without=())
@model_options
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@knob_options(without=("prompt", "duration_s"))
@click.pass_context
def inpaint(
    ctx: click.Context,
    path: Path,
    prompt: str,
    regions: Sequence[tuple[float, float, tuple[int, ...] | None]],
    levels: tuple[int, ...] | None,
    extensions: Sequence[Extension],
    seam_s: float | None,
    output: Path,
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
    magnet-studio inpaint in.wav --region 2:6 --strength 0.4 --keep-beats-s 0.1 -o out.wav
    magnet-studio inpaint in.wav --extend 4 --extend left:2 --context-s 3 -o longer.wav
    magnet-studio inpaint in.wav --loop -o loop.wav
    """
    _require_one_kind(ctx, regions, extensions, seam_s)
    if not regions:
        _require_no_region_options(ctx)
    given = with_seed({**given_values(ctx), "prompt": prompt})
    settings = build_settings(given_values(ctx, EDIT_KNOBS))
    variations = build_request(given).variations
    paths = targets(output, variations, None, force=force)
    _require_other(path, paths)

    # Here, not above: it imports torch, which `--help` need not wait for.
    from engine.audio import read_source
    from engine.audio.source import check_target
    from engine.decode import finish
    from engine.edit import MAX_CLIP_S, Area, edit_steps, finish_edit, open_clip
    from engine.estimate import peak_memory_bytes

    source = read_source(path, max_duration_s=MAX_CLIP_S)
    check_target(source, output.suffix)
    model, helpers = load_all(given, model_name, device=device, dtype=dtype, revision=revision)
    request, helpers = named(request_for(model, helpers, preset, given), helpers)
    started = time.perf_counter()
    areas = [Area(start_s=a, stop_s=b, levels=own or levels) for a, b, own in regions]
    plan = _plan(open_clip(model, source), areas, extensions, seam_s, settings, request.seed)
    codes = finish(with_progress(edit_steps(model, plan, request, helpers))).codes
    edits = [finish_edit(model, plan, each) for each in codes]
    cost = {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory_bytes": peak_memory_bytes(model.device),
    }
    files = []
    for number, (target, edited) in enumerate(zip(paths, edits, strict=True)):
        alone = replace(request, seed=request.seed + number, variations=1)
        files.append(_write(target, plan, edited, (alone, model, helpers)))
    _report(model, cost, files, as_json=as_json)


def _require_one_kind(
    ctx: click.Context, regions: Sequence[Any], extensions: Sequence[Any], seam_s: float | None
) -> None:
    n_kinds = bool(regions) + bool(extensions) + (seam_s is not None)
    if n_kinds != 1:
        what = "none" if n_kinds == 0 else "several"
        raise click.UsageError(
            f"expected one of --region, --extend and --loop, but there are {what}", ctx
        )


def _require_no_region_options(ctx: click.Context) -> None:
    """What only regions heed is refused for the others, and not left unread."""
    typed = {*given_values(ctx, EDIT_KNOBS), *(("levels",) if ctx.params["levels"] else ())}
    unread = [name for name in ("levels", *EDIT_KNOBS) if name in typed - _FOR_ALL_KINDS]
    if unread:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in unread)
        raise click.UsageError(f"{flags}: only together with --region", ctx)


def _plan(
    clip: WorkingClip,
    areas: Sequence[Any],
    extensions: Sequence[Extension],
    seam_s: float | None,
    settings: EditSettings,
    seed: int,
) -> EditPlan:
    from engine.edit import plan_edit, plan_extension, plan_loop

    if seam_s is not None:
        return plan_loop(clip, seam_s=seam_s, settings=settings)
    if extensions:
        left_s, right_s = (
            sum(each.seconds for each in extensions if each.is_left is is_left)
            for is_left in (True, False)
        )
        return plan_extension(clip, left_s=left_s, right_s=right_s, settings=settings)
    beats = _beats(clip, settings) if settings.needs_beats else None
    plan = plan_edit(clip, areas, settings, beats=beats, seed=seed)
    for asked, real in zip(plan.asked, plan.areas, strict=True):
        if (asked.start_s, asked.stop_s) != (real.start_s, real.stop_s):
            click.echo(
                f"{asked.start_s:g}:{asked.stop_s:g} becomes {real.start_s:.3f}:{real.stop_s:.3f}",
                err=True,
            )
    return plan


def _beats(clip: WorkingClip, settings: EditSettings) -> Beats:
    from engine.audio import find_beats

    beats = find_beats(clip.source.waveform, beats_per_bar=settings.beats_per_bar)
    tempo = f"{beats.tempo_bpm:.1f} beats per minute" if beats.tempo_bpm else "no tempo"
    click.echo(f"Found {tempo}, confidence {beats.confidence:.2f}", err=True)
    return beats


def _require_other(path: Path, targets: Sequence[Path]) -> None:
    """The source is never replaced: the proof needs it."""
    for target in targets:
        if target.exists() and path.exists() and target.samefile(path):
            raise AudioError(
                f"the output {target} is the source itself",
                expected="another file",
                advice="Choose another name",
            )


def _write(
    path: Path,
    plan: EditPlan,
    edited: Edited,
    made_by: tuple[Any, MusicModel, Mapping[str, MusicModel]],
) -> dict[str, Any]:
    from engine.audio import write_source
    from engine.edit import edit_facts
    from engine.provenance import provenance

    facts = edit_facts(plan, edited)
    request, model, helpers = made_by
    kept = provenance(request, model, helpers) | {"edit": facts}
    write_source(path, edited.clip.source, provenance=kept)
    return {"path": str(path), "seed": request.seed, **facts}


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
