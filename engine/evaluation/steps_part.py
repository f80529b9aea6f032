"""The part "steps": how many refinement steps each level is worth, quality against seconds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.decode import Mode
from engine.errors import RequestError
from engine.evaluation.decoding_part import Setting, chapter, draw_points, sweep, usual_mode
from engine.evaluation.part import Part, Plot, Result, Section, Setup
from engine.knobs import DEFAULT_PRESET
from engine.knobs.presets import PRESETS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Steps = tuple[int, ...]

STEPS: tuple[Steps, ...] = (
    (20, 10, 10, 10),
    (20, 1, 1, 1),
    (16, 4, 2, 2),
    (12, 2, 1, 1),
    (8, 2, 1, 1),
    (4, 1, 1, 1),
)
"""The paper's; the same with one step at the finer levels, which cost it 8 %; and cheaper ones."""


def settings_for(usual: Steps) -> tuple[tuple[Setting, ...], str]:
    """The settings, those of `STEPS` and the preset's, and the name of the latter."""
    chosen = STEPS if usual in STEPS else (*STEPS, usual)
    settings = tuple(
        Setting(name=_name(each), knobs={"steps": each}, facts={"steps": list(each)})
        for each in sorted(chosen, reverse=True)
    )
    return settings, _name(usual)


def measure(setup: Setup) -> Result:
    """Quality and seconds by the steps of each level.

    Raises:
        RequestError: the model has no steps, for it writes left to right alone.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    if usual_mode(setup.model) is Mode.AUTOREGRESSIVE:
        raise RequestError(
            f"the model {setup.model.name} writes left to right alone",
            expected="one that refines its tokens in steps",
            advice="Measure this part with a model of another kind",
        )
    usual = PRESETS[setup.model.family][DEFAULT_PRESET]["steps"]
    assert isinstance(usual, tuple)
    settings, base = settings_for(usual)
    return sweep(setup, settings, base)


def describe(result: Result) -> Section:
    """The table, what is clear, and distance against seconds."""
    introduction = (
        "Steps of refinement at each of the four levels, the coarsest first; all else is the "
        "preset's. In the paper, one step at each finer level instead of ten costs 8 % of "
        f"distance. {_one_step(result)}"
    )
    body = chapter(introduction, result, "steps")
    plots = tuple(
        Plot(
            name=f"steps-{embedding}",
            caption=f"Fréchet distance ({embedding}; lower is nearer to real renders) against "
            "seconds, by the steps of each level.",
            draw=partial(draw_trade, result, embedding),
        )
        for embedding in result["settings"][0]["distances"]
    )
    return Section(title="Steps: quality against seconds", body=body, plots=plots)


def _one_step(result: Result) -> str:
    """What the paper's economy costs here."""
    rows = {row["name"]: row for row in result["settings"]}
    full, cheap = rows.get(_name(STEPS[0])), rows.get(_name(STEPS[1]))
    if full is None or cheap is None:
        return ""
    changes = []
    for embedding, each in full["distances"].items():
        ratio = cheap["distances"][embedding]["distance"] / max(each["distance"], 1e-9)
        changes.append(f"{100 * (ratio - 1):+.0f} % ({embedding})")
    return (
        f"Here it changes the distance by {', '.join(changes)}. These shares have no intervals, "
        "those of the table are of differences from the preset; and a part of every distance comes "
        "from the small number of clips, so the shares are too small rather than too large."
    )


def draw_trade(result: Result, embedding: str, ax: Axes) -> None:
    """A point for each setting, with its name; the preset's is filled in another colour."""
    draw_points(result, lambda row: (row["seconds"], row["distances"][embedding]["distance"]), ax)
    ax.set_xlabel("seconds for the tokens of a clip")
    ax.set_ylabel(f"Fréchet distance, {embedding}")
    # room for the names, which stand to the right of their points
    ax.set_xlim(0, 1.25 * max(row["seconds"] for row in result["settings"]))
    ax.margins(y=0.15)


def _name(steps: Steps) -> str:
    return ", ".join(map(str, steps))


PART = Part(
    name="steps",
    about="Refinement steps of each level: quality against seconds.",
    measure=measure,
    describe=describe,
)
