"""CLAP: LAION's names run by transformers against a slow twin of LAION's network, and the score."""

from __future__ import annotations

import math
import re
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.errors import CheckpointError
from engine.evaluation.hub.clap import (
    CLAP_FILE,
    ClapJudge,
    ClapSizes,
    clap_score,
    cosines,
    load_clap,
    load_words,
    spectrum,
    text_sameness,
    translated,
)
from engine.torchaudio_stand_in import ensure_torchaudio
from tests.engine.evaluation.judge_files import (
    SMALL_CLAP,
    WORDS,
    clap_shapes,
    clap_weights,
    position_index,
    windows,
    write_clap,
    write_words,
)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> ClapJudge:
    folder = tmp_path_factory.mktemp("clap")
    return load_clap(write_clap(folder / "clap.pt"), write_words(folder / "words.json"), SMALL_CLAP)


def _noise(seconds: float, rate_hz: int, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate_hz))
    return samples.astype(np.float32)


def _librosas_spectrum(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    power = librosa.feature.melspectrogram(
        y=samples, sr=48_000, n_fft=1024, hop_length=480, n_mels=64, fmin=50, fmax=14_000,
        center=True, pad_mode="reflect", power=2.0,
    )  # fmt: skip
    return 10 * np.log10(np.maximum(power, 1e-10)).T


def test_the_spectrum_is_librosas() -> None:
    samples = _noise(10.0, 48_000)
    ours = spectrum(samples)
    assert ours.shape == (1, 1, 1001, 64)
    np.testing.assert_allclose(ours[0, 0].numpy(), _librosas_spectrum(samples), atol=2e-3)


def test_shorter_clips_are_repeated() -> None:
    samples = _noise(3.0, 48_000)
    whole = np.concatenate([samples, samples, samples, np.zeros(48_000, np.float32)])
    torch.testing.assert_close(spectrum(samples), spectrum(whole), atol=2e-3, rtol=0)


class _Twin:
    """LAION's sound half in plain steps, by LAION's names."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.weights = weights

    def linear(self, name: str, values: Tensor) -> Tensor:
        return values @ self.weights[f"{name}.weight"].T + self.weights.get(f"{name}.bias", 0)

    def norm(self, name: str, values: Tensor) -> Tensor:
        scale, shift = (self.weights[f"{name}.{each}"] for each in ("weight", "bias"))
        return functional.layer_norm(values, scale.shape, scale, shift, 1e-5)

    def attention(self, name: str, states: Tensor, heads: int, mask: Tensor | None) -> Tensor:
        """Of windows [n, 64, C]."""
        parts = self.linear(f"{name}.qkv", states).chunk(3, -1)
        table = self.weights[f"{name}.relative_position_bias_table"]
        heard = []
        for head, (query, key, value) in enumerate(
            zip(*(part.chunk(heads, -1) for part in parts), strict=True)
        ):
            scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
            scores = scores + table[position_index(), head]
            heard.append((scores if mask is None else scores + mask).softmax(-1) @ value)
        return self.linear(f"{name}.proj", torch.cat(heard, -1))

    def block(self, name: str, image: Tensor, heads: int, shift: int) -> Tensor:
        """Of one image [1, H, W, C]."""
        _, high, wide, width = image.shape
        moved = torch.roll(self.norm(f"{name}.norm1", image), (-shift, -shift), (1, 2))
        mask = self.weights[f"{name}.attn_mask"] if shift else None
        heard = self.attention(f"{name}.attn", windows(moved), heads, mask)
        back = heard.reshape(1, high // 8, wide // 8, 8, 8, width).transpose(2, 3)
        image = image + torch.roll(back.reshape(image.shape), (shift, shift), (1, 2))
        inner = functional.gelu(self.linear(f"{name}.mlp.fc1", self.norm(f"{name}.norm2", image)))
        return image + self.linear(f"{name}.mlp.fc2", inner)

    def embed(self, decibels: Tensor, sizes: ClapSizes) -> Tensor:
        """A unit vector of a spectrum [1001, 64]."""
        own = self.weights
        mean, variance = own["audio_branch.bn0.running_mean"], own["audio_branch.bn0.running_var"]
        even = (decibels - mean) / torch.sqrt(variance + 1e-5)
        even = even * own["audio_branch.bn0.weight"] + own["audio_branch.bn0.bias"]
        long = functional.interpolate(
            even[None, None], (1024, 64), mode="bicubic", align_corners=True
        )[0, 0]
        # four quarters of the clip above one another, bands by time: 256 x 256
        image = torch.cat([quarter.T for quarter in long.chunk(4)])
        name = "audio_branch.patch_embed"
        patches = functional.conv2d(
            image[None, None], own[f"{name}.proj.weight"], own[f"{name}.proj.bias"], stride=4
        )
        states = self.norm(f"{name}.norm", patches.permute(0, 2, 3, 1))
        for stage, depth in enumerate(sizes.depths):
            for n in range(depth):
                shift = 4 if n % 2 and states.shape[1] > 8 else 0
                block = f"audio_branch.layers.{stage}.blocks.{n}"
                states = self.block(block, states, 4 * 2**stage, shift)
            if stage < 3:
                four = [states[:, row::2, column::2]
                        for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]  # fmt: skip
                down = f"audio_branch.layers.{stage}.downsample"
                states = self.linear(
                    f"{down}.reduction", self.norm(f"{down}.norm", torch.cat(four, -1))
                )
        latent = self.norm("audio_branch.norm", states).mean((0, 1, 2))
        inner = self.linear("audio_projection.0", latent).relu()
        return functional.normalize(self.linear("audio_projection.2", inner), dim=-1)


def test_sound_is_heard_as_laions_network_hears_it(judge: ClapJudge) -> None:
    samples = _noise(10.0, 48_000)
    twin = _Twin(clap_weights(SMALL_CLAP))
    slow = twin.embed(torch.from_numpy(_librosas_spectrum(samples)).float(), SMALL_CLAP)
    ours = judge.hear(samples[None], 48_000)
    np.testing.assert_allclose(ours[0], slow.numpy(), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1)


def test_texts_are_read_as_roberta_reads_them(judge: ClapJudge) -> None:
    ensure_torchaudio()
    from transformers import RobertaConfig, RobertaModel

    weights = clap_weights(SMALL_CLAP)
    roberta = RobertaModel(
        RobertaConfig(
            vocab_size=12, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=20, type_vocab_size=1,
            layer_norm_eps=1e-5,
        )
    ).eval()  # fmt: skip
    own = {name.removeprefix("text_branch."): each for name, each in weights.items()
           if name.startswith("text_branch.")}  # fmt: skip
    left = roberta.load_state_dict(own, strict=False)
    assert not [name for name in left.missing_keys if "_ids" not in name]
    assert left.unexpected_keys in ([], ["embeddings.position_ids"])
    # padded to a common length with a mask, as LAION does; ours reads texts one by one
    ids = torch.tensor([[0, 4, 5, 2], [0, 6, 2, 1]])
    with torch.no_grad():
        pooled = roberta(input_ids=ids, attention_mask=(ids != 1).long()).pooler_output
        twin = _Twin(weights)
        inner = twin.linear("text_projection.0", pooled).relu()
        slow = functional.normalize(twin.linear("text_projection.2", inner), dim=-1)
    np.testing.assert_allclose(judge.read(["calm piano", "loud"]), slow.numpy(), atol=1e-5)


def test_every_weight_of_the_network_comes_from_the_file(judge: ClapJudge) -> None:
    own = {name for name, each in judge.network.state_dict().items() if each.is_floating_point()}
    named = translated(clap_weights(SMALL_CLAP))
    assert own == {name for name, each in named.items() if each.is_floating_point()}


def test_the_published_file_is_as_large_as_its_names_make_it() -> None:
    """It has every weight once, and those that its training moved twice more (Adam's averages)."""
    sizes = ClapSizes()
    shapes = clap_shapes(sizes)
    still = re.compile(r".*(running_\w+|attn_mask)|audio_branch\.(tscam_conv|head)\..*"
                       r"|(text|audio)_transform\..*")  # fmt: skip
    moved = sum(math.prod(each) for name, each in shapes.items() if not still.fullmatch(name))
    n_bytes = 4 * (sum(map(math.prod, shapes.values())) + 2 * moved)
    n_bytes += 4 * (513 * 64 + 2 * 513 * 1024)  # the spectrum's constants
    n_bytes += 8 * (64 * 64 * sum(sizes.depths) + 514)  # the places
    assert CLAP_FILE.n_bytes is not None
    entries = 3 * len(shapes)
    assert 0 < CLAP_FILE.n_bytes - n_bytes < 1_000 * entries


def test_the_score_is_the_mean_cosine() -> None:
    texts = np.array([[1.0, 0.0], [0.0, 1.0]])
    clips = np.array([[0.6, 0.8], [1.0, 0.0]])
    np.testing.assert_allclose(cosines(texts, clips), [0.6, 0.0])
    assert clap_score(texts, clips) == pytest.approx(0.3)
    assert clap_score(texts, texts) == 1
    with pytest.raises(ValueError, match="expected equal"):
        cosines(texts, clips[:1])


def test_a_clap_that_tells_no_texts_apart_is_noticed() -> None:
    assert text_sameness(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])) == pytest.approx(-1 / 3)
    assert text_sameness(np.array([[1.0, 0.0]] * 3)) == pytest.approx(1)


