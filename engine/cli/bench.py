"""`magnet-studio bench`: where the time goes, and what it could be at best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.players import DEFAULT_MODEL, DTYPES, load_all, request_for
from engine.knobs import DEFAULT_PRESET, KNOBS, PRESET_NAMES

if TYPE_CHECKING:
    from engine.bench import Measurement

_MODE = click.Choice(KNOBS["mode"].choices)


class _Numbers(click.ParamType):
    """Whole numbers above 0 with commas between."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            numbers = ()
        if not numbers or min(numbers) < 1:
            self.fail(f"{value!r} is not a list such as 1,2,4", param, ctx)
        return numbers


@click.command()
@click.option("--model", "model_name", default=DEFAULT_MODEL, show_default=True)
@click.option("--device", help="cpu, cuda, ...  [default: the best there is]")
@click.option("--dtype", type=click.Choice(DTYPES), help="[default: the device's fastest]")
@click.option("--mode", "modes", type=_MODE, multiple=True, help="[default: all]")
@click.option(
    "--preset", type=click.Choice(PRESET_NAMES), default=DEFAULT_PRESET, show_default=True
)
@click.option("--steps", type=_Numbers(), help="Refinement steps of each level, as 20,10,10,10.")
@click.option("--duration-s", type=float, default=10.0, show_default=True)
@click.option("--opening-s", type=float, help="[default: the preset's]")
@click.option("--opener", help="A model that writes the openings.")
@click.option("--rescorer", help="A model that judges the tokens, or self.")
@click.option("--variations", type=_Numbers(), default="1", show_default=True, help="As 1,2,4,8.")
@click.option(
    "--together", is_flag=True, help="Run variations in one batch instead of one after the other."
)
@click.option("--rounds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--plot", type=click.Path(path_type=Path), help="HTML file with the figures drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def bench(
    model_name: str,
    device: str | None,
    dtype: str | None,
    modes: Sequence[str],
    preset: str,
    steps: tuple[int, ...] | None,
    duration_s: float,
    opening_s: float | None,
    opener: str | None,
    rescorer: str | None,
    variations: tuple[int, ...],
    together: bool,
    rounds: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Time a model part by part, beside the machine's own matrix speed.

    Compare figures of one run: machines are noisy.
    """
    values: dict[str, object] = {"duration_s": duration_s, "prompt": "calm solo piano, slow"}
    given = {"steps": steps, "opening_s": opening_s, "opener": opener, "rescorer": rescorer}
    values |= {name: each for name, each in given.items() if each is not None}

    # Here, not above: it imports torch, which `--help` need not wait for.
    import torch

    from engine.bench import matrix_peak, measure
    from engine.decode import Mode

    model, helpers = load_all(values, model_name, device=device, dtype=dtype, together=together)
    request = request_for(model, helpers, preset, values)
    peak = matrix_peak(model.device, model.dtype)
    wanted = [Mode(mode) for mode in modes] or model.modes_with(helpers.get(str(opener)))
    rows = []
    for mode in wanted:
        for number in variations:
            each = replace(request, mode=mode, variations=number)
            rows.append(measure(model, each, helpers, rounds=rounds))
            if not as_json:
                click.echo(f"{mode.value}, {number}: {rows[-1].total_s:.2f} s", err=True)
    head = {
        "model": model.name,
        "device": str(model.device),
        "dtype": str(model.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "together": together,
        "matrix_peak_tflops": round(peak / 1e12, 3),
    }
    if plot is not None:
        _draw(rows, head, plot)
    if as_json:
        click.echo(json.dumps({**head, "rows": [_facts(row, peak) for row in rows]}, indent=2))
    else:
        click.echo(_table(rows, head, peak))


def _facts(row: Measurement, peak: float) -> dict[str, Any]:
    return {
        "mode": row.request.mode.value,
        "variations": row.request.variations,
        "duration_s": row.request.duration_s,
        "steps": list(row.request.options.steps),
        "total_s": round(row.total_s, 4),
        "audio_per_s": round(row.audio_s / row.total_s, 3),
        "parts": {
            part: {
                "seconds": round(seconds, 4),
                "share": round(seconds / row.total_s, 4),
                "gflop": round(row.operations.get(part, 0) / 1e9, 1),
                "of_peak": round(row.share_of_peak(part, peak), 4),
            }
            for part, seconds in row.seconds.items()
        },
    }


def _table(rows: Sequence[Measurement], head: dict[str, Any], peak: float) -> str:
    """The figures as Markdown."""
    lines = [
        f"{head['model']} on {head['device']}, {head['dtype']}, {head['threads']} threads; "
        f"matrix peak {head['matrix_peak_tflops']} TFLOP/s",
        "",
        "| mode | variations | part | seconds | share | GFLOP | of peak |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        name = f"| {row.request.mode.value} | {row.request.variations} "
        for part, seconds in row.seconds.items():
            lines.append(
                f"{name}| {part} | {seconds:.3f} | {seconds / row.total_s:.0%} "
                f"| {row.operations.get(part, 0) / 1e9:.0f} | {row.share_of_peak(part, peak):.0%} |"
            )
        total = sum(row.operations.values())
        lines.append(
            f"{name}| **all** | {row.total_s:.3f} | {row.audio_s / row.total_s:.2f} x real time "
            f"| {total / 1e9:.0f} | {total / row.total_s / peak:.0%} |"
        )
    return "\n".join(lines)


def _draw(rows: Sequence[Measurement], head: dict[str, Any], path: Path) -> None:
    """Latency and throughput against the number of variations, a line for each mode."""
    from plotly.subplots import make_subplots

    figure = make_subplots(
        cols=2, subplot_titles=("Seconds until all can be heard", "Seconds of music per second")
    )
    for mode in dict.fromkeys(row.request.mode for row in rows):
        own = [row for row in rows if row.request.mode is mode]
        numbers = [row.request.variations for row in own]
        figure.add_scatter(x=numbers, y=[row.total_s for row in own], name=mode.value, row=1, col=1)
        speed = [row.audio_s / row.total_s for row in own]
        figure.add_scatter(x=numbers, y=speed, showlegend=False, name=mode.value, row=1, col=2)
    figure.update_xaxes(title_text="variations")
    figure.update_layout(title=f"{head['model']}, {head['device']}, {head['dtype']}")
    figure.write_html(path, include_plotlyjs=True)
