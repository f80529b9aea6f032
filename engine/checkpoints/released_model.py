"""A published language model: its sizes from the file's settings, its weights by a full account.

What a file says of itself decides, never its name: a hybrid has the names, shapes and file sizes
of a plain MAGNeT, and a reader that takes it for one makes noise without any error.
"""

from __future__ import annotations

import torch

from engine.checkpoints.account import check_weights
from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.release_names import COMPRESSION_FILE
from engine.checkpoints.settings import Settings
from engine.errors import CheckpointError
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel

_FIXED: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("transformer_lm.norm_first", (True,)),
    ("transformer_lm.norm", ("layer_norm",)),
    ("transformer_lm.activation", ("gelu",)),
    ("transformer_lm.positional_embedding", ("sin",)),
    ("transformer_lm.bias_ff", (False,)),
    ("transformer_lm.bias_attn", (False,)),
    ("transformer_lm.bias_proj", (False,)),
    ("transformer_lm.qk_layer_norm", (False,)),
    ("transformer_lm.qk_layer_norm_cross", (False,)),
    ("transformer_lm.xpos", (False,)),
    ("transformer_lm.kv_repeat", (1,)),
    ("transformer_lm.layer_scale", (None,)),
    ("transformer_lm.past_context", (None,)),
    ("fuser.cross_attention_pos_emb", (False,)),
    ("interleave_stereo_codebooks.use", (False,)),
)
"""Settings that change the network, and the values that all published models have."""
_LONGEST_WINDOW = 2**15
"""Frames, ten minutes: the table of positions is in no file, and takes memory by the settings."""


def read_config(file: ReleaseFile, frame_rate_hz: int = 50) -> ModelConfig:
    """The sizes and the kind of a released language model.

    Args:
        file: `state_dict.bin`.
        frame_rate_hz: of its codec.

    Raises:
        CheckpointError: a network that is not implemented, or sizes that make no sense.
    """
    settings = file.settings
    _require_language_model(settings)
    for name, allowed in _FIXED:
        settings.require(name, *allowed)
    _require_text_by_cross_attention(settings)
    kind = read_kind(settings)
    n_levels = settings.whole("transformer_lm.n_q", 4)
    if kind is not ModelKind.MAGNET:
        _require_delays(settings, n_levels)
    context = settings.whole("transformer_lm.subcodes_context", 5)
    try:
        config = ModelConfig(
            kind=kind,
            width=settings.whole("transformer_lm.dim"),
            n_layers=settings.whole("transformer_lm.num_layers"),
            n_heads=settings.whole("transformer_lm.num_heads"),
            ffn_ratio=settings.whole("transformer_lm.hidden_scale", 4),
            text_width=text_width(file),
            n_levels=n_levels,
            codebook_size=settings.whole("transformer_lm.card", 2048),
            context_frames=None if context < 0 else context,
            span_len=settings.whole("masking.span_len", 3),
            window_s=settings.number("dataset.segment_duration", 30),
            frame_rate_hz=frame_rate_hz,
        )
        if config.window_frames > _LONGEST_WINDOW:
            raise ValueError(f"a window of {config.window_frames} frames")
    except ValueError as error:
        raise CheckpointError(
            f"the settings in {settings.file} make no model ({error})",
            expected="the sizes of a released model",
            advice="Download it again, or use another one",
        ) from error
    return config


def read_kind(settings: Settings) -> ModelKind:
    """Which of the three kinds: by what it was trained on and how its levels are laid out.

    Released files differ in how they name their solver and their class, so a model counts as
    masked by any setting that only masked training has.

    Raises:
        CheckpointError: a layout that is not implemented.
    """
    masked = (
        "magnet" in settings.text("lm_model", "")
        or settings.get("masking.span_len") is not None
        or settings.get("transformer_lm.subcodes_context") is not None
    )
    layout = settings.text("codebooks_pattern.modeling", "parallel" if masked else "delay")
    if layout == "delay":
        return ModelKind.HYBRID if masked else ModelKind.AUTOREGRESSIVE
    if layout == "parallel" and masked:
        return ModelKind.MAGNET
    raise CheckpointError(
        f"the codebooks_pattern.modeling in {settings.file} is {layout!r}",
        expected="'parallel' of MAGNeT, or 'delay' of its hybrid, MusicGen and AudioGen",
        advice="Use one of those models",
    )


def text_encoder_name(settings: Settings) -> str:
    """The T5 whose states the model was trained on, as the Hub names it.

    Raises:
        CheckpointError: the condition is of another kind.
    """
    settings.require("conditioners.description.model", "t5")
    return settings.text("conditioners.description.t5.name", "t5-base")


def build(file: ReleaseFile, config: ModelConfig, dtype: torch.dtype) -> LanguageModel:
    """A language model with the file's weights, after a full account of them.

    Args:
        file: of the language model; its weights are copied once, into `dtype`.
        config: from `read_config`.
        dtype: of the weights.

    Raises:
        CheckpointError: missing, superfluous, misshapen or not finite weights.
    """
    check(file, config)
    return assemble(file, config, dtype)


def check(file: ReleaseFile, config: ModelConfig) -> None:
    """Account for every weight of a language model; raises as `build` does."""
    check_weights(file.weights, file.naming.shapes(config), file.settings.file)


@torch.no_grad()
def assemble(file: ReleaseFile, config: ModelConfig, dtype: torch.dtype) -> LanguageModel:
    """A language model with weights that `check` has accounted for."""
    with torch.device("meta"):  # no memory for weights that are replaced at once
        model = LanguageModel(config)
    named = file.naming.translate(file.weights)
    # One by one, for some are joined from parts and lie in memory until they are copied.
    state = {name: named.pop(name).to(dtype, copy=True) for name in list(named)}
    model.load_state_dict(state, assign=True)
    return model.to(dtype).eval().requires_grad_(False)  # the table of positions too


def text_width(file: ReleaseFile) -> int:
    """The width of the text's states, from the weights: settings hold only the encoder's name.

    Raises:
        CheckpointError: there is no such weight.
    """
    name = file.naming.text_weight
    weight = file.weights.get(name)
    if weight is None or weight.dim() != 2:
        raise CheckpointError(
            f"the file {file.settings.file} has no {name} that is a matrix",
            expected="a model that is conditioned on text by cross-attention",
            advice="Use a released MAGNeT, MusicGen or AudioGen",
        )
    return int(weight.shape[1])


def _require_language_model(settings: Settings) -> None:
    if settings.get("transformer_lm") is None and settings.get("seanet") is not None:
        raise CheckpointError(
            f"the file {settings.file} holds a codec",
            expected="a language model",
            advice=f"Was it exchanged with {COMPRESSION_FILE}? Download both again",
        )


def _require_text_by_cross_attention(settings: Settings) -> None:
    for way, wanted in (("cross", ["description"]), ("sum", []), ("prepend", [])):
        found = settings.get(f"fuser.{way}", wanted)
        if found != wanted:
            raise CheckpointError(
                f"the model in {settings.file} takes {repr(found)[:100]} by fuser.{way}",
                expected=f"{wanted}: a text alone, by cross-attention",
                advice="Melody and style models are not supported; use a text model",
            )


def _require_delays(settings: Settings, n_levels: int) -> None:
    wanted = tuple(range(n_levels))
    delays = settings.numbers("codebooks_pattern.delay.delays", wanted)
    if delays != wanted:
        raise CheckpointError(
            f"the delays in {settings.file} are {list(delays)}",
            expected=f"{list(wanted)}: each level one column after the one below",
            advice="Stereo models are not supported; use a mono model",
        )
