"""What the language model is trained to predict, and the loss.

Three steps, so that each can be tested alone:

    draw       random: stage, boundary and masked frames of each example   (a generator)
    prepare    exact:  the model's input, its attention mask and the positions that count
    entropies  exact:  cross-entropy at those positions only

One training step::

    drawn = draw(codes.shape[0], codes.shape[-1], config, generator)
    task = prepare(codes, drawn, config)
    entropies(model, task, text, text_mask).mean().backward()
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.model.attention_masks import stage_mask, with_causal_rows
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.model.layout import first_row, to_columns


@dataclass(frozen=True, kw_only=True)
class Draw:
    """The random choices of one batch.

    Args:
        stage: [B] int64, level trained in parallel, 0 .. K-1.
        boundary: [B] int64; rows of the sequence before it are trained left to right. 0: none.
        masked: [B, T] bool, frames of level `stage` to be predicted in parallel; all of them
            at or after `boundary - stage`.
    """

    stage: Tensor
    boundary: Tensor
    masked: Tensor

    def to(self, device: torch.device) -> Draw:
        """The same choices on another device."""
        return Draw(
            stage=self.stage.to(device),
            boundary=self.boundary.to(device),
            masked=self.masked.to(device),
        )


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the model sees and what is asked of it.

    Args:
        columns: [B, K, S] int64, the model's input.
        attend: [B, S, S] bool ([1, S, S] where all examples share it), True: may attend.
        targets: [B, K, T] int64, the true codes.
        left_to_right: [B, K, T] bool, predicted from what came before.
        in_parallel: [B, K, T] bool, masked and predicted from both sides.
    """

    columns: Tensor
    attend: Tensor
    targets: Tensor
    left_to_right: Tensor
    in_parallel: Tensor


@dataclass(frozen=True, kw_only=True)
class Entropies:
    """Cross-entropy in nats of every position that counts, in one order.

    Args:
        values: [M] float32, differentiable.
        level: [M] int64, whose head scored it.
        parallel: [M] bool, masked and seen from both sides; False: left to right.
    """

    values: Tensor
    level: Tensor
    parallel: Tensor

    def mean(self, parallel_weight: float = 1.0, levels: Sequence[float] | None = None) -> Tensor:
        """The scalar to minimise; without weights the published loss, a flat mean.

        Args:
            parallel_weight: weight of a parallel position against a left-to-right one.
            levels: weight of a position of each level; None: equal.
        """
        weight = torch.where(self.parallel, parallel_weight, 1.0)
        if levels is not None:
            weight = weight * torch.tensor(levels, device=self.level.device)[self.level]
        return (self.values * weight).sum() / weight.sum()

    def sums(self, n_levels: int) -> tuple[Tensor, Tensor]:
        """Sums and counts by kind and level, detached: two times [2, K], left to right first."""
        cell = self.parallel.long() * n_levels + self.level
        total = torch.zeros(2 * n_levels, dtype=torch.float64)
        total.index_add_(0, cell.cpu(), self.values.detach().double().cpu())
        count = torch.bincount(cell, minlength=2 * n_levels).cpu()
        return total.view(2, -1), count.view(2, -1)


@lru_cache(maxsize=16)
def span_count_table(n_frames: int, span_len: int) -> Tensor:
    """How many span starts mask a wanted share of a clip, for every length up to T.

    With u distinct starts among n frames, a frame is masked with probability
    1 - C(n - l, u) / C(n, u), where l is the span length; the entry is the smallest u that
    reaches the share.

    Args:
        n_frames: T.
        span_len: frames in a span, l >= 1.

    Returns:
        [T, 101] int64: row n - 1 is for clips of n frames, column m for m percent. Cached: do
        not change it.

    Source: arXiv 2401.04577, section 3.1 and appendix C.
    """
    rows = []
    for n in range(1, n_frames + 1):
        starts = torch.arange(n, dtype=torch.float64)
        untouched = ((n - span_len - starts).clamp(min=0) / (n - starts)).cumprod(0)
        share = torch.cat([torch.zeros(1, dtype=torch.float64), 1 - untouched])
        rows.append(torch.searchsorted(share, torch.arange(101, dtype=torch.float64) / 100))
    return torch.stack(rows)


def draw_spans(
    first_free: Tensor, rate: Tensor, n_frames: int, span_len: int, generator: torch.Generator
) -> Tensor:
    """Mask spans of the frames from `first_free` on until about `rate` of them are masked.

    Spans may overlap, and those that run off the end are cut.

    Args:
        first_free: [B] int64, 0 .. T-1.
        rate: [B] float, share to mask, in [0, 1].
        n_frames: T.
        span_len: frames in a span.

    Returns:
        [B, T] bool; at least one span in each row.
    """
    n_free = n_frames - first_free
    if span_len > 1:
        table = span_count_table(n_frames, span_len).to(rate.device)
        count = table[n_free - 1, (100 * rate).round().long()]
    else:
        count = (n_free * rate).round().long()
    order = torch.rand(rate.shape[0], n_frames, generator=generator, device=rate.device)
    taken = torch.arange(n_frames, device=rate.device) < first_free[:, None]
    rank = order.masked_fill(taken, 2.0).argsort(dim=1).argsort(dim=1)
    return spread(rank < count.clamp(min=1)[:, None], span_len)


