"""The measure of a judge, on five numbers and on a tiny model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation.judges import FEEDS, WEIGHTS, area_under_curve, judge_level
from engine.music import load
from tests.engine.tiny_model import write_tiny_model


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], [0, 0, 1, 1, 1], 1.0),
        ([0.5, 0.4, 0.3, 0.2, 0.1], [0, 0, 1, 1, 1], 0.0),
        ([0.3, 0.3, 0.3, 0.3, 0.3], [0, 0, 1, 1, 1], 0.5),
        ([0.1, 0.3, 0.2, 0.4, 0.5], [0, 0, 1, 1, 1], 5 / 6),
        ([0.2, 0.2, 0.9], [0, 1, 1], 0.75),
    ],
)
def test_the_area_is_the_chance_to_rank_a_pair_rightly(
    scores: list[float], right: list[int], expected: float
) -> None:
    assert area_under_curve(np.array(scores), np.array(right, dtype=bool)) == pytest.approx(
        expected
    )


def test_every_way_of_judging_has_a_figure(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, model.codebook_size, (1, 4, 100), generator=generator)
    areas = judge_level(model, [(codes, "calm"), (codes.flip(-1), "")], 1, generator)
    assert areas.keys() == {"model", *FEEDS, *(f"weight {weight}" for weight in WEIGHTS)}
    assert all(0 <= area <= 1 for area in areas.values())


def test_a_judge_of_the_last_level_needs_no_feeding(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "tiny")), device="cpu", dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, model.codebook_size, (1, 4, 100), generator=generator)
    areas = judge_level(model, [(codes, "calm")], 3, generator)
    assert areas["masked"] == areas["filled"] == areas["true"]
