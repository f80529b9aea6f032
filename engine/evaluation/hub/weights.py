"""The judges' published files: where they are, whether they are the right ones, reading them.

All are pickles of PyTorch. They are read by its restricted reader, which calls nothing that a file
names; and only weights of the published digest or size are taken, for a figure called FAD that
comes from other weights would be no FAD.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import torch
from torch import Tensor

from engine.checkpoints.account import check_weights
from engine.checkpoints.hub_errors import explained
from engine.errors import CheckpointError

JUDGES_VARIABLE = "MAGNET_STUDIO_JUDGES"
"""Names a folder with the files, for computers without a network."""
_TIMEOUT_S = 20.0


@dataclass(frozen=True, kw_only=True)
class JudgeFile:
    """One published file.

    Args:
        name: of the file.
        repo: on the Hub; empty where it is not there.
        revision: the commit of the repository.
        url: where its authors publish it instead.
        n_bytes: its size; None: not checked.
        sha256: the digits of its digest, or the first of them; empty: not checked.
        licence: of the weights, for the report.
    """

    name: str
    repo: str = ""
    revision: str | None = None
    url: str = ""
    n_bytes: int | None = None
    sha256: str = ""
    licence: str = ""

    @property
    def address(self) -> str:
        """Where a person can get it."""
        if not self.repo:
            return self.url
        return f"https://huggingface.co/{self.repo}/resolve/{self.revision or 'main'}/{self.name}"


def judges_folder() -> Path | None:
    """The folder that the environment names; None: none."""
    named = os.environ.get(JUDGES_VARIABLE, "").strip()
    return Path(named).expanduser() if named else None


def find_file(file: JudgeFile, *, folder: Path | None, cache: Path) -> Path:
    """A published file: from a local folder, else from the Hub or its authors' page.

    Args:
        file: which.
        folder: looked into first.
        cache: keeps what comes from elsewhere than the Hub, which has its own.

    Raises:
        CheckpointError: it is nowhere, cannot be fetched, or is another file of that name.
    """
    if folder is not None and (folder / file.name).is_file():
        return _checked(folder / file.name, file)
    return _checked(_from_hub(file), file) if file.repo else _from_web(file, cache)


def digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(2**22):
            found.update(piece)
    return found.hexdigest()


def read_tensors(path: Path, below: str | None = None) -> dict[str, Tensor]:
    """The tensors of a PyTorch file, without running anything that it holds.

    Args:
        path: of the file.
        below: the entry that has them, where there are others, such as a training's state.

    Raises:
        CheckpointError: it is damaged, hostile or holds something else.
    """
    content = _load(path)
    if below is not None and isinstance(content, Mapping):
        content = content.get(below)
    if not isinstance(content, Mapping) or not content:
        raise _damaged(path, f"a {type(content).__name__} instead of weights by name")
    wrong = [str(name)[:100] for name, each in content.items() if not _is_plain(name, each)]
    if wrong:
        raise _damaged(path, f"{wrong[0]!r} is no weight")
    claimed = sum(each.numel() * each.element_size() for each in content.values())
    if claimed > path.stat().st_size:  # few bytes stretched over many numbers
        raise _damaged(path, f"its weights claim {claimed:,} bytes")
    return dict(content)


def load_into(network: torch.nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Give a network its weights after a full account of their names, shapes and numbers.

    Args:
        network: changed; in evaluation mode and without gradients afterwards.
        weights: by the network's names, floating-point.
        path: where they are from, for messages.

    Raises:
        CheckpointError: missing, superfluous, misshapen or not finite weights.
    """
    wanted = {name: tuple(each.shape) for name, each in network.state_dict().items()}
    check_weights(weights, wanted, path.name)
    network.load_state_dict(dict(weights))  # copies into float32
    network.eval().requires_grad_(False)


class _Ignored:
    """Stands for a number of NumPy's among a training's figures: is made, and does nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


_HARMLESS: list[Any] = [
    (_Ignored, "numpy.core.multiarray.scalar"),
    (_Ignored, "numpy._core.multiarray.scalar"),
    (_Ignored, "numpy.dtype"),
]
"""What CLAP's file names beside tensors: its best scores, which nobody needs."""


def _is_plain(name: object, value: object) -> bool:
    return (
        isinstance(name, str)
        and type(value) in (Tensor, torch.nn.Parameter)
        and isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
    )


def _load(path: Path) -> Any:
    try:
        # Mapped, the unused two thirds of CLAP's file cost neither time nor memory.
        mapped = zipfile.is_zipfile(path)
        if mapped:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > path.stat().st_size:  # PyTorch never compresses its own
                raise _damaged(path, f"it unpacks to {unpacked:,} bytes")
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except CheckpointError:
        raise
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"the file {path.name} holds more than weights ({_first_line(error)})",
            expected="weights alone",
            advice="Do not use this file; nothing of it was run",
        ) from error
    # The readers of archives and pickles raise nearly anything on damaged input.
    except Exception as error:
        raise _damaged(path, _first_line(error)) from error


def _from_hub(file: JudgeFile) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(file.repo, file.name, revision=file.revision))
    # Of several libraries below, each with its own errors: network, disk, permission.
    except Exception as error:
        raise explained(error, file.repo, file.name) from error


def _from_web(file: JudgeFile, cache: Path) -> Path:
    path = cache / "judges" / file.name
    if path.is_file():
        return _checked(path, file)
    _require_online(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Its own name for every process, and renamed last: a torn download never passes for a file.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with urlopen(file.url, timeout=_TIMEOUT_S) as answer, part.open("wb") as out:
            shutil.copyfileobj(answer, out, 2**20)
        _checked(part, file)
        part.replace(path)
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(file, f"could not be fetched ({_first_line(error)})") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def _require_online(file: JudgeFile) -> None:
    """The Hub's switch counts for files of other places too: who sets it wants no network."""
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        raise _unreachable(file, "is not on this computer, and HF_HUB_OFFLINE is set")


def _unreachable(file: JudgeFile, why: str) -> CheckpointError:
    return CheckpointError(
        f"the file {file.name} {why}",
        expected="the published file or its copy",
        advice=f"Download {file.address} into a folder and name that in {JUDGES_VARIABLE}",
    )


def _checked(path: Path, file: JudgeFile) -> Path:
    """The path, if what lies there is the published file."""
    size = path.stat().st_size
    if file.n_bytes is not None and size != file.n_bytes:
        raise _another(file, f"{size:,} bytes", f"{file.n_bytes:,}")
    if file.sha256:
        found = digest(path)
        if not found.startswith(file.sha256):
            raise _another(file, f"the SHA-256 {found}", f"one that begins with {file.sha256}")
    return path


def _another(file: JudgeFile, has: str, expected: str) -> CheckpointError:
    return CheckpointError(
        f"the file {file.name} has {has}",
        expected=expected,
        advice=f"Download it again from {file.address}",
    )


def _first_line(error: Exception) -> str:
    text = (str(error) or type(error).__name__).splitlines()[0][:200]
    return "".join(each if each.isprintable() else "?" for each in text)


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"the file {path.name} cannot be read ({why})",
        expected="a whole, undamaged file of PyTorch",
        advice="Download it again",
    )
