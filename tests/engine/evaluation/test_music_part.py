"""The chapter about music: who is compared with whom, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from engine.decode import GenerationRequest, Mode
from engine.evaluation import music_part
from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.embeddings import Embedding, Reference, references
from engine.evaluation.music import Training
from engine.evaluation.music_part import PART
from engine.evaluation.music_tables import (
    CODEC,
    OTHER,
    OTHER_CODEC,
    REAL,
    VARIATIONS,
    Heard,
    copies,
    distance_rows,
    estimate,
    ratio_row,
)
from engine.evaluation.music_words import _verdict
from engine.evaluation.part import Setup
from engine.knobs import Family

Samples = NDArray[np.float32]
MODES = ["hybrid", "parallel"]
JUDGE = "judge"
N_FRAMES = 20


def embed(samples: Samples) -> NDArray[np.float64]:
    return samples[:, :3].astype(np.float64)


def cloud(n: int, seed: int, shift: float = 0.0) -> Samples:
    """Clips whose embedding is their first three samples."""
    rng = np.random.default_rng(seed)
    samples = np.zeros((n, 3200))
    samples[:, :3] = 0.1 * rng.normal(size=(n, 3)) + shift
    return samples.astype(np.float32)


def reference(n: int = 24) -> dict[str, Reference]:
    return references(cloud(n, 99), {JUDGE: Embedding(name=JUDGE, why="Three.", embed=embed)})


def clip_set(seed: int, n: int = 24, shift: float = 0.0) -> Heard:
    codes = np.random.default_rng(seed).integers(2048, size=(n, N_FRAMES))
    rows = {name: each.hear(cloud(n, seed, shift)) for name, each in reference().items()}
    return Heard(rows=rows, codes=codes, levels=())


@pytest.fixture
def sets() -> dict[str, Heard]:
    """Hybrid is as near as the codec, parallel is far away."""
    return {REAL: clip_set(1), OTHER: clip_set(2), CODEC: clip_set(1, shift=0.05),
            OTHER_CODEC: clip_set(2, shift=0.05), "hybrid": clip_set(3, shift=0.05),
            "parallel": clip_set(4, shift=0.5)}  # fmt: skip


def test_everything_is_compared_with_other_clips_as_they_are_and_decoded(
    sets: dict[str, Heard],
) -> None:
    rows = distance_rows(sets, JUDGE, MODES)
    assert [(row["against"], row["who"]) for row in rows] == [
        ("renders", "floor"), ("renders", "codec"), ("renders", "hybrid"), ("renders", "parallel"),
        ("decoded", "floor"), ("decoded", "hybrid"), ("decoded", "parallel"),
    ]  # fmt: skip
    found = {(row["against"], row["who"]): row["diagonal"] for row in rows}
    # what both sets went through cancels out
    assert found["decoded", "floor"] == pytest.approx(found["renders", "floor"], rel=1e-3)
    assert found["renders", "parallel"] > 10 * found["renders", "hybrid"]


def test_few_clips_are_not_extrapolated() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3))
    assert estimate(rows[:15], rows[15:30])["extrapolated"] is None
    many = estimate(rows[:16], rows[16:32])
    assert many["extrapolated"] is not None
    # what few clips add is taken out again
    assert many["extrapolated"] < many["diagonal"]  # type: ignore[operator]


def test_the_ratio_is_that_to_the_codec_with_its_interval(sets: dict[str, Heard]) -> None:
    far, same = (ratio_row({**sets, "mode": sets[name]}, JUDGE, "mode")
                 for name in ("parallel", CODEC))  # fmt: skip
    assert same["ratio"] == same["low"] == same["high"] == 1
    assert 2 < far["low"] < far["ratio"] < far["high"]
    assert _verdict(far) == "no" and _verdict(same) == "yes"
    assert _verdict({"low": 1.5, "high": 2.5}) == "open"


def test_a_codec_that_cannot_be_told_from_real_clips_gives_no_endless_ratio(
    sets: dict[str, Heard],
) -> None:
    assert ratio_row({**sets, CODEC: sets[REAL]}, JUDGE, "hybrid")["extrapolated"] is None
    bad = ratio_row({**sets, CODEC: clip_set(1, shift=0.3)}, JUDGE, "parallel")
    # shifts of 5 and 3 deviations: (5 / 3)^2
    assert bad["extrapolated"] == pytest.approx((0.5 / 0.3) ** 2, rel=0.3)


def known(copied: Heard | None = None, n: int = 24) -> Training:
    """Training clips; some may be those of a set."""
    fresh = clip_set(50, n)
    raw = cloud(n, 50).astype(np.float64)[:, :3]
    if copied is None:
        return Training(codes=fresh.codes, rows={JUDGE: raw})
    scale = reference()[JUDGE].scale
    own = copied.rows[JUDGE] * scale.deviation + scale.mean
    return Training(codes=np.concatenate([copied.codes, fresh.codes]),
                    rows={JUDGE: np.concatenate([own, raw])})  # fmt: skip


def test_copies_are_told_from_clips_that_are_none(sets: dict[str, Heard]) -> None:
    found = copies(sets, known(sets["parallel"]), reference(), MODES)
    near, runs = found["nearest"][JUDGE], found["runs"]
    assert max(near["parallel"]["distances"]) < 1e-3
    assert near["parallel"]["below"] == near["parallel"]["as many"] == 1
    assert runs["parallel"]["frames"] == [N_FRAMES] * 24
    assert runs["parallel"]["as many"] == 1
    assert runs["parallel"]["longest"]["training"] == runs["parallel"]["longest"]["clip"]
    assert max(runs["hybrid"]["frames"]) < 4


def test_without_copies_the_training_is_no_nearer_than_other_music(sets: dict[str, Heard]) -> None:
    found = copies(sets, known(), reference(), MODES)
    for who in (CODEC, "hybrid"):
        assert 0.2 < found["nearest"][JUDGE][who]["as many"] < 0.8
        assert 0.2 < found["runs"][who]["as many"] < 0.8
    assert found["as many"] == found["training"] == 24


class Codec(torch.nn.Module):
    """Tokens of a frame of 160 samples: its number; nothing is lost on the way back."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def encode(self, samples: Tensor) -> Tensor:
        seen = (samples[0, 0, :3] * 1000).round().long() + 1000
        codes = torch.arange(N_FRAMES).repeat(4, 1)
        codes[1, :3] = seen
        return codes[None]


