"""Does a clip hold what was asked for? What two judges answer, and how often they are right.

The probe is a classifier trained on real renders: it answers every question
but may fall for sounds that it never heard. The hearing (`engine.evaluation.hearing`) is
a few rules without a network: it answers three questions and knows no instrument.
Both are judged themselves, on renders of which the truth is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.hearing import hear, heard_answers, tempo_classes
from engine.evaluation.probe import QUESTIONS as TRUTH
from engine.evaluation.prompts import MODE_OF_MOOD, MOODS, QUESTIONS, TEMPOS
from engine.training.composer.instruments import MAIN_FAMILIES
from engine.training.composer.song import Facts

Record = dict[str, Any]
"""One judged clip, in JSON values: "asked", and the answers of "probe" and of "hearing", each by
question; "styles", the probe's likeliest three; "tempos", the classes that the hearing's tempo,
its half and its double fall into; "sound", what it measured, as `Heard` names it."""

JUDGES = ("probe", "hearing")
_LIKELIEST = 3
_Z = 1.959964
"""Of 95 %."""

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "instrument": MAIN_FAMILIES,
    "drums": ("True", "False"),
    "tempo": TEMPOS,
    "mode": ("major", "minor"),
    "mood": MOODS,
}
"""What may be asked for, in the order of the confusion matrices."""

SOUNDS: tuple[tuple[str, str, int], ...] = (
    ("percussive", "drums", 2),
    ("onset_rate_hz", "tempo", 1),
    ("tempo_bpm", "tempo", 0),
    ("brightness_hz", "mood", 0),
    ("minor_lead", "mode", 2),
)
"""The hearing's measures, the question whose answer each should follow, and its decimals."""


class Probe(Protocol):
    """What is needed of `engine.evaluation.probe.Probe`."""

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The answers to each question."""
        ...

    def probabilities(
        self, samples: NDArray[np.float32]
    ) -> Mapping[str, NDArray[np.floating[Any]]]:
        """By question, [n, answers] in the order of `choices`, for clips [n, N]."""
        ...


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of how many, with the interval of Wilson.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.

    Args:
        right, count: clips; 0 <= right <= count, count >= 1.
    """

    right: int
    count: int

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """That holds the true share in 95 % of samples, in [0, 1]."""
        n, p, z2 = self.count, self.share, _Z * _Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def drop(before: Share, after: Share) -> tuple[float, float, float]:
    """By how much a share fell, and the interval of this difference, all in [-1, 1].

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17, 1998, method 10.
    """
    fell = before.share - after.share
    (low, high), (low_after, high_after) = before.interval, after.interval
    down = math.hypot(before.share - low, high_after - after.share)
    up = math.hypot(high - before.share, after.share - low_after)
    return fell, fell - down, fell + up


def facts_asked(facts: Facts) -> dict[str, str]:
    """The right answers of a render, of those that a prompt could ask for.

    A clip of drums alone has no main instrument of ten and no mode, and "groovy" is none of the
    four moods: these questions are left out, as no prompt asks them so.
    """
    answers = {question: ask(facts) for question, ask in TRUTH.items()}
    return {
        question: each
        for question, each in answers.items()
        if question not in ANSWERS or each in ANSWERS[question]
    }


def judge(
    probe: Probe, clips: NDArray[np.float32], asked: Sequence[Mapping[str, str]]
) -> list[Record]:
    """Both judges' answers on clips.

    Args:
        probe: the trained judge.
        clips: [n, N] at 32 kHz.
        asked: right answers of each by question, as many as clips.
    """
    likeliest = {
        # the likeliest first; of equally likely ones the first
        question: np.argsort(-np.asarray(rows), axis=1, kind="stable")
        for question, rows in probe.probabilities(clips).items()
    }
    found = []
    for i, (clip, each) in enumerate(zip(clips, asked, strict=True)):
        ranked = {
            question: [probe.choices[question][k] for k in likeliest[question][i]]
            for question in QUESTIONS
        }
        sound = hear(clip)
        found.append(
            {
                "asked": dict(each),
                "probe": {question: answers[0] for question, answers in ranked.items()},
                "hearing": heard_answers(sound),
                "styles": ranked["style"][:_LIKELIEST],
                "tempos": list(tempo_classes(sound.tempo_bpm)),
                "sound": asdict(sound),
            }
        )
    return found


