"""A trained run becomes a model folder: the averaged weights, with codec and text encoder."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from engine.checkpoints.folder import CODEC_FILE, ModelParts, load_model, save_model
from engine.codec.mini import MiniCodec, MiniCodecConfig
from engine.errors import CheckpointError
from engine.model.config import ModelConfig
from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.training.runs import RunFolder
from engine.training.text_facts import load_text_weights

_LICENCE = "MIT"


def export(
    run: RunFolder,
    codec_run: Path,
    text_folder: Path,
    output: Path,
    *,
    model_config: ModelConfig,
    text_config: MiniTextConfig,
    name: str = "studio-mini",
) -> None:
    """Write all that generation needs into a model folder.

    Args:
        run: of the language model; may still be training.
        codec_run: of the codec.
        text_folder: has the token table and the tokeniser, and the encoder's weights if it was
            taught; else they are the run's.
        output: the model folder.
        model_config, text_config: what the run was trained with.
        name: of the model.

    Raises:
        CheckpointError: a run has no state.
    """
    model = LanguageModel(model_config)
    text_encoder = MiniTextEncoder.from_folder(text_folder, text_config)
    load_averages(model, text_encoder, run)
    load_text_weights(text_encoder, text_folder)  # it may have been taught more words since
    parts = ModelParts(
        name=name,
        licence=_LICENCE,
        language_model=model.eval(),
        codec=load_trained_codec(codec_run),
        text_encoder=text_encoder.eval(),
    )
    save_model(output, parts, text_files=text_folder)


@torch.no_grad()
def load_averages(
    model: LanguageModel, text_encoder: MiniTextEncoder, run: RunFolder
) -> dict[str, float]:
    """Set both networks to the averaged weights of a run.

    Returns:
        What the run has spent: step, examples, elapsed_s.

    Raises:
        CheckpointError: the run has no state.
    """
    state = run.load()
    if state is None:
        raise CheckpointError(
            f"{run.path} has no saved state",
            expected="state.pt of a training run",
            advice="Train first: magnet-studio train lm",
        )
    # in the order in which the trainer lists them
    parameters = [*model.parameters(), *text_encoder.parameters()]
    for parameter, average in zip(parameters, state["average"]["averages"], strict=True):
        parameter.copy_(average)
    return {key: state[key] for key in ("step", "examples", "elapsed_s")}


def load_trained_codec(run: Path) -> MiniCodec:
    """Read the codec of a training run, as of its last save, or that of a model folder.

    Raises:
        CheckpointError: the folder is neither.
    """
    path = run / "codec.pt"
    if not path.is_file() and (run / CODEC_FILE).is_file():
        return load_model(run).codec
    if not path.is_file():
        raise CheckpointError(
            f"{run} has no codec.pt",
            expected="the folder of a codec's training run, or of a model",
            advice="Train first: magnet-studio train codec",
        )
    config = run / "config.json"
    sizes = json.loads(config.read_text()) if config.is_file() else {}
    codec = MiniCodec(MiniCodecConfig(**sizes))
    state = torch.load(path, map_location="cpu", weights_only=True)
    codec.load_state_dict(state["codec"])
    # the trainer copies these into the codec only now and then
    codec.codebooks.copy_(state["books"]["books"])
    return codec.eval()
