"""How far is what the model writes from real music, and is it various and its own?

Clips are written for the captions of held-out clips and compared with *other* held-out clips, so
that no clip is compared with its own caption's. The same held-out clips, through the codec, are
what a perfect language model could reach; as they are, they are the floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engine.decode import GenerationRequest, Mode
from engine.evaluation.clip_sets import CLIP_S, ClipSet, held_out
from engine.evaluation.embeddings import (
    RATE_HZ,
    Reference,
    Rows,
    Samples,
    embeddings_for,
    in_batches,
    references,
)
from engine.evaluation.generations import heard, written
from engine.evaluation.music import (
    MOST_TRAINING_CLIPS,
    Codes,
    decoded,
    encoded,
    measure_levels,
    resampled,
    summarise_levels,
    training,
)
from engine.evaluation.music_tables import (
    CODEC,
    OTHER,
    OTHER_CODEC,
    REAL,
    VARIATIONS,
    Heard,
    copies,
    distance_rows,
    diversity,
    ratio_row,
)
from engine.evaluation.music_words import describe
from engine.evaluation.part import Part, Result, Setup
from engine.knobs import DEFAULT_PRESET, build_request
from engine.music import MusicModel

MODES = (Mode.HYBRID, Mode.PARALLEL)
_NEXT_SEED = 1000
_TRAINING_PER_CLIP = 6
"""A small run looks at fewer clips of the training: 8 clips at 48 of them."""


def request_for(
    model: MusicModel, number: int, caption: str, mode: Mode, variation: int = 0
) -> GenerationRequest:
    """What is asked for one held-out clip; its number is the seed."""
    values = {"prompt": caption, "seed": number + _NEXT_SEED * variation, "mode": mode.value,
              "duration_s": CLIP_S}  # fmt: skip
    return build_request(values, preset=DEFAULT_PRESET, family=model.family)


def measure(setup: Setup) -> Result:
    """All measures on `setup.clips` captions, against as many other clips.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    n = setup.clips
    real = held_out(2 * n)
    reference = references(real.samples, embeddings_for(setup))
    sets = _real_sets(setup, real, reference)
    modes = [each for each in MODES if each in setup.model.modes]
    n_prompts = max(2, n // 16)
    varied: dict[str, Heard] = {}
    for mode in modes:
        asked = [request_for(setup.model, number, caption, mode)
                 for number, caption in enumerate((real.captions or ())[:n])]  # fmt: skip
        sets[mode.value] = _generated(setup, mode.value, asked, reference)
        again = [request_for(setup.model, number, (real.captions or ())[number], mode, variation)
                 for number in range(n_prompts) for variation in range(1, VARIATIONS)]  # fmt: skip
        varied[mode.value] = _generated(setup, f"{mode.value}, again", again, reference)
    names = [each.value for each in modes]
    most = min(MOST_TRAINING_CLIPS, _TRAINING_PER_CLIP * n)
    known = training(setup, {name: each.embedding for name, each in reference.items()}, most)
    setup.tell("music: distances and copies")
    return {
        "clips": n,
        "preset": DEFAULT_PRESET,
        "modes": names,
        "embeddings": {name: {"why": each.embedding.why, "dimensions": each.rows.shape[1]}
                       for name, each in reference.items()},
        "distances": [row for name in reference for row in distance_rows(sets, name, names)],
        "ratios": [ratio_row(sets, name, mode) for name in reference for mode in names],
        "levels": {name: summarise_levels([*each.levels, *(varied[name].levels if name in varied
                                                           else ())])
                   for name, each in sets.items()},
        "diversity": {name: diversity(sets, varied, name, real) for name in reference},
        "variations": VARIATIONS,
        "prompts": n_prompts,
        "copies": copies(sets, known, reference, names),
    }  # fmt: skip


def _real_sets(setup: Setup, real: ClipSet, reference: Mapping[str, Reference]) -> dict[str, Heard]:
    """The held-out clips in two halves, as they are and through the codec."""
    n = len(real) // 2
    setup.tell(f"music: {2 * n} held-out clips through the codec")
    rate_hz = setup.model.sample_rate_hz
    codes = encoded(setup, resampled(real.samples, RATE_HZ, rate_hz))
    sets = {}
    for name, through, place in ((REAL, CODEC, slice(0, n)), (OTHER, OTHER_CODEC, slice(n, 2 * n))):
        sets[name] = _hear([real.samples[place]], codes[place], reference)
        batches = (resampled(decoded(setup, codes[place][at : at + 16]), rate_hz, RATE_HZ)
                   for at in range(0, n, 16))  # fmt: skip
        sets[through] = _hear(batches, codes[place], reference)
    return sets


def _generated(
    setup: Setup,
    name: str,
    requests: Sequence[GenerationRequest],
    reference: Mapping[str, Reference],
) -> Heard:
    setup.tell(f"music: {name}, {len(requests)} clips")
    codes = np.stack([written(setup, each).numpy() for each in requests])
    batches = in_batches(heard(setup, requests))
    rate_hz = setup.model.sample_rate_hz
    return _hear((resampled(each, rate_hz, RATE_HZ) for each in batches), codes, reference)


def _hear(
    batches: Iterable[Samples],
    codes: Codes,
    reference: Mapping[str, Reference],
) -> Heard:
    """Measure clips at 32 kHz and their tokens [n, K, T]."""
    rows: dict[str, list[Rows]] = {name: [] for name in reference}
    levels = []
    for batch in batches:
        levels.append(measure_levels(batch))
        for name, each in reference.items():
            rows[name].append(each.hear(batch))
    return Heard(
        rows={name: np.concatenate(each) for name, each in rows.items()},
        codes=codes[:, 0].astype(np.uint16),
        levels=levels,
    )


PART = Part(
    name="music",
    about="What is generated against real music: distance, silence, diversity, copies.",
    measure=measure,
    describe=describe,
)
