"""A naive twin of MAGNeT's decoding, from the published description alone, to check and time ours.

    python -m tests.engine.decode.naive_magnet FOLDER --steps 2,1,1,1 --compare

It does what the published code does and nothing to save work: both halves of guidance in one
batch with cross-attention, dense masks, all heads at all frames, no cache of anything.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace

import click
import torch
from torch import Tensor

from engine.decode import (
    Mode,
    SamplingOptions,
    SpanScore,
    finish,
    generate_codes,
    variation_generators,
)
from engine.model.attention_masks import stage_mask
from engine.model.language_model import LanguageModel


@torch.no_grad()
def naive_codes(
    model: LanguageModel,
    condition: Tensor,
    n_frames: int,
    options: SamplingOptions,
    seed: int,
    prompt: Tensor | None = None,
) -> Tensor:
    """Nonoverlap decoding as published.

    Args:
        condition: [B, P, D] projected and masked; the null half is zeros of that shape.
        n_frames: T, cut to whole spans.
        options: steps, temperature, filters and guidance; `as_released` is what this is.
        seed: of the one stream of chance.
        prompt: [B, K, P] codes at the start.

    Returns:
        [B, K, T].
    """
    config, span_len = model.config, options.span_len or model.config.span_len
    n_rows, n_frames = len(condition), n_frames // span_len * span_len
    n_given = 0 if prompt is None else prompt.shape[-1]
    mask_id, generator = config.mask_id, torch.Generator().manual_seed(seed)
    codes = torch.full((n_rows, config.n_levels, n_frames), mask_id)
    if prompt is not None:
        codes[..., :n_given] = prompt
    both = torch.cat([condition, torch.zeros_like(condition)])
    for stage, n_steps in enumerate(options.steps):
        attend = stage_mask(stage, n_frames, config)
        n_units, first_unit = n_frames // span_len, n_given // span_len
        score = torch.zeros(n_rows, n_units)
        score[:, :first_unit] = -1e4
        current = torch.full((n_rows, n_frames), mask_id)
        for step in range(n_steps):
            x = torch.linspace(0, 1, n_steps)[step]
            rate = torch.cos(x * math.pi * 0.5)
            n_masked = max(int(rate * (n_units - first_unit)), 1)
            units = torch.zeros_like(score, dtype=torch.bool)
            # the published order of equal scores is the backend's own; here the earlier is first
            worst = score.sort(dim=1, descending=True, stable=True).indices[:, :n_masked]
            units.scatter_(1, worst, True)
            current[units.repeat_interleave(span_len, 1)] = mask_id
            if prompt is not None:
                current[:, :n_given] = prompt[:, stage]
            codes[:, stage] = current
            hidden = model.hidden(codes.repeat(2, 1, 1), both, attend)
            heads = torch.stack([model.logits(hidden, k) for k in range(config.n_levels)], 1)
            conditional, null = heads.float().chunk(2)
            weight = rate * options.cfg_start + (1 - rate) * options.cfg_end
            logits = (null + (conditional - null) * weight)[:, stage]
            drawn, probability = _draw(logits, n_steps, step, options, generator)
            current = torch.where(current == mask_id, drawn, current)
            codes[:, stage] = current
            shares = probability.unflatten(1, (n_units, span_len))
            score = 1 - shares.amax(-1)
            if options.span_score is SpanScore.PROD or span_len == 1:
                score = -shares.log().sum(-1)
            score[~units] = -1e4
    return codes


@torch.no_grad()
def naive_inpainting(
    model: LanguageModel,
    condition: Tensor,
    codes: Tensor,
    keep: Tensor,
    options: SamplingOptions,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Regions of a given clip, greedily: what we promise of them, span by span in plain loops.

    A level's spans are cut from its own free frames, region by region, so that none has a kept
    frame; the schedule counts them alone. The model sees the finished levels below, of its own
    level what is kept or fixed, and nothing above.

    Args:
        condition: [1, P, D]. codes: [1, K, T]. keep: bool [K, T].

    Yields:
        After each step the codes, and bool [T]: what is masked of the level for the next step.
    """
    config, span_len = model.config, options.span_len or model.config.span_len
    n_levels, n_frames = keep.shape
    codes = codes.clone()
    both = torch.cat([condition, torch.zeros_like(condition)])
    for stage, n_steps in enumerate(options.steps):
        spans, start = [], 0
        while start < n_frames:
            if keep[stage, start]:
                start += 1
                continue
            stop = start
            while stop < n_frames and stop < start + span_len and not keep[stage, stop]:
                stop += 1
            spans.append(range(start, stop))
            start = stop
        attend = stage_mask(stage, n_frames, config)
        masked = list(range(len(spans)))
        for step in range(n_steps if spans else 0):
            rate = math.cos(math.pi / 2 * step / (n_steps - 1)) if n_steps > 1 else 1.0
            seen = codes.clone()
            seen[:, stage + 1 :] = config.mask_id
            for span in masked:
                seen[:, stage, list(spans[span])] = config.mask_id
            hidden = model.hidden(seen.repeat(2, 1, 1), both, attend)
            conditional, null = model.logits(hidden, stage).float().chunk(2)
            weight = rate * options.cfg_start + (1 - rate) * options.cfg_end
            temperature = max(options.temperature * (n_steps - 1 - step) / n_steps, 0.01)
            p = torch.softmax((null + (conditional - null) * weight)[0] / temperature, -1)
            score = {}
            for span in masked:
                tokens = p[list(spans[span])].argmax(-1)
                codes[0, stage, list(spans[span])] = tokens
                shares = p[list(spans[span])].gather(-1, tokens[:, None])[:, 0]
                score[span] = 1 - shares.max()
                if options.span_score is SpanScore.PROD:
                    score[span] = -shares.log().sum() * span_len / len(shares)
            fixed = sorted(set(range(len(spans))) - set(masked))
            n_next = 0
            if step + 1 < n_steps:
                next_rate = math.cos(math.pi / 2 * (step + 1) / (n_steps - 1))
                n_next = max(int(next_rate * len(spans) + 1e-9), 1)
            worst = sorted(masked, key=lambda span: (-score[span], span))
            masked = (worst + fixed)[:n_next]
            frames = torch.zeros(n_frames, dtype=torch.bool)
            for span in masked:
                frames[list(spans[span])] = True
            yield codes.clone(), frames


