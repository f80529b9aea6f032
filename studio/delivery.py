"""From waveforms to takes: files that the page may fetch, each with its provenance inside."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

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
        takes = [
            _write(Path(folder), waveform, seed_of(request, variation), (model, helpers), name)
            for variation, waveform in enumerate(waveforms)
        ]
        if codes is not None:
            takes = [
                _with_codes(take, each, model) for take, each in zip(takes, codes, strict=True)
            ]
        return tuple(map(_publish, takes))


def _write(
    folder: Path,
    waveform: Waveform,
    request: GenerationRequest,
    models: tuple[MusicModel, Mapping[str, MusicModel]],
    name: str,
) -> Take:
    # As generated, unless it passes full scale, which a player would clip.
    levelled = limit_peak(waveform, ceiling_db=0.0)
    path = folder / f"magnet-{request.seed}.wav"
    facts = provenance(request, *models, gain_db=levelled.gain_db)
    write_audio(path, levelled.waveform, provenance=facts)
    return Take(
        take_id=new_take_id(),
        path=str(path),
        request=request,
        model=name,
        licence=models[0].licence,
        duration_s=waveform.duration_s,
        sample_rate_hz=waveform.sample_rate_hz,
        gain_db=levelled.gain_db,
        peaks=encode_peaks(levelled.waveform.samples),
    )


def _with_codes(take: Take, codes: Tensor, model: MusicModel) -> Take:
    # 16 bits: codebooks have 2,048 entries at most, and a long session keeps many takes.
    return replace(take, codes=codes.cpu().numpy().astype(np.int16), codec_hash=model.codec_hash)


def _publish(take: Take) -> Take:
    """Gradio serves what lies in its cache, in a folder named by the file's hash."""
    return replace(take, path=save_file_to_cache(take.path, cache_dir=get_upload_folder()))
