"""Published models: what there is, and fetching one from the Hugging Face Hub.

Files go to the Hub's own cache on disk, are resumed after an interruption, and serve again
without a network. `HF_TOKEN`, `HF_HOME`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` work as everywhere.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.checkpoints.release_names import RELEASE_FILES
from engine.errors import CheckpointError
from engine.model.config import ModelKind

NON_COMMERCIAL = "CC-BY-NC-4.0"
_GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A model of Meta's on the Hub, known before anything of it is fetched.

    Args:
        repo: its name on the Hub.
        kind: of language model.
        window_s: longest clip of one window. sample_rate_hz: of its sound.
        download_bytes: of its files, codec included, text encoder not.
        text_encoder: the T5 that it needs.
        licence: of the weights.
    """

    repo: str
    kind: ModelKind
    window_s: float
    sample_rate_hz: int
    download_bytes: int
    text_encoder: str = "t5-base"
    licence: str = NON_COMMERCIAL

    @property
    def name(self) -> str:
        """To load it by: the last part of `repo`."""
        return self.repo.rpartition("/")[2]


def _magnet(repo: str, window_s: float, gib: float) -> PublishedModel:
    kind = ModelKind.HYBRID if "hybrid" in repo else ModelKind.MAGNET
    return PublishedModel(
        repo=f"facebook/{repo}", kind=kind, window_s=window_s, sample_rate_hz=32000,
        download_bytes=round(gib * _GIB),
    )  # fmt: skip


def _sound(repo: str, kind: ModelKind, gib: float) -> PublishedModel:
    return PublishedModel(
        repo=f"facebook/{repo}", kind=kind, window_s=10.0, sample_rate_hz=16000,
        download_bytes=round(gib * _GIB), text_encoder="t5-large",
    )  # fmt: skip


def _musicgen(repo: str, gib: float) -> PublishedModel:
    return PublishedModel(
        repo=f"facebook/{repo}", kind=ModelKind.AUTOREGRESSIVE, window_s=30.0,
        sample_rate_hz=32000, download_bytes=round(gib * _GIB),
    )  # fmt: skip


PUBLISHED: Mapping[str, PublishedModel] = MappingProxyType(
    {
        model.name: model
        for model in (
            _magnet("magnet-small-10secs", 10.0, 1.00),
            _magnet("magnet-medium-10secs", 10.0, 3.64),
            _magnet("magnet-small-30secs", 30.0, 1.00),
            _magnet("magnet-medium-30secs", 30.0, 3.64),
            _magnet("hybrid-magnet-small", 30.0, 1.00),
            _magnet("hybrid-magnet-medium", 30.0, 3.64),
            _sound("audio-magnet-small", ModelKind.MAGNET, 1.00),
            _sound("audio-magnet-medium", ModelKind.MAGNET, 3.65),
            _musicgen("musicgen-small", 1.00),
            _musicgen("musicgen-medium", 3.64),
            _musicgen("musicgen-large", 6.29),
            _sound("audiogen-medium", ModelKind.AUTOREGRESSIVE, 3.65),
        )
    }
)
"""By name. Sizes are those of the files; kind, window and rate are read again from the files."""

_PARTS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "t5-base": (
            "google-t5/t5-base",
            ("config.json", "model.safetensors", "spiece.model"),
            ("tokenizer.json", "tokenizer_config.json"),
        ),
        "t5-large": (
            "google-t5/t5-large",
            ("config.json", "model.safetensors", "spiece.model"),
            ("tokenizer.json", "tokenizer_config.json"),
        ),
        "facebook/encodec_32khz": (
            "facebook/encodec_32khz",
            ("config.json", "model.safetensors"),
            (),
        ),
    }
)
"""What released files name besides themselves: repository, files needed, files used if there."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `total` bytes of one file; `total` is 0 until it is known."""

    file: str
    done: int
    total: int


Report = Callable[[Progress], None]


