"""From waveforms to takes: files that the page may fetch, each with its provenance inside."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from engine.audio import Waveform, limit_peak, write_audio
from engine.decode import GenerationRequest
from engine.provenance import provenance
from studio.session import Take, new_take_id, seed_of
from studio.widgets.takes import encode_peaks

if TYPE_CHECKING:
    from engine.music import MusicModel


def deliver(
    waveforms: Sequence[Waveform],
    request: GenerationRequest,
    model: MusicModel,
    helpers: Mapping[str, MusicModel] = MappingProxyType({}),
    *,
    name: str,
) -> tuple[Take, ...]:
    """Write one WAV file per variation.

    All are written in a folder of their own first: when one fails, none is left.

    Args:
        waveforms: one for each variation.
        request: what was asked for.
        model: what made them.
        helpers: the other models that took part, by their names in the request.
        name: that the model is chosen by here.

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


def _publish(take: Take) -> Take:
    """Gradio serves what lies in its cache, in a folder named by the file's hash."""
    return replace(take, path=save_file_to_cache(take.path, cache_dir=get_upload_folder()))
