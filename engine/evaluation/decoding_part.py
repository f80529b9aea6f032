"""What the parts about decoding share: one model, several settings, the same prompts and seeds.

Each setting writes one clip for each of a few prompts, with the prompt's number as the seed, so
that settings differ in nothing else. How far what is written is from real renders, and whether it
is what was asked, are measured as in the parts "music" and "adherence".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.decode import GenerationRequest, Mode, finish
from engine.evaluation.clip_sets import CLIP_S, RATE_HZ, held_out
from engine.evaluation.codec import at_rate, interval
from engine.evaluation.embeddings import Reference, Samples, embeddings_for, references
from engine.evaluation.generations import heard
from engine.evaluation.paired import Heard, compare, hear, signed, verdict
from engine.evaluation.part import Result, Setup, markdown_table
from engine.evaluation.prompts import PROMPTS, Prompt, spread
from engine.knobs import DEFAULT_PRESET, build_request
from engine.music import MusicModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLIPS = 24
REAL_CLIPS = (32, 64)
"""At least, whatever is asked for, because the units of the distances are theirs; and at most."""
TIMED_PROMPTS = 3
ASKED = ("instrument", "drums", "tempo", "mode")
"""The probe's questions that count; moods and styles are matters of opinion."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to decode.

    Args:
        name: in tables and pictures.
        knobs: what differs from the preset's values, by knob name.
        facts: JSON values that the part's own words and pictures need.
    """

    name: str
    knobs: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)

    def request(self, model: MusicModel, prompt: Prompt, seed: int) -> GenerationRequest:
        """For one clip."""
        values = {"prompt": prompt.text, "seed": seed, "duration_s": clip_s(model),
                  "mode": usual_mode(model).value, **self.knobs}  # fmt: skip
        return build_request(values, preset=DEFAULT_PRESET, family=model.family)


def usual_mode(model: MusicModel) -> Mode:
    """Hybrid for a model that can do it; else the first of its own modes."""
    return Mode.HYBRID if Mode.HYBRID in model.modes else model.modes[0]


def clip_s(model: MusicModel) -> float:
    """Seconds of a generated clip: as long as the real ones, if the model's window is."""
    return min(CLIP_S, model.window_s)


def sweep(setup: Setup, settings: Sequence[Setting], base: str) -> Result:
    """Measure some settings on the same prompts.

    Args:
        setup: its model writes; at most `MOST_CLIPS` clips a setting.
        settings: with names of their own.
        base: the name of the one that the others are compared with.

    Raises:
        RequestError: a setting that the model cannot do.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    prompts = spread(PROMPTS, min(setup.clips, MOST_CLIPS))
    seconds = timed(setup, settings, prompts[:TIMED_PROMPTS])
    reference = reference_for(setup)
    found: dict[str, Heard] = {}
    right: dict[str, list[float]] = {}
    for number, setting in enumerate(settings, 1):
        setup.tell(f"{setting.name}: setting {number} of {len(settings)}, {len(prompts)} clips")
        requests = [setting.request(setup.model, prompt, seed) for seed, prompt in prompts]
        rate_hz = setup.model.sample_rate_hz
        clips = [at_rate(clip, rate_hz, RATE_HZ) for clip in heard(setup, requests)]
        found[setting.name] = hear(clips, reference)
        right[setting.name] = followed(setup, clips, [prompt for _, prompt in prompts])
    compared = compare(found, base, reference)
    return {
        "clips": len(prompts),
        "real_clips": len(next(iter(reference.values())).rows),
        "timed": len(prompts[:TIMED_PROMPTS]),
        "base": base,
        "settings": [
            {"name": each.name, **each.facts, "seconds": float(np.median(seconds[each.name])),
             "ratio": _ratio(seconds[each.name], seconds[base]),
             "distances": compared[each.name],
             "followed": _share(right[each.name], right[base])}
            for each in settings
        ],
    }  # fmt: skip


def reference_for(setup: Setup) -> dict[str, Reference]:
    """Held-out renders as all embeddings hear them."""
    least, most = REAL_CLIPS
    real = held_out(min(max(setup.clips, least), most))
    length = round(clip_s(setup.model) * RATE_HZ)
    return references(real.samples[:, :length], embeddings_for(setup))


def timed(
    setup: Setup, settings: Sequence[Setting], prompts: Sequence[tuple[int, Prompt]]
) -> dict[str, list[float]]:
    """Seconds of writing the tokens of each prompt, by setting, without the cache.

    All settings take turns at a prompt, so that what else the computer does meets all of them.
    """
    model = setup.model
    finish(model.generate(settings[0].request(model, prompts[0][1], 0)))  # warms up
    seconds: dict[str, list[float]] = {setting.name: [] for setting in settings}
    for number, (seed, prompt) in enumerate(prompts, 1):
        setup.tell(f"timing: prompt {number} of {len(prompts)}")
        for setting in settings:
            started = time.perf_counter()
            finish(model.generate(setting.request(model, prompt, seed))).codes.cpu()
            seconds[setting.name].append(time.perf_counter() - started)
    return seconds


def followed(setup: Setup, clips: Sequence[Samples], prompts: Sequence[Prompt]) -> list[float]:
    """Of each clip, the share of the prompt's facts that the probe finds in it."""
    # Here, not above: the probe needs FluidSynth to be trained.
    from engine.evaluation.probe import probe_for

    probe = probe_for(setup)
    found = []
    for clip, prompt in zip(clips, prompts, strict=True):
        heard_in = probe.answer(clip[None])
        right = [
            heard_in[question][0] == answer
            for question, answer in prompt.asked().items()
            if question in ASKED
        ]
        found.append(float(np.mean(right)) if right else float("nan"))
    return found


