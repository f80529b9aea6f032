"""Does the model play what the prompt asks for, in the captions' words and in others?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.adherence import (
    ANSWERS,
    JUDGES,
    SOUNDS,
    Probe,
    Record,
    Share,
    commonest,
    confusion,
    drop,
    facts_asked,
    judge,
    measures,
    share_right,
    sounds,
)
from engine.evaluation.clip_sets import RATE_HZ, held_out
from engine.evaluation.decoding_part import usual_mode
from engine.evaluation.embeddings import in_batches
from engine.evaluation.fit import median_interval
from engine.evaluation.generations import heard
from engine.evaluation.music import decoded, encoded, resampled
from engine.evaluation.paraphrases import PARAPHRASES
from engine.evaluation.part import Part, Plot, Result, Section, Setup, markdown_table
from engine.evaluation.prompts import PROMPTS, Prompt, spread
from engine.knobs import DEFAULT_PRESET, build_request

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HELD_OUT, CODED, ASKED, REWORDED = "held-out renders", "through the codec", "prompts", "paraphrases"
SETS = (HELD_OUT, CODED, ASKED, REWORDED)
TARGETS: Mapping[str, float] = MappingProxyType(
    {"drums": 0.90, "tempo": 0.85, "instrument": 0.80, "mode": 0.75}
)
MOST_DROP = 0.10
"""Which a paraphrase may lose."""
_BATCH = 8
_WORST = 8


def measure(setup: Setup) -> Result:
    """Generate, judge, and judge what is known too.

    Returns:
        "preset" and "mode", and "records" by set, see `adherence.Record`; those of prompts also
        have "text".
    """
    # Here, not above: the probe is trained when it is first asked for.
    from engine.evaluation.probe import probe_for

    probe = probe_for(setup)
    real = held_out(setup.clips)
    assert real.facts is not None
    truth = [facts_asked(each) for each in real.facts]
    setup.tell(f"adherence: judging {len(real)} held-out renders")
    records = {
        HELD_OUT: _judged(probe, real.samples, truth),
        CODED: _judged(probe, _through(setup, real.samples), truth),
        ASKED: _played(setup, probe, PROMPTS, ASKED),
        REWORDED: _played(setup, probe, PARAPHRASES, REWORDED),
    }
    return {"preset": DEFAULT_PRESET, "mode": usual_mode(setup.model).value, "records": records}


def _played(setup: Setup, probe: Probe, prompts: Sequence[Prompt], name: str) -> list[Record]:
    """One clip for each of as many prompts as may be, judged."""
    chosen = spread(prompts, setup.clips)
    requests = (
        build_request(
            {"prompt": prompt.text, "seed": number, "mode": usual_mode(setup.model).value},
            preset=DEFAULT_PRESET,
            family=setup.model.family,
        )
        for number, prompt in chosen
    )
    records: list[Record] = []
    for own_rate in in_batches(heard(setup, requests), _BATCH):
        batch = resampled(own_rate, setup.model.sample_rate_hz, RATE_HZ)
        asked = [prompt for _, prompt in chosen[len(records) : len(records) + len(batch)]]
        judged = judge(probe, batch, [each.asked() for each in asked])
        records += [each | {"text": own.text} for each, own in zip(judged, asked, strict=True)]
        setup.tell(f"adherence: {len(records)} of {len(chosen)} {name}")
    return records


def _judged(
    probe: Probe, samples: NDArray[np.float32], truth: Sequence[Mapping[str, str]]
) -> list[Record]:
    starts = range(0, len(samples), _BATCH)
    parts = (slice(start, start + _BATCH) for start in starts)
    return [each for part in parts for each in judge(probe, samples[part], truth[part])]


def _through(setup: Setup, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encoded and decoded: the most that any language model can sound like."""
    rate_hz, starts = setup.model.sample_rate_hz, range(0, len(samples), _BATCH)
    batches = (resampled(samples[start : start + _BATCH], RATE_HZ, rate_hz) for start in starts)
    coded = (decoded(setup, encoded(setup, each)) for each in batches)
    clips = np.concatenate([resampled(each, rate_hz, RATE_HZ) for each in coded])
    return clips[:, : samples.shape[1]]


