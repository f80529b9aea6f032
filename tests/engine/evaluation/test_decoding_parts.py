"""Settings are compared on the same prompts, and conclusions follow from the figures alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from engine.decode import Mode
from engine.errors import RequestError
from engine.evaluation import (
    decoding_part,
    hybrid_part,
    rescoring_part,
    sampling_part,
    steps_part,
)
from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.decoding_part import Setting, conclusion, sweep, table
from engine.evaluation.embeddings import Embedding, Reference, Scale
from engine.evaluation.paired import compare, hear, verdict
from engine.evaluation.part import Part, Result, Setup
from engine.evaluation.prompts import Prompt
from engine.knobs import DEFAULT_PRESET, Family, build_request
from engine.knobs.presets import PRESETS
from engine.music import MusicModel, load
from tests.engine.tiny_model import write_tiny_model

PARTS = [hybrid_part.PART, rescoring_part.PART, sampling_part.PART, steps_part.PART]
_LEVEL = Embedding(
    name="level",
    why="How loud a clip is.",
    embed=lambda samples: np.stack([samples.std(axis=1), np.abs(samples).mean(axis=1)], axis=1),
)
FOLLOWED = decoding_part.followed
"""Before the fixture puts another one in its place."""
PROMPT = Prompt(text="calm piano", instrument="piano", drums=False, mood="calm")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MusicModel:
    folder = write_tiny_model(tmp_path_factory.mktemp("decoding") / "tiny")
    return load(str(folder), device="cpu", dtype=torch.float32)


@pytest.fixture
def setup(model: MusicModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """A model of 2 s, judged by its loudness alone, and by a probe that hears pianos only."""
    noise = np.random.default_rng(0).normal(size=(40, 320_000)).astype(np.float32)
    prompts = tuple(Prompt(text=text, instrument="piano") for text in ("calm", "loud", "drums"))
    monkeypatch.setattr(decoding_part, "PROMPTS", prompts)
    monkeypatch.setattr(decoding_part, "TIMED_PROMPTS", 1)
    monkeypatch.setattr(decoding_part, "embeddings_for", lambda setup: {"level": _LEVEL})
    monkeypatch.setattr(
        decoding_part, "held_out", lambda count: ClipSet(name="", samples=noise[:count])
    )
    monkeypatch.setattr(decoding_part, "followed", lambda setup, clips, asked: [1.0] * len(clips))
    return Setup(model=model, cache=tmp_path, clips=8)


def _reference(rows: np.ndarray) -> Reference:
    scale = Scale(mean=np.zeros(rows.shape[1]), deviation=np.ones(rows.shape[1]))
    return Reference(embedding=_LEVEL, scale=scale, rows=rows)


def _row(name: str, difference: list[float], ratio: float, **facts: object) -> dict[str, Any]:
    found = {"distance": 10 + difference[0], "difference": difference}
    return {
        **{"name": name, "seconds": 4 * ratio, "ratio": [ratio, ratio - 0.1, ratio + 0.1]},
        **{
            "distances": {"timbre": found},
            "followed": {"share": 0.7, "difference": [0, -0.1, 0.1]},
        },
        **facts,
    }


def _result(*rows: dict[str, Any], base: str = "base") -> Result:
    return {"clips": 24, "real_clips": 64, "timed": 3, "base": base, "settings": list(rows)}


def test_clear_differences_are_told_from_chance() -> None:
    rng = np.random.default_rng(0)
    real, base = rng.normal(size=(64, 4)), rng.normal(1.0, 1, size=(24, 4))
    settings = {"base": base, "same": base.copy(), "far": base + 1.0, "near": base - 0.8}
    found = compare(
        {name: {"level": rows} for name, rows in settings.items()},
        "base",
        {"level": _reference(real)},
    )
    assert found["same"]["level"]["difference"] == [0.0, 0.0, 0.0]
    verdicts = {name: verdict(each["level"]["difference"]) for name, each in found.items()}
    assert verdicts == {"base": "open", "same": "open", "far": "further", "near": "nearer"}
    gap, low, high = found["far"]["level"]["difference"]
    assert gap == found["far"]["level"]["distance"] - found["base"]["level"]["distance"]
    assert low < gap < high


def test_clips_are_heard_in_their_order_however_many_there_are() -> None:
    clips = [np.full(8, number, np.float32) for number in range(20)]
    rows = hear(iter(clips), {"level": _reference(np.zeros((2, 2)))})["level"]
    assert rows[:, 1].tolist() == list(range(20))


def test_a_sweep_asks_all_settings_the_same(setup: Setup) -> None:
    few: dict[str, object] = {"mode": "parallel", "steps": (2, 1, 1, 1)}
    settings = (
        Setting(name="base", knobs=few, facts={"x": 0}),
        Setting(name="one", knobs=few | {"steps": (1, 1, 1, 1)}, facts={"x": 1}),
        Setting(name="again", knobs=few, facts={"x": 2}),
    )
    found = sweep(setup, settings, "base")
    assert (found["clips"], found["real_clips"], found["base"]) == (3, 32, "base")
    base, one, again = found["settings"]
    assert [row["x"] for row in found["settings"]] == [0, 1, 2]
    assert base["ratio"] == [1, 1, 1] and min(one["ratio"]) > 0
    assert again["distances"] == base["distances"] != one["distances"]
    assert one["followed"] == {"share": 1.0, "difference": [0.0, 0.0, 0.0]}
    # what is written is kept: two settings of three clips, the third is the first
    assert len(list((setup.cache / "generated").iterdir())) == 6


def test_the_probe_is_asked_about_facts_alone(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(clips: np.ndarray) -> dict[str, list[str]]:
        assert clips.shape == (1, 8)
        return {"instrument": ["piano"], "drums": ["True"], "mood": ["sad"]}

    probe = SimpleNamespace(answer=answer)
    monkeypatch.setitem(
        sys.modules, "engine.evaluation.probe", SimpleNamespace(probe_for=lambda setup: probe)
    )
    clips, prompts = [np.zeros(8, np.float32)] * 2, [PROMPT, Prompt(text="x", mood="sad")]
    share, nothing_asked = FOLLOWED(setup, clips, prompts)
    assert share == 0.5 and np.isnan(nothing_asked)


def test_prompts_that_ask_nothing_do_not_count() -> None:
    share = decoding_part._share([1.0, float("nan"), 0.5], [0.5, float("nan"), 0.5])
    assert share["share"] == 0.75
    assert share["difference"] == [0.25, 0.0, 0.5]


@pytest.mark.parametrize("family", list(Family))
def test_the_preset_is_among_the_steps(family: Family) -> None:
    usual = PRESETS[family][DEFAULT_PRESET]["steps"]
    settings, base = steps_part.settings_for(usual)  # type: ignore[arg-type]
    assert [each.knobs["steps"] for each in settings if each.name == base] == [usual]
    assert len({each.name for each in settings}) == len(settings)


def test_the_preset_is_asked_as_others_ask_it(model: MusicModel) -> None:
    usual = build_request(
        {"prompt": PROMPT.text, "seed": 5, "duration_s": 2.0}, preset=DEFAULT_PRESET
    )
    hybrid, base = hybrid_part.settings_for(2.0)
    by_name = {each.name: each for each in (*hybrid, *rescoring_part.SETTINGS)}
    for name in (base, rescoring_part._BASE):
        assert by_name[name].request(model, PROMPT, 5) == usual
    weights = [each.request(model, PROMPT, 5) for each in rescoring_part.SETTINGS[1:]]
    assert [each.options.rescorer_weight for each in weights] == [0.25, 0.5, 0.75, 1.0]
    assert {each.rescorer for each in weights} == {"self"}


def test_openings_run_from_nothing_to_everything() -> None:
    settings, base = hybrid_part.settings_for(10.0)
    whole: Any = SimpleNamespace(window_s=10.0, family=Family.MINI, modes=tuple(Mode))
    requests = [each.request(whole, PROMPT, 0) for each in settings]
    assert base == "3 s"
    assert [each.facts["opening_s"] for each in settings] == [0, 0.5, 1, 2, 3, 5, 10]
    assert requests[0].mode is Mode.PARALLEL and requests[-1].mode is Mode.AUTOREGRESSIVE
    assert [each.opening_s for each in requests[1:-1]] == [0.5, 1, 2, 3, 5]


def test_a_model_without_openings_is_asked_for_what_it_can_do() -> None:
    parallel: Any = SimpleNamespace(window_s=10.0, family=Family.MUSIC, modes=(Mode.PARALLEL,))
    settings, _ = steps_part.settings_for((20, 10, 10, 10))
    assert settings[0].request(parallel, PROMPT, 0).mode is Mode.PARALLEL
    names = [each.name for each in sampling_part.settings_for(Mode.PARALLEL)]
    assert sampling_part._BASE in names and "the paper's" in names and "top p 0.8" in names
    assert not any(name.startswith("opening") for name in names)


def test_a_model_that_writes_left_to_right_alone_is_not_asked_for_steps(tmp_path: Path) -> None:
    modes = (Mode.AUTOREGRESSIVE,)
    plain: Any = SimpleNamespace(name="plain", family=Family.MUSIC, modes=modes)
    with pytest.raises(RequestError, match="writes left to right alone"):
        steps_part.measure(Setup(model=plain, cache=tmp_path))
    names = {each.name for each in sampling_part.settings_for(Mode.AUTOREGRESSIVE)}
    assert "opening: guidance 3" in names and "top p 0.8" not in names


@pytest.mark.parametrize("mode", list(Mode))
def test_every_sampling_setting_differs_from_the_others(mode: Mode) -> None:
    model: Any = SimpleNamespace(window_s=10.0, family=Family.MINI, modes=(mode,))
    asked = [each.request(model, PROMPT, 0) for each in sampling_part.settings_for(mode)]
    assert len(set(map(repr, asked))) == len(asked) > 4


def test_a_conclusion_names_the_quickest_that_loses_nothing() -> None:
    base = _row("base", [0, 0, 0], 1.0)
    better = _row("slow", [-3, -4, -2], 2.0)
    open_, worse = _row("quick", [1, -1, 2], 0.5), _row("quickest", [3, 2, 4], 0.3)
    said = conclusion(_result(better, base, open_, worse))
    assert "- slow: nearer in timbre: -3.00 (-4.00 to -2.00)." in said
    assert "- quickest: further in timbre: +3.00 (+2.00 to +4.00)." in said
    assert "- quick:" not in said and "loses nothing clearly is quick, in 0.50 times" in said
    said = conclusion(_result(base, worse))
    assert "Every setting that is quicker than the preset loses something clearly" in said
    said = conclusion(_result(base, _row("alike", [1, -1, 2], 0.95)))
    assert "No setting differs clearly from the preset" in said
    assert "No setting is quicker than the preset at every prompt" in said


def test_a_prompt_followed_less_is_a_loss() -> None:
    deaf = _row("deaf", [0, -1, 1], 0.5)
    deaf["followed"] = {"share": 0.3, "difference": [-0.4, -0.5, -0.3]}
    said = conclusion(_result(_row("base", [0, 0, 0], 1.0), deaf))
    assert "- deaf: less of what is asked is found: -40 (-50 to -30) points." in said
    assert "Every setting that is quicker" in said


def test_a_table_has_the_preset_without_differences() -> None:
    shown = table(_result(_row("a|b", [2, 1, 3], 0.5), _row("base", [0, 0, 0], 1.0)), "setting")
    first, second = shown.splitlines()[2:]
    assert first.startswith(r"| a\|b | 2.0 | 0.50 (0.40 to 0.60) | 12.00; +2.00 (+1.00 to +3.00) |")
    assert first.endswith("| 70; +0 (-10 to +10) |")
    assert second == "| base (preset) | 4.0 | 1 | 10.00 | 70 |"


def _result_of(part: Part) -> Result:
    if part.name == "hybrid":
        settings, base = hybrid_part.settings_for(10.0)
    elif part.name == "steps":
        settings, base = steps_part.settings_for((16, 4, 2, 2))
    elif part.name == "sampling":
        settings, base = sampling_part.SETTINGS, sampling_part._BASE
    else:
        settings, base = rescoring_part.SETTINGS, rescoring_part._BASE
    rows = [
        _row(each.name, [number, number - 0.5, number + 0.5], 1 + number, **each.facts)
        for number, each in enumerate(settings)
    ]
    return _result(*rows, base=base)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_tells_and_draws_its_result(part: Part) -> None:
    result = _result_of(part)
    section = part.describe(result)
    assert section.plots and all(row["name"] in section.body for row in result["settings"])
    for plot in section.plots:
        figure = Figure()
        ax = figure.subplots()
        plot.draw(ax)
        values = np.concatenate([line.get_ydata() for line in ax.lines])  # type: ignore[arg-type]
        wanted = len(result["settings"])
        assert len(values) >= wanted and np.isfinite(values.astype(float)).all()


def test_the_curve_has_seconds_on_an_axis_of_their_own() -> None:
    result = _result_of(hybrid_part.PART)
    figure = Figure()
    hybrid_part.draw_curve(result, "timbre", figure.subplots())
    left, right = figure.axes
    assert list(left.lines[0].get_ydata()) == [10 + number for number in range(7)]
    assert list(right.lines[0].get_ydata()) == [4.0 * (1 + number) for number in range(7)]
    assert right.get_ylabel() == "seconds"
    ax = Figure().subplots()
    hybrid_part.draw_followed(result, ax)
    assert list(ax.lines[0].get_ydata()) == pytest.approx([70] * 7)


def test_the_paper_s_economy_is_priced() -> None:
    result = _result_of(steps_part.PART)
    rows = {row["name"]: row for row in result["settings"]}
    rows["20, 10, 10, 10"]["distances"]["timbre"]["distance"] = 20.0
    rows["20, 1, 1, 1"]["distances"]["timbre"]["distance"] = 25.0
    assert "changes the distance by +25 % (timbre)" in steps_part.PART.describe(result).body
