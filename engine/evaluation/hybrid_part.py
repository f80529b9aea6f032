"""The part "hybrid": how much to write left to right before the rest is filled in.

Hybrid-MAGNeT's curve (arXiv 2401.04577, the figure of quality against latency by the length of the
opening) for a model at hand: from none, which is parallel decoding, to all, which is
autoregressive.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.decode import Mode
from engine.evaluation.decoding_part import Setting, chapter, clip_s, sweep
from engine.evaluation.part import Part, Plot, Result, Section, Setup
from engine.knobs import KNOBS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OPENING = "opening, s (0: parallel; all: autoregressive)"
OPENINGS_S = (0.5, 1.0, 2.0, 3.0, 5.0)
"""Between nothing and everything; a half of the clip is the most that makes sense."""


def settings_for(length_s: float) -> tuple[tuple[Setting, ...], str]:
    """The settings for clips of some length, and the name of the preset's."""
    default_s = KNOBS["opening_s"].default
    assert isinstance(default_s, float)
    usual_s = min(default_s, length_s / 2)
    between = sorted({each for each in OPENINGS_S if each < length_s} | {usual_s})
    settings = (
        Setting(name="none (parallel)", knobs={"mode": "parallel"}, facts={"opening_s": 0.0}),
        *(
            Setting(
                name=f"{each:g} s",
                knobs={"mode": "hybrid", "opening_s": each},
                facts={"opening_s": each},
            )
            for each in between
        ),
        Setting(
            name="all (autoregressive)",
            knobs={"mode": "autoregressive"},
            facts={"opening_s": length_s},
        ),
    )
    return settings, f"{usual_s:g} s"


def measure(setup: Setup) -> Result:
    """Quality and seconds by the length of the opening.

    Raises:
        RequestError: the model is no hybrid.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    settings, base = settings_for(clip_s(setup.model))
    return sweep(setup, settings, base)


def describe(result: Result) -> Section:
    """The table, what is clear, and the curves."""
    length_s = result["settings"][-1]["opening_s"]
    introduction = (
        f"The first seconds of a clip of {length_s:g} s are written left to right, the rest is "
        "filled in in parallel: from nothing to everything. The steps of the parallel part are "
        "the preset's."
    )
    body = chapter(introduction, result, "opening")
    plots = tuple(
        Plot(
            name=f"hybrid-{embedding}",
            caption=f"Fréchet distance ({embedding}; lower is nearer to real renders) and seconds "
            "against the length of the opening.",
            draw=partial(draw_curve, result, embedding),
        )
        for embedding in result["settings"][0]["distances"]
    ) + (
        Plot(
            name="hybrid-followed",
            caption="Facts of the prompts that the probe finds (higher is better) against the "
            "length of the opening.",
            draw=partial(draw_followed, result),
        ),
    )
    return Section(title="Hybrid decoding: how long an opening?", body=body, plots=plots)


def draw_curve(result: Result, embedding: str, ax: Axes) -> None:
    """Distance on the left axis, seconds on the right one."""
    rows = sorted(result["settings"], key=lambda row: row["opening_s"])
    openings = [row["opening_s"] for row in rows]
    distances = [row["distances"][embedding]["distance"] for row in rows]
    ax.plot(openings, distances, "o-", color="C0", label="distance")
    ax.set_xlabel(_OPENING)
    ax.set_ylabel(f"Fréchet distance, {embedding}", color="C0")
    ax.set_ylim(bottom=0)
    right = ax.twinx()
    right.plot(openings, [row["seconds"] for row in rows], "s--", color="C1", label="seconds")
    right.set_ylabel("seconds", color="C1")
    right.set_ylim(bottom=0)


def draw_followed(result: Result, ax: Axes) -> None:
    """The share of facts found."""
    rows = sorted(result["settings"], key=lambda row: row["opening_s"])
    shares = [100 * row["followed"]["share"] for row in rows]
    ax.plot([row["opening_s"] for row in rows], shares, "o-", color="C2")
    ax.set_xlabel(_OPENING)
    ax.set_ylabel("facts found, %")
    ax.set_ylim(0, 105)


PART = Part(
    name="hybrid",
    about="How long an opening to write left to right: quality and seconds.",
    measure=measure,
    describe=describe,
    suits=lambda model: Mode.HYBRID in model.modes,
)
