"""The report shows what is there, whoever named it; results outlive failures and stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import CheckpointError, ToolError
from engine.evaluation import report
from engine.evaluation.part import Part, Plot, Section, Setup, markdown_table
from engine.evaluation.report import measured_line, plain, write_report
from engine.evaluation.results import Measured, Record, load_all, processor_name, save
from engine.version import VERSION

MEASURED = Measured(
    model="studio-mini",
    weights_hash="ab" * 32,
    version=VERSION,
    clips=64,
    date="2026-01-31 12:00",
    device="cpu",
    dtype="bfloat16",
    processor="A processor",
    threads=2,
    seconds=30.0,
)


def _never(_: Setup) -> dict[str, Any]:
    raise AssertionError("a report measures nothing")


def _draw(ax: Any) -> None:
    ax.plot([0, 1], [1, 0])
    ax.twinx().plot([0, 1], [0, 9])


def _describe(result: dict[str, Any]) -> Section:
    return Section(
        title="First",
        body=f"It is {result['figure']}.\n\n" + markdown_table(["who"], [[result["who"]]]),
        plots=(Plot(name="first plot", caption="A line.", draw=_draw),),
    )


def _find(describe: Callable[[dict[str, Any]], Section] = _describe) -> Callable[[str], Part]:
    return lambda name: Part(name=name, about="", measure=_never, describe=describe)


def _record(**changes: Any) -> Record:
    result = {"figure": 3, "who": "someone"}
    return replace(Record(part="first", measured=MEASURED, result=result), **changes)


def _written(folder: Path, *records: Record, find: Callable[[str], Part] | None = None) -> str:
    path = write_report(folder, records, ["first", "second"], find or _find())
    return path.read_text(encoding="utf-8")


def test_a_result_becomes_a_chapter_with_its_circumstances_and_pictures(tmp_path: Path) -> None:
    text = _written(tmp_path, _record())
    assert text.startswith("# Evaluation of studio-mini\n")
    assert "## First\n\n" + measured_line(MEASURED) + "\n\nIt is 3.\n" in text
    assert "studio-mini abababababab · version" in text and "2 threads · 30 s" in text
    assert "![A line.](plots/first-plot.png)" in text
    assert (tmp_path / "plots" / "first-plot.png").read_bytes()[1:4] == b"PNG"


def test_chapters_have_the_order_of_the_table_and_unknown_parts_are_said(tmp_path: Path) -> None:
    titled = _find(lambda result: Section(title=result["who"], body=""))
    records = [_record(part=name, result={"who": name}) for name in ("second", "x<y", "first")]
    text = _written(tmp_path, *records, find=titled)
    assert text.index("## first") < text.index("## second")
    assert "does not know the parts x&lt;y;" in text


def test_names_cannot_bring_html_or_markup_into_the_report(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script> ![x](http://y) |*a*|\n# head"
    measured = replace(MEASURED, model=bad, processor=bad, date=bad, weights_hash="<i>" + bad)
    record = _record(measured=measured, result={"figure": "<b>3</b>", "who": "<img src=x>|y"})
    text = _written(tmp_path, record, _record(part="second", measured=measured, error=bad))
    assert "<script" not in text and "<i>" not in text and "<b>" not in text and "<img" not in text
    assert "![x]" not in text and "\n# head" not in text
    assert r"&lt;img src=x>\|y" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("<i>", r"&lt;i\>"),
        ("1 < 2", "1 &lt; 2"),
        ("a\n\nb", "a b"),
        ("`x` & |", r"\`x\` \& \|"),
        (r"a\<b", r"a\\&lt;b"),
    ],
)
def test_plain_text_is_shown_as_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_results_of_other_weights_have_their_own_line_and_a_warning(tmp_path: Path) -> None:
    other = replace(MEASURED, model="mine", weights_hash="cd" * 32)
    text = _written(tmp_path, _record(), _record(part="second", measured=other))
    assert text.startswith("# Evaluation of studio-mini, mine\n")
    assert "not all about the same weights" in text
    assert text.count("mine cdcdcdcdcdcd") == 1
    assert "not all about the same weights" not in _written(tmp_path, _record())


def test_a_result_of_another_version_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    old = _record(measured=replace(MEASURED, version="0.0.1"), result={"other": 1})
    assert "is of version 0.0.1, and this version" in _written(tmp_path, old)
    undrawn = Plot(name="x", caption="", draw=lambda ax: ax.plot({}["other"]))
    found = _find(lambda result: Section(title="T", body="told", plots=(undrawn,)))
    assert "cannot read it" in (text := _written(tmp_path, old, find=found)) and "told" not in text
    halved = _find(lambda result: Section(title="T", body=str(1 / (result["other"] - 1))))
    assert "cannot read it" in _written(tmp_path, old, find=halved)
    with pytest.raises(KeyError):  # of this version it is a mistake of ours
        _written(tmp_path, _record(result={"other": 1}))


def test_a_failure_stands_beside_the_older_result(tmp_path: Path) -> None:
    results = tmp_path / "results"
    save(results, _record())
    later = replace(MEASURED, date="2026-02-01 09:00")
    save(results, _record(measured=later, result=None, error="No disk; expected one."))
    first, failure = load_all(results)
    assert first == _record() and failure.error
    text = _written(tmp_path, first, failure)
    assert "It is 3." in text
    assert "The attempt of 2026-02-01 09:00 UTC with studio-mini" in text and "No disk" in text
    save(results, _record(measured=later))
    assert load_all(results) == [_record(measured=later)]


def test_a_part_that_only_failed_has_a_chapter_too(tmp_path: Path) -> None:
    text = _written(tmp_path, _record(result=None, error="No disk."))
    assert "## first\n\n**The attempt of" in text and not (tmp_path / "plots").exists()


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    assert "Nothing is measured yet." in _written(tmp_path)


def test_numbers_of_numpy_are_kept_as_json(tmp_path: Path) -> None:
    save(tmp_path, _record(result={"a": np.float32(0.5), "b": np.arange(2), "c": (1, None)}))
    assert load_all(tmp_path)[0].result == {"a": 0.5, "b": [0, 1], "c": [1, None]}


@pytest.mark.parametrize("text", ["{", "[]", '{"part": "first"}', '{"part": 1, "measured": {}}'])
def test_damaged_results_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "first.json").write_text(text)
    with pytest.raises(CheckpointError, match="first.json cannot be read"):
        load_all(tmp_path)


def test_facts_of_a_newer_version_do_no_harm(tmp_path: Path) -> None:
    save(tmp_path, _record())
    values = json.loads((tmp_path / "first.json").read_text())
    values["measured"]["kernel"] = "new"
    (tmp_path / "first.json").write_text(json.dumps(values))
    assert load_all(tmp_path) == [_record()]


def test_without_matplotlib_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"pip install 'magnet-studio\[train\]'"):
        _written(tmp_path, _record())


def test_the_processor_has_a_name_wherever_we_are(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor : 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Other\n")
    assert processor_name(facts) == "Some CPU @ 2 GHz"
    assert processor_name(tmp_path / "none")
