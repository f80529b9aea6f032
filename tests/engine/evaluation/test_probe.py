"""The probe hears pulse and key, learns what differs, and is kept."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation import probe as probe_module
from engine.evaluation.part import Setup
from engine.evaluation.probe import (
    QUESTIONS,
    Probe,
    probe_folder,
    probe_for,
    save_probe,
    train_probe,
    varied,
)
from engine.evaluation.probe_features import N_MELS, N_PULSE, Features, features
from engine.music import MusicModel
from engine.training.composer.song import Facts

RATE_HZ = 32_000
SECONDS = 4
FACTS = Facts(
    style="ambient", tempo_bpm=80.0, tempo_class="slow", key="C", mode="major", is_minor=False,
    metre="4/4", instruments=("organ",), main_instrument="organ", has_drums=False,
    moods=("calm", "soft"), density="sparse", solo=True, form="steady",
)  # fmt: skip


def tone(hz: float) -> torch.Tensor:
    return 0.1 * torch.sin(2 * torch.pi * hz * torch.arange(SECONDS * RATE_HZ) / RATE_HZ)


def clicks(every_s: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    samples = torch.zeros(SECONDS * RATE_HZ)
    for start in range(0, len(samples) - 2000, round(every_s * RATE_HZ)):
        samples[start : start + 2000] = torch.randn(2000, generator=generator)
    return samples


@pytest.fixture(scope="module")
def lesson() -> tuple[Features, list[Facts]]:
    clips, facts = [], []
    for number in range(60):
        has_drums = number % 2 == 1
        clip = tone(200.0 + 10 * number)
        clips.append(clip + clicks(0.5, number) * has_drums)
        facts.append(replace(FACTS, has_drums=has_drums, solo=not has_drums))
    return features(torch.stack(clips)), facts


def test_features_have_their_shapes_and_no_level() -> None:
    clips = torch.stack([tone(440.0), clicks(0.5)])
    heard, louder = features(clips), features(3 * clips)
    assert heard.spectra.shape[:2] == (2, N_MELS)
    assert heard.pulse.shape == (2, N_PULSE) and heard.chroma.shape == (2, 2, 12)
    for one, other in zip(heard, louder, strict=True):
        assert torch.allclose(one, other, atol=1e-3)


def test_the_pulse_is_strongest_where_onsets_repeat() -> None:
    pulse = features(clicks(0.5)[None]).pulse.view(3, -1)[1]
    lags_s = 0.025 * (6 + torch.arange(len(pulse)))
    assert float(lags_s[pulse[lags_s < 0.75].argmax()]) == pytest.approx(0.5, abs=0.03)


def test_the_chroma_names_the_pitch_class() -> None:
    chroma = features(torch.stack([tone(440.0), tone(523.25)])).chroma[:, 0]
    assert chroma.argmax(-1).tolist() == [9, 0]  # A and C


def test_it_learns_what_differs_and_says_how_well(lesson: tuple[Features, list[Facts]]) -> None:
    probe = train_probe(*lesson, epochs=12)
    assert set(probe.accuracy) == set(QUESTIONS)
    assert probe.accuracy["drums"] == 1.0 and probe.accuracy["solo"] == 1.0
    fresh = torch.stack([tone(333.0), tone(333.0) + clicks(0.4, 99)]).numpy()
    assert probe.answer(fresh)["drums"] == ["False", "True"]
    assert probe.answer(fresh)["instrument"] == ["organ", "organ"]
    assert np.allclose(probe.probabilities(fresh)["drums"].sum(-1), 1, atol=1e-5)
    assert probe.embed(fresh).shape[0] == 2


def test_the_same_seed_teaches_the_same_probe(lesson: tuple[Features, list[Facts]]) -> None:
    first, second = (train_probe(*lesson, epochs=1, seed=3) for _ in range(2))
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name


def test_a_probe_is_found_in_the_cache(
    lesson: tuple[Features, list[Facts]], tmp_path: Path
) -> None:
    probe = train_probe(*lesson, epochs=1)
    save_probe(probe, probe_folder(tmp_path))
    model = object.__new__(MusicModel)  # not asked anything
    found = probe_for(Setup(model=model, cache=tmp_path))
    clip = tone(300.0)[None].numpy()
    assert isinstance(found, Probe) and found.accuracy == probe.accuracy
    assert np.array_equal(found.embed(clip), probe.embed(clip))


def test_a_new_probe_hears_renders_and_is_kept_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(folder: Path, *, clips: int, **_: object) -> None:
        folder.mkdir(parents=True)
        samples, facts = folder / "shard_000000.npy", folder / "shard_000000.jsonl"
        sounds = torch.stack([tone(200.0 + 10 * number) for number in range(clips)])
        np.save(samples, (sounds.numpy() * 32767).astype(np.int16))
        lines = [json.dumps({"facts": asdict(replace(FACTS, has_drums=number % 2 == 1))})
                 for number in range(clips)]  # fmt: skip
        facts.write_text("\n".join(lines))

    monkeypatch.setattr(probe_module, "write_shards", write)
    setup = Setup(model=object.__new__(MusicModel), cache=tmp_path)
    first = probe_for(setup, renders=20)
    assert first.choices["drums"] == ("False", "True") and first.choices["tempo"] == ("slow",)
    assert not (probe_folder(tmp_path) / "renders").exists()
    clip = tone(300.0)[None].numpy()
    assert np.array_equal(probe_for(setup).embed(clip), first.embed(clip))


def test_variations_keep_the_shape_and_repeat(lesson: tuple[Features, list[Facts]]) -> None:
    heard = lesson[0]
    first, second = (varied(heard, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first.spectra, second.spectra)
    assert first.spectra.shape == heard.spectra.shape
    assert not torch.allclose(first.spectra, heard.spectra)
    assert torch.equal(first.chroma, heard.chroma)
