"""The part "inpainting": how well regions that are made anew fit what is around them.

The measuring and the tables are those of `engine.evaluation.inpainting`; here they become a
chapter of the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import RequestError
from engine.evaluation.inpainting import (
    HIGHER_IS_BETTER,
    MEASURES,
    MODES,
    Record,
    as_markdown,
    differences,
    held_out,
    modes_for,
    run_clip,
    summary,
)
from engine.evaluation.part import Part, Plot, Result, Section, Setup
from engine.version import VERSION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLIPS = 12
KINDS = ("2 s", "end 2 s", "loop 2 s")
"""A region between two parts of a clip, one with nothing after it, and a loop's seam."""
_BASE, _OTHER = (way.name for way in MODES)
_SHOWN = ("source", "codec", "same clip", "other clip", _BASE, _OTHER)
"""In the pictures; silence has no notes."""


def measure(setup: Setup, *, kinds: Sequence[str] = KINDS) -> Result:
    """Make regions of held-out clips anew; what is measured once is kept in the cache.

    Args:
        setup: its model does the work.
        kinds: of regions, names in `inpainting_cases.KINDS`.

    Raises:
        RequestError: the model writes left to right alone.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    count = min(setup.clips, MOST_CLIPS)
    records = list(_records(setup, count, kinds))
    return {
        "clips": count,
        "rows": summary(records),
        "differences": differences(
            (each for each in records if each["who"] in (_BASE, _OTHER)), _BASE
        ),
    }


def _records(setup: Setup, count: int, kinds: Sequence[str]) -> Iterator[Record]:
    """Those of the first clips, from the cache or made now."""
    path = setup.cache / "inpainting" / f"{setup.model.weights_hash[:32]}-{VERSION}.jsonl"
    kept = [each for each in _read(path) if each["clip"] < count and each["kind"] in kinds]
    yield from kept
    done = frozenset((each["clip"], each["kind"], each["who"]) for each in kept)
    ways = modes_for(setup.model)
    if not ways:
        raise RequestError(
            f"the model {setup.model.name} writes left to right alone",
            expected="one that can write a region between others",
            advice="Measure this part with a model of another kind",
        )
    names = ("silence", *(way.name for way in ways))
    if {(clip, kind, who) for clip in range(count) for kind in kinds for who in names} <= done:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    for held, other in held_out(setup.model, 0, count):
        setup.tell(f"inpainting: clip {held.number + 1} of {count}")
        for record in run_clip(setup.model, held, other, kinds, ways, done):
            with path.open("a", encoding="utf-8") as file:
                # the break comes first: after a line that a stop has cut short, too
                file.write("\n" + json.dumps(record))
            yield record


def _read(path: Path) -> list[Record]:
    """The lines of a file, if it is there, but for empty ones and those cut short by a stop."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return found


def describe(result: Result) -> Section:
    """Tables, what can be said from them, and pictures."""
    blocks = [_INTRODUCTION.format(clips=result["clips"]), as_markdown(result["rows"])]
    if result["differences"]:  # not of a model that is no hybrid
        compared = _compared(result["differences"])
        blocks.append(f"**Hybrid against parallel, on the same clips:** {compared}")
    plots = tuple(
        Plot(
            name=f"inpainting-{measure}",
            caption=f"{caption} of a region with what is around it: medians, with the interval "
            "that holds 95 % of the medians of bootstrap samples.",
            draw=partial(_draw, result["rows"], measure),
        )
        for measure, caption in _CAPTIONS.items()
    )
    title = "Inpainting: do regions fit?"
    return Section(title=title, body="\n\n".join(blocks), plots=plots)


_CAPTIONS = {
    "chroma": "Agreement of the notes (correlation of the strengths of the twelve pitch classes)",
    "pulse": "Agreement of the beat (correlation of when in a beat things start; clips with a "
    "clear beat alone)",
}

_INTRODUCTION = """\
A region of each of {clips} held-out clips is written anew by the model, with the clip's caption,
and compared with what is around it: *edge* is the distance of spectra across the edges, *timbre*
that between the region and the 2 s on either side, *level* the difference in loudness, *chroma*
whether the notes are those of the same key, *pulse* whether the beat goes on. *nearer* is the
share of clips in which the region fits better than one of another clip does, for the five
measures in this order. Medians, with the interval that holds 95 % of the medians of bootstrap
samples; the number of clips stands behind the name. *source* is what was there, *codec* the most
that tokens can give; the other fillings are explained in docs/inpainting.md. No figure says
whether the music is good."""


def _compared(rows: Sequence[Record]) -> str:
    """Which differences are clear of zero; all others are said to be open."""
    clear = []
    for row in rows:
        for measure, (heading, digits) in MEASURES.items():
            if row[measure] is None:
                continue
            middle, low, high = row[measure]
            if low <= 0 <= high:
                continue
            is_better = (middle > 0) == (measure in HIGHER_IS_BETTER)
            word = "better" if is_better else "worse"
            # both ends lie on one side of zero: by how much, without a sign
            least, most = sorted((abs(low), abs(high)))
            clear.append(f"{row['kind']}: {heading} is {word} by {abs(middle):.{digits}f} "
                         f"({least:.{digits}f} to {most:.{digits}f})")  # fmt: skip
    n_compared = sum(row[measure] is not None for row in rows for measure in MEASURES)
    if not clear:
        return f"none of the {n_compared} differences is clear of zero."
    return (
        f"of {n_compared} differences, clear of zero are {len(clear)} (by chance alone one in "
        f"twenty would be): {'; '.join(clear)}."
    )


def _draw(rows: Sequence[Record], measure: str, ax: Axes) -> None:
    """A point with its interval for each filling, the kinds beside each other."""
    names = [name for name in _SHOWN if any(row["who"] == name for row in rows)]
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for number, kind in enumerate(kinds):
        own = {row["who"]: row[measure] for row in rows if row["kind"] == kind}
        there = [name for name in names if own.get(name)]
        shift = 0.2 * (number - (len(kinds) - 1) / 2)
        middles = [own[name][0] for name in there]
        reach = [[own[name][0] - own[name][1] for name in there],
                 [own[name][2] - own[name][0] for name in there]]  # fmt: skip
        places = [names.index(name) + shift for name in there]
        ax.errorbar(places, middles, yerr=reach, fmt="o", capsize=3, label=kind)
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.set_xticks(range(len(names)), names)
    ax.set_ylabel(MEASURES[measure][0])
    ax.legend(title="region")


PART = Part(
    name="inpainting",
    about="Regions that are made anew: do timbre, notes and beat fit what is around them?",
    measure=measure,
    describe=describe,
)
