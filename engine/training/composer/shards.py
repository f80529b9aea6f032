"""Many clips on disk: shards of int16 samples with one JSON line a clip, written resumably."""

import json
import multiprocessing
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from engine.training.composer.clips import Clip, make_clip
from engine.training.composer.render import SoundFontPlayer

CLIPS_PER_SHARD = 100
INT16_SCALE = 32767


def shard_paths(folder: Path, start: int) -> tuple[Path, Path]:
    """Name a shard's samples and facts: `shard_000000.npy` and `shard_000000.jsonl`."""
    stem = f"shard_{start:06d}"
    return folder / f"{stem}.npy", folder / f"{stem}.jsonl"


def write_shard(
    player: SoundFontPlayer, folder: Path, *, seed: int, start: int, count: int, length_s: float
) -> bool:
    """Write clips `start` to `start + count - 1` of a seed as one shard, unless it exists.

    Both files are written under temporary names, and the samples' is renamed last: where a `.npy`
    lies, its `.jsonl` is complete too.

    Args:
        player: the synthesiser.
        folder: where shards lie.
        seed: seed of the set.
        start: first clip.
        count: number of clips, at least 1.
        length_s: seconds of each clip.

    Returns:
        True if it was written, False if it was there.
    """
    samples_path, facts_path = shard_paths(folder, start)
    if samples_path.exists() and facts_path.exists():
        return False
    clips = [make_clip(player, seed, start + offset, length_s) for offset in range(count)]
    stacked = np.stack([clip.samples for clip in clips])
    temporary_facts = facts_path.with_suffix(f".jsonl.{os.getpid()}.part")
    temporary_facts.write_text("".join(f"{_line(clip)}\n" for clip in clips), encoding="utf-8")
    temporary = samples_path.with_suffix(f".{os.getpid()}.part")
    with temporary.open("wb") as file:
        np.save(file, np.round(stacked * INT16_SCALE).astype(np.int16))
    temporary_facts.rename(facts_path)
    temporary.rename(samples_path)
    return True


def write_shards(
    folder: Path, *, seed: int, start: int, clips: int, workers: int, length_s: float,
    soundfont: Path | None = None,
) -> None:  # fmt: skip
    """Write clips `start` to `start + clips - 1` in shards of a hundred, in several processes.

    Args:
        folder: where shards go; made if absent.
        seed: seed of the set.
        start: first clip.
        clips: number of clips.
        workers: processes, at least 1.
        length_s: seconds of each clip.
        soundfont: path of the soundfont, or None to search.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = start + clips
    jobs = [(first, min(CLIPS_PER_SHARD, end - first))
            for first in range(start, end, CLIPS_PER_SHARD)]  # fmt: skip
    if workers == 1:
        _work(folder, seed, jobs, length_s, soundfont)
        return
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(
            target=_work, args=(folder, seed, jobs[worker::workers], length_s, soundfont)
        )
        for worker in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    failed = sum(process.exitcode != 0 for process in processes)
    if failed:
        raise RuntimeError(f"{failed} of {workers} workers failed; their errors are above")


def _work(
    folder: Path, seed: int, jobs: list[tuple[int, int]], length_s: float, soundfont: Path | None
) -> None:
    player = SoundFontPlayer(soundfont)
    for start, count in jobs:
        written = write_shard(
            player, folder, seed=seed, start=start, count=count, length_s=length_s
        )
        print(f"shard {start:06d}: {'written' if written else 'already there'}", flush=True)


def _line(clip: Clip) -> str:
    return json.dumps(
        {
            "index": clip.index,
            "seed": clip.seed,
            "facts": asdict(clip.facts),
            "captions": list(clip.captions),
        }
    )