def chapter(introduction: str, result: Result, heading: str) -> str:
    """The text of a sweep: what it is about, its table, how to read it, and what is clear."""
    parts = (introduction, table(result, heading), explained(result), conclusion(result))
    return "\n\n".join(parts)


def draw_points(result: Result, at: Callable[[Row], tuple[float, float]], ax: Axes) -> None:
    """A point for each setting, with its name; the preset's has another colour."""
    for row in result["settings"]:
        ax.plot(*at(row), "o", color="C1" if row["name"] == result["base"] else "C0")
        ax.annotate(row["name"], at(row), xytext=(4, 4), textcoords="offset points", fontsize=8)
    ax.margins(x=0.25, y=0.15)


def table(result: Result, heading: str) -> str:
    """A row for each setting: seconds, distances with their differences, prompts followed."""
    embeddings = list(result["settings"][0]["distances"])
    rows = []
    for row in result["settings"]:
        is_base = row["name"] == result["base"]
        cells = [f"{row['name']} (preset)" if is_base else row["name"], f"{row['seconds']:.1f}",
                 _with_interval(row["ratio"], 2, is_base)]  # fmt: skip
        for each in embeddings:
            found = row["distances"][each]
            difference = "" if is_base else "; " + signed(found["difference"], 2)
            cells.append(f"{found['distance']:.2f}{difference}")
        share = row["followed"]
        difference = "" if is_base else "; " + signed([100 * x for x in share["difference"]], 0)
        rows.append([*cells, f"{100 * share['share']:.0f}{difference}"])
    head = [heading, "seconds", "× preset", *embeddings, "facts found, %"]
    return markdown_table(head, rows)


def explained(result: Result) -> str:
    """How a table of `table` is to be read."""
    return _EXPLANATION.format(**{name: result[name] for name in ("clips", "real_clips", "timed")})


_EXPLANATION = """\
*seconds* of writing the tokens of one clip, the median of {timed} prompts, with all settings
taking turns; a computer that does other things makes them noisy, so read *× preset*, the median
of the ratios to the preset on the same prompts, with the lowest and the highest. Then the Fréchet
distances (of diagonal Gaussians) from {real_clips} held-out renders, by embedding, and how many
per cent of what the prompts ask for (instrument, drums, tempo, mode) the probe finds; after the
semicolon the difference from the preset with the interval that holds 95 % of bootstrap samples of
the prompts. Every figure rests on the same {clips} prompts and seeds. These distances are for
comparing the rows alone: they depend on the number of clips too, and none of these figures says
whether the music is good."""


def conclusion(result: Result) -> str:
    """What is clear of chance, and which setting is the quickest that loses nothing clearly."""
    rows = [row for row in result["settings"] if row["name"] != result["base"]]
    lines = []
    for row in rows:
        said = _clear(row)
        if said:
            lines.append(f"- {row['name']}: {'; '.join(said)}.")
    if not lines:
        lines = ["- No setting differs clearly from the preset in any column."]
    n_compared = sum(len(row["distances"]) + 1 for row in rows)
    lines.append(
        f"- These are {n_compared} differences: one in twenty would be clear of zero by chance "
        "alone, and those that are not named could be nothing but chance."
    )
    lines.append(f"- {_quickest(result)}")
    return "\n".join(["**Clear differences from the preset**", "", *lines])


def _quickest(result: Result) -> str:
    # quicker at every prompt that was timed: a middle below 1 may be noise
    quicker = [row for row in result["settings"] if row["ratio"][2] < 1]
    lossless = [row for row in quicker if not _loses(row)]
    if not quicker:
        return "No setting is quicker than the preset at every prompt that was timed."
    if not lossless:
        return "Every setting that is quicker than the preset loses something clearly."
    row = min(lossless, key=lambda each: each["ratio"][0])
    return (
        f"The quickest setting that loses nothing clearly is {row['name']}, in "
        f"{row['ratio'][0]:.2f} times the preset's time. That a loss is not clear does not mean "
        f"that there is none: the intervals of {result['clips']} prompts are wide."
    )


def _loses(row: Row) -> bool:
    verdicts = {verdict(each["difference"]) for each in row["distances"].values()}
    return "further" in verdicts or row["followed"]["difference"][2] < 0


def _clear(row: Row) -> list[str]:
    """In words, the columns whose differences are clear of zero."""
    said = []
    for name, each in row["distances"].items():
        word = verdict(each["difference"])
        if word != "open":
            said.append(f"{word} in {name}: {signed(each['difference'], 2)}")
    middle, low, high = (100 * each for each in row["followed"]["difference"])
    if low > 0 or high < 0:
        word = "more" if low > 0 else "less"
        gap = signed([middle, low, high], 0)
        said.append(f"{word} of what is asked is found: {gap} points")
    return said


def _ratio(seconds: Sequence[float], base: Sequence[float]) -> list[float]:
    ratios = np.array(seconds) / np.array(base)
    return [float(np.median(ratios)), float(ratios.min()), float(ratios.max())]


def _share(right: Sequence[float], base: Sequence[float]) -> Row:
    """The mean share, and its paired difference with the interval of bootstrap samples."""
    own, other = (np.array(each)[~np.isnan(right)] for each in (right, base))
    return {"share": float(own.mean()), "difference": [*interval(own - other, np.mean)]}


def _with_interval(values: Sequence[float], digits: int, is_base: bool) -> str:
    if is_base:
        return "1"
    middle, low, high = (f"{each:.{digits}f}" for each in values)
    return f"{middle} ({low} to {high})"
