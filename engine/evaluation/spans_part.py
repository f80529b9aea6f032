"""The part "spans": how long spans and how far a model should see, by small models of its kind.

The paper's ablation in small (arXiv 2401.04577, its tables of span lengths and of restricted
context): models that differ in nothing else are trained for a few minutes each, on the same clips
in the same order, for the same number of steps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.checkpoints.weights import hash_weights
from engine.decode import GenerationRequest
from engine.evaluation.clip_sets import HELD_OUT_SEED, held_out
from engine.evaluation.codec import interval
from engine.evaluation.embeddings import EMBEDDINGS, Reference, references
from engine.evaluation.generations import heard
from engine.evaluation.paired import Heard, compare, hear, signed, verdict
from engine.evaluation.part import Part, Plot, Result, Section, Setup, markdown_table
from engine.evaluation.prompts import PROMPTS, Prompt, spread
from engine.evaluation.spans_training import (
    Sizes,
    Variant,
    held_out_scores,
    own_parts,
    steps_for,
    tokens_of,
    trained,
)
from engine.knobs import DEFAULT_PRESET, build_request
from engine.model.language_model import LanguageModel
from engine.music import MusicModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPANS, CONTEXTS = (1, 3, 5), (5, None)
BASE = Variant(span_len=3, context_frames=5)
"""The paper's choice, and studio-mini's."""
TRAINING_SEED = 0
MINUTES = 4.0
SIZES = Sizes()
HELD_OUT_CLIPS, MOST_CLIPS, REAL_CLIPS = 50, 48, 64

Scores = dict[str, dict[int, NDArray[np.float64]]]
"""By model and by the spans of the masks: [n, K] cross-entropies."""


def measure(setup: Setup, *, minutes: float = MINUTES, sizes: Sizes = SIZES) -> Result:
    """Train the small models and compare them; what is finished is in the cache.

    Args:
        setup: lends codec, text encoder and preset to the small models.
        minutes: of training for each model, about: how many steps that is is found once.
        sizes: of the models and their training.

    Raises:
        CheckpointError: the model is in a published format.
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    own_parts(setup)
    variants = [Variant(span_len=span, context_frames=context)
                for context in CONTEXTS for span in SPANS]  # fmt: skip
    tokens = tokens_of(setup, TRAINING_SEED, sizes.clips)
    unseen = tokens_of(setup, HELD_OUT_SEED, HELD_OUT_CLIPS)
    folder = _folder(setup, minutes, sizes)
    steps = _steps(folder, lambda: steps_for(setup, sizes, BASE, tokens, minutes))
    reference = _reference(setup, sizes.window_s)
    prompts = spread(PROMPTS, min(setup.clips, MOST_CLIPS))
    scores: Scores = {}
    found: dict[str, Heard] = {}
    for variant in variants:
        model = trained(setup, sizes, variant, tokens, steps, folder)
        scores[variant.name] = {span: held_out_scores(setup, model, unseen, span) for span in SPANS}
        setup.tell(f"spans: {len(prompts)} clips by {variant.name}")
        playing = replace(setup, model=_playing(setup.model, model))
        requests = [_request(playing.model, each, seed) for seed, each in prompts]
        found[variant.name] = hear(heard(playing, requests), reference)
    compared = compare(found, BASE.name, reference)
    return {
        **asdict(sizes),
        "minutes": minutes,
        "steps": steps,
        "parameters": sum(each.numel() for each in model.parameters()),
        "clips_learned": len(tokens),
        "clips_held_out": len(unseen),
        "clips": len(prompts),
        "real_clips": REAL_CLIPS,
        "base": BASE.name,
        "models": [
            {**asdict(each), "name": each.name, "distances": compared[each.name],
             **_entropies(scores, each.name)}
            for each in variants
        ],
    }  # fmt: skip


def _folder(setup: Setup, minutes: float, sizes: Sizes) -> Path:
    """Of the runs of one recipe; another recipe has another one."""
    recipe = json.dumps([setup.model.weights_hash, minutes, asdict(sizes), TRAINING_SEED])
    return setup.cache / "spans" / hashlib.sha256(recipe.encode()).hexdigest()[:16]


def _steps(folder: Path, count: Callable[[], int]) -> int:
    """The number of steps, the same for all models and whenever a run goes on."""
    path = folder / "steps.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(count()), encoding="utf-8")
    return int(json.loads(path.read_text(encoding="utf-8")))


def _reference(setup: Setup, length_s: float) -> dict[str, Reference]:
    samples = held_out(REAL_CLIPS, first=HELD_OUT_CLIPS).samples
    return references(samples[:, : round(length_s * setup.model.sample_rate_hz)], EMBEDDINGS)


def _playing(whole: MusicModel, model: LanguageModel) -> MusicModel:
    """The evaluated model with another language model in its place."""
    return replace(
        whole,
        parts=replace(whole.parts, language_model=model.to(whole.dtype)),
        weights_hash=f"{whole.weights_hash} {hash_weights(model)}",
    )


def _request(model: MusicModel, prompt: Prompt, seed: int) -> GenerationRequest:
    values = {"prompt": prompt.text, "seed": seed, "mode": "parallel",
              "duration_s": model.window_s}  # fmt: skip
    return build_request(values, preset=DEFAULT_PRESET, family=model.family)


def _entropies(scores: Scores, name: str) -> Result:
    """Means by the masks' spans and by level, and the paired difference from the base."""
    own, base = scores[name], scores[BASE.name]
    gaps = {span: (own[span] - base[span]).mean(axis=1) for span in own}
    return {
        "entropies": {str(span): float(each.mean()) for span, each in own.items()},
        "differences": {str(span): [*interval(each, np.mean)] for span, each in gaps.items()},
        "levels": own[BASE.span_len].mean(axis=0).tolist(),
    }


