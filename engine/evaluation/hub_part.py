"""The part "published": FAD, KL and CLAP score as the paper has them, where their judges are there.

Each of the three needs a published network of some hundred megabytes that is no part of this
program. What is missing is named in the result, with the way to get it, and the others go on.
The figures are of our own captions and renders, not of MusicCaps: they stand beside each other
and beside those of another model measured here, never beside a paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.decode import Mode
from engine.errors import CheckpointError
from engine.evaluation.clip_sets import CLIP_S, RATE_HZ, held_out
from engine.evaluation.codec import interval
from engine.evaluation.decoding_part import usual_mode
from engine.evaluation.generations import heard
from engine.evaluation.hub.clap import (
    CLAP_FILE,
    WORDS_FILE,
    cosines,
    load_clap,
    text_sameness,
)
from engine.evaluation.hub.passt import PASST_10_S, PASST_20_S, kl_of_pairs, load_passt
from engine.evaluation.hub.vggish import VGGISH_FILE, fad, load_vggish
from engine.evaluation.hub.weights import JudgeFile, digest, find_file, judges_folder
from engine.evaluation.hub_words import describe
from engine.evaluation.music import decoded, encoded, resampled
from engine.evaluation.music_part import request_for
from engine.evaluation.part import Part, Result, Setup
from engine.knobs import DEFAULT_PRESET

GENERATED, REAL, OTHER, CODEC = "generated", "held-out renders", "other renders", "codec"
_BATCH = 16

Samples = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sets:
    """What is judged; clip k of all four goes with caption k, but for `OTHER`.

    Args:
        captions: [n].
        clips: [n, N] each, by name.
        rates_hz: of each.
        mode: in which the model wrote.
    """

    captions: tuple[str, ...]
    clips: Mapping[str, Samples]
    rates_hz: Mapping[str, int]
    mode: Mode


def measure(setup: Setup) -> Result:
    """FAD, KL and CLAP score of what the model writes, each where its judge can be had.

    Args:
        setup: its model writes, in hybrid mode where it can; nothing is written without a judge.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    judges: list[dict[str, Any]] = []
    found: dict[str, Any] = {}
    sets: Sets | None = None
    for name, judge in JUDGES.items():
        setup.tell(f"published: {name}")
        row: dict[str, Any] = {"name": name, "metric": judge.metric, "available": False}
        try:
            files = judge.files(setup.cache)
            hear = judge.load(files)
            licences = ", ".join(dict.fromkeys(each.licence for each in judge.published))
            row |= {"available": True, "files": [_facts(each) for each in files],
                    "licence": licences}  # fmt: skip
        except CheckpointError as error:
            row |= {"why": str(error), "get": [each.address for each in judge.published]}
        judges.append(row)
        if row["available"]:
            sets = sets or _sets(setup)
            found[judge.metric] = hear(sets)
    return {
        "available": bool(found),
        "clips": setup.clips,
        "mode": sets.mode.value if sets else None,
        "preset": DEFAULT_PRESET,
        "judges": judges,
        **found,
    }


@dataclass(frozen=True, kw_only=True)
class Judge:
    """One published judge.

    Args:
        metric: the key of its figures in the result.
        published: its files.
        files: finds them, given the cache; raises `CheckpointError`.
        load: reads them and returns what judges the sets; raises `CheckpointError`.
    """

    metric: str
    published: tuple[JudgeFile, ...]
    files: Callable[[Path], list[Path]]
    load: Callable[[list[Path]], Callable[[Sets], Result]]


def _find(*files: JudgeFile) -> Callable[[Path], list[Path]]:
    def find(cache: Path) -> list[Path]:
        return [find_file(each, folder=judges_folder(), cache=cache) for each in files]

    return find


