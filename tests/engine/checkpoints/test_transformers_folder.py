"""MusicGen folders of `transformers`: the same numbers as the library's, and clear refusals."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.audio import read_audio
from engine.checkpoints.folder import hash_model
from engine.checkpoints.parts import load_parts
from engine.checkpoints.release_folder import ReleasedParts
from engine.checkpoints.transformers_folder import transformers_files
from engine.cli import main
from engine.decode import Mode, SamplingOptions, finish, generate_codes, variation_generators
from engine.errors import CheckpointError
from engine.model.attention_masks import causal_mask
from engine.model.config import ModelKind
from engine.model.layout import delay
from engine.model.predictor import BoundModel
from tests.engine.checkpoints.small_musicgen import edit_config, make_musicgen, save_musicgen
from tests.engine.golden import GOLDEN

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
TEXT = "happy rock with a loud guitar"
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def theirs() -> Any:
    return make_musicgen()


@pytest.fixture(scope="module")
def folder(theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_musicgen(theirs, tmp_path_factory.mktemp("musicgen"))


@pytest.fixture(scope="module")
def ours(folder: Path) -> ReleasedParts:
    return _load(folder)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "copy")


def _load(folder: Path) -> ReleasedParts:
    parts, _ = load_parts(folder, torch.float32)
    assert isinstance(parts, ReleasedParts)
    return parts


def _weights(folder: Path) -> dict[str, Tensor]:
    """Copies, for the file is written anew while they are in use."""
    return {name: each.clone() for name, each in load_file(folder / WEIGHTS).items()}


def _codes(n_frames: int) -> Tensor:
    return torch.randint(64, (1, 4, n_frames), generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_teacher_forced_logits_are_those_of_transformers(theirs: Any, ours: ReleasedParts) -> None:
    columns = delay(_codes(20), 64)
    ids, mask = ours.text_encoder.tokenise([TEXT])
    expected = theirs(
        input_ids=ids, attention_mask=mask.long(), decoder_input_ids=columns.flatten(0, 1)
    ).logits
    features = ours.text_encoder.encode([TEXT])
    model = ours.language_model
    hidden = model(columns, features.hidden, causal_mask(columns.shape[-1]), features.mask)
    logits = torch.stack([model.logits(hidden, level)[0] for level in range(4)])
    assert expected.std() > 0.1
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)


@torch.no_grad()
def _bound(parts: ReleasedParts) -> BoundModel:
    features = parts.text_encoder.encode([TEXT])
    return BoundModel.bind(parts.language_model, features.hidden[0], text_mask=features.mask[0])


def _generated_by_transformers(theirs: Any, parts: ReleasedParts) -> tuple[Tensor, Tensor]:
    """Tokens, caught on their way to the codec, and sound."""
    caught: list[Tensor] = []
    decode = theirs.audio_encoder.decode

    def listen(codes: Tensor, **options: Any) -> Any:
        caught.append(codes[0])
        return decode(codes, **options)

    ids, mask = parts.text_encoder.tokenise([TEXT])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theirs.audio_encoder, "decode", listen)
        sound = theirs.generate(
            input_ids=ids, attention_mask=mask.long(), do_sample=False, guidance_scale=3.0,
            max_new_tokens=34,
        )  # fmt: skip
    return caught[0], sound


def test_greedy_tokens_and_their_sound_are_those_of_transformers(
    theirs: Any, ours: ReleasedParts
) -> None:
    expected, sound = _generated_by_transformers(theirs, ours)
    steps = generate_codes(
        _bound(ours),
        mode=Mode.AUTOREGRESSIVE,
        n_frames=expected.shape[-1],
        generators=variation_generators(0, 1),
        options=SamplingOptions(greedy=True, opening_cfg=3.0),
    )
    codes = finish(steps).codes
    assert expected.shape[-1] >= 30 and len(expected.unique()) > 5
    assert torch.equal(codes, expected)
    torch.testing.assert_close(ours.codec.decode(codes), sound, atol=1e-6, rtol=0)


@torch.no_grad()
def test_encoded_codes_are_those_of_transformers(theirs: Any, ours: ReleasedParts) -> None:
    sound = torch.randn(1, 1, 6400, generator=torch.Generator().manual_seed(0))
    expected = theirs.audio_encoder.encode(sound, bandwidth=1.2).audio_codes[0]
    assert torch.equal(ours.codec.encode(sound), expected)


def test_what_the_folder_is(ours: ReleasedParts) -> None:
    config = ours.language_model.config
    assert config.kind is ModelKind.AUTOREGRESSIVE
    assert (config.window_s, config.frame_rate_hz) == (30.0, 50)
    assert (ours.codec.sample_rate_hz, ours.codec.n_levels) == (32000, 4)
    assert not any(each.requires_grad for each in ours.language_model.parameters())


def test_a_model_of_sounds_has_ten_seconds(tmp_path: Path) -> None:
    parts = _load(save_musicgen(make_musicgen(16000), tmp_path))
    assert parts.language_model.config.window_s == 10.0
    assert (parts.codec.sample_rate_hz, parts.codec.frame_rate_hz) == (16000, 50)


def _same_weights(one: ReleasedParts, other: ReleasedParts) -> bool:
    states = zip(
        one.language_model.state_dict().values(),
        other.language_model.state_dict().values(),
        strict=True,
    )
    return all(torch.equal(*pair) for pair in states)


def test_several_files_are_one_model(theirs: Any, ours: ReleasedParts, tmp_path: Path) -> None:
    folder = save_musicgen(theirs, tmp_path, max_shard_size="100KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1 and not (folder / WEIGHTS).exists()
    parts, digest = load_parts(folder, torch.float32)
    assert isinstance(parts, ReleasedParts) and _same_weights(parts, ours)
    index = "model.safetensors.index.json"
    tokeniser = ["spiece.model", "tokenizer_config.json", "special_tokens_map.json"]
    names = ["config.json", index, *(each.name for each in shards), *tokeniser, "added_tokens.json"]
    assert digest == hash_model(folder, names)


def test_half_precision_is_read_as_exactly(copy: Path) -> None:
    weights = {name: each.half() for name, each in _weights(copy).items()}
    save_file(weights, copy / WEIGHTS)
    half = _load(copy)
    save_file({name: each.float() for name, each in weights.items()}, copy / WEIGHTS)
    assert _same_weights(half, _load(copy))
    assert next(half.text_encoder.parameters()).dtype == torch.float32
    assert next(half.codec.parameters()).dtype == torch.float32


def test_names_of_older_files(copy: Path, ours: ReleasedParts) -> None:
    """Older versions of the library kept positions, a second table of words, and other norms."""
    weights = _weights(copy)
    shared = "text_encoder.shared.weight"
    older = {
        name.replace("parametrizations.weight.original0", "weight_g")
        .replace("parametrizations.weight.original1", "weight_v")
        .replace(shared, "text_encoder.encoder.embed_tokens.weight"): each
        for name, each in weights.items()
    }
    assert older.keys() != weights.keys()
    older["decoder.model.decoder.embed_positions.weights"] = torch.zeros(2048, 32)
    save_file(older, copy / WEIGHTS)
    parts = _load(copy)
    assert _same_weights(parts, ours)
    codes = _codes(3)
    assert torch.equal(parts.codec.decode(codes), ours.codec.decode(codes))
    assert torch.equal(parts.text_encoder.encode([TEXT])[0], ours.text_encoder.encode([TEXT])[0])


def test_a_tokeniser_of_one_file(copy: Path, ours: ReleasedParts) -> None:
    """As the Hub has it beside spiece.model, or instead of it."""
    ours.text_encoder.tokenizer.save_pretrained(copy)
    (copy / "spiece.model").unlink()
    assert (copy / "tokenizer.json").is_file()
    parts, digest = load_parts(copy, torch.float32)
    for theirs, mine in zip(
        parts.text_encoder.tokenise([TEXT, ""]), ours.text_encoder.tokenise([TEXT, ""]), strict=True
    ):
        assert torch.equal(theirs, mine)
    assert digest == hash_model(copy, transformers_files(copy))


def test_a_folder_plays_from_the_command_line(folder: Path, tmp_path: Path) -> None:
    sound = tmp_path / "rock.wav"
    arguments = ["--model", str(folder), "--mode", "autoregressive", "--duration-s", "1"]
    assert main(["generate", TEXT, "-o", str(sound), *arguments]) == 0
    assert read_audio(sound).duration_s == 1.0


def test_a_folder_with_both_forms_is_read_in_the_release_form(copy: Path) -> None:
    for name in ("state_dict.bin", "compression_state_dict.bin"):
        shutil.copy(GOLDEN / "plain/checkpoint" / name, copy)
    shutil.copytree(GOLDEN / "plain/checkpoint/t5", copy / "t5")
    parts, digest = load_parts(copy, torch.float32)
    assert parts.language_model.config.kind is ModelKind.MAGNET
    assert digest == hash_model(copy, ("state_dict.bin", "compression_state_dict.bin"))


def _set(part: str, name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda config: config[part].update({name: value})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda config: config.update(model_type="musicgen_melody"), "melody"),
        (lambda config: config.update(model_type="whisper"), "'whisper'"),
        (lambda config: config.pop("model_type"), "no model_type"),
        (lambda config: config.update(decoder=3), "decoder"),
        (lambda config: config.pop("audio_encoder"), "audio_encoder"),
        (_set("decoder", "audio_channels", 2), "stereo"),
        (_set("decoder", "hidden_size", 10**9), "hidden_size"),
        (_set("decoder", "hidden_size", 48), "misshapen|ffn_dim"),
        (_set("decoder", "num_hidden_layers", 3), "missing weights such as decoder.model"),
        (_set("decoder", "num_hidden_layers", 1), "unknown weights such as decoder.model"),
        (_set("decoder", "num_hidden_layers", "2"), "num_hidden_layers"),
        (_set("decoder", "num_attention_heads", 5), "make no model"),
        (_set("decoder", "ffn_dim", 100), "ffn_dim"),
        (_set("decoder", "num_codebooks", 8), "8 to 64 levels"),
        (_set("decoder", "vocab_size", 2048), "vocab_size"),
        (_set("decoder", "activation_function", "relu"), "activation_function"),
        (_set("decoder", "cross_attention_hidden_size", 24), "cross_attention_hidden_size"),
        (_set("audio_encoder", "audio_channels", 2), "audio_channels"),
        (_set("audio_encoder", "num_filters", 10**9), "num_filters"),
        (_set("audio_encoder", "num_filters", 4), "misshapen"),
        (_set("audio_encoder", "upsampling_ratios", []), "upsampling_ratios"),
        (_set("audio_encoder", "sampling_rate", 32001), "sampling_rate"),
        (_set("audio_encoder", "target_bandwidths", []), "target_bandwidths"),
        (_set("audio_encoder", "target_bandwidths", ["a"]), "target_bandwidths"),
        (_set("audio_encoder", "normalize", True), "normalize"),
        (_set("audio_encoder", "model_type", "dac"), "dac"),
        (_set("text_encoder", "model_type", "bert"), "bert"),
        (_set("text_encoder", "d_model", 32), "d_model"),
        (_set("text_encoder", "num_layers", 10**9), "num_layers"),
        (_set("text_encoder", "feed_forward_proj", "gated-gelu"), "gated-gelu"),
        (_set("text_encoder", "vocab_size", 8), "misshapen"),
    ],
)
def test_other_models_are_refused(
    copy: Path, edit: Callable[[dict[str, Any]], object], words: str
) -> None:
    edit_config(copy, edit)
    with pytest.raises(CheckpointError, match=words):
        _load(copy)


def test_another_sample_rate_is_refused(copy: Path) -> None:
    edit_config(copy, _set("audio_encoder", "sampling_rate", 64000))
    edit_config(copy, _set("audio_encoder", "target_bandwidths", [2.4]))
    with pytest.raises(CheckpointError, match="a codec of 64000 Hz; expected 32000 Hz"):
        _load(copy)


NORM = "decoder.model.decoder.layer_norm.weight"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda weights: weights.pop(NORM), f"1 missing weights such as {NORM}"),
        (lambda weights: weights.update({"x\x1b": weights[NORM].clone()}), r"unknown .*'x\\x1b'"),
        (lambda weights: weights.update({NORM: torch.ones(3)}), r"of \[3\] instead of \[32\]"),
        (lambda weights: weights[NORM].fill_(math.nan), f"{NORM} that are not finite"),
        (lambda weights: weights.pop("enc_to_dec_proj.weight"), "no enc_to_dec_proj.weight"),
        (
            lambda weights: weights.pop("text_encoder.shared.weight"),
            r"\(text encoder\) has 2 missing .*shared",
        ),
        (lambda weights: weights.pop("audio_encoder.quantizer.layers.0.codebook.embed"), "codec"),
    ],
)
def test_every_weight_is_accounted_for(
    copy: Path, change: Callable[[dict[str, Tensor]], object], words: str
) -> None:
    weights = _weights(copy)
    change(weights)
    save_file(weights, copy / WEIGHTS)
    with pytest.raises(CheckpointError, match=words):
        _load(copy)


def test_a_damaged_tokeniser_is_refused(copy: Path) -> None:
    (copy / "spiece.model").write_bytes(b"\x01" * 100)
    with pytest.raises(CheckpointError, match="tokeniser"):
        _load(copy)


def test_a_damaged_description_is_refused(copy: Path) -> None:
    (copy / "config.json").write_text("[1]")
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read \(a list"):
        _load(copy)