def test_clips_of_more_than_ten_seconds_are_refused(judge: ClapJudge) -> None:
    with pytest.raises(ValueError, match=r"10\.50 s; expected 10 s or less"):
        judge.hear(_noise(10.5, 32_000)[None])


def test_long_texts_are_cut_to_77_tokens(tmp_path: Path) -> None:
    words = load_words(write_words(tmp_path / "words.json"), 12)
    assert len(words.encode("calm " * 200).ids) == 77
    assert words.encode("calm piano").ids == [0, 4, 5, 2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda each: each.pop("text_projection.0.bias"), "1 missing weights such as text_proj"),
        (lambda each: each.update({"text_branch.extra": torch.ones(2)}), "unknown .*model.extra"),
        (
            lambda each: each["audio_branch.logmel_extractor.melW"].mul_(1.1),
            "listens by another audio_branch.logmel_extractor.melW",
        ),
        (
            lambda each: each["audio_branch.spectrogram_extractor.stft.conv_real.weight"].mul_(2),
            "listens by another audio_branch.spectrogram_extractor",
        ),
        (
            lambda each: each["audio_branch.layers.0.blocks.0.attn.relative_position_index"].add_(
                1
            ),
            "has another .*relative_position_index",
        ),
    ],
)
def test_a_file_with_faults_is_refused(change, expected: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    weights = clap_weights(SMALL_CLAP)
    change(weights)
    torch.save({"state_dict": weights}, tmp_path / "clap.pt")
    words = write_words(tmp_path / "words.json")
    with pytest.raises(CheckpointError, match=expected):
        load_clap(tmp_path / "clap.pt", words, SMALL_CLAP)


def test_another_tokeniser_is_refused(tmp_path: Path) -> None:
    path = write_words(tmp_path / "words.json", (*WORDS, *map(str, range(10))))
    with pytest.raises(CheckpointError, match="has 18 words"):
        load_words(path, 12)
    path.write_text("{}")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_words(path, 12)


def test_a_training_of_numpys_first_version_is_read_too(tmp_path: Path) -> None:
    """The published file was written when NumPy's numbers had another address."""
    import zipfile

    write_clap(tmp_path / "new.pt")
    with (
        zipfile.ZipFile(tmp_path / "new.pt") as new,
        zipfile.ZipFile(tmp_path / "old.pt", "w") as old,
    ):
        for entry in new.infolist():
            content = new.read(entry)
            if entry.filename.endswith("data.pkl"):
                assert b"numpy._core.multiarray" in content
                content = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            old.writestr(entry, content)
    load_clap(tmp_path / "old.pt", write_words(tmp_path / "words.json"), SMALL_CLAP)