def _find_passt(cache: Path) -> list[Path]:
    """The papers' PaSST, or the one for 10 s where only that one is in the folder."""
    folder = judges_folder()
    names = {each.name for each in (folder.iterdir() if folder and folder.is_dir() else ())}
    only_short = PASST_10_S.name in names and PASST_20_S.name not in names
    return [find_file(PASST_10_S if only_short else PASST_20_S, folder=folder, cache=cache)]


def _vggish(paths: list[Path]) -> Callable[[Sets], Result]:
    judge = load_vggish(paths[0])

    def hear(sets: Sets) -> Result:
        rows = {name: judge.embed(each, sets.rates_hz[name]) for name, each in sets.clips.items()}
        reference = rows.pop(OTHER)
        return {
            "windows": len(reference),
            "dimensions": reference.shape[1],
            "rows": [{"name": name, "value": fad(reference, each)} for name, each in rows.items()],
        }

    return hear


def _passt(paths: list[Path]) -> Callable[[Sets], Result]:
    judge = load_passt(paths[0])

    def hear(sets: Sets) -> Result:
        heard_in = {name: judge.listen(each, sets.rates_hz[name])
                    for name, each in sets.clips.items()}  # fmt: skip
        reference = heard_in.pop(REAL)
        return {
            "seconds": judge.seconds,
            "rows": [_mean(name, kl_of_pairs(reference, each)) for name, each in heard_in.items()],
        }

    return hear


def _clap(paths: list[Path]) -> Callable[[Sets], Result]:
    judge = load_clap(paths[0], paths[1])

    def hear(sets: Sets) -> Result:
        texts = judge.read(sets.captions)
        rows = []
        for name in (REAL, CODEC, GENERATED):
            clips = judge.hear(sets.clips[name], sets.rates_hz[name])
            rows.append(_mean(name, cosines(texts, clips)))
            # Half a turn: no clip keeps its caption, and a neighbour's is as likely as any.
            others = np.roll(texts, len(texts) // 2, axis=0)
            rows.append(_mean(f"{name}, captions of other clips", cosines(others, clips)))
        return {"sameness": text_sameness(texts), "rows": rows}

    return hear


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "VGGish": Judge(
            metric="fad", published=(VGGISH_FILE,), files=_find(VGGISH_FILE), load=_vggish
        ),
        "PaSST": Judge(metric="kl", published=(PASST_20_S,), files=_find_passt, load=_passt),
        "CLAP": Judge(
            metric="clap",
            published=(CLAP_FILE, WORDS_FILE),
            files=_find(CLAP_FILE, WORDS_FILE),
            load=_clap,
        ),
    }
)


def _sets(setup: Setup) -> Sets:
    model, n = setup.model, setup.clips
    real = held_out(2 * n)
    captions = (real.captions or ())[:n]
    mode = usual_mode(model)
    setup.tell(f"published: {n} clips, {mode.value}")
    asked = [request_for(model, k, caption, mode) for k, caption in enumerate(captions)]
    length = round(CLIP_S * model.sample_rate_hz)
    own = resampled(real.samples[:n], RATE_HZ, model.sample_rate_hz)
    through = [decoded(setup, encoded(setup, own[at : at + _BATCH])) for at in range(0, n, _BATCH)]
    clips = {
        REAL: real.samples[:n],
        OTHER: real.samples[n:],
        CODEC: np.concatenate(through)[:, :length],
        GENERATED: np.stack(list(heard(setup, asked)))[:, :length],
    }
    rates_hz = {name: model.sample_rate_hz if name in (CODEC, GENERATED) else RATE_HZ
                for name in clips}  # fmt: skip
    return Sets(captions=captions, clips=clips, rates_hz=rates_hz, mode=mode)


def _mean(name: str, values: NDArray[np.float64]) -> dict[str, Any]:
    mean, low, high = interval(values, lambda rows: float(rows.mean()))
    return {"name": name, "value": mean, "low": low, "high": high}


def _facts(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": digest(path)}


PART = Part(
    name="published",
    about="FAD (VGGish), KL (PaSST) and CLAP score, if these networks can be had.",
    measure=measure,
    describe=describe,
)
