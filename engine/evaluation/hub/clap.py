"""CLAP score: the cosine between what CLAP makes of a clip and of its prompt.

The papers' CLAP is LAION's `music_audioset_epoch_15_esc_90.14.pt`: an HTSAT-base for sound, a
RoBERTa for text. We run it as `ClapModel` of transformers, whose names the file's are turned into
here. The copy on the Hub in transformers' own format, `laion/larger_clap_music`, is not used: its
text half gives nearly the same answer to every text (mteb, issue 5069), so `text_sameness` is
measured with every score.

Sources: Wu et al. 2023, arXiv 2211.06687; LAION-AI/CLAP, clap_module/htsat.py and model.py (names,
sizes, spectrum), training/data.py (10 s at 48 kHz); audiocraft, metrics/clap_consistency.py (the
measure, 77 tokens) and config/solver/musicgen/default.yaml (which CLAP); transformers 5,
models/clap (the network).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.checkpoints.account import check_weights
from engine.errors import CheckpointError
from engine.evaluation.hub.weights import JudgeFile, read_tensors
from engine.torchaudio_stand_in import ensure_torchaudio

CLAP_FILE = JudgeFile(
    name="music_audioset_epoch_15_esc_90.14.pt",
    repo="lukewys/laion_clap",
    revision="b3708341862f581175dba5c356a4ebf74a9b6651",
    n_bytes=2_352_471_003,
    sha256="fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd",
    licence="CC0-1.0",
)
WORDS_FILE = JudgeFile(
    name="tokenizer.json",
    repo="FacebookAI/roberta-base",
    revision="e2da8e2f811d1448a5b465c236feacd80ffbac7b",
    licence="MIT",
)
"""RoBERTa's tokeniser, which is not in CLAP's file."""

RATE_HZ = 48_000
LONGEST_S = 10
MAX_TOKENS = 77
_WINDOW, _HOP, _BANDS = 1024, 480, 64
_LOW_HZ, _HIGH_HZ = 50, 14_000
_START, _PAD, _END = 0, 1, 2
"""RoBERTa's <s>, <pad> and </s>."""
_LARGEST_WORDS_FILE = 2**24

Samples = NDArray[np.floating[Any]]
Rows = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClapSizes:
    """Of both halves; `bands` and `joint` widths are those of the first patches and of the cosine.

    The heads of the four stages of the sound half are 4, 8, 16 and 32 in every published one.
    """

    bands: int = 128
    depths: tuple[int, int, int, int] = (2, 2, 12, 2)
    joint: int = 512
    text_width: int = 768
    text_layers: int = 12
    text_heads: int = 12
    words: int = 50_265
    text_places: int = 514


@dataclass(frozen=True, kw_only=True, eq=False)
class ClapJudge:
    """A loaded CLAP: transformers' `ClapModel`, and a `tokenizers.Tokenizer`."""

    network: Any
    tokeniser: Any

    @torch.no_grad()
    def hear(self, clips: Samples, rate_hz: int = 32_000) -> Rows:
        """Unit vectors [n, 512] of clips [n, N] of up to 10 s; shorter ones are repeated.

        Raises:
            ValueError: longer clips, of which CLAP would take 10 s at random.
        """
        if np.shape(clips)[-1] > LONGEST_S * rate_hz:
            length_s = np.shape(clips)[-1] / rate_hz
            raise ValueError(f"clips have {length_s:.2f} s; expected {LONGEST_S} s or less")
        found = []
        for clip in clips:
            sound = Waveform(samples=np.asarray(clip, np.float32)[None], sample_rate_hz=rate_hz)
            states = self.network.audio_model(spectrum(resample(sound, RATE_HZ).samples[0]))
            found.append(self.network.audio_projection(states.pooler_output))
        return _units(torch.cat(found))

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> Rows:
        """Unit vectors [n, 512] of texts, of each of which 77 tokens count."""
        found = []
        for text in texts:
            ids = torch.tensor([self.tokeniser.encode(text).ids])
            states = self.network.text_model(input_ids=ids, attention_mask=torch.ones_like(ids))
            found.append(self.network.text_projection(states.pooler_output))
        return _units(torch.cat(found))


