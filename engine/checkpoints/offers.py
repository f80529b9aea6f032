"""All models that can be chosen: what each of them is and costs, before any is loaded."""

from __future__ import annotations

import logging
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from engine.checkpoints.catalogue import read_card, scan
from engine.checkpoints.description import read_description
from engine.checkpoints.folder import CODEC_FILE, TEXT_ENCODER_FILE
from engine.checkpoints.hub import is_model_here, is_part_here
from engine.checkpoints.published import (
    ENCODEC_PARAMETERS,
    PUBLISHED,
    TEXT_ENCODERS,
    PublishedModel,
    language_model_parameters,
)
from engine.checkpoints.release_file import CodecPointer, ReleaseFile, read_release_file
from engine.checkpoints.release_folder import (
    CODEC_FOLDER,
    TEXT_FOLDER,
    UNSTATED_LICENCE,
    is_release,
)
from engine.checkpoints.release_names import COMPRESSION_FILE, RELEASE_FILES, STATE_FILE
from engine.checkpoints.released_model import read_config, text_encoder_name
from engine.checkpoints.settings import Settings
from engine.checkpoints.transformers_files import (
    below,
    part_settings,
    read_settings,
    read_weights,
)
from engine.checkpoints.transformers_folder import is_transformers, transformers_files
from engine.checkpoints.weights import count_parameters
from engine.errors import CheckpointError
from engine.knobs import Family, published_family
from engine.model.config import ModelConfig, ModelKind

_logger = logging.getLogger(__name__)


class Source(str, Enum):
    """Where a model comes from."""

    EMBEDDED = "embedded"
    """Shipped with the project."""
    FOLDER = "folder"
    """A folder of the operator's."""
    HUB = "hub"
    """Published on the Hugging Face Hub."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A model that can be loaded.

    Args:
        name: to choose it by; of a folder, its last part.
        source: where it comes from. path: its folder; None for one of the Hub.
        config: sizes of its language model.
        licence: of the weights.
        sample_rate_hz: of its sound.
        text_parameters, codec_parameters: numbers in the other two networks.
        size_bytes: of all its files; those of the text encoder are shared by several models.
        is_here: False if a file of it, or of its text encoder, must be fetched first.
    """

    name: str
    source: Source
    path: Path | None
    config: ModelConfig
    licence: str
    sample_rate_hz: int
    text_parameters: int
    codec_parameters: int
    size_bytes: int
    is_here: bool

    @property
    def kind(self) -> ModelKind:
        """Of the language model."""
        return self.config.kind

    @property
    def window_s(self) -> float:
        """The longest clip of one window, in seconds."""
        return float(self.config.window_s)

    @property
    def family(self) -> Family:
        """Whose presets it is played with, as `MusicModel.family` once it is loaded."""
        if self.path is None or is_release(self.path) or is_transformers(self.path):
            return published_family(self.window_s, self.sample_rate_hz)
        return Family.MINI

    @property
    def parameters(self) -> int:
        """Numbers in the language model: what such models are called by."""
        return language_model_parameters(self.config)


def offers(folders: Sequence[Path] = ()) -> list[Offer]:
    """Embedded models, then the operator's folders, then published ones.

    What cannot be loaded is left out, with a warning in the log; see `survey`.

    Args:
        folders: model folders, in any of the formats that `load_parts` reads.
    """
    found, problems = survey(folders)
    for problem in problems:
        _logger.warning("Left out: %s", problem)
    return found


def survey(folders: Sequence[Path] = ()) -> tuple[list[Offer], list[CheckpointError]]:
    """The same offers, and for each folder that makes none what is wrong with it.

    No weights are read, and no network is asked.
    """
    cards, problems = scan()
    places = [(card.path, Source.EMBEDDED) for card in cards]
    places += [(path.resolve(), Source.FOLDER) for path in folders]
    found: dict[str, Offer] = {}
    for path, source in places:
        try:
            offer = _of_folder(path, source)
            _require_new(offer, found)
        except CheckpointError as error:
            problems.append(error)
        else:
            found[offer.name] = offer
    # A folder of that name is most likely a copy, and the operator's choice in any case.
    published = [_of_hub(model) for model in PUBLISHED.values() if model.name not in found]
    return [*found.values(), *published], problems


def _require_new(offer: Offer, found: Container[str]) -> None:
    if offer.name in found:
        raise CheckpointError(
            f"the model folder {offer.path} has the name of another model, {offer.name}",
            expected="a name of its own",
            advice="Rename the folder",
        )


def _of_folder(folder: Path, source: Source) -> Offer:
    """The formats in the order in which `load_parts` takes them."""
    if is_release(folder):
        return _of_release(folder)
    return _of_transformers(folder) if is_transformers(folder) else _of_own(folder, source)


