"""Shares, intervals and confusion on known answers, and the whole part with a fake judge."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.decode import GenerationRequest, Mode
from engine.evaluation import adherence, adherence_part
from engine.evaluation.adherence import (
    JUDGES,
    Record,
    Share,
    commonest,
    confusion,
    drop,
    facts_asked,
    judge,
    measures,
    share_right,
)
from engine.evaluation.adherence_part import PART, SETS, TARGETS
from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.hearing import Heard
from engine.evaluation.part import Setup
from engine.evaluation.prompts import QUESTIONS
from engine.knobs import Family
from engine.music import load
from engine.training.composer.song import Facts
from tests.engine.tiny_model import write_tiny_model

SECOND = 32_000
HEARD = Heard(
    percussive=0.5, high_percussive_db=-10.0, onset_rate_hz=4.0, tempo_bpm=80.0,
    brightness_hz=2000.0, minor_lead=0.1,
)  # fmt: skip


LOUD = {"instrument": "organ", "drums": "True", "tempo": "fast", "mode": "major",
        "mood": "happy", "style": "rock", "solo": "False"}  # fmt: skip
SOFT = {"instrument": "piano", "drums": "False", "tempo": "slow", "mode": "minor",
        "mood": "sad", "style": "blues", "solo": "True"}  # fmt: skip


class FakeProbe:
    """Takes loud clips for a fast organ with drums, all others for a slow sad piano alone."""

    choices = {question: (SOFT[question], "jazz", LOUD[question]) for question in QUESTIONS}

    def probabilities(self, samples: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        rows = [[0.1, 0.2, 0.7] if np.abs(each).max() > 0.5 else [0.7, 0.2, 0.1]
                for each in samples]  # fmt: skip
        return {question: np.array(rows) for question in QUESTIONS}


def record(asked: dict[str, str], **found: str) -> Record:
    return {"asked": asked, "probe": found, "hearing": found, "styles": [], "tempos": []}


def facts(**changed: Any) -> Facts:
    plain: dict[str, Any] = {
        "style": "folk", "tempo_bpm": 80.0, "tempo_class": "slow", "key": "C", "mode": "dorian",
        "is_minor": True, "metre": "4/4", "instruments": ("flute",), "main_instrument": "flute",
        "has_drums": False, "moods": ("sad", "warm"), "density": "sparse", "solo": True,
        "form": "steady",
    }  # fmt: skip
    return Facts(**plain | changed)


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    # the first from Newcombe's paper of 1998 on single proportions, table I
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (5, 5, 0.5655, 1)],
)
def test_intervals_are_wilson_s(right: int, count: int, low: float, high: float) -> None:
    assert Share(right=right, count=count).interval == pytest.approx((low, high), abs=1e-4)


def test_a_drop_is_positive_and_its_interval_is_newcombe_s() -> None:
    # his paper on differences, table II, case (a): 56/70 and 48/80
    found = drop(Share(right=56, count=70), Share(right=48, count=80))
    assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_only_what_a_prompt_could_ask_is_asked_of_a_render() -> None:
    assert facts_asked(facts()) == {
        "instrument": "flute", "drums": "False", "tempo": "slow", "mode": "minor", "mood": "sad",
        "style": "folk", "solo": "True",
    }  # fmt: skip
    drums_alone = facts(main_instrument="drums", mode="none", is_minor=False, moods=("groovy",))
    assert not {"instrument", "mode", "mood"} & facts_asked(drums_alone).keys()


def test_what_was_not_asked_does_not_count() -> None:
    records = [
        record({"tempo": "slow"}, tempo="slow", drums="True"),
        record({"tempo": "slow"}, tempo="medium", drums="True"),
        record({"drums": "True"}, tempo="fast", drums="True"),
    ]
    assert share_right(records, "probe", "tempo") == Share(right=1, count=2)
    assert share_right(records, "probe", "drums") == Share(right=1, count=1)
    assert share_right(records, "probe", "mood") is None


def test_the_next_class_counts_only_where_it_is_said() -> None:
    pairs = [("slow", "slow"), ("slow", "medium"), ("slow", "fast"), ("medium", "fast"),
             ("fast", "none")]  # fmt: skip
    records = [record({"tempo": asked}, tempo=found) for asked, found in pairs]
    assert share_right(records, "hearing", "tempo") == Share(right=1, count=5)
    assert share_right(records, "hearing", "tempo, next class") == Share(right=3, count=5)


def test_octaves_and_likeliest_styles_are_looked_up() -> None:
    one = record({"tempo": "slow", "style": "jazz"}, tempo="fast", style="rock")
    one |= {"tempos": ["fast", "slow"], "styles": ["rock", "jazz", "pop"]}
    assert share_right([one], "hearing", "tempo, octaves") == Share(right=1, count=1)
    assert share_right([one], "probe", "style, first three") == Share(right=1, count=1)
    assert share_right([one], "probe", "style") == Share(right=0, count=1)


def test_a_mood_asks_for_its_mode() -> None:
    moods = ("happy", "calm", "sad", "tense")
    records = [record({"mood": mood}, mode="minor") for mood in moods]
    assert share_right(records, "hearing", "mode of mood") == Share(right=2, count=4)
    assert share_right(records, "hearing", "mode") is None


def test_confusion_counts_asked_by_row_and_found_by_column() -> None:
    pairs = [("major", "minor"), ("major", "minor"), ("minor", "minor"), ("minor", "none")]
    records = [record({"mode": asked}, mode=found) for asked, found in pairs]
    found = confusion([*records, record({}, mode="major")], "probe", "mode")
    assert (found.asked, found.found) == (("major", "minor"), ("major", "minor", "none"))
    assert found.counts.tolist() == [[0, 2, 0], [0, 1, 1]]


def test_the_commonest_answer_is_what_guessing_would_get() -> None:
    records = [record({"drums": each}) for each in ("True", "False", "True")]
    assert commonest(records, "drums") == Share(right=2, count=3)
    assert commonest(records, "mood") is None


def test_both_judges_answer_for_each_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adherence, "hear", lambda clip: HEARD)
    clips = np.stack([np.zeros(SECOND, np.float32), np.ones(SECOND, np.float32)])
    soft, loud = judge(FakeProbe(), clips, [{"tempo": "slow"}, {}])
    assert (soft["asked"], loud["asked"]) == ({"tempo": "slow"}, {})
    assert (soft["probe"], loud["probe"]) == (SOFT, LOUD)
    assert soft["styles"] == ["blues", "jazz", "rock"]
    assert loud["styles"] == ["rock", "jazz", "blues"]
    assert soft["hearing"] == {"drums": "True", "tempo": "slow", "mode": "minor"}
    assert soft["tempos"] == ["slow", "fast"]
    assert soft["sound"]["brightness_hz"] == 2000


class FakeModel:
    """What is looked at of a model where playing is replaced."""

    family = Family.MINI
    modes = (Mode.HYBRID, Mode.PARALLEL)
    sample_rate_hz = SECOND


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    def played(setup: Setup, requests: Any) -> Any:
        for request in requests:
            has_drums = "drum" in request.prompt and "no drum" not in request.prompt
            yield np.full(SECOND, 1.0 if has_drums else 0.1, np.float32)

    def real(count: int) -> ClipSet:
        rows = [facts() if i % 2 else facts(has_drums=True) for i in range(count)]
        samples = np.full((count, SECOND), 0.1, np.float32)
        return ClipSet(name="real", samples=samples, facts=tuple(rows))

    def request(values: dict[str, Any], **_: Any) -> Any:
        return type("Request", (), values)()

    probe = ModuleType("engine.evaluation.probe")
    probe.probe_for = lambda setup: FakeProbe()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "engine.evaluation.probe", probe)
    monkeypatch.setattr(adherence_part, "heard", played)
    monkeypatch.setattr(adherence_part, "held_out", real)
    monkeypatch.setattr(adherence_part, "build_request", request)
    monkeypatch.setattr(adherence, "hear", lambda clip: HEARD)  # its own tests take long enough
    monkeypatch.setattr(adherence_part, "_through", lambda setup, samples: samples)
    setup = Setup(model=FakeModel(), cache=tmp_path, clips=10)  # type: ignore[arg-type]
    return json.loads(json.dumps(PART.measure(setup)))  # type: ignore[no-any-return]


def rows(body: str) -> dict[tuple[str, str], Sequence[str]]:
    lines = [line.split("|")[1:-1] for line in body.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {(each[0], each[1]): each for each in cells if len(each) == 10}


def test_a_result_is_told_from_its_json_alone(result: dict[str, Any]) -> None:
    assert [len(result["records"][name]) for name in SETS] == [10, 10, 10, 10]
    section = PART.describe(result)
    table = rows(section.body)
    asked = {(measured, name) for name in JUDGES for measured in measures(name)}
    assert asked <= table.keys()
    # half of the renders have drums, which the fake never hears in soft clips
    assert table["drums", "probe"][2].startswith("50 (24 to 76; 5/10)")
    for question in TARGETS:
        assert "met" in table[question, "probe"][-1]
    assert table["mood", "probe"][-1] == ""


def test_measures_without_a_probe_are_told_by_what_was_asked(result: dict[str, Any]) -> None:
    for number, each in enumerate(result["records"]["prompts"]):
        is_slow = each["asked"].get("tempo") == "slow"
        each["sound"] |= {"tempo_bpm": None if is_slow else 80.0, "onset_rate_hz": 4.0 + number}
    body = PART.describe(result).body
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in body.splitlines()]
    table = {(each[0], each[1]): each[2:] for each in lines if len(each) == 6}
    # half of the ten renders have drums
    assert table["percussive", "drums: drums"][0] == "0.50 (0.50 to 0.50; 5)"
    assert table["tempo_bpm", "tempo: slow"][2] == "-"  # no beat was found in any
    assert table["onset_rate_hz", "tempo: slow"][0] == "4.0 (4.0 to 4.0; 10)"
    fast = [number for number, each in enumerate(result["records"]["prompts"])
            if each["asked"].get("tempo") == "fast"]  # fmt: skip
    assert table["onset_rate_hz", "tempo: fast"][2].startswith(f"{4 + np.median(fast):.1f} (")
    assert table["onset_rate_hz", "tempo: fast"][2].endswith(f"; {len(fast)})")


def test_the_same_prompt_has_the_same_seed_however_many_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[GenerationRequest] = []

    def nothing(_: Setup, requests: Iterable[GenerationRequest]) -> Iterator[Any]:
        seen.extend(requests)
        return iter(())

    monkeypatch.setattr(adherence_part, "heard", nothing)
    prompts = adherence_part.PROMPTS
    for clips in (4, 9):
        setup = Setup(model=FakeModel(), cache=Path(), clips=clips)  # type: ignore[arg-type]
        adherence_part._played(setup, FakeProbe(), prompts, "prompts")
    assert seen[:4] == seen[4:8]
    assert all(prompts[each.seed].text == each.prompt for each in seen)
    assert {(each.mode, each.variations) for each in seen} == {(Mode.HYBRID, 1)}


def test_a_model_of_another_kind_and_rate_is_asked_for_what_it_can(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    modes: list[Mode] = []
    lengths: list[int] = []

    def played(_: Setup, requests: Iterable[GenerationRequest]) -> Iterator[Any]:
        for each in requests:
            modes.append(each.mode)
            yield np.full(16_000, 0.1, np.float32)

    def judged(probe: Any, clips: NDArray[np.float32], asked: Sequence[Any]) -> list[Record]:
        lengths.extend(map(len, clips))
        return [record({}) for _ in asked]

    monkeypatch.setattr(adherence_part, "heard", played)
    monkeypatch.setattr(adherence_part, "judge", judged)
    model: Any = SimpleNamespace(family=Family.SOUND, modes=(Mode.PARALLEL,), sample_rate_hz=16_000)
    setup = Setup(model=model, cache=tmp_path, clips=3)
    adherence_part._played(setup, FakeProbe(), adherence_part.PROMPTS, "prompts")
    assert modes == [Mode.PARALLEL] * 3
    assert lengths == [SECOND] * 3  # the judges hear 32 kHz


def test_a_coded_clip_is_as_long_as_its_source(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    clips = np.random.default_rng(0).normal(0, 0.1, (2, SECOND)).astype(np.float32)
    coded = adherence_part._through(Setup(model=model, cache=tmp_path), clips)
    assert coded.shape == clips.shape
    assert not np.allclose(coded[0], coded[1])


def test_matrices_are_drawn_with_their_counts(result: dict[str, Any]) -> None:
    figure = pytest.importorskip("matplotlib.figure")
    plots = PART.describe(result).plots
    assert len({plot.name for plot in plots}) == len(plots) >= 8
    for plot in plots:
        ax = figure.Figure(figsize=plot.size).add_subplot()
        plot.draw(ax)
        question = plot.name.rsplit("-", 1)[1]
        name = plot.name.split("-")[1]
        total = sum(question in each["asked"] for each in result["records"][name])
        assert sum(int(text.get_text()) for text in ax.texts) == total
