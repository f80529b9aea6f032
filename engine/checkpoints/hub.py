"""Fetching published models from the Hugging Face Hub.

Files go to the Hub's own cache on disk and serve again without a network. A connection that
breaks is taken up where it broke; a program that ends leaves the files that are whole, and the
next one fetches the others. `HF_TOKEN`, `HF_HOME`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` work as
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from engine.checkpoints.hub_errors import explained
from engine.checkpoints.published import PUBLISHED, TEXT_ENCODERS, PublishedModel
from engine.checkpoints.release_names import RELEASE_FILES
from engine.errors import CheckpointError

__all__ = [
    "PUBLISHED",
    "Progress",
    "PublishedModel",
    "Report",
    "fetch_model",
    "fetch_part",
    "fetch_whole",
    "is_model_here",
    "is_part_here",
]

_T5_FILES = ("config.json", "model.safetensors", "spiece.model")
_T5_EXTRAS = ("tokenizer.json", "tokenizer_config.json")
_PARTS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        **{name: (text.repo, _T5_FILES, _T5_EXTRAS) for name, text in TEXT_ENCODERS.items()},
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
    """`done` of `total` bytes of one file; `total` is 0 until it is known.

    `repo` is where it comes from, for files of several may have one name.
    """

    file: str
    done: int
    total: int
    repo: str = ""


Report = Callable[[Progress], None]


def fetch_model(
    model: PublishedModel, *, revision: str | None = None, report: Report | None = None
) -> Path:
    """The local folder of a published model, fetched where it is not there yet.

    Args:
        model: one of `PUBLISHED`.
        revision: a commit, branch or tag to pin; None: the newest.
        report: called while files arrive; what it raises stops the fetching.

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


def fetch_whole(
    model: PublishedModel, *, revision: str | None = None, report: Report | None = None
) -> Path:
    """`fetch_model` with the text encoder, so that loading it needs no network."""
    folder = fetch_model(model, revision=revision, report=report)
    fetch_part(model.text_encoder, report=report)
    return folder


def is_model_here(model: PublishedModel) -> bool:
    """Whether the model's newest known commit is in the Hub's cache; asks no network."""
    return _is_here(model.repo, RELEASE_FILES)


def is_part_here(name: str) -> bool:
    """The same of a text encoder or codec; False for a name that no released model has."""
    return name in _PARTS and _is_here(*_PARTS[name][:2])


def _is_here(repo: str, files: Iterable[str]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return all(isinstance(try_to_load_from_cache(repo, file), str) for file in files)


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
            raise explained(error, repo, file) from error
        # Even if somebody pushes meanwhile, all files are of the commit of the first.
        folder, revision = path.parent, path.parent.name
    assert folder is not None
    return folder


def _fetch_file(repo: str, file: str, revision: str | None, report: Report | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    bar, path = _bar(repo, file, report), ""
    try:
        path = hf_hub_download(repo, file, revision=revision, tqdm_class=bar)
    except EntryNotFoundError:
        raise
    # Of several libraries below, each with its own errors: network, disk, permission.
    except Exception as error:
        if bar.stopped_by is None:
            raise explained(error, repo, file) from error
    if bar.stopped_by is not None:  # also where a library has gone on for all that
        raise bar.stopped_by
    return Path(path)


def _bar(repo: str, file: str, report: Report | None) -> Any:
    """A progress bar that draws nothing and reports instead; `stopped_by` is what that raised."""
    from huggingface_hub.utils import tqdm

    class Reporting(tqdm):
        stopped_by: ClassVar[Exception | None] = None

        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "disable": True})
            self._done = int(settings.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            if report is None:
                return
            try:
                whole = int(self.total or 0)
                report(Progress(repo=repo, file=file, done=self._done, total=whole))
            except Exception as error:
                Reporting.stopped_by = error
                raise

        # The Hub's own storage counts bytes of the network and bytes on the disk. Without these
        # two, it makes a bar for each, and both would report as if they were the same.
        def update_transfer(self, n: float) -> None:
            pass

        def set_transfer_postfix_str(self, *_: Any, **__: Any) -> None:
            pass

    return Reporting