def fetch_model(
    model: PublishedModel, *, revision: str | None = None, report: Report | None = None
) -> Path:
    """The local folder of a published model, fetched where it is not there yet.

    Args:
        model: one of `PUBLISHED`.
        revision: a commit, branch or tag to pin; None: the newest.
        report: called while files arrive.

    Raises:
        CheckpointError: no network and no copy, no such revision, no permission, no room.
    """
    return _fetch(model.repo, RELEASE_FILES, (), revision=revision, report=report)


def fetch_part(name: str, *, report: Report | None = None) -> Path:
    """The local folder of a text encoder or codec that a released file names.

    Raises:
        CheckpointError: as `fetch_model`; also for a name that no released model has, because
            what a file names must not decide what is downloaded.
    """
    if name not in _PARTS:
        raise CheckpointError(
            f"the model needs {name!r}",
            expected=" or ".join(_PARTS),
            advice="Put its files into the model's folder, as t5/ or codec/",
        )
    repo, needed, optional = _PARTS[name]
    return _fetch(repo, needed, optional, revision=None, report=report)


def _fetch(
    repo: str,
    needed: tuple[str, ...],
    optional: tuple[str, ...],
    *,
    revision: str | None,
    report: Report | None,
) -> Path:
    from huggingface_hub.errors import EntryNotFoundError

    folder = None
    for file in (*needed, *optional):
        try:
            path = _fetch_file(repo, file, revision, report)
        except EntryNotFoundError as error:
            if file in optional:
                continue
            raise _explained(error, repo, file) from error
        # Even if somebody pushes meanwhile, all files are of the commit of the first.
        folder, revision = path.parent, path.parent.name
    assert folder is not None
    return folder


def _fetch_file(repo: str, file: str, revision: str | None, report: Report | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hf_hub_download(repo, file, revision=revision, tqdm_class=_bar(file, report)))
    except EntryNotFoundError:
        raise
    # Of several libraries below, each with its own errors: network, disk, permission.
    except Exception as error:
        raise _explained(error, repo, file) from error


def _bar(file: str, report: Report | None) -> Any:
    """A progress bar that draws nothing and reports instead."""
    from huggingface_hub.utils import tqdm

    class Reporting(tqdm):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "disable": True})
            self._done = int(settings.get("initial") or 0)
            self._whole = int(settings.get("total") or 0)

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            if report is not None:
                report(Progress(file=file, done=self._done, total=self._whole))

    return Reporting


def _explained(error: Exception, repo: str, file: str) -> CheckpointError:
    from huggingface_hub import errors

    came, expected = f"{file} of {repo} could not be fetched", "a file from the Hub or its copy"
    if isinstance(error, errors.GatedRepoError):
        came, advice = f"{repo} needs permission", "Accept its terms on the Hub and set HF_TOKEN"
    elif isinstance(error, errors.RepositoryNotFoundError):
        came, advice = f"the Hub knows no {repo}", "Check the name; a private one needs HF_TOKEN"
    elif isinstance(error, errors.RevisionNotFoundError):
        came, advice = f"{repo} has no such revision", "Take a commit, branch or tag that exists"
    elif isinstance(error, errors.LocalEntryNotFoundError):
        came = f"{file} of {repo} is not on this computer, and the Hub cannot be reached"
        advice = "Connect to the network, or put the model into a local folder"
    elif isinstance(error, errors.EntryNotFoundError):
        came, advice = f"{repo} has no {file}", "Choose another model or revision"
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        came, expected = f"no room on the disk for {file} of {repo}", "enough free space"
        advice = "Free some, or set HF_HOME to another disk; what has arrived is kept"
    else:
        came = (
            f"{came} ({str(error).splitlines()[0][:200] if str(error) else type(error).__name__})"
        )
        advice = "Try again: it goes on where it stopped"
    return CheckpointError(came, expected=expected, advice=advice)