def decode(codes: Tensor) -> list[Tensor]:
    clips = torch.zeros(len(codes), 1, 3200)
    clips[:, 0, :3] = (codes[:, 1, :3] - 1000) / 1000
    return list(clips)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[GenerationRequest]:
    """The requests that a whole measurement makes of a stand-in for model and renders."""
    found: list[GenerationRequest] = []

    def held_out(count: int) -> ClipSet:
        facts: Any = tuple(SimpleNamespace(style=f"style {k % 3}") for k in range(count))
        captions = tuple(f"caption {k}" for k in range(count))
        return ClipSet(name="x", samples=cloud(count, 7), facts=facts, captions=captions)

    def written(setup: Setup, request: GenerationRequest) -> torch.Tensor:
        found.append(request)
        clip = cloud(1, request.seed + 100)
        return Codec().encode(torch.from_numpy(clip)[None])[0]

    def heard(setup: Setup, requests: Iterable[GenerationRequest]) -> Iterator[Samples]:
        return (cloud(1, each.seed + 100)[0] for each in requests)

    judges = {JUDGE: Embedding(name=JUDGE, why="Three.", embed=embed)}
    monkeypatch.setattr(music_part, "held_out", held_out)
    monkeypatch.setattr(music_part, "written", written)
    monkeypatch.setattr(music_part, "heard", heard)
    monkeypatch.setattr(music_part, "embeddings_for", lambda setup: judges)
    monkeypatch.setattr(music_part, "training", lambda setup, embeddings, most: known(n=most))
    return found


def measured(
    tmp_path: Path, clips: int, modes: tuple[Mode, ...], rate_hz: int = 32_000
) -> dict[str, Any]:
    model: Any = SimpleNamespace(
        modes=modes, family=Family.MINI, device=torch.device("cpu"), decode=decode,
        sample_rate_hz=rate_hz, parts=SimpleNamespace(codec=Codec()),
    )  # fmt: skip
    return PART.measure(Setup(model=model, cache=tmp_path, clips=clips))


def test_the_whole_is_json_and_is_told_with_its_pictures(
    asked: list[GenerationRequest], tmp_path: Path
) -> None:
    result = measured(tmp_path, 8, (Mode.PARALLEL, Mode.HYBRID))
    section = PART.describe(json.loads(json.dumps(result)))
    for words in ("8 held-out clips", "too few clips", "hybrid", "parallel", "of the training"):
        assert words in section.body
    assert "nan" not in section.body
    for plot in section.plots:
        axes = Figure().add_subplot()
        plot.draw(axes)
        assert axes.has_data()


def test_a_prompt_is_its_clips_caption_and_seeds_vary_for_the_diversity(
    asked: list[GenerationRequest], tmp_path: Path
) -> None:
    result = measured(tmp_path, 8, (Mode.PARALLEL,))
    assert result["modes"] == ["parallel"]
    assert [(each.prompt, each.seed) for each in asked[:8]] == [(f"caption {k}", k)
                                                               for k in range(8)]  # fmt: skip
    again = asked[8:]
    assert [each.prompt for each in again] == ["caption 0"] * 3 + ["caption 1"] * 3
    assert VARIATIONS == 4 and len({each.seed for each in asked}) == 8 + 6
    assert len(result["diversity"][JUDGE]["modes"]["parallel"]["by_prompt"]) == 2
    assert result["levels"]["parallel"]["clips"] == 8 + 6


def test_clips_of_a_model_of_another_rate_are_heard_at_32_khz(
    asked: list[GenerationRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    def listen(samples: Samples) -> NDArray[np.float64]:
        lengths.append(samples.shape[1])
        return embed(samples)

    judges = {JUDGE: Embedding(name=JUDGE, why="Three.", embed=listen)}
    monkeypatch.setattr(music_part, "embeddings_for", lambda setup: judges)
    measured(tmp_path, 8, (Mode.PARALLEL,), rate_hz=16_000)
    # 3200 samples of renders, and as many of the model's, which last twice as long
    assert lengths.count(3200) == 3 and lengths.count(6400) == len(lengths) - 3 >= 4


def test_tokens_of_longer_clips_have_no_more_places_to_be_found(sets: dict[str, Heard]) -> None:
    fresh = known()
    longer = replace(fresh, codes=np.hstack([fresh.codes, sets["hybrid"].codes[:, :12]]))
    found = copies(sets, longer, reference(), MODES)["runs"]["hybrid"]
    assert max(found["frames"]) == 12
    assert found["as many"] == copies(sets, fresh, reference(), MODES)["runs"]["hybrid"]["as many"]


def test_a_codec_that_loses_nothing_is_at_the_floor(
    asked: list[GenerationRequest], tmp_path: Path
) -> None:
    result = measured(tmp_path, 8, (Mode.PARALLEL,))
    found = {(row["against"], row["who"]): row["diagonal"] for row in result["distances"]}
    assert found["renders", "codec"] == pytest.approx(found["renders", "floor"], rel=0.02)
    assert result["diversity"][JUDGE]["same clip"] < 0.02
