"""One entry for all modes: from a bound model and a plan to an iterator of records."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence

import torch
from torch import Tensor

from engine.decode.autoregressive import OpeningPlan, autoregressive_steps, plan_rectangle
from engine.decode.checks import require, require_choice, require_whole
from engine.decode.grid import Grid, empty_grid, given_grid
from engine.decode.hybrid import HybridPlan, hybrid_steps, plan_hybrid
from engine.decode.parallel import StagePlan, count_steps, parallel_steps, plan_stages
from engine.decode.predictor import Predictor
from engine.decode.records import DecodeStep
from engine.decode.released import released_frames, released_noise
from engine.decode.requests import Mode, SamplingOptions
from engine.decode.rescoring import rescoring_from
from engine.decode.sampling import Noise, VariationNoise
from engine.decode.spans import goes_on
from engine.errors import RequestError


def generate_codes(
    predictor: Predictor,
    *,
    mode: Mode,
    n_frames: int,
    generators: Sequence[torch.Generator],
    options: SamplingOptions | None = None,
    opening_frames: int = 0,
    given: tuple[Tensor, Tensor] | None = None,
    noise: Noise | None = None,
    straddle: bool = False,
    opener: Predictor | None = None,
    rescorer: Predictor | None = None,
) -> Generator[DecodeStep, None, None]:
    """Write tokens, one record per step; closing the iterator stops the work.

    All that can be wrong with the arguments is said at the call, before the first step. T frames
    asked are T frames delivered, whatever the length of a span: the last span of a region is what
    is left. (`SamplingOptions.as_released` does otherwise: see `engine.decode.released`.)

    Args:
        predictor: the model with its prompt bound.
        mode: how tokens are written.
        n_frames: T >= 1.
        generators: one per variation, on the device of the model (`variation_generators`).
        options: how tokens are drawn; None: the defaults.
        opening_frames: frames written left to right, in [0, T]; hybrid mode only.
        given: tokens that never change: codes int64 [B or 1, K, T] and keep bool [K, T], True
            where a token is given. Any shape in parallel mode, and in hybrid mode if no opening
            is written; else what is given of a level is its beginning. Given tokens of a level
            are hidden from the model until its turn, as in training, but for those that causal
            rows of a hybrid see; the frames before the first free one are such rows.
        noise: where the draws come from instead of the generators.
        straddle: as in the release, parallel spans may hold kept frames, and the model sees the
            kept tokens of all levels at once.
        opener: another model that writes the opening of hybrid mode, with the same codec; None:
            the predictor, which must then be a hybrid.
        rescorer: who else judges the tokens of parallel steps; see `engine.decode.rescoring`.

    Returns:
        An iterator of `DecodeStep`; the last one holds the result. Empty if all is given.

    Raises:
        RequestError: a length, a number of levels or given tokens that do not fit.
        DeviceError: while iterating, numbers that are not finite.
    """
    options = options or SamplingOptions()
    require("options", options, isinstance(options, SamplingOptions), "SamplingOptions or None")
    _require_lengths(mode, n_frames, opening_frames)
    require("the number of generators", len(generators), len(generators) > 0, "1 or more")
    if options.as_released:
        n_frames = released_frames(mode, n_frames, options, predictor.span_len)
        given, straddle = _cut(given, n_frames), True
        noise = noise or released_noise(mode, n_frames, generators[0], options)
    grid = _start(predictor, n_frames, generators, given)
    plan = _plan(
        grid.keep[0],
        mode=mode,
        options=options,
        opening_frames=opening_frames,
        span_len=predictor.span_len,
        straddle=straddle,
        foreign_opener=opener is not None,
    )
    if isinstance(plan, OpeningPlan) or (isinstance(plan, HybridPlan) and plan.opening.n_steps):
        _require_beginning(grid.keep[0], mode)
    source = None if options.greedy else noise or VariationNoise(generators)
    rescoring = rescoring_from(rescorer, options)
    hide_early = not (straddle or options.as_released)
    if isinstance(plan, HybridPlan):
        return hybrid_steps(
            predictor,
            grid,
            plan,
            options=options,
            noise=source,
            opener=opener,
            rescoring=rescoring,
            hide_early=hide_early,
        )
    if isinstance(plan, OpeningPlan):
        return autoregressive_steps(predictor, grid, plan, options=options, noise=source)
    if hide_early:
        grid = grid.hiding(grid.keep[0])
    return parallel_steps(predictor, grid, plan, options=options, noise=source, rescoring=rescoring)


def count_records(
    keep: Tensor,
    *,
    mode: Mode,
    options: SamplingOptions,
    opening_frames: int,
    span_len: int,
    foreign_opener: bool = False,
) -> int:
    """How many records `generate_codes` would yield; the arguments are its own.

    Args:
        keep: bool [K, T]; all False where nothing is given.
    """
    plan = _plan(
        keep,
        mode=mode,
        options=options,
        opening_frames=opening_frames,
        span_len=span_len,
        straddle=options.as_released,
        foreign_opener=foreign_opener,
    )
    return plan.n_steps if isinstance(plan, (HybridPlan, OpeningPlan)) else count_steps(plan)


def _plan(
    keep: Tensor,
    *,
    mode: Mode,
    options: SamplingOptions,
    opening_frames: int,
    span_len: int,
    straddle: bool,
    foreign_opener: bool,
) -> HybridPlan | OpeningPlan | tuple[StagePlan, ...]:
    if mode is Mode.HYBRID:
        return plan_hybrid(
            keep,
            opening_frames,
            options=options,
            span_len=span_len,
            straddle=straddle,
            foreign_opener=foreign_opener,
        )
    if mode is Mode.AUTOREGRESSIVE:
        return plan_rectangle(keep, keep.shape[-1])
    assert mode is Mode.PARALLEL
    return plan_stages(keep, options=options, span_len=span_len, straddle=straddle)


def finish(steps: Iterable[DecodeStep]) -> DecodeStep:
    """Run to the end.

    Returns:
        The last record, whose `codes` are the result.

    Raises:
        RequestError: there was no step, since every token was given.
    """
    last = deque(steps, maxlen=1)
    if not last:
        raise RequestError(
            "every token is kept", expected="something to write", advice="Select a region or level"
        )
    return last[0]


def _cut(given: tuple[Tensor, Tensor] | None, n_frames: int) -> tuple[Tensor, Tensor] | None:
    return given and (given[0][..., :n_frames], given[1][..., :n_frames])


def _start(
    predictor: Predictor,
    n_frames: int,
    generators: Sequence[torch.Generator],
    given: tuple[Tensor, Tensor] | None,
) -> Grid:
    shape = (len(generators), predictor.n_levels, n_frames)
    if given is None:
        device = generators[0].device
        return empty_grid(*shape, mask_id=predictor.codebook_size, device=device)
    codes, keep = given
    fits = codes.dim() == 3 and codes.shape[1:] == shape[1:] and len(codes) in (1, shape[0])
    if not fits or keep.shape != shape[1:]:
        raise RequestError(
            f"the given tokens are {list(codes.shape)} and their mask is {list(keep.shape)}",
            expected=f"{list(shape)} (or 1 for all variations) and {list(shape[1:])}",
            advice="Give tokens for the whole clip",
        )
    if codes.dtype != torch.int64 or keep.dtype != torch.bool:
        raise RequestError(
            f"the given tokens are {codes.dtype} and their mask is {keep.dtype}",
            expected="torch.int64 and torch.bool",
            advice="Convert them",
        )
    _require_tokens(codes[:, keep], predictor.codebook_size)
    return given_grid(codes.expand(shape), keep, mask_id=predictor.codebook_size)


def _require_tokens(kept: Tensor, codebook_size: int) -> None:
    """The one wait for the device here; a wrong id would be an error deep in the model."""
    if kept.numel() and not 0 <= int(kept.min()) <= int(kept.max()) < codebook_size:
        raise RequestError(
            f"the kept tokens are {int(kept.min())} to {int(kept.max())}",
            expected=f"0 to {codebook_size - 1}",
            advice="Keep only frames that have tokens",
        )


def _require_beginning(keep: Tensor, mode: Mode) -> None:
    if goes_on(keep):
        raise RequestError(
            f"tokens are kept after free ones in {mode.value} mode",
            expected="kept tokens at the beginning of a level",
            advice="Use parallel mode for anything else",
        )


def _require_lengths(mode: Mode, n_frames: int, opening_frames: int) -> None:
    require_choice("mode", mode, Mode)
    require_whole("n_frames", n_frames, 1)
    require_whole("opening_frames", opening_frames, 0)
    longest = n_frames if mode is Mode.HYBRID else 0
    if opening_frames > longest:
        raise RequestError(
            f"the opening is {opening_frames} frames in {mode.value} mode",
            expected=f"0 to {longest}",
            advice="Ask for a shorter opening" if longest else "Use hybrid mode for an opening",
        )
