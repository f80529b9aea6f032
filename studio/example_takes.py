"""The takes that ship with the studio: decoded once for all tabs, behind the first that is open."""

from __future__ import annotations

import logging
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.audio import Waveform
from engine.example_takes import ExampleTake, example_takes, takes_for
from studio.delivery import publish, write_take
from studio.library import Library
from studio.session import Session, Take

if TYPE_CHECKING:
    from engine.music import MusicModel

_log = logging.getLogger(__name__)


class ExampleTakes:
    """The example takes of one process; safe to use from any thread.

    Nothing is read or decoded before a tab asks: the studio starts as quickly as without them.

    Args:
        library: has the model that decodes them, and the device's thread.
        model: name of the one that tabs start with.
        folder: see `engine.example_takes.example_takes`.
    """

    def __init__(self, library: Library, model: str, folder: Path | None = None) -> None:
        self._library, self._model, self._folder = library, model, folder
        self._lock = threading.Lock()
        self._is_begun = False
        self._made: tuple[Take, ...] | None = None

    def ask(self) -> tuple[Take, ...] | None:
        """The takes; None while they are being made, which the first question begins.

        Never waits. There are none if the model cannot play them, or somebody has unloaded it,
        and none, with the reason in the log, after an error.
        """
        model = self._library.loaded(self._model)
        with self._lock:
            if self._is_begun:
                return self._made
            if model is None:
                return ()
            self._is_begun = True
        threading.Thread(
            target=self._make, args=(model,), name="example takes", daemon=True
        ).start()
        return None

    def beside(self, session: Session) -> Session:
        """A tab's session with the examples, if they are there by now.

        They are not kept in the tab's state: an event that put them there could undo the end of
        a run, which adds takes to it at the same moment.
        """
        return session.with_examples(self._made or ())

    def _make(self, model: MusicModel) -> None:
        try:
            self._made = self._decoded(model)
        except Exception:
            _log.exception("the example takes are left out")
            self._made = ()

    def _decoded(self, model: MusicModel) -> tuple[Take, ...]:
        listed, thread = example_takes(self._folder), self._library.thread
        # There, because it reads the codec's weights.
        listed = thread.call(takes_for, model, listed)
        with tempfile.TemporaryDirectory(prefix="magnet-studio-") as place:
            takes = []
            for number, example in enumerate(listed):
                # One by one, so that a visitor's own job waits for one at most.
                sound = thread.call(_listen, model, example)
                folder = Path(place) / str(number)
                folder.mkdir()
                takes.append(_write(folder, sound, example))
            return tuple(map(publish, takes))


def _listen(model: MusicModel, example: ExampleTake) -> Waveform:
    return model.listen(torch.from_numpy(example.codes.astype(np.int64))[None])[0]


def _write(folder: Path, sound: Waveform, example: ExampleTake) -> Take:
    take = write_take(folder, sound, example.request, example.made_by, model=example.model)
    codes = example.codes.astype(np.int16)
    return replace(take, codes=codes, codec_hash=example.codec_hash, is_example=True)
