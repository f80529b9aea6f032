"""A published language model: its sizes from the file's settings, its weights by a full account.

What a file says of itself decides, never its name: a hybrid has the names, shapes and file sizes
of a plain MAGNeT, and a reader that takes it for one makes noise without any error.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.checkpoints.release_file import ReleaseFile
from engine.checkpoints.settings import Settings
from engine.checkpoints.upstream_names import TEXT_WEIGHT, translate, upstream_shapes
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


def read_config(file: ReleaseFile, frame_rate_hz: int = 50) -> ModelConfig:
    """The sizes and the kind of a released language model.

    Args:
        file: `state_dict.bin`.
        frame_rate_hz: of its codec.

    Raises:
        CheckpointError: a network that is not implemented, or sizes that make no sense.
    """
    settings = file.settings
    for name, allowed in _FIXED:
        settings.require(name, *allowed)
    _require_text_by_cross_attention(settings)
    kind = read_kind(settings)
    n_levels = settings.whole("transformer_lm.n_q", 4)
    if kind is not ModelKind.MAGNET:
        _require_delays(settings, n_levels)
    context = settings.whole("transformer_lm.subcodes_context", 5)
    try:
        return ModelConfig(
            kind=kind,
            width=settings.whole("transformer_lm.dim"),
            n_layers=settings.whole("transformer_lm.num_layers"),
            n_heads=settings.whole("transformer_lm.num_heads"),
            ffn_ratio=settings.whole("transformer_lm.hidden_scale", 4),
            text_width=_text_width(file),
            n_levels=n_levels,
            codebook_size=settings.whole("transformer_lm.card", 2048),
            context_frames=None if context < 0 else context,
            span_len=settings.whole("masking.span_len", 3),
            window_s=settings.number("dataset.segment_duration", 30),
            frame_rate_hz=frame_rate_hz,
        )
    except ValueError as error:
        raise CheckpointError(
            f"the settings in {settings.file} make no model ({error})",
            expected="the sizes of a released model",
            advice="Download it again, or use another one",
        ) from error


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


@torch.no_grad()
def build(file: ReleaseFile, config: ModelConfig, dtype: torch.dtype) -> LanguageModel:
    """A language model with the file's weights.

    Args:
        file: `state_dict.bin`; its weights are copied once, into `dtype`.
        config: from `read_config`.
        dtype: of the weights.

    Raises:
        CheckpointError: missing, superfluous, misshapen or not finite weights.
    """
    check_weights(file.weights, config, file.settings.file)
    with torch.device("meta"):  # no memory for weights that are replaced at once
        model = LanguageModel(config)
    state = {name: weight.to(dtype, copy=True) for name, weight in translate(file.weights).items()}
    model.load_state_dict(state, assign=True)
    return model.to(dtype).eval().requires_grad_(False)  # the table of positions too


def check_weights(weights: Mapping[str, Tensor], config: ModelConfig, file: str) -> None:
    """Account for every name and shape of a released state.

    Raises:
        CheckpointError: naming the first of each kind of fault, and how many there are.
    """
    wanted = upstream_shapes(config)
    missing = [name for name in wanted if name not in weights]
    extra = [name for name in weights if name not in wanted]
    misshapen = [
        f"{name} of {list(weights[name].shape)} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    faults = [
        f"{len(names)} {words} weights such as {names[0]}"
        for words, names in (("missing", missing), ("unknown", extra), ("misshapen", misshapen))
        if names
    ]
    if not faults:
        faults = [
            f"numbers in {name} that are not finite"
            for name, weight in weights.items()
            if not weight.is_floating_point() or not bool(torch.isfinite(weight).all())
        ][:1]
    if faults:
        raise CheckpointError(
            f"the file {file} has {', '.join(faults)}",
            expected=f"the {len(wanted)} weights that its settings describe",
            advice="Download it again; a file of another program must first be exported",
        )


def _text_width(file: ReleaseFile) -> int:
    """From the weights: the settings hold only the encoder's name."""
    weight = file.weights.get(TEXT_WEIGHT)
    if weight is None or weight.dim() != 2:
        raise CheckpointError(
            f"the file {file.settings.file} has no {TEXT_WEIGHT} that is a matrix",
            expected="a model that is conditioned on text by cross-attention",
            advice="Use a released MAGNeT, MusicGen or AudioGen",
        )
    return int(weight.shape[1])


def _require_text_by_cross_attention(settings: Settings) -> None:
    for way, wanted in (("cross", ["description"]), ("sum", []), ("prepend", [])):
        found = settings.get(f"fuser.{way}", wanted)
        if list(found) != wanted:
            raise CheckpointError(
                f"the model in {settings.file} takes {found} by fuser.{way}",
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