def describe(result: Result) -> Section:
    """Two tables, what is clear in them, and pictures."""
    body = "\n\n".join(
        (
            _INTRODUCTION.format(**result),
            "**Held-out cross-entropy of masked tokens, nats**",
            _entropy_table(result),
            "**Distance of what they generate**",
            _distance_table(result),
            _conclusion(result),
        )
    )
    plots = tuple(
        Plot(
            name=f"spans-{embedding}",
            caption=f"Fréchet distance ({embedding}; lower is nearer to real renders) of what the "
            "small models generate, by span length and context.",
            draw=partial(draw_distances, result, embedding),
        )
        for embedding in result["models"][0]["distances"]
    )
    return Section(title="Span length and context", body=body, plots=plots)


_INTRODUCTION = """\
Small models ({n_layers} layers of width {width}, {parameters:,} parameters) with the codec and
the text encoder of the evaluated one, each trained from scratch for {steps} steps of {batch}
crops of {window_s:g} s (about {minutes:g} minutes) on the same {clips_learned} clips, for
parallel decoding alone. They differ in the length of the spans that are masked, in training and
in decoding, and in how many frames to each side a level from the second on sees; the coarsest
sees all. The paper chose spans of 3 frames and 5 frames of context. Cross-entropy is taken on
{clips_held_out} held-out clips with the same masks for all models, once for each length of the
masks' spans: a model does best on masks like those of its training, and longer spans are harder
for all, so compare within a column. Distances are diagonal Fréchet distances of {clips} generated
clips of {window_s:g} s from {real_clips} held-out renders. After a semicolon stands the
difference from "{base}", with the interval that holds 95 % of bootstrap samples of clips or
prompts. The intervals know nothing of the chance in training, of which there was one run each: a
difference that is clear here may go the other way with another seed. And what is best after
minutes need not be best after days."""


def _entropy_table(result: Result) -> str:
    spans = list(result["models"][0]["entropies"])
    n_levels = len(result["models"][0]["levels"])
    head = [
        "model",
        *(f"masks of {span}" for span in spans),
        *(f"level {level + 1}, masks of {BASE.span_len}" for level in range(n_levels)),
    ]
    rows = []
    for row in result["models"]:
        is_base = row["name"] == result["base"]
        cells = [
            f"{row['entropies'][span]:.3f}" + ("" if is_base else _gap(row["differences"][span], 3))
            for span in spans
        ]
        rows.append([row["name"], *cells, *(f"{each:.3f}" for each in row["levels"])])
    return markdown_table(head, rows)


def _distance_table(result: Result) -> str:
    embeddings = list(result["models"][0]["distances"])
    rows = []
    for row in result["models"]:
        is_base = row["name"] == result["base"]
        found = [row["distances"][each] for each in embeddings]
        rows.append([row["name"], *(f"{each['distance']:.2f}"
                                    + ("" if is_base else _gap(each["difference"], 2))
                                    for each in found)])  # fmt: skip
    return markdown_table(["model", *embeddings], rows)


def _gap(difference: Sequence[float], digits: int) -> str:
    return "; " + signed(difference, digits)


def _conclusion(result: Result) -> str:
    """Which model is best by each measure, and whether that is clear."""
    rows = result["models"]
    lines = [
        f"- {embedding}: "
        + _best(result, "nearest", "nearer", {r["name"]: r["distances"][embedding]["distance"]
                                              for r in rows},
                {r["name"]: r["distances"][embedding]["difference"] for r in rows})
        for embedding in rows[0]["distances"]
    ]  # fmt: skip
    masks = str(BASE.span_len)
    lines.append(
        f"- Cross-entropy on masks of {masks}: "
        + _best(result, "lowest", "lower", {r["name"]: r["entropies"][masks] for r in rows},
                {r["name"]: r["differences"][masks] for r in rows})
    )  # fmt: skip
    return "\n".join(["**What this says**", "", *lines])


def _best(
    result: Result,
    most: str,
    more: str,
    values: Mapping[str, float],
    differences: Mapping[str, Sequence[float]],
) -> str:
    """The model with the lowest value, and of whom the intervals say that it is clear.

    Args:
        result: whose base the differences are from.
        most, more: words for the lowest and for a lower value.
        values, differences: by model.
    """
    base, best = result["base"], min(values, key=values.__getitem__)
    if best == base:
        behind = [name for name, each in differences.items() if verdict(each) == "further"]
        end = f"clearly {more} than {'; '.join(behind)}" if behind else "not clearly, however"
        return f"{best} is {most}, {end}."
    clear = "clearly" if verdict(differences[best]) == "nearer" else "but not clearly"
    return f"{best} is {most}, {clear} {more} than {base}."


def draw_distances(result: Result, embedding: str, ax: Axes) -> None:
    """A line over the span lengths for each context."""
    for context in dict.fromkeys(row["context_frames"] for row in result["models"]):
        rows = [row for row in result["models"] if row["context_frames"] == context]
        spans = [row["span_len"] for row in rows]
        distances = [row["distances"][embedding]["distance"] for row in rows]
        seen = "all frames" if context is None else f"{context} frames"
        ax.plot(spans, distances, "o-", label=f"context: {seen}")
    ax.set_xticks(sorted({row["span_len"] for row in result["models"]}))
    ax.set_xlabel("span length, frames")
    ax.set_ylabel(f"Fréchet distance, {embedding}")
    ax.set_ylim(bottom=0)
    ax.legend()


PART = Part(
    name="spans",
    about="Span length and context, by small models trained for some minutes each; takes an hour.",
    measure=measure,
    describe=describe,
)
