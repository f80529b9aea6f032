"""A page with the region editor alone, fed with sounds that are made for it."""

from __future__ import annotations

import base64
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from engine.audio.snapping import continued
from studio.assets import style_sheet
from studio.editing.peaks import peaks_of
from studio.theme import studio_theme
from studio.widgets.region_editor import (
    EditorRegion,
    beats_value,
    candidate_value,
    clip_value,
    editor_value,
    region_editor,
    sent_regions,
)
from studio.widgets.takes import take_list
from studio.widgets.token_grid import preview_line, token_grid

RATE_HZ = 8_000
HOSTILE = "<img src=x onerror=window.hit=1> ${window.hit=2} {{value}} `x`"


def music(duration_s: float, seed: int = 0) -> NDArray[np.float32]:
    """Something with the outline of music at 120 beats per minute, float32 [2, N]."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    beat = np.exp(-5 * (time % 0.5)) * (0.55 + 0.45 * ((time % 2) < 0.5))
    swell = 0.55 + 0.35 * np.sin(2 * np.pi * time / 16 + seed)
    tone = np.sin(2 * np.pi * (110 + 55 * (np.floor(time / 2) % 4)) * time + seed)
    sound = swell * (0.7 * beat * rng.normal(0, 0.35, len(time)) + 0.3 * tone * (0.4 + beat))
    return np.stack([sound, 0.8 * sound]).clip(-1, 1).astype(np.float32)


class Bench:
    """Files and values of one page.

    Args:
        folder: where its files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.duration_s = 32.0
        self.source = music(self.duration_s)
        self.values = self._values()

    def save(self, name: str, samples: NDArray[np.float32]) -> dict[str, Path]:
        """Writes a sound and its peaks."""
        audio, peaks = self.folder / f"{name}.wav", self.folder / f"{name}.peaks"
        with wave.open(str(audio), "wb") as file:
            file.setnchannels(samples.shape[0])
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes((samples.T * 32_767).astype("<i2").tobytes())
        peaks.write_bytes(peaks_of(samples, RATE_HZ).tobytes())
        return {"audio_path": audio, "peaks_path": peaks}

    def clip(self, name: str = "Night drive.flac", **changes: Any) -> dict[str, Any]:
        fields = {
            "clip_id": "clip", "name": name, "facts": "44.1 kHz · 16-bit FLAC · stereo · 0:32",
            "duration_s": self.duration_s, "frame_rate_hz": 50,
            **self.save("source", self.source),
        }  # fmt: skip
        return clip_value(**{**fields, **changes})

    def candidate(self, number: int) -> dict[str, Any]:
        """A result with new sound from 8 to 12 s, in an excerpt from 6 to 14 s."""
        sound = self.source[:, 6 * RATE_HZ : 14 * RATE_HZ].copy()
        sound[:, 2 * RATE_HZ : 6 * RATE_HZ] = music(4, seed=number)
        return candidate_value(
            candidate_id=f"take-{number}", seed=4_711 + number, start_s=6, stop_s=14,
            proof="1,234,567 samples outside: unchanged", **self.save(f"take-{number}", sound),
        )  # fmt: skip

    def extension(self) -> dict[str, Any]:
        """A result that begins 4 s before the source."""
        return candidate_value(
            candidate_id="longer", seed=7, start_s=0, stop_s=6, shift_s=4, duration_s=36,
            proof="all samples of the source: unchanged", **self.save("longer", music(6, seed=9)),
        )  # fmt: skip

    def beats(self) -> dict[str, Any]:
        found = [0.25 + 0.5 * i for i in range(63)]
        return beats_value(
            words="120.0 BPM, sure", beat=continued(found, self.duration_s),
            bar=continued(found[::4], self.duration_s), downbeats=found[::4], sure=True,
        )  # fmt: skip

    def long(self, minutes: float) -> dict[str, Any]:
        folder = self.save("long", np.tile(self.source[:1], int(minutes * 60 / 32) + 1))
        n_bytes = int(minutes * 60 * 200) * 2
        folder["peaks_path"].write_bytes(folder["peaks_path"].read_bytes()[:n_bytes])
        return clip_value(
            clip_id="long", name="Long set.wav", facts="8 kHz", duration_s=minutes * 60.0,
            frame_rate_hz=50, **folder,
        )  # fmt: skip

    def takes(self) -> dict[str, Any]:
        """A list of one take."""
        path = str(self.folder / "source.wav")
        card = {
            "id": "t", "prompt": "p", "maker": "", "mode": "parallel", "seed": 1, "name": "t.wav",
            "duration_s": 32.0, "sample_rate_hz": RATE_HZ, "peaks": "",
            "file": gr.FileData(path=path, mime_type="audio/wav").model_dump(),
        }  # fmt: skip
        return {"pending": 0, "takes": [card]}

    def _values(self) -> dict[str, dict[str, Any]]:
        clip, beats = self.clip(), self.beats()
        two = (
            EditorRegion(start_s=8, stop_s=12),
            EditorRegion(start_s=20, stop_s=24, levels=(2, 3)),
        )
        takes = [self.candidate(number) for number in (1, 2, 3)]
        drawn = {"clip": clip, "beats": beats, "regions": two, "rev": 3, "snap": "beat"}
        return {
            "empty": editor_value(),
            "clip": editor_value(clip=clip, rev=1),
            "clip again": editor_value(clip=clip, rev=1, beats=beats, message="Found the beats."),
            "beats": editor_value(clip=clip, beats=beats, rev=2),
            "hostile": editor_value(clip=self.clip(HOSTILE, clip_id="other"), message=HOSTILE),
            "drawn": editor_value(**drawn),
            "takes": editor_value(**drawn, candidates=takes, can_undo=True),
            "loops": editor_value(**drawn, candidates=takes[:1], loop=True),
            "longer": editor_value(**drawn, candidates=[self.extension()]),
            "long": editor_value(clip=self.long(10), rev=9),
            "long takes": editor_value(clip=self.long(10), rev=9, candidates=takes[:1]),
        }


