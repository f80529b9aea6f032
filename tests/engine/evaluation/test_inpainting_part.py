"""The chapter about inpainting: what is measured once is kept, and the words follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

from engine.decode import Mode
from engine.errors import RequestError
from engine.evaluation import inpainting_part
from engine.evaluation.part import Setup

FILLINGS = {"source": 0.9, "other clip": 0.0, "silence": 0.1, "parallel": 0.5, "hybrid": 0.6}


def _record(clip: int, kind: str, who: str, chroma: float) -> dict[str, Any]:
    where = {"clip": clip, "kind": kind, "who": who}
    level = {"edge_db": 3.0, "timbre_db": 2.0, "louder_db": -1.0, "level_db": 1.0}
    return {**where, **level, "chroma": chroma + 0.01 * clip, "pulse": None}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What was run, by clip and kind."""
    found: list[tuple[int, str]] = []

    def run_clip(
        model: Any, held: Any, other: str, kinds: tuple[str, ...], ways: Any, done: Any
    ) -> Iterator[dict[str, Any]]:
        for kind in kinds:
            for who, chroma in FILLINGS.items():
                is_asked = who not in ("parallel", "hybrid") or who in [way.name for way in ways]
                if is_asked and (held.number, kind, who) not in done:
                    found.append((held.number, kind))
                    yield _record(held.number, kind, who, chroma)

    def held_out(model: Any, first: int, count: int) -> Iterator[tuple[Any, str]]:
        return ((SimpleNamespace(number=first + number), "other") for number in range(count))

    monkeypatch.setattr(inpainting_part, "run_clip", run_clip)
    monkeypatch.setattr(inpainting_part, "held_out", held_out)
    return found


def _setup(cache: Path, clips: int, *modes: Mode) -> Setup:
    modes = modes or (Mode.PARALLEL, Mode.HYBRID)
    model: Any = SimpleNamespace(name="any", weights_hash="ab" * 32, modes=modes)
    return Setup(model=model, cache=cache, clips=clips)


def test_what_is_measured_is_kept_and_more_clips_add_to_it(
    ran: list[tuple[int, str]], tmp_path: Path
) -> None:
    kinds = ("2 s", "loop 2 s")
    first = inpainting_part.measure(_setup(tmp_path, 2), kinds=kinds)
    assert len(ran) == 2 * 2 * len(FILLINGS) and first["clips"] == 2
    assert inpainting_part.measure(_setup(tmp_path, 2), kinds=kinds) == first
    assert len(ran) == 2 * 2 * len(FILLINGS)
    inpainting_part.measure(_setup(tmp_path, 3), kinds=kinds)
    assert len(ran) == 3 * 2 * len(FILLINGS)
    assert inpainting_part.measure(_setup(tmp_path, 2), kinds=kinds) == first


def test_a_line_cut_short_by_a_stop_is_measured_again(
    ran: list[tuple[int, str]], tmp_path: Path
) -> None:
    first = inpainting_part.measure(_setup(tmp_path, 2), kinds=("2 s",))
    (path,) = (tmp_path / "inpainting").iterdir()
    path.write_text(path.read_text()[:-9])
    ran.clear()
    # it is the only one that is missing; the next line must not be lost to the cut one
    assert inpainting_part.measure(_setup(tmp_path, 2), kinds=("2 s",)) == first
    assert inpainting_part.measure(_setup(tmp_path, 2), kinds=("2 s",)) == first
    assert ran == [(1, "2 s")]


def test_the_words_follow_from_the_paired_differences(
    ran: list[tuple[int, str]], tmp_path: Path
) -> None:
    section = inpainting_part.describe(inpainting_part.measure(_setup(tmp_path, 4), kinds=("2 s",)))
    # the pulse was never known, the other measures never differ
    assert "of 4 differences, clear of zero are 1" in section.body
    assert "2 s: chroma is better by 0.10 (0.10 to 0.10)" in section.body
    assert "| hybrid (4) | 3.0 (3.0 to 3.0)" in section.body


def test_a_loss_is_told_by_how_much_without_a_sign() -> None:
    row = {"kind": "2 s", **dict.fromkeys(inpainting_part.MEASURES), "pulse": (-0.5, -0.7, -0.2)}
    said = inpainting_part._compared([row])
    assert "2 s: pulse is worse by 0.50 (0.20 to 0.70)" in said


def test_a_model_that_is_no_hybrid_is_measured_in_what_it_can(
    ran: list[tuple[int, str]], tmp_path: Path
) -> None:
    result = inpainting_part.measure(_setup(tmp_path, 2, Mode.PARALLEL), kinds=("2 s",))
    assert {row["who"] for row in result["rows"]} == set(FILLINGS) - {"hybrid"}
    section = inpainting_part.describe(result)
    assert "| parallel (2) |" in section.body and "Hybrid against" not in section.body
    for plot in section.plots:
        plot.draw(Figure().subplots())
    with pytest.raises(RequestError, match="any writes left to right alone"):
        inpainting_part.measure(_setup(tmp_path / "other", 2, Mode.AUTOREGRESSIVE))


def test_pictures_leave_out_what_was_not_measured(
    ran: list[tuple[int, str]], tmp_path: Path
) -> None:
    section = inpainting_part.describe(inpainting_part.measure(_setup(tmp_path, 2), kinds=("2 s",)))
    chroma, pulse = section.plots
    ax = Figure().subplots()
    chroma.draw(ax)
    assert [text.get_text() for text in ax.get_xticklabels()] == [
        *("source", "other clip", "parallel", "hybrid"),
    ]
    (points,) = ax.containers
    assert list(points.lines[0].get_ydata()) == pytest.approx([0.905, 0.005, 0.505, 0.605])
    pulse.draw(Figure().subplots())
