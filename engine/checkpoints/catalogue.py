"""The models that lie in the project's own folder, and how a name finds one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.assets import assets_dir
from engine.checkpoints.description import read_description
from engine.checkpoints.folder import FILES, WEIGHT_FILES, damaged, require_files
from engine.checkpoints.weights import count_parameters
from engine.codec.mini import MiniCodec
from engine.errors import CheckpointError
from engine.model.config import ModelKind


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What is known of a model before its weights are read.

    Args:
        name: to load it by. kind: of language model. licence: of the weights.
        window_s: longest clip. sample_rate_hz: of its sound.
        parameters: numbers in all networks. size_bytes: of all its files. path: its folder.
    """

    name: str
    kind: ModelKind
    licence: str
    window_s: float
    sample_rate_hz: int
    parameters: int
    size_bytes: int
    path: Path


def models_dir() -> Path:
    """Where models of our own lie, one folder each."""
    return assets_dir() / "models"


def scan() -> tuple[list[ModelCard], list[CheckpointError]]:
    """Look through `models_dir()`.

    Returns:
        The models that can be loaded by name, in alphabetical order; and for each other folder
        what is wrong with it.
    """
    cards, problems = [], []
    for folder in _folders():
        try:
            cards.append(read_card(folder))
        except CheckpointError as error:
            problems.append(error)
    return cards, problems


def available() -> list[ModelCard]:
    """The models that can be loaded by name, in alphabetical order; see `scan` for the rest."""
    return scan()[0]


def read_card(folder: Path) -> ModelCard:
    """Describe a model folder without loading its weights.

    Raises:
        CheckpointError: no complete model folder.
    """
    require_files(folder)
    description = read_description(folder)
    try:
        size_bytes = sum((folder / name).stat().st_size for name in FILES)
    except OSError as error:
        raise damaged(folder, str(error)) from error
    return ModelCard(
        name=folder.name,
        kind=description.language_model.kind,
        licence=description.licence,
        window_s=float(description.language_model.window_s),
        sample_rate_hz=MiniCodec.sample_rate_hz,
        parameters=sum(count_parameters(folder / name) for name in WEIGHT_FILES),
        size_bytes=size_bytes,
        path=folder,
    )


def find_model(name: str) -> Path:
    """The folder of a model.

    Args:
        name: of a folder in `models_dir()`, which wins over any other of the same name; else
            the path of a folder ("./studio-mini" for one that shares a name).

    Raises:
        CheckpointError: there is no such folder.
    """
    for folder in _folders():
        if folder.name == name:
            return folder
    try:
        path = Path(name).resolve()
        if name and path.is_dir():
            return path
        is_file = bool(name) and path.is_file()
    except (OSError, ValueError):  # too long, a null character, no permission
        is_file = False
    shown = repr(name if len(name) <= 200 else name[:200] + "…")
    known = "".join(f"{folder.name}, " for folder in _folders())
    raise CheckpointError(
        f"the model {shown} is a file" if is_file else f"there is no model {shown}",
        expected=f"{known}a published model, or the path of a model's folder",
        advice="See `magnet-studio models`",
    )


def is_here(name: str) -> bool:
    """Whether `models_dir()` has a folder of that name."""
    return any(folder.name == name for folder in _folders())


def _folders() -> list[Path]:
    try:
        each = [path for path in models_dir().iterdir() if path.is_dir()]
    except OSError:  # a checkout or installation without models
        return []
    return sorted(path for path in each if not path.name.startswith("."))