def bench_app(bench: Bench) -> gr.Blocks:
    """The editor, a button for each value, and echoes of what Python gets."""
    with gr.Blocks(analytics_enabled=False, fill_width=True) as app:
        editor = region_editor(elem_id="ms-editor")
        takes = take_list(elem_id="ms-takes")
        fill = gr.Button("Fill the list", elem_id="fill")
        fill.click(bench.takes, None, takes, show_progress="hidden")
        grid = token_grid(value=preview_line(shape=(1, 4, 500), frame_rate_hz=50), elem_id="grid")
        part = gr.Button("Part of a clip", elem_id="part")
        part.click(grid_of_a_part, None, grid, show_progress="hidden")
        with gr.Row():
            for name in bench.values:
                button = gr.Button(name, elem_id="send-" + name.replace(" ", "-"))
                button.click(
                    lambda name=name: bench.values[name], None, editor, show_progress="hidden"
                )
        read = gr.Button("Read", elem_id="read")
        told = gr.Textbox(elem_id="told")
        asked = gr.Textbox(elem_id="asked")
        read.click(_tell, editor, told, show_progress="hidden")
        editor.select(_ask, None, asked, show_progress="hidden")
    return app


def grid_of_a_part() -> str:
    """10 s from 62 s on, the first half of which is kept."""
    kept = np.zeros((1, 4, 500), dtype=bool)
    kept[..., :250] = True
    cells = base64.b64encode(np.packbits(kept).tobytes()).decode()
    header = {"format": "test", "shape": kept.shape, "count": 0, "given": {"cells": cells}}
    line = preview_line(shape=kept.shape, frame_rate_hz=50, start_s=62.0)
    return line + json.dumps(header) + "\n"


def _tell(value: Any) -> str:
    regions, snap = sent_regions(value)
    rows = [[each.start_s, each.stop_s, each.levels] for each in regions]
    return json.dumps({"regions": rows, "snap": snap, "sent": value["regions"]})


def _ask(event: gr.EventData) -> str:
    return json.dumps({"action": event.action, "candidate": getattr(event, "candidate", None)})


@contextmanager
def serving_bench(folder: Path) -> Iterator[str]:
    """The page on a free port; gives its address."""
    bench = Bench(folder)
    app = bench_app(bench)
    app.queue(default_concurrency_limit=2)
    try:
        _, url, _ = app.launch(
            theme=studio_theme(), head=f"<style>{style_sheet()}</style>", ssr_mode=False,
            prevent_thread_lock=True, quiet=True,
        )  # fmt: skip
        yield url
    finally:
        app.close()
