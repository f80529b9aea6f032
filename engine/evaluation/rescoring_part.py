"""The part "rescoring": does it help to let the model judge its own tokens left to right?

The sweep of the paper's figure on rescoring (arXiv 2401.04577, equation 5), with the model as its
own second opinion; `docs/rescoring.md` says what the weight means.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.evaluation.decoding_part import Setting, chapter, sweep
from engine.evaluation.part import Part, Plot, Result, Section, Setup
from engine.model.config import ModelKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_BASE = "0, nobody is asked"
SETTINGS = tuple(
    # with weight 0 nobody is asked: the same clips as without a rescorer, which others share
    Setting(
        name=f"{weight:g}" if weight else _BASE,
        knobs={"rescorer": "self", "rescorer_weight": weight} if weight else {},
        facts={"weight": weight},
    )
    for weight in WEIGHTS
)


def measure(setup: Setup) -> Result:
    """Quality and seconds by the weight of the second opinion.

    Raises:
        RequestError: the model cannot read left to right.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    return sweep(setup, SETTINGS, _BASE)


def describe(result: Result) -> Section:
    """The table, what is clear, and a curve of each embedding."""
    introduction = (
        "When it is decided which tokens to draw again, the model's left-to-right reading counts "
        "with this weight (`rescorer_weight`), at the coarsest level; 1 is that reading alone. "
        "docs/rescoring.md has what such a judge knows about single tokens; here is what it does "
        "to clips."
    )
    body = chapter(introduction, result, "weight")
    plot = Plot(
        name="rescoring",
        caption="Change of the Fréchet distance against decoding without a second opinion, by its "
        "weight; below 0 is nearer to real renders. Bars hold 95 % of bootstrap samples.",
        draw=partial(draw_differences, result),
    )
    title = "Rescoring: a second opinion by the model itself"
    return Section(title=title, body=body, plots=(plot,))


def draw_differences(result: Result, ax: Axes) -> None:
    """A line with intervals for each embedding, in shares of the distance without rescoring."""
    rows = result["settings"]
    base = next(row for row in rows if row["name"] == result["base"])
    for number, embedding in enumerate(base["distances"]):
        whole = max(base["distances"][embedding]["distance"], 1e-9)
        found = [[100 * each / whole for each in row["distances"][embedding]["difference"]]
                 for row in rows]  # fmt: skip
        reach = [[middle - low for middle, low, _ in found],
                 [high - middle for middle, _, high in found]]  # fmt: skip
        places = [row["weight"] + 0.012 * number for row in rows]
        middles = [middle for middle, _, _ in found]
        ax.errorbar(places, middles, yerr=reach, fmt="o-", capsize=3, label=embedding)
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.set_xlabel("weight of the second opinion")
    ax.set_ylabel("change of distance, %")
    ax.legend()


PART = Part(
    name="rescoring",
    about="The model's own left-to-right reading as a second opinion: does it help?",
    measure=measure,
    describe=describe,
    suits=lambda model: model.kind is ModelKind.HYBRID,
)
