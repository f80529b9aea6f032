"""The first version of a clip: from a user's file, or from a take; and its beats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.audio import Beats, Source, Waveform, find_beats, read_provenance, read_source
from engine.audio.beats import MAX_ANALYSIS_S
from engine.edit import MAX_CLIP_S
from engine.errors import AudioError, EngineError
from studio.editing.files import Shown, new_room, read_version, show, write_shown
from studio.editing.versions import Tokens, Version, new_id
from studio.editing.words import safe_name, safe_stem
from studio.session import Take

MAX_VALUES = 2**28
"""Samples over all channels of a clip: 1 GB as they are worked with, 50 minutes of a CD."""

_KEPT_AS_IT_IS = ("WAV", "WAVEX", "FLAC")
"""Other formats lose something or are rare: what they hold is written as a WAV once."""

_LONGEST_ORIGIN = 65_536
"""Characters of what a stranger's file may say about itself."""

_WARM_UP_S = 2


def open_file(path: str | Path, name: str) -> Version:
    """Open a user's file; a WAV or FLAC is kept as it is.

    Args:
        path: a file that may be fetched by its user, such as one in Gradio's cache.
        name: what the user calls it.

    Raises:
        AudioError: what `read_audio` refuses; a clip that is too long or has too many channels.
    """
    path, stem = Path(path), safe_stem(name)
    _check_size(path)
    source = read_source(path, max_duration_s=MAX_CLIP_S)
    origin = _origin(path)
    with new_room() as room:
        if source.container in _KEPT_AS_IT_IS:
            shown = show(room, source, path, str(path))
        else:
            shown = write_shown(room, source, stem, origin)
        room.publish()
    return _version(
        source, shown, stem, label=f"Opened {safe_name(name)}", hint=_hint(source), origin=origin
    )


def open_take(take: Take) -> Version:
    """Open a take, with the tokens that it was made of.

    Raises:
        AudioError: its file is gone.
    """
    path = Path(take.path)
    if not path.is_file():
        raise AudioError(
            f"the file of the take with seed {take.request.seed} is gone",
            expected="a take that was used within the last day",
            advice="Generate it again: its seed and settings make the same",
        )
    source = read_source(path, max_duration_s=MAX_CLIP_S)
    with new_room() as room:
        shown = show(room, source, path, str(path))
        room.publish()
    return _version(
        source,
        shown,
        safe_stem(path.name),
        label=f"Opened the take with seed {take.request.seed}",
        hint=_hint(source),
        tokens=_tokens_of(take),
        made=read_provenance(path),
    )


def beats_of(version: Version, beats_per_bar: int = 4) -> Beats | str:
    """The beats of a version, or in words why they are not known."""
    if version.duration_s > MAX_ANALYSIS_S:
        return f"Beats are looked for in clips of up to {MAX_ANALYSIS_S / 60:g} minutes"
    try:
        return find_beats(read_version(version).waveform, beats_per_bar=beats_per_bar)
    except EngineError as error:
        return str(error)


def warm_up_beats() -> None:
    """Let librosa compile what finding beats needs, so that no visitor waits for that."""
    rng = np.random.default_rng(0)
    rate = 22_050
    clicks = np.zeros((1, _WARM_UP_S * rate), np.float32)
    for start in range(0, clicks.shape[1] - 400, rate // 4):
        clicks[:, start : start + 400] = rng.uniform(-0.5, 0.5, (1, 400))
    find_beats(Waveform(samples=clicks, sample_rate_hz=rate))


def _version(source: Source, shown: Shown, stem: str, **facts: Any) -> Version:
    return Version(
        version_id=new_id(),
        path=shown.path,
        name=f"{stem}{source.suffix}",
        n_samples=source.n_samples,
        sample_rate_hz=source.sample_rate_hz,
        n_channels=source.n_channels,
        depth=source.depth.value,
        preview_path=shown.preview_path,
        peaks_path=shown.peaks_path,
        **facts,
    )


def _check_size(path: Path) -> None:
    """Refuse what is too much before its sound is read; what is no sound is refused later."""
    try:
        with (
            open(path, "rb", buffering=0) as file,
            soundfile.SoundFile(file.fileno(), closefd=False) as sound,
        ):
            n_samples, n_channels, rate = sound.frames, sound.channels, sound.samplerate
    except (OSError, ValueError, soundfile.LibsndfileError):
        return
    if n_samples <= MAX_CLIP_S * rate and n_samples * n_channels > MAX_VALUES:
        raise AudioError(
            f"the file {path.name} has {n_channels} channels of {n_samples:,} samples",
            expected=f"at most {MAX_VALUES:,} samples over all channels",
            advice="Cut out the part that you need, or save it with fewer channels",
        )


def _hint(source: Source) -> str:
    if not source.samples.any():
        return "The clip is silent: a model has nothing to go by in it, only the prompt."
    if source.container not in _KEPT_AS_IT_IS:
        return f"{source.container} is decoded once; from here on no sample is changed by saving."
    return ""


def _origin(path: Path) -> Mapping[str, Any] | None:
    found = read_provenance(path)
    try:
        text = json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return found if len(text) <= _LONGEST_ORIGIN else None


def _tokens_of(take: Take) -> dict[str, Tokens]:
    if take.codes is None or not take.codec_hash:
        return {}
    # A take is made of whole frames.
    frame_rate_hz = round(take.codes.shape[1] / take.duration_s)
    return {take.codec_hash: Tokens(codes=take.codes, frame_rate_hz=frame_rate_hz)}