def describe(result: Result) -> Section:
    """The tables of shares, what failed, and the confusion matrices of what was generated."""
    records: Mapping[str, list[Record]] = result["records"]
    body = "\n\n".join(
        [
            _about(result),
            _table(records),
            _reading(),
            "### What was measured without a probe, by what was asked",
            _sound_table(records),
            "### Where the probe found least of what was asked",
            _worst([*records[ASKED], *records[REWORDED]]),
        ]
    )
    return Section(title="Adherence to the prompt", body=body, plots=tuple(_plots(records)))


def _about(result: Result) -> str:
    counts = {name: len(each) for name, each in result["records"].items()}
    return (
        f"{counts[ASKED]} prompts in the captions' words and {counts[REWORDED]} paraphrases, in "
        "which every fact asked for hangs on a word that no caption contains, were generated once "
        f"each (preset {result['preset']}, {result['mode']}, the seed is the prompt's number). Two "
        "judges say what they hear: a **probe**, a classifier trained on real renders, and the "
        "**hearing**, rules on percussive energy, tempo and pitch classes without any network. "
        f"Both also judge {counts[HELD_OUT]} held-out renders whose facts are known, as they are "
        "and through the codec. These two columns are the judges' own accuracy: a perfect model "
        "would score about as much, so a target above them cannot be shown to be met by that "
        "judge."
    )


def _reading() -> str:
    return (
        "Shares in %, with Wilson's 95 % interval and the counts. `commonest` is what always "
        "giving the answer asked for most often in the prompts would score. The verdict compares "
        "the share of the prompts with the target, and says *open* where the interval holds the "
        "target, so that more clips could turn it. `drop` is prompts minus paraphrases in points "
        f"(Newcombe's interval); at most {100 * MOST_DROP:.0f} is the target where there is one. "
        "A tempo is right, for its target too, in its exact class (slow below 90 bpm, fast above "
        "125); "
        "`next class` lets it be one class off, `octaves` lets half and double of the hearing's "
        "tempo count. `mode of mood` asks whether the mode is the one that happy and calm (major) "
        "or sad and tense (minor) always have in the training's music. Prompts ask for other "
        "mixtures of facts than held-out renders have, and the paraphrases for others again: "
        "differences of a few points between columns mean nothing. For modes the paraphrases have "
        "but few words, those of musicians (aeolian, d-moll). Each prompt is played once, so the "
        "intervals hold the chance of seeds and of prompts alike. Neither judge says whether the "
        "music is good."
    )


def _table(records: Mapping[str, list[Record]]) -> str:
    rows = [
        _row(records, judge_name, measured)
        for judge_name in JUDGES
        for measured in measures(judge_name)
    ]
    heading = ("question", "judge", *SETS, "drop", "commonest", "target", "verdict")
    return markdown_table(heading, rows)


def _row(records: Mapping[str, list[Record]], judge_name: str, measured: str) -> list[str]:
    shares = {name: share_right(records[name], judge_name, measured) for name in SETS}
    target = TARGETS.get(measured)
    plain = commonest(records[ASKED], measured)
    return [
        measured,
        judge_name,
        *(_cell(shares[name]) for name in SETS),
        _drop_cell(shares[ASKED], shares[REWORDED]),
        "" if plain is None else f"{100 * plain.share:.0f}",
        "" if target is None else f"{100 * target:.0f}; drop {100 * MOST_DROP:.0f}",
        "" if target is None else _verdict(shares[ASKED], shares[REWORDED], target),
    ]