def sounds(records: Iterable[Record], measured: str, question: str, answer: str) -> list[float]:
    """A field of `Heard` in the clips of which an answer was asked, where it is not None."""
    values = [each["sound"][measured] for each in records if each["asked"].get(question) == answer]
    return [each for each in values if each is not None]


def measures(judge_name: str) -> tuple[str, ...]:
    """What `share_right` can tell of a judge, in the order of the tables."""
    if judge_name == "hearing":
        return ("drums", "tempo", "tempo, next class", "tempo, octaves", "mode", "mode of mood")
    return (
        "instrument",
        "drums",
        "tempo",
        "tempo, next class",
        "mode",
        "mode of mood",
        "mood",
        "style",
        "style, first three",
        "solo",
    )


def share_right(records: Iterable[Record], judge_name: str, measure: str) -> Share | None:
    """In how many of the clips of which something was asked a judge finds it.

    Args:
        records: of `judge`.
        judge_name: of `JUDGES`.
        measure: of `measures(judge_name)`. "next class": a tempo is at most one class off;
            "octaves": half or double of it is in the class; "mode of mood": the mode that
            belongs to the mood asked for; "first three": one of the three likeliest styles.

    Returns:
        None if nothing of the kind was asked.
    """
    verdicts = [_is_right(each, judge_name, measure) for each in records]
    counted = [each for each in verdicts if each is not None]
    return Share(right=sum(counted), count=len(counted)) if counted else None


def _is_right(record: Record, judge_name: str, measure: str) -> bool | None:
    """None if it was not asked."""
    question, _, way = measure.partition(", ")
    asked = _asked(record, question)
    if asked is None:
        return None
    if measure == "style, first three":
        return asked in record["styles"]
    if measure == "tempo, octaves":
        return asked in record["tempos"]
    answer = record[judge_name]["mode" if question == "mode of mood" else question]
    if measure == "tempo, next class":
        return answer in TEMPOS and abs(TEMPOS.index(answer) - TEMPOS.index(asked)) <= 1
    return bool(answer == asked)


def _asked(record: Record, question: str) -> str | None:
    asked: Mapping[str, str] = record["asked"]
    if question == "mode of mood":
        return MODE_OF_MOOD.get(asked.get("mood", ""))
    return asked.get(question)


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What was asked for against what was found.

    Args:
        asked: names of the rows. found: of the columns: the same, then other answers that occur.
        counts: [rows, columns] clips.
    """

    asked: tuple[str, ...]
    found: tuple[str, ...]
    counts: NDArray[np.int64]


def confusion(records: Iterable[Record], judge_name: str, question: str) -> Confusion:
    """A judge's answers to one of `ANSWERS`, by what was asked for."""
    pairs = [
        (each["asked"][question], each[judge_name][question])
        for each in records
        if question in each["asked"]
    ]
    rows = ANSWERS[question]
    columns = (*rows, *sorted({answer for _, answer in pairs} - set(rows)))
    counts = np.zeros((len(rows), len(columns)), np.int64)
    for asked, answer in pairs:
        counts[rows.index(asked), columns.index(answer)] += 1
    return Confusion(asked=rows, found=columns, counts=counts)


def commonest(records: Iterable[Record], question: str) -> Share | None:
    """What somebody would get right who always gave the answer that is asked for most often."""
    asked = [each["asked"][question] for each in records if question in each["asked"]]
    if not asked:
        return None
    return Share(right=max(asked.count(each) for each in set(asked)), count=len(asked))