def _draw(
    logits: Tensor, n_steps: int, step: int, options: SamplingOptions, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    temperature = options.temperature
    if options.anneal_temperature:
        temperature *= (n_steps - 1 - step) / n_steps
    p = torch.softmax(logits / max(temperature, 0.01), -1)
    if options.greedy:
        tokens = logits.argmax(-1)
    elif options.top_p is not None:
        ranked, ids = p.sort(-1, descending=True)
        ranked = ranked.masked_fill(ranked.cumsum(-1) - ranked > options.top_p, 0)
        ranks = _multinomial(ranked / ranked.sum(-1, keepdim=True), generator)
        tokens = ids.gather(-1, ranks[..., None])[..., 0]
    else:
        if options.top_k is not None:
            p = p * (p >= p.topk(options.top_k, -1).values[..., -1:])
            p = p / p.sum(-1, keepdim=True)
        tokens = _multinomial(p, generator)
    return tokens, p.gather(-1, tokens[..., None])[..., 0]


def _multinomial(p: Tensor, generator: torch.Generator) -> Tensor:
    return torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(p.shape[:2])


@click.command()
@click.argument("folder")
@click.option("--steps", default="20,10,10,10", show_default=True)
@click.option("--duration-s", default=10.0, show_default=True)
@click.option("--greedy", is_flag=True)
def main(folder: str, steps: str, duration_s: float, greedy: bool) -> None:
    """Time both on the plain model in FOLDER, in float32 in one run, and compare their tokens."""
    from engine.music import load

    model = load(folder, device="cpu", dtype=torch.float32)
    network = model.parts.language_model
    levels = tuple(int(each) for each in steps.split(","))
    options = SamplingOptions(steps=levels, greedy=greedy, as_released=True)
    features = model.parts.text_encoder.encode(["calm piano, slow"])
    condition = network.condition(features.hidden, features.mask).detach()
    n_frames = int(duration_s * model.frame_rate_hz)
    began = time.perf_counter()
    steps_of_ours = generate_codes(
        model.bind("calm piano, slow"),
        mode=Mode.PARALLEL,
        n_frames=n_frames,
        generators=variation_generators(7, 1),
        options=replace(options),
    )
    ours = finish(steps_of_ours).codes
    middle = time.perf_counter()
    theirs = naive_codes(network, condition, n_frames, options, 7)
    ended = time.perf_counter()
    click.echo(f"ours {middle - began:.1f} s, naive {ended - middle:.1f} s, ratio "
               f"{(ended - middle) / (middle - began):.2f}, tokens that differ: "
               f"{int((ours != theirs).sum())} of {ours.numel()}")  # fmt: skip


if __name__ == "__main__":
    main()
