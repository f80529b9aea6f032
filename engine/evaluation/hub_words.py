"""What the part "published" found, in words, tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.evaluation.hub.weights import JUDGES_VARIABLE
from engine.evaluation.part import Plot, Result, Section, markdown_table
from engine.evaluation.report import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INTRODUCTION = (
    "Three published networks judge what the model writes for the captions of held-out renders, "
    "as in the papers on MAGNeT and MusicGen. They have heard far more than this model and agree "
    "somewhat with listeners over many kinds of sound. Still these figures cannot be set beside a "
    "paper's: captions and references are our own composer's, not MusicCaps. They can be set "
    "beside each other, and beside another model's from the same program."
)
_FAD = (
    "**FAD (VGGish), lower is better.** Fréchet distance between embeddings of windows of 1 s, to "
    "{windows:,} windows of other held-out renders. What other renders reach is the floor, and "
    "what the codec makes of them is what a perfect language model could reach. It hears textures, "
    "not form, melody or whether the caption is met."
)
_FAD_FEW = (
    "{windows:,} windows are few for {dimensions} dimensions: all these distances are too large "
    "by much the same amount, and small differences mean nothing. Take more clips."
)
_KL = (
    "**KL (PaSST, clips of up to {seconds} s), lower is better.** How far the 527 sounds heard in "
    "a clip are from those heard in the render of the same caption, in nats: the mean over "
    "{clips} pairs, and what holds 95 % of bootstrap means. Other renders against the same ones "
    "show what a wrong caption costs; the codec's shows what coding alone costs."
)
_CLAP = (
    "**CLAP score, higher is better.** Cosine between a clip and its caption, the mean over "
    "{clips} clips, and what holds 95 % of bootstrap means. The same clips with captions of other "
    "clips show how much of it is not about the caption at all: only the difference is adherence."
)
_CLAP_BLIND = (
    "This CLAP gives nearly the same answer to every caption (mean cosine of two captions "
    "{sameness:.3f}), so these scores say nothing."
)
_BLIND = 0.97
_NOTHING = (
    "None of these judges is here, so nothing was measured. All else in this report stands "
    "without them."
)


def describe(result: Result) -> Section:
    """Words for a result; those of the judges that are not there say how to get them."""
    blocks = [_INTRODUCTION if result["available"] else _NOTHING]
    plots: list[Plot] = []
    if "fad" in result:
        blocks += _fad(result["fad"])
        plots.append(_plot("fad", "FAD by VGGish, lower is better.", result["fad"]["rows"]))
    if "kl" in result:
        blocks += [_KL.format(clips=result["clips"], **_without_rows(result["kl"]))]
        blocks.append(_table("KL", result["kl"]["rows"]))
    if "clap" in result:
        blocks += _clap(result["clap"], result["clips"])
        plots.append(_plot("clap", "CLAP score, higher is better.", result["clap"]["rows"]))
    blocks += _judges(result["judges"])
    if result["mode"]:
        blocks.append(
            f"Clips: {result['clips']} of each set; the model wrote in {result['mode']} mode with "
            f"the preset {result['preset']}."
        )
    return Section(title="The papers' measures", body="\n\n".join(blocks), plots=tuple(plots))


def _fad(found: Mapping[str, Any]) -> list[str]:
    blocks = [_FAD.format(**_without_rows(found)), _table("FAD", found["rows"])]
    if found["windows"] < 10 * found["dimensions"]:
        blocks.append(_FAD_FEW.format(**_without_rows(found)))
    return blocks


def _clap(found: Mapping[str, Any], clips: int) -> list[str]:
    blocks = [_CLAP.format(clips=clips), _table("CLAP score", found["rows"])]
    if found["sameness"] > _BLIND:
        blocks.append(_CLAP_BLIND.format(sameness=found["sameness"]))
    return blocks


def _without_rows(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in found.items() if name != "rows"}


def _table(measure: str, rows: Sequence[Mapping[str, Any]]) -> str:
    has_interval = all("low" in row for row in rows)
    heading = ["clips", measure, *(["95 %"] if has_interval else [])]
    return markdown_table(
        heading,
        ([row["name"], f"{row['value']:.3f}",
          *([f"{row['low']:.3f} to {row['high']:.3f}"] if has_interval else [])]
         for row in rows),
    )  # fmt: skip


def _judges(judges: Sequence[Mapping[str, Any]]) -> list[str]:
    here = [
        f"- {judge['name']}: "
        + ", ".join(f"`{each['name']}` (SHA-256 {each['sha256'][:12]})" for each in judge["files"])
        + f"; {judge['licence']}"
        for judge in judges
        if judge["available"]
    ]
    missing = [
        f"- {judge['name']}: {plain(judge['why'])} Files: {' '.join(judge['get'])}"
        for judge in judges
        if not judge["available"]
    ]
    blocks = []
    if here:
        blocks.append("Judges:\n\n" + "\n".join(here))
    if missing:
        blocks.append("Not measured:\n\n" + "\n".join(missing))
        blocks.append(
            "With a network they are fetched by themselves (3 GB in all). Without one, put the "
            f"files into a folder and name it in the environment variable `{JUDGES_VARIABLE}`."
        )
    return blocks


def _plot(name: str, caption: str, rows: Sequence[Mapping[str, Any]]) -> Plot:
    return Plot(name=f"published-{name}", caption=caption, draw=partial(_bars, rows=rows))


def _bars(ax: Axes, *, rows: Sequence[Mapping[str, Any]]) -> None:
    values = [row["value"] for row in rows]
    below = [max(row["value"] - row.get("low", row["value"]), 0.0) for row in rows]
    above = [max(row.get("high", row["value"]) - row["value"], 0.0) for row in rows]
    ax.barh([row["name"] for row in rows], values, xerr=[below, above])
    ax.invert_yaxis()
    ax.margins(x=0.1)
