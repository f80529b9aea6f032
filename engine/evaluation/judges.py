"""How well a rescorer tells right tokens from wrong ones, level by level.

    python -m engine.evaluation.judges --clips 24

Half of a level's spans of a real clip are masked and drawn by the model. A judge is good if the
drawn tokens that are wrong get lower probabilities from it than all others: the area under the
ROC curve, 0.5 for a coin and 1 for a judge who knows. Judged are the model itself, the rescorer
with each way of feeding the levels above (which are not known while a level is refined), and the
mixtures of equation 5. The figures are in docs/rescoring.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.decode.guidance import guide
from engine.decode.rescoring import Rescoring
from engine.evaluation.clip_sets import HELD_OUT_SEED
from engine.model.predictor import BoundModel
from engine.music import MusicModel, load

WEIGHTS = (0.25, 0.5, 0.75)
_GUIDANCE = 4.0


def area_under_curve(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The chance that a right one scores higher than a wrong one; ties count half.

    Args:
        scores: [n].
        right: [n]; both kinds occur.
    """
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # equal scores share their mean rank
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    return float((rank[right].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


Feed = Callable[[BoundModel, Tensor, Tensor, int], Tensor]
"""From (model, candidate, true codes, stage) to what the rescorer sees, all [1, K, T]. The
candidate has the mask id above `stage`."""


def feed_masked(_: BoundModel, candidate: Tensor, __: Tensor, ___: int) -> Tensor:
    """The levels above stay masked: what decoding does."""
    return candidate


def feed_filled(model: BoundModel, candidate: Tensor, _: Tensor, stage: int) -> Tensor:
    """The model's likeliest tokens, level by level: one more pass for each."""
    filled = candidate.clone()
    for level in range(stage + 1, model.n_levels):
        filled[:, level] = model.predict(filled, level, guided=False).conditional.argmax(-1)
    return filled


def feed_true(_: BoundModel, candidate: Tensor, true: Tensor, stage: int) -> Tensor:
    """The clip's own tokens, which decoding cannot know: the most that feeding could give."""
    known = candidate.clone()
    known[:, stage + 1 :] = true[:, stage + 1 :]
    return known


FEEDS: Mapping[str, Feed] = MappingProxyType(
    {"masked": feed_masked, "filled": feed_filled, "true": feed_true}
)


@torch.no_grad()
def judge_level(
    model: MusicModel, clips: Iterable[tuple[Tensor, str]], stage: int, generator: torch.Generator
) -> dict[str, float]:
    """The area under the curve of every judge for one level.

    Args:
        model: a hybrid, which is its own rescorer.
        clips: true codes [1, K, T] with their text.
        stage: the level.
        generator: chooses spans and tokens.
    """
    scores: dict[str, list[Tensor]] = {}
    right: list[Tensor] = []
    for codes, text in clips:
        bound = model.bind(text)
        candidate, own = _redraw(bound, codes, stage, generator)
        right.append((candidate == codes)[0, stage])
        scores.setdefault("model", []).append(own)
        rescoring = Rescoring(predictor=bound.left_to_right(), weight=1.0, n_levels=stage + 1)
        for name, feed in FEEDS.items():
            seen = feed(bound, candidate, codes, stage)
            other = rescoring.probability(seen, stage, None)[0]
            scores.setdefault(name, []).append(other)
            for weight in WEIGHTS if name == "masked" else ():
                mixed = weight * other + (1 - weight) * own
                scores.setdefault(f"weight {weight}", []).append(mixed)
    truth = torch.cat(right).numpy()
    return {
        name: area_under_curve(torch.cat(each).double().numpy(), truth)
        for name, each in scores.items()
    }


def _redraw(
    bound: BoundModel, codes: Tensor, stage: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The clip with half of a level's spans drawn anew, and the model's probability of it."""
    n_frames, span_len = codes.shape[-1], bound.span_len
    spans = torch.rand(-(-n_frames // span_len), generator=generator) < 0.5
    masked = spans.repeat_interleave(span_len)[:n_frames]
    candidate = codes.clone()
    candidate[:, stage + 1 :] = bound.codebook_size
    seen = candidate.clone()
    seen[:, stage, masked] = bound.codebook_size
    probability = torch.softmax(guide(bound.predict(seen, stage), _GUIDANCE), -1)[0]
    drawn = torch.multinomial(probability, 1, generator=generator)[:, 0]
    candidate[:, stage] = torch.where(masked, drawn, codes[0, stage])
    return candidate, probability.gather(-1, candidate[0, stage][:, None])[:, 0]


@click.command()
@click.option("--model", "name", default="studio-mini", show_default=True)
@click.option("--clips", "n_clips", default=24, show_default=True, type=click.IntRange(1))
def main(name: str, n_clips: int) -> None:
    """Print the table of docs/rescoring.md for a hybrid of our own."""
    # Here, not above: it needs FluidSynth.
    from engine.training.composer.clips import iter_clips

    model = load(name, device="cpu")
    clips = [
        (model.parts.codec.encode(torch.from_numpy(clip.samples)[None, None]), clip.captions[0])
        for clip in itertools.islice(iter_clips(HELD_OUT_SEED), n_clips)
    ]
    generator = torch.Generator().manual_seed(0)
    for stage in range(model.n_levels):
        areas = judge_level(model, clips, stage, generator)
        click.echo(f"level {stage + 1}: " + ", ".join(f"{n} {a:.3f}" for n, a in areas.items()))


if __name__ == "__main__":
    main()