def cosines(texts: Rows, clips: Rows) -> Rows:
    """The cosine of each pair of unit vectors [n, d], [n].

    Raises:
        ValueError: sets of different shapes.
    """
    if texts.shape != clips.shape or texts.ndim != 2:
        raise ValueError(f"the sets are {texts.shape} and {clips.shape}; expected equal [n, d]")
    return (texts * clips).sum(axis=1)


def clap_score(texts: Rows, clips: Rows) -> float:
    """The mean of `cosines`: the papers' text consistency; 1 is the most."""
    return float(cosines(texts, clips).mean())


def text_sameness(texts: Rows) -> float:
    """The mean cosine of different texts [n, d], n 2 or more: near 1, a CLAP tells none apart."""
    together = texts @ texts.T
    return float(together[~np.eye(len(texts), dtype=bool)].mean())


def spectrum(samples: NDArray[np.float32]) -> Tensor:
    """What the sound half is given: decibels [1, 1, 1001, 64] of samples [N] at 48 kHz."""
    ensure_torchaudio()
    from transformers import ClapFeatureExtractor

    extractor = ClapFeatureExtractor(
        feature_size=_BANDS, sampling_rate=RATE_HZ, hop_length=_HOP, fft_window_size=_WINDOW,
        max_length_s=LONGEST_S, frequency_min=_LOW_HZ, frequency_max=_HIGH_HZ,
        truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip
    found = extractor(samples, sampling_rate=RATE_HZ)["input_features"]
    return torch.tensor(np.asarray(found), dtype=torch.float32)


def load_clap(path: Path, words: Path, sizes: ClapSizes | None = None) -> ClapJudge:
    """CLAP from LAION's file.

    Args:
        path: of the file. words: of RoBERTa's tokenizer.json.
        sizes: None: those of HTSAT-base with RoBERTa-base.

    Raises:
        CheckpointError: a file holds something else, or its own filters are not the ones with
            which `spectrum` listens.
    """
    sizes = sizes or ClapSizes()
    tokeniser = load_words(words, sizes.words)
    given = {
        name.removeprefix("module."): each
        for name, each in read_tensors(path, "state_dict").items()
    }
    _check_ears(given, path)
    network = _network(sizes)
    _load(network, translated(given), path)
    return ClapJudge(network=network, tokeniser=tokeniser)


def load_words(path: Path, n_words: int) -> Any:
    """RoBERTa's tokeniser, for texts of up to 77 tokens.

    Raises:
        CheckpointError: it is another one, or damaged.
    """
    from tokenizers import Tokenizer

    try:
        if path.stat().st_size > _LARGEST_WORDS_FILE:
            raise ValueError("too large")
        tokeniser = Tokenizer.from_file(str(path))
        tokeniser.no_padding()
        tokeniser.enable_truncation(MAX_TOKENS)
        known, empty = tokeniser.get_vocab_size(), tokeniser.encode("").ids
    # The library raises bare exceptions on damaged input.
    except Exception as error:
        raise _wrong(path, f"cannot be read ({str(error)[:200]})", "a tokeniser") from error
    if known > n_words or empty != [_START, _END]:
        has = f"has {known:,} words and writes {empty[:5]} for an empty text"
        raise _wrong(path, has, f"at most {n_words:,} words and {[_START, _END]}")
    return tokeniser


_RENAMED: tuple[tuple[str, str], ...] = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"^(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(text|audio)_projection\.2\.", r"\1_projection.linear2."),
    (r"\.bn0\.", ".batch_norm."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.", ".attention.self."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
    (r"(\.blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(\.blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
)
_UNUSED = re.compile(
    r"audio_branch\.spectrogram_extractor\.stft\.conv_(real|imag)\.weight"
    r"|audio_branch\.logmel_extractor\.melW"
    r"|audio_branch\.(tscam_conv|head)\.(weight|bias)"  # AudioSet's classes
    r"|audio_branch\.layers\.\d+\.blocks\.\d+\.attn_mask"  # made by the library as it goes
    r"|(text|audio)_transform\.sequential\.\d+\.(weight|bias)"  # a second loss of the training
)
"""Names that LAION's file has and the score does not need."""


def translated(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """LAION's weights by transformers' names; one that has no place keeps its own."""
    found = {}
    for name, weight in given.items():
        if _UNUSED.fullmatch(name):
            continue
        for old, new in _RENAMED:
            name = re.sub(old, new, name)
        if ".attention.self.qkv." in name:
            for part, each in zip(("query", "key", "value"), weight.chunk(3), strict=True):
                found[name.replace("qkv", part)] = each
        else:
            found[name] = weight
    return found


def _network(sizes: ClapSizes) -> nn.Module:
    ensure_torchaudio()
    from transformers import ClapConfig, ClapModel

    sound = {
        "patch_embeds_hidden_size": sizes.bands,
        "hidden_size": 8 * sizes.bands,
        "depths": list(sizes.depths),
        "num_attention_heads": [4, 8, 16, 32],
        "num_mel_bins": _BANDS,
    }
    text = {
        "hidden_size": sizes.text_width,
        "num_hidden_layers": sizes.text_layers,
        "num_attention_heads": sizes.text_heads,
        "intermediate_size": 4 * sizes.text_width,
        "vocab_size": sizes.words,
        "max_position_embeddings": sizes.text_places,
        # RoBERTa's, with which it was trained; transformers takes 1e-12 where nothing is said.
        "layer_norm_eps": 1e-5,
    }
    config = ClapConfig(audio_config=sound, text_config=text, projection_dim=sizes.joint)
    return ClapModel(config).eval().requires_grad_(False)


def _load(network: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Give the network its weights; what follows from the sizes must be the same in both."""
    own = network.state_dict()
    fixed = {name: each for name, each in own.items() if not each.is_floating_point()}
    for name, each in weights.items():
        counted = name.endswith("num_batches_tracked")  # of the training's steps
        if name in fixed and not counted and not torch.equal(each, fixed[name]):
            raise _wrong(path, f"has another {name}", "what its sizes make of it")
    learnt = {name: each for name, each in weights.items() if name not in fixed}
    wanted = {name: tuple(each.shape) for name, each in own.items() if name not in fixed}
    check_weights(learnt, wanted, path.name)
    network.load_state_dict({**fixed, **learnt})


def _check_ears(given: Mapping[str, Tensor], path: Path) -> None:
    """Compare the spectrum's own constants in the file with ours: window and mel filters."""
    import librosa

    filters = librosa.filters.mel(
        sr=RATE_HZ, n_fft=_WINDOW, n_mels=_BANDS, fmin=_LOW_HZ, fmax=_HIGH_HZ
    )
    wanted = {
        "audio_branch.logmel_extractor.melW": torch.from_numpy(filters.T.copy()),
        # The row of 0 Hz of a Fourier transform by convolution: the window itself.
        "audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.hann_window(_WINDOW),
    }
    for name, ours in wanted.items():
        theirs = given.get(name, torch.zeros(0)).float()
        theirs = theirs[0, 0] if theirs.ndim == 3 and len(theirs) else theirs
        if theirs.shape != ours.shape or not torch.allclose(theirs, ours, atol=1e-5):
            raise _wrong(path, f"listens by another {name}", "48 kHz, 1024 and 480, 64 bands")


def _units(states: Tensor) -> Rows:
    return nn.functional.normalize(states.double(), dim=-1).numpy()


def _wrong(path: Path, has: str, expected: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} {has}",
        expected=expected,
        advice=f"Download {CLAP_FILE.name} and {WORDS_FILE.name} again",
    )
