"""The facade: from a request to sound, on a model folder in miniature."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.checkpoints.folder import LANGUAGE_MODEL_FILE, hash_model
from engine.decode import GenerationRequest, Mode, SamplingOptions, finish
from engine.errors import CheckpointError, DeviceError, RequestError
from engine.model.config import ModelKind
from engine.music import MusicModel, load, read_card
from tests.engine.tiny_model import write_tiny_model

REQUEST = GenerationRequest(
    prompt="calm piano",
    duration_s=1.0,
    opening_s=0.2,
    seed=3,
    options=SamplingOptions(steps=(3, 2, 1, 1)),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MusicModel]:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    yield load(str(folder), device="cpu")


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_gives_sound_of_the_length_asked(model: MusicModel, mode: Mode) -> None:
    codes = finish(model.generate(replace(REQUEST, mode=mode))).codes
    assert codes.shape == (1, 4, 50) and int(codes.max()) < model.codebook_size
    (clip,) = model.listen(codes)
    assert clip.samples.shape == (1, 32000) and clip.sample_rate_hz == 32000


def test_same_seed_same_sound(model: MusicModel) -> None:
    first, second = (finish(model.generate(REQUEST)).codes for _ in range(2))
    assert torch.equal(first, second)


def test_variation_i_alone_is_variation_i_in_a_batch(model: MusicModel) -> None:
    together = finish(model.generate(replace(REQUEST, variations=3))).codes
    clips = model.listen(together)
    for i in range(3):
        alone = finish(model.generate(replace(REQUEST, seed=REQUEST.seed + i))).codes
        assert torch.equal(alone[0], together[i])
        assert np.array_equal(model.listen(alone)[0].samples, clips[i].samples)


def test_prompt_and_negative_prompt_matter(model: MusicModel) -> None:
    texts = [("calm piano", ""), ("loud drums", ""), ("calm piano", "loud drums"), ("", "")]
    results = [
        finish(model.generate(replace(REQUEST, prompt=prompt, negative_prompt=negative))).codes
        for prompt, negative in texts
    ]
    assert len({codes.numpy().tobytes() for codes in results}) == 4


def test_any_step_can_be_listened_to(model: MusicModel) -> None:
    for step in model.generate(replace(REQUEST, mode=Mode.PARALLEL)):
        (clip,) = model.listen(step.codes)
        assert clip.n_samples == 32000


def test_an_unfinished_opening_sounds_as_far_as_it_is_written(model: MusicModel) -> None:
    codes = torch.full((1, 4, 50), model.codebook_size)
    with pytest.raises(RequestError, match="(?i)nothing is written"):
        model.listen(codes)
    codes[:, 0, :10] = 1
    assert model.listen(codes)[0].n_samples == 10 * 640


@pytest.mark.parametrize(
    "change",
    [
        {"opening_s": 2.5, "duration_s": 4.0, "mode": Mode.HYBRID},
        {"duration_s": 2.5, "context_s": 2.0},
        {"rescorer": "another"},
        {"opener": "another", "mode": Mode.HYBRID},
        {"options": SamplingOptions(steps=(3, 1))},
        {"prompt": "calm " * 7},
    ],
)
def test_what_the_model_cannot_do_is_refused_at_once(model: MusicModel, change: dict) -> None:
    with pytest.raises(RequestError):
        model.generate(replace(REQUEST, **change))


def test_a_magnet_has_one_mode(tmp_path: Path) -> None:
    model = load(str(write_tiny_model(tmp_path / "plain", ModelKind.MAGNET)), device="cpu")
    assert model.modes == (Mode.PARALLEL,)
    with pytest.raises(RequestError, match="mode"):
        model.generate(REQUEST)
    assert finish(model.generate(replace(REQUEST, mode=Mode.PARALLEL))).codes.shape == (1, 4, 50)


def test_the_estimate_grows_with_the_work(model: MusicModel) -> None:
    small = model.estimate(REQUEST)
    assert small.seconds > 0 and small.memory_bytes > 0
    assert model.estimate(replace(REQUEST, variations=3)).seconds == pytest.approx(
        3 * small.seconds
    )
    more_steps = replace(REQUEST, options=SamplingOptions(steps=(30, 2, 1, 1)))
    assert model.estimate(more_steps).seconds > small.seconds


def test_a_card_is_read_without_weights(model: MusicModel) -> None:
    card = read_card(model.path)
    assert (card.name, card.kind, card.window_s) == ("tiny", ModelKind.HYBRID, 2.0)
    counted = sum(p.numel() for p in model.parts.language_model.parameters())
    assert card.parameters >= counted


def test_the_hash_is_that_of_the_files_that_were_loaded(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "tiny")
    expected = hash_model(folder)
    model = load(str(folder), device="cpu")
    (folder / LANGUAGE_MODEL_FILE).write_bytes(b"")
    assert model.weights_hash == expected


@pytest.mark.parametrize("name", ["nothing", "", "no/such/folder"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(CheckpointError, match=f"no model '{name}'"):
        load(name)


def test_a_folder_without_a_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="has no model"):
        load(".")


def _too_much(*_: object) -> None:
    torch.empty(2**60, dtype=torch.int8)


def test_memory_that_ran_out_is_said_in_words(
    model: MusicModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = finish(model.generate(REQUEST)).codes
    monkeypatch.setattr(type(model.parts.codec), "decode", _too_much)
    with pytest.raises(DeviceError, match="no memory left; expected room for this clip"):
        model.listen(codes)
    monkeypatch.setattr(nn.Module, "to", _too_much)
    with pytest.raises(DeviceError, match="room for this model"):
        load(str(model.path), device="cpu")


def test_other_errors_stay_what_they_are(
    model: MusicModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = finish(model.generate(REQUEST)).codes

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(type(model.parts.codec), "decode", broken)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        model.listen(codes)


def test_a_revision_of_a_folder_is_not_passed_over(model: MusicModel) -> None:
    with pytest.raises(CheckpointError, match="revision 'v1' is asked of tiny"):
        load(str(model.path), device="cpu", revision="v1")
