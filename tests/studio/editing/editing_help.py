"""Sound files, versions and whole edits for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from engine.decode import GenerationRequest, Mode, SamplingOptions
from engine.edit import Area
from studio.editing.keeping import commit
from studio.editing.orders import EditOrder
from studio.editing.versions import Edits, Proposal, Version
from studio.editing.work import Editor
from studio.handlers import Update

REQUEST = GenerationRequest(
    prompt="calm piano",
    mode=Mode.PARALLEL,
    seed=3,
    variations=2,
    options=SamplingOptions(steps=(2, 1, 1, 1)),
)
AREAS = (Area(start_s=0.5, stop_s=1.0),)


def write_sound(
    path: Path,
    *,
    rate: int = 44_100,
    channels: int = 2,
    seconds: float = 2.51,
    subtype: str = "PCM_16",
) -> Path:
    rng = np.random.default_rng(0)
    times = np.arange(round(seconds * rate))[:, None] / rate
    tones = 0.3 * np.sin(2 * np.pi * 220 * times * (1 + np.arange(channels)))
    soundfile.write(path, tones + rng.normal(0, 0.01, tones.shape), rate, subtype=subtype)
    return path


def version_of(version_id: str, *, parent_id: str | None = None, **given: Any) -> Version:
    facts: dict[str, Any] = {
        "path": f"{version_id}.wav",
        "name": "song.wav",
        "n_samples": 80_000,
        "sample_rate_hz": 8_000,
        "n_channels": 1,
        "depth": "16-bit",
        "preview_path": f"{version_id}.wav",
        "peaks_path": f"{version_id}.peaks",
        "label": "Opened song.wav",
        **given,
    }
    return Version(version_id=version_id, parent_id=parent_id, **facts)


def order_for(version: Version, **given: Any) -> EditOrder:
    facts: dict[str, Any] = {"areas": AREAS, "request": REQUEST, **given}
    return EditOrder(model="tiny", version_id=version.version_id, **facts)


def run_edit(editor: Editor, version: Version, **given: Any) -> list[Update]:
    editor.studio.jobs.enter("tab")
    return list(editor.run(order_for(version, **given), version, "tab"))


def propose(editor: Editor, version: Version, **given: Any) -> Proposal:
    proposal = run_edit(editor, version, **given)[-1].proposal
    assert proposal is not None
    return proposal


def edit(editor: Editor, edits: Edits, *, candidate: int = 0, **given: Any) -> Edits:
    """One whole edit of what is shown: proposed and committed."""
    assert edits.current is not None
    proposal = propose(editor, edits.current, **given)
    edits = edits.proposed(proposal)
    assert edits.current is not None
    return edits.committed(commit(edits.current, proposal, proposal.candidates[candidate]))


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
