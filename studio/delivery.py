"""From waveforms to takes: files that the page may fetch, each with its provenance inside."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from engine.audio import Waveform, limit_peak, write_audio
from engine.decode import GenerationRequest
from engine.provenance import provenance
from studio.session import Take, new_take_id, seed_of
from studio.widgets.takes import encode_peaks

if TYPE_CHECKING:
    from torch import Tensor

    from engine.music import MusicModel


def deliver(
    waveforms: Sequence[Waveform],
    request: GenerationRequest,
    model: MusicModel,
    helpers: Mapping[str, MusicModel] = MappingProxyType({}),
    *,
    name: str,
    codes: Tensor | None = None,
) -> tuple[Take, ...]:
    """Write one WAV file per variation.

    All are written in a folder of their own first: when one fails, none is left.

    Args:
        waveforms: one for each variation.
        request: what was asked for.
        model: what made them.
        helpers: the other models that took part, by their names in the request.
        name: that the model is chosen by here.
        codes: [B, K, T] int64 the tokens that sound so, kept with the takes; None: not kept.

    Returns:
        The takes, in the order of the variations.

    Raises:
        AudioError: a file that cannot be written, for example because the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="magnet-studio-") as folder:
        takes = []
        for variation, waveform in enumerate(waveforms):
            alone = seed_of(request, variation)
            facts = provenance(alone, model, helpers)
            takes.append(write_take(Path(folder), waveform, alone, facts, model=name))
        if codes is not None:
            takes = [
                _with_codes(take, each, model) for take, each in zip(takes, codes, strict=True)
            ]
        return tuple(map(publish, takes))


def write_take(
    folder: Path,
    waveform: Waveform,
    request: GenerationRequest,
    facts: Mapping[str, Any],
    *,
    model: str,
) -> Take:
    """Write one WAV file, which the page cannot fetch yet.

    Args:
        folder: where it is written.
        waveform: its sound.
        request: for this take alone.
        facts: its provenance, to which the gain is added that fits the sound into the file.
        model: name of what made it, as it is chosen here.

    Raises:
        AudioError: a file that cannot be written.
    """
    # As generated, unless it passes full scale, which a player would clip.
    levelled = limit_peak(waveform, ceiling_db=0.0)
    path = folder / f"magnet-{request.seed}.wav"
    write_audio(
        path, levelled.waveform, provenance={**facts, "gain_db": round(levelled.gain_db, 3)}
    )
    return Take(
        take_id=new_take_id(),
        path=str(path),
        request=request,
        model=model,
        licence=str(facts["licence"]),
        duration_s=waveform.duration_s,
        sample_rate_hz=waveform.sample_rate_hz,
        gain_db=levelled.gain_db,
        peaks=encode_peaks(levelled.waveform.samples),
    )


def publish(take: Take) -> Take:
    """Where the page may fetch it: in Gradio's cache, in a folder named by the file's hash."""
    return replace(take, path=save_file_to_cache(take.path, cache_dir=get_upload_folder()))


def _with_codes(take: Take, codes: Tensor, model: MusicModel) -> Take:
    # 16 bits: codebooks have 2,048 entries at most, and a long session keeps many takes.
    return replace(take, codes=codes.cpu().numpy().astype(np.int16), codec_hash=model.codec_hash)
