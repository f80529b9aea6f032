"""From waveforms to takes: files that the page may fetch, each with its provenance inside."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from engine.audio import Waveform, limit_peak, write_audio
from engine.decode.requests import GenerationRequest
from studio.session import Take, new_take_id, seed_of
from studio.widgets.takes import encode_peaks

if TYPE_CHECKING:
    from engine.music import MusicModel


def deliver(
    waveforms: Sequence[Waveform], request: GenerationRequest, model: MusicModel
) -> tuple[Take, ...]:
    """Write one WAV file per variation.

    All are written in a folder of their own first: when one fails, none is left.

    Returns:
        The takes, in the order of the variations.

    Raises:
        AudioError: a file that cannot be written, for example because the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="magnet-studio-") as folder:
        written = [
            _write(Path(folder), waveform, seed_of(request, variation), model)
            for variation, waveform in enumerate(waveforms)
        ]
        # Gradio serves what lies in its cache, under a name that holds the file's hash.
        cached = [save_file_to_cache(path, cache_dir=get_upload_folder()) for path in written]
    return tuple(
        Take(
            take_id=new_take_id(),
            path=str(path),
            request=seed_of(request, variation),
            duration_s=waveform.duration_s,
            sample_rate_hz=waveform.sample_rate_hz,
            peaks=encode_peaks(waveform.samples),
        )
        for variation, (path, waveform) in enumerate(zip(cached, waveforms, strict=True))
    )


def _write(
    folder: Path, waveform: Waveform, request: GenerationRequest, model: MusicModel
) -> Path:
    # As generated, unless it passes full scale, which a player would clip.
    levelled = limit_peak(waveform, ceiling_db=0.0)
    path = folder / f"magnet-{request.seed}.wav"
    write_audio(
        path, levelled.waveform, provenance=provenance(request, model, gain_db=levelled.gain_db)
    )
    return path


def provenance(
    request: GenerationRequest, model: MusicModel, *, gain_db: float
) -> dict[str, Any]:
    """What made a take: everything that makes it again, and under which licence."""
    return {
        "model": model.name,
        "licence": model.licence,
        "gain_db": round(gain_db, 3),
        "request": asdict(request),
    }
