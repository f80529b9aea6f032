"""What the part about music tells of its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.part import Plot, Result, Section, markdown_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGET = 2.0
"""Times the codec's own distance, at most."""

_INTRODUCTION = """\
The model writes a clip for the caption of each of {clips} held-out clips (preset {preset};
{modes}), and these are compared with {clips} *other* held-out clips, which have captions of their
own. The **Fréchet distance** is that between two Gaussians: one of the embeddings of the clips,
one of those of the reference. The held-out clips themselves, compared with the others, are the
*floor*: what {clips} clips of the very same kind are apart. The same clips through the codec are
about what a perfect language model could reach. Distances of different embeddings, or of other
numbers of clips, cannot be compared with each other."""

_READINGS = """\
*Diagonal* compares the mean and deviation of each dimension (± deviation over random halves of
the clips); it is the reading for few clips. *Full* compares covariances too, and is mostly the
excess of few clips where there are not several times more clips than dimensions. *Endless* is the
diagonal one as it would be with clips without end, by extrapolation; it may fall below 0 by
chance. Against *decoded*, the reference went through the codec too: what is left is the language
model's alone."""

_LIMITS = """\
A distance says how far the whole set is from real clips in what the embedding hears. It hears no
melody and no form, does not know whether a clip fits its caption, and a set of good but unusual
clips is as far away as one of bad ones. Real clips are renders of our own composer: nothing here
says how far this is from recorded music."""


def describe(result: Result) -> Section:
    """Tables, what they mean, and pictures."""
    modes = " and ".join(result["modes"])
    introduction = _INTRODUCTION.format(clips=result["clips"], preset=result["preset"], modes=modes)
    body = [introduction, _judges(result), _distance_table(result), _READINGS, _ratios(result),
            _LIMITS, "### Silence, clipping and level", *_levels(result),
            "### Diversity", *_diversity(result),
            "### Copies of the training", *_copies(result)]  # fmt: skip
    return Section(title="Music: how far from real clips?", body="\n\n".join(body),
                   plots=tuple(_plots(result)))  # fmt: skip


def _judges(result: Result) -> str:
    return "\n".join(
        f"- **{name}** ({each['dimensions']} numbers a clip): {each['why']}"
        for name, each in result["embeddings"].items()
    )


def _distance_table(result: Result) -> str:
    return markdown_table(
        ("heard by", "against", "who", "diagonal", "full", "endless"),
        [(row["embedding"], row["against"], row["who"],
          f"{row['diagonal']:.2f} ± {row['deviation']:.2f}", f"{row['full']:.1f}",
          _with_deviation(row["extrapolated"], row["extrapolated_deviation"]))
         for row in result["distances"]],
    )  # fmt: skip


def _with_deviation(value: float | None, deviation: float | None) -> str:
    return "too few clips" if value is None else f"{value:.2f} ± {deviation:.2f}"


def _ratios(result: Result) -> str:
    rows = [
        (row["embedding"], row["mode"],
         f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})", _verdict(row),
         "" if row["extrapolated"] is None else f"{row['extrapolated']:.1f}")
        for row in result["ratios"]
    ]  # fmt: skip
    table = markdown_table(
        ("heard by", "mode", "times the codec's", f"at most {TARGET:g}?", "endless"), rows
    )
    return (
        "Distance from real clips as a multiple of the codec's (the target is at most "
        f"{TARGET:g}), with an interval of 95 % over halves. Both distances hold the excess of "
        "few clips, which draws the ratio towards 1: the ratio of the endless ones is stricter. "
        "It is left out for few clips, and "
        "where the codec's cannot be told from 0.\n\n" + table
    )


def _verdict(row: Mapping[str, Any]) -> str:
    if row["high"] <= TARGET:
        return "yes"
    return "no" if row["low"] > TARGET else "open"


