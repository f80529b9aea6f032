"""Which tokens stay inside of the areas: the recipes of the settings, put together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.audio.beats import Beats
from engine.decode.recipes import keep_around, keep_outside, keep_periodic, keep_share
from engine.decode.spans import free_regions
from engine.decode.timing import frames_from_seconds
from engine.edit.areas import Area, Frames
from engine.edit.settings import EditSettings
from engine.errors import RequestError


def keep_of(
    areas: Sequence[tuple[Area, Frames]],
    shape: tuple[int, int],
    settings: EditSettings,
    *,
    frame_rate_hz: int,
    beats: Beats | None,
    seed: int,
) -> Tensor:
    """The mask of an edit: what is outside of all areas, and what the recipes keep in them.

    Args:
        areas: each with its frames.
        shape: K, T.
        settings: the recipes.
        frame_rate_hz: of the frames.
        beats: of the clip; needed by the recipes of beats and onsets.
        seed: chooses what `strength` keeps.

    Returns:
        [K, T] bool, True where a token is kept.

    Raises:
        RequestError: a level that is not there, beats that are not known, or an area in which
            nothing is left to write.
    """
    n_levels, n_frames = shape
    keep = torch.ones(shape, dtype=torch.bool)
    for area, frames in areas:
        keep &= keep_outside([frames], n_frames, n_levels, area.levels)
    for kept in _kept_by_recipes(keep, settings, frame_rate_hz, beats, seed):
        keep |= kept
    for area, frames in areas:
        _require_free(keep, area, frames)
    return keep


def _require_free(keep: Tensor, area: Area, frames: Frames) -> None:
    """An area left out for another's sake would pass through the codec for nothing."""
    rows = slice(None) if area.levels is None else list(area.levels)
    if bool(keep[rows, slice(*frames)].all()):
        raise RequestError(
            f"the recipes keep every token of the region {area.start_s:g} s to {area.stop_s:g} s",
            expected="some to write",
            advice="Keep less, or draw a longer region",
        )


def _kept_by_recipes(
    keep: Tensor, settings: EditSettings, frame_rate_hz: int, beats: Beats | None, seed: int
) -> list[Tensor]:
    n_levels, n_frames = keep.shape
    kept = []
    if settings.keep_every is not None:
        kept.append(keep_periodic(settings.keep_every, n_frames, n_levels))
    for what, kept_s in (("beats", settings.keep_beats_s), ("onsets", settings.keep_onsets_s)):
        if kept_s is not None:
            frames = max(1, frames_from_seconds(kept_s, frame_rate_hz))
            moments = [
                min(frames_from_seconds(time_s, frame_rate_hz), n_frames)
                for time_s in _moments(beats, what)
            ]
            kept.append(keep_around(moments, n_frames, n_levels, after=frames))
    if settings.strength < 1:
        kept.append(_keep_weak(keep, settings.strength, seed))
    return kept


def _keep_weak(keep: Tensor, strength: float, seed: int) -> Tensor:
    """The share that a weak variation keeps of each region, so that none is left out by chance."""
    n_levels, n_frames = keep.shape
    generator = torch.Generator().manual_seed(seed)
    kept = torch.zeros(n_levels, n_frames, dtype=torch.bool)
    for first, stop in free_regions(keep.all(0).tolist()):
        kept[:, first:stop] = keep_share(1 - strength, stop - first, n_levels, generator)
    return kept


def _moments(beats: Beats | None, what: str) -> tuple[float, ...]:
    found = () if beats is None else beats.beats_s if what == "beats" else beats.onsets_s
    if not found:
        raise RequestError(
            f"no {what} were found in the clip",
            expected=f"a clip with {what} to keep",
            advice=f"Turn off what is kept around {what}",
        )
    return found
