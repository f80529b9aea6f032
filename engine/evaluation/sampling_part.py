"""The part "sampling": how boldly tokens are drawn and how strongly the text pulls.

For choosing the values of studio-mini's presets: each row changes one of them, and the last takes
all of the paper's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.decode import Mode
from engine.evaluation.decoding_part import Setting, chapter, draw_points, sweep, usual_mode
from engine.evaluation.part import Part, Plot, Result, Section, Setup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BASE = "as it is"
SETTINGS = (
    Setting(name=_BASE),
    Setting(name="guidance 3 to 1", knobs={"cfg_start": 3.0, "cfg_end": 1.0}),
    Setting(name="guidance 10 to 1", knobs={"cfg_start": 10.0, "cfg_end": 1.0}),
    Setting(name="guidance 8 throughout", knobs={"cfg_start": 8.0, "cfg_end": 8.0}),
    Setting(name="temperature 0.8", knobs={"temperature": 0.8}),
    Setting(name="temperature 1.2", knobs={"temperature": 1.2}),
    Setting(name="top p 0.8", knobs={"top_p": 0.8}),
    Setting(name="opening: guidance 3", knobs={"opening_cfg": 3.0}),
    Setting(name="opening: guidance 10", knobs={"opening_cfg": 10.0}),
    Setting(name="opening: temperature 0.7", knobs={"opening_temperature": 0.7}),
    Setting(name="opening: temperature 1.1", knobs={"opening_temperature": 1.1}),
    Setting(
        name="the paper's",
        knobs={
            "temperature": 3.0,
            "anneal_temperature": True,
            "top_p": 0.9,
            "cfg_start": 10.0,
            "cfg_end": 1.0,
            "opening_temperature": 1.0,
            "opening_top_k": 250,
            "opening_cfg": 3.0,
        },
    ),
)


def settings_for(mode: Mode) -> tuple[Setting, ...]:
    """Those of `SETTINGS` that count in a mode; the others would be the same clips again."""
    unused = {
        Mode.PARALLEL: lambda each: all(name.startswith("opening_") for name in each.knobs),
        Mode.AUTOREGRESSIVE: lambda each: (
            not any(name.startswith("opening_") for name in each.knobs)
        ),
    }.get(mode, lambda each: False)
    return tuple(each for each in SETTINGS if each.name == _BASE or not unused(each))


def measure(setup: Setup) -> Result:
    """Quality and seconds by what is drawn.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    return sweep(setup, settings_for(usual_mode(setup.model)), _BASE)


def describe(result: Result) -> Section:
    """The table, what is clear, and facts found against distance."""
    introduction = (
        "Each row changes one thing of the preset, the last takes all of the paper's values. "
        "Guidance is that of the refinement, from its first to its last step; the opening has its "
        "own."
    )
    body = chapter(introduction, result, "values")
    plots = tuple(
        Plot(
            name=f"sampling-{embedding}",
            caption=f"Facts of the prompts that the probe finds (higher is better) against the "
            f"Fréchet distance ({embedding}; left is better).",
            draw=partial(draw_trade, result, embedding),
        )
        for embedding in result["settings"][0]["distances"]
    )
    return Section(title="Sampling: how tokens are drawn", body=body, plots=plots)


def draw_trade(result: Result, embedding: str, ax: Axes) -> None:
    """A point for each setting, with its name; the preset's is filled in another colour."""
    draw_points(
        result,
        lambda row: (row["distances"][embedding]["distance"], 100 * row["followed"]["share"]),
        ax,
    )
    ax.set_xlabel(f"Fréchet distance, {embedding}")
    ax.set_ylabel("facts found, %")


PART = Part(
    name="sampling",
    about="Temperature, guidance and the like: quality and prompts followed.",
    measure=measure,
    describe=describe,
)