def _levels(result: Result) -> Iterator[str]:
    yield (
        "A clip is *silent* if at least half of its time is (50 ms below -60 dB of full scale), "
        "and *clipped* if three samples in a row are at full scale or beyond; the program turns "
        "such clips down before it writes them. Level is RMS over the clip. Where none of n clips "
        "is silent or clipped, up to 3 / n of all clips may still be (at 95 %)."
    )
    rows = []
    for name, each in result["levels"].items():
        least, low, middle, high, most = (f"{value:.0f}" for value in each["level_db"])
        rows.append((name, each["clips"], _percent(each["silent"]), _percent(each["silent_time"]),
                     _percent(each["clipped"]), f"{middle} ({low} to {high})",
                     f"{least} to {most}"))  # fmt: skip
    yield markdown_table(
        ("clips of", "number", "silent clips", "silent time", "clipped clips",
         "level, dB (5 to 95 %)", "least to most, dB"), rows,
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def _diversity(result: Result) -> Iterator[str]:
    yield (
        f"Mean distance of clips in deviations of real clips. For each of {result['prompts']} "
        f"captions {result['variations']} clips are written with different seeds. If they were as "
        "unlike as real clips of one style (their captions say about as much), seeds would be "
        "used well; a distance near that of a clip from itself through the codec would mean that "
        "the seed changes nothing. The captions are few: read the range over them, not the second "
        "decimal."
    )
    rows = []
    for name, each in result["diversity"].items():
        style = "no pair" if each["same style"] is None else f"{each['same style']:.2f}"
        rows += [(name, "real, a clip and itself through the codec", f"{each['same clip']:.2f}"),
                 (name, "real, one style", style),
                 (name, "real, any", f"{each['other clips']:.2f}")]  # fmt: skip
        for mode, own in each["modes"].items():
            spread = own["by_prompt"]
            rows += [(name, f"{mode}, one caption",
                      f"{np.mean(spread):.2f} ({min(spread):.2f} to {max(spread):.2f})"),
                     (name, f"{mode}, different captions",
                      f"{own['other prompts']:.2f}")]  # fmt: skip
    yield markdown_table(("heard by", "clips", "apart"), rows)


def _copies(result: Result) -> Iterator[str]:
    found = result["copies"]
    # Two deviations; twice the variance of a coin, since who is at hand to be near is chance, too.
    reach = 100 * np.sqrt(2 / found["as many"])
    yield (
        f"Searched are {found['training']} clips of studio-mini's training, rendered again: a "
        "copy of one that is not among them is not found. Held-out clips through the codec, which "
        f"cannot be copies, show what chance does. *Nearer* compares each with {found['as many']} "
        f"clips of the training and {found['as many']} held-out ones: half (± {reach:.0f} % for "
        "so few) where the training is no nearer than other music of its kind. *Below* is the "
        "share of clips nearer to the training than all but 5 % of the held-out clips are; it "
        "also grows where clips are more ordinary than real ones."
    )
    yield markdown_table(
        ("heard by", "clips of", "median distance", "least", "below", "nearer"),
        [(name, who, f"{np.median(own['distances']):.2f}", f"{min(own['distances']):.2f}",
          _percent(own["below"]), _percent(own["as many"]))
         for name, each in found["nearest"].items() for who, own in each.items()],
    )  # fmt: skip
    yield (
        "And token by token: the longest stretch of a clip's coarsest tokens (50 a second) that "
        "is in one of these clips, at any place. Held notes and silence repeat a token, so runs "
        "of some length are no copies; one of seconds would be."
    )
    yield markdown_table(
        ("clips of", "median run", "longest run", "in the clip", "of the training's",
         "longer in the training"),
        [(who, f"{np.median(own['frames']) / 50:.2f} s", f"{own['longest']['frames'] / 50:.2f} s",
          own["longest"]["clip"], own["longest"]["training"], _percent(own["as many"]))
         for who, own in found["runs"].items()],
    )  # fmt: skip


def _plots(result: Result) -> Iterator[Plot]:
    yield Plot(
        name="music-distance",
        caption="Diagonal Fréchet distance from held-out renders, and its deviation over halves; "
        "the line is the target, twice the codec's.",
        draw=partial(_draw_distances, result["distances"]),
    )
    for judge, near in result["copies"]["nearest"].items():
        yield Plot(
            name=f"music-nearest-{judge.replace(' ', '-')}",
            caption=f"Distance of each clip from the nearest clip of the training ({judge}), as "
            "the share of clips that are nearer: a copy would stand far to the left of the codec's "
            "line, which is that of held-out clips.",
            draw=partial(_draw_nearest, near),
        )


def _draw_distances(rows: Sequence[Mapping[str, Any]], ax: Axes) -> None:
    """Bars side by side for each embedding."""
    rows = [row for row in rows if row["against"] == "renders"]
    judges = list(dict.fromkeys(row["embedding"] for row in rows))
    who = list(dict.fromkeys(row["who"] for row in rows))
    width = 0.8 / len(who)
    for number, name in enumerate(who):
        own = [row for row in rows if row["who"] == name]
        places = [judges.index(row["embedding"]) + (number - (len(who) - 1) / 2) * width
                  for row in own]  # fmt: skip
        ax.bar(places, [row["diagonal"] for row in own], width * 0.95, label=name,
               yerr=[row["deviation"] for row in own], capsize=2)  # fmt: skip
        for row in own if name == "codec" else ():
            at = judges.index(row["embedding"])
            ax.hlines(TARGET * row["diagonal"], at - 0.4, at + 0.4, colors="0.3", linestyles="--")
    ax.set_xticks(range(len(judges)), judges)
    ax.set_ylabel("Fréchet distance")
    # a poor set may be a hundred times further than the floor
    ax.set_yscale("log")
    ax.legend()


def _draw_nearest(near: Mapping[str, Mapping[str, Any]], ax: Axes) -> None:
    """One line for each set of clips."""
    for who, own in near.items():
        values = np.sort(own["distances"])
        ax.step(values, np.arange(1, len(values) + 1) / len(values), where="post", label=who)
    ax.set_xlabel("distance from the nearest clip of the training")
    ax.set_ylabel("share of clips")
    ax.set_ylim(0, 1.02)
    ax.legend()