def _sound_table(records: Mapping[str, list[Record]]) -> str:
    """Medians of the hearing's measures; a tempo of None is no beat, and left out."""
    rows = []
    for measured, question, digits in SOUNDS:
        for answer in ANSWERS[question]:
            found = [sounds(records[name], measured, question, answer) for name in SETS]
            (named,) = _names(question, [answer])
            cells = (_median_cell(each, digits) for each in found)
            rows.append((measured, f"{question}: {named}", *cells))
    explained = (
        "Medians, with the interval that holds 95 % of the medians of bootstrap samples, and the "
        "clips. A model that does what is asked has medians that differ between the rows of one "
        "measure as those of the renders do."
    )
    return markdown_table(("measure", "asked", *SETS), rows) + "\n\n" + explained


def _median_cell(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    middle, low, high = (f"{each:.{digits}f}" for each in median_interval(values))
    return f"{middle} ({low} to {high}; {len(values)})"


def _cell(share: Share | None) -> str:
    if share is None:
        return "-"
    low, high = share.interval
    return (
        f"{100 * share.share:.0f} ({100 * low:.0f} to {100 * high:.0f}; "
        f"{share.right}/{share.count})"
    )


def _drop_cell(before: Share | None, after: Share | None) -> str:
    if before is None or after is None:
        return "-"
    fell, low, high = (100 * each for each in drop(before, after))
    return f"{fell:.0f} ({low:.0f} to {high:.0f})"


def _verdict(before: Share | None, after: Share | None, target: float) -> str:
    if before is None:
        return "not asked"
    said = _met(before.share >= target, before.interval, target)
    if after is None:
        return said
    fell, low, high = drop(before, after)
    return f"{said}; drop {_met(fell <= MOST_DROP, (low, high), MOST_DROP)}"


def _met(is_met: bool, interval: tuple[float, float], target: float) -> str:
    said = "met" if is_met else "not met"
    return f"{said} (open)" if interval[0] <= target <= interval[1] else said


def _worst(records: Sequence[Record]) -> str:
    """Prompts with the most wrong answers of the probe."""
    rows = []
    for each in records:
        wrong = {
            question: (asked, each["probe"][question])
            for question, asked in each["asked"].items()
            if asked != each["probe"][question]
        }
        if wrong:
            shown = "; ".join(f"{_said(*pair)}" for pair in wrong.items())
            rows.append((len(wrong), each["text"], shown))
    rows.sort(key=lambda row: -row[0])
    return markdown_table(
        ("prompt", "asked and found"), [(text, shown) for _, text, shown in rows[:_WORST]]
    )


def _said(question: str, pair: tuple[str, str]) -> str:
    asked, found = pair
    return f"{question}: {asked}, found {found}"


def _plots(records: Mapping[str, list[Record]]) -> Iterator[Plot]:
    for name in (ASKED, REWORDED):
        for question, answers in ANSWERS.items():
            if any(question in each["asked"] for each in records[name]):
                side = 2.6 + 0.36 * len(answers)
                yield Plot(
                    name=f"adherence-{name}-{question}",
                    caption=f"{question.capitalize()} asked for by the {name} (rows) and found by "
                    "the probe (columns), clips.",
                    draw=_matrix(records[name], question),
                    size=(side + 0.6, side),
                )


def _matrix(records: Sequence[Record], question: str) -> Callable[[Axes], None]:
    def draw(ax: Axes) -> None:
        found = confusion(records, "probe", question)
        of_row = found.counts / np.maximum(found.counts.sum(1, keepdims=True), 1)
        ax.imshow(of_row, cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(
            range(len(found.found)), _names(question, found.found), rotation=45, ha="right"
        )
        ax.set_yticks(range(len(found.asked)), _names(question, found.asked))
        for (row, column), count in np.ndenumerate(found.counts):
            if count:
                colour = "white" if of_row[row, column] > 0.5 else "black"
                ax.text(column, row, str(count), ha="center", va="center", color=colour)
        ax.set_xlabel("found")
        ax.set_ylabel("asked")

    return draw


def _names(question: str, answers: Sequence[str]) -> list[str]:
    if question != "drums":
        return list(answers)
    return [{"True": "drums", "False": "none"}.get(each, each) for each in answers]


PART = Part(
    name="adherence",
    about="Does a clip hold what its prompt asks for, in known and in new words?",
    measure=measure,
    describe=describe,
)