def spread(starts: Tensor, span_len: int) -> Tensor:
    """Extend each True to the `span_len` frames from it on, cut at the end: [B, T] bool."""
    masked = starts.clone()
    for shift in range(1, span_len):
        masked[:, shift:] |= starts[:, : starts.shape[1] - shift]
    return masked


def draw(batch_size: int, n_frames: int, config: ModelConfig, generator: torch.Generator) -> Draw:
    """Make the random choices of one batch, as the model's kind demands.

    MAGNET: one stage for the batch, a mask rate cos(pi u / 2) for each example, no boundary.
    HYBRID: a stage, a rate and a boundary in 0 .. T-1 for each example.
    AUTOREGRESSIVE: all rows left to right, nothing masked.

    Everything is made on the generator's device.

    Source: arXiv 2401.04577, sections 3.1 and 3.4.
    """
    device, shape = generator.device, (batch_size,)
    if config.kind is ModelKind.AUTOREGRESSIVE:
        zeros = torch.zeros(shape, dtype=torch.int64, device=device)
        masked = torch.zeros(batch_size, n_frames, dtype=torch.bool, device=device)
        return Draw(stage=zeros, boundary=zeros + n_frames + config.n_levels, masked=masked)
    shared = config.kind is ModelKind.MAGNET
    stage = torch.randint(
        config.n_levels, (1,) if shared else shape, generator=generator, device=device
    ).expand(shape)
    rate = torch.cos(torch.rand(shape, generator=generator, device=device) * (math.pi / 2))
    boundary = torch.zeros(shape, dtype=torch.int64, device=device)
    if not shared:
        boundary = torch.randint(n_frames, shape, generator=generator, device=device)
    first_free = (boundary - stage).clamp(min=0)
    masked = draw_spans(first_free, rate, n_frames, config.span_len, generator)
    return Draw(stage=stage, boundary=boundary, masked=masked)


def prepare(
    codes: Tensor, drawn: Draw, config: ModelConfig, *, valid: Tensor | None = None
) -> Task:
    """Build input, attention mask and scored positions from true codes and drawn choices.

    Args:
        codes: [B, K, T] int64, ids 0 .. V-1.
        drawn: on the same device.
        valid: [B, T] bool, False where the clip was padded; None: all real.

    Returns:
        Of each example: before the boundary all is given and all of it is predicted left to
        right. After it levels below `stage` are given, level `stage` is masked in the spans
        and predicted there, levels above are masked and not predicted.
    """
    frame = torch.arange(codes.shape[-1], device=codes.device)
    level = torch.arange(config.n_levels, device=codes.device)[:, None]
    stage = drawn.stage[:, None, None]
    before = frame < drawn.boundary[:, None, None] - level
    spans = (level == stage) & drawn.masked[:, None, :]
    hidden = (spans | (level > stage)) & ~before
    real = torch.ones_like(spans) if valid is None else valid[:, None, :]
    return Task(
        columns=to_columns(codes.masked_fill(hidden, config.mask_id), config),
        attend=attention(drawn, codes.shape[-1], config),
        targets=codes,
        left_to_right=before & real,
        in_parallel=spans & ~before & real,
    )


def attention(drawn: Draw, n_frames: int, config: ModelConfig) -> Tensor:
    """The mask of each example, [B, S, S] bool; [1, S, S] for the kinds that share one."""
    masks = _stage_masks(n_frames, config, drawn.stage.device)
    if config.kind is ModelKind.HYBRID:
        return with_causal_rows(masks[drawn.stage], drawn.boundary)
    shared = masks[drawn.stage[:1]]
    return shared if not config.delayed else with_causal_rows(shared, drawn.boundary[:1])


@lru_cache(maxsize=8)
def _stage_masks(n_frames: int, config: ModelConfig, device: torch.device) -> Tensor:
    """[K, S, S] bool."""
    stages = range(config.n_levels)
    return torch.stack([stage_mask(stage, n_frames, config, device) for stage in stages])


def entropies(
    model: LanguageModel, task: Task, text: Tensor | None, text_mask: Tensor | None = None
) -> Entropies:
    """Run the model and score the task's positions; only those reach the heads.

    Args:
        model: the language model.
        task: from `prepare`.
        text: [B, P, text_width] of the text encoder; None: no text.
        text_mask: [B, P] bool, True where there is text; a row of False drops the condition.

    Raises:
        ValueError: the task asks for nothing.
    """
    scored = task.left_to_right | task.in_parallel
    if not scored.any():
        raise ValueError("no position to learn from: check `valid` and the draw")
    hidden = model(task.columns, text, task.attend, text_mask)
    values, levels, parallel = [], [], []
    for level in range(task.targets.shape[1]):
        example, frame = scored[:, level].nonzero(as_tuple=True)
        rows = hidden[example, frame + first_row(level, model.config)]
        target = task.targets[example, level, frame]
        logits = model.logits(rows, level).float()
        values.append(F.cross_entropy(logits, target, reduction="none"))
        levels.append(torch.full_like(frame, level))
        parallel.append(task.in_parallel[example, level, frame])
    return Entropies(
        values=torch.cat(values), level=torch.cat(levels), parallel=torch.cat(parallel)
    )