def _of_own(folder: Path, source: Source) -> Offer:
    card = read_card(folder)
    return Offer(
        name=card.name,
        source=source,
        path=folder,
        config=read_description(folder).language_model,
        licence=card.licence,
        sample_rate_hz=card.sample_rate_hz,
        text_parameters=count_parameters(folder / TEXT_ENCODER_FILE),
        codec_parameters=count_parameters(folder / CODEC_FILE),
        size_bytes=card.size_bytes,
        is_here=True,
    )


def _of_release(folder: Path) -> Offer:
    """Both files are mapped, not read: what they say is at their ends, apart from the weights."""
    file, codec = (read_release_file(folder / name) for name in RELEASE_FILES)
    if isinstance(file, CodecPointer):
        raise CheckpointError(
            f"the file {STATE_FILE} of {folder.name} names the codec {file.name}",
            expected="a language model",
            advice=f"Was it exchanged with {COMPRESSION_FILE}? Download both again",
        )
    parts = [folder / name for name in RELEASE_FILES]
    text, codec_folder = folder / TEXT_FOLDER, folder / CODEC_FOLDER
    named = text_encoder_name(file.settings)
    is_here = text.is_dir() or is_part_here(named)
    if isinstance(codec, CodecPointer):
        is_here = is_here and (codec_folder.is_dir() or is_part_here(codec.name))
    return Offer(
        name=folder.name,
        source=Source.FOLDER,
        path=folder,
        config=read_config(file),
        licence=UNSTATED_LICENCE,
        sample_rate_hz=file.settings.whole("sample_rate", 32000),
        text_parameters=_text_parameters(text, named),
        codec_parameters=_codec_parameters(codec),
        size_bytes=sum(_size(part) for part in (*parts, text, codec_folder)),
        is_here=is_here,
    )


def _of_transformers(folder: Path) -> Offer:
    settings = read_settings(folder)
    rate = part_settings(settings, "audio_encoder").whole("sampling_rate", 32000)
    weights = read_weights(folder)
    text, codec = (
        sum(each.numel() for each in below(weights, prefix).values())
        for prefix in ("text_encoder.", "audio_encoder.")
    )
    return Offer(
        name=folder.name,
        source=Source.FOLDER,
        path=folder,
        config=_transformers_config(settings, window_s=30.0 if rate == 32000 else 10.0),
        licence=UNSTATED_LICENCE,
        sample_rate_hz=rate,
        text_parameters=text,
        codec_parameters=codec,
        size_bytes=sum(_size(folder / name) for name in transformers_files(folder)),
        is_here=True,
    )


def _transformers_config(settings: Settings, window_s: float) -> ModelConfig:
    """As `load_transformers` will find it; what it refuses is not noticed here."""
    decoder = part_settings(settings, "decoder")
    width = decoder.whole("hidden_size", 1024)
    try:
        return ModelConfig(
            kind=ModelKind.AUTOREGRESSIVE,
            width=width,
            n_layers=decoder.whole("num_hidden_layers", 24),
            n_heads=decoder.whole("num_attention_heads", 16),
            ffn_ratio=decoder.whole("ffn_dim", 4096) // width,
            text_width=part_settings(settings, "text_encoder").whole("d_model", 512),
            n_levels=decoder.whole("num_codebooks", 4),
            codebook_size=decoder.whole("vocab_size", 2048),
            window_s=window_s,
        )
    except (ValueError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"the settings in {settings.file} make no model ({error})",
            expected="those of a MusicGen",
            advice="Download it again, or use another one",
        ) from error


def _of_hub(model: PublishedModel) -> Offer:
    text = TEXT_ENCODERS[model.text_encoder]
    return Offer(
        name=model.name,
        source=Source.HUB,
        path=None,
        config=model.config,
        licence=model.licence,
        sample_rate_hz=model.sample_rate_hz,
        text_parameters=text.parameters,
        codec_parameters=ENCODEC_PARAMETERS,
        size_bytes=model.download_bytes + text.download_bytes,
        is_here=is_model_here(model) and is_part_here(model.text_encoder),
    )


def _text_parameters(folder: Path, name: str) -> int:
    """Of the T5 in a folder, which may also hold the decoder, or else of the one that is named."""
    if folder.is_dir():
        return sum(count_parameters(file) for file in folder.glob("*.safetensors"))
    if name in TEXT_ENCODERS:
        return TEXT_ENCODERS[name].parameters
    raise CheckpointError(
        f"the model needs the text encoder {name!r}",
        expected=" or ".join(TEXT_ENCODERS),
        advice=f"Put its files into the model's folder, as {TEXT_FOLDER}/",
    )


def _codec_parameters(codec: ReleaseFile | CodecPointer) -> int:
    if isinstance(codec, CodecPointer):
        return ENCODEC_PARAMETERS
    return sum(weight.numel() for weight in codec.weights.values())


def _size(path: Path) -> int:
    """Bytes of a file or of the files of a folder; 0 if it is not there."""
    try:
        files = path.iterdir() if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())
    except OSError:
        return 0
