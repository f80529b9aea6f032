"""Windows for regions of an existing clip: each with as much context on both sides as there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.decode.spans import Region, free_regions
from engine.decode.windows import CONTEXT_SHARE, Window

MARGIN_SHARE = 0.15
"""Of the window: the least context on each side that regions which share a window leave."""


def plan_regions(
    keep: Sequence[bool],
    window_frames: int,
    opening_frames: int = 0,
    context_frames: int | None = None,
) -> tuple[Window, ...]:
    """Cover all free frames of a clip.

    Regions that fit into one window with some context are written together, in the middle of
    it. A longer one is written in overlapping windows from left to right. What a later window
    will write is no context: a window ends before it.

    Args:
        keep: [T], True where all levels are kept.
        window_frames: W >= 1 of the model.
        opening_frames: written left to right first, in a window that is free up to the clip's
            end; elsewhere there is no opening.
        context_frames: the most that a window hears on either side of what it writes; None: as
            much as fits.

    Returns:
        The windows in order; none if nothing is free.
    """
    margin = int(MARGIN_SHARE * window_frames)
    groups = _groups(free_regions(keep), window_frames - 2 * margin)
    windows: list[Window] = []
    for number, (first, last) in enumerate(groups):
        end = groups[number + 1][0] if number + 1 < len(groups) else len(keep)
        windows += _cover(first, last, end, window_frames, margin)
    if windows and not any(keep[windows[-1].first :]):
        opening = min(opening_frames, windows[-1].last - windows[-1].first)
        windows[-1] = replace(windows[-1], opening=opening)
    if context_frames is not None:
        windows = [_narrowed(window, context_frames) for window in windows]
    return tuple(windows)


def _narrowed(window: Window, context_frames: int) -> Window:
    start = max(window.start, window.first - context_frames)
    return replace(window, start=start, stop=min(window.stop, window.last + context_frames))


def _groups(regions: Sequence[Region], longest: int) -> list[Region]:
    """Neighbours joined as long as they fit into `longest`, the gaps between them included."""
    groups: list[Region] = []
    for first, last in regions:
        if groups and last - groups[-1][0] <= longest:
            groups[-1] = groups[-1][0], last
        else:
            groups.append((first, last))
    return groups


def _cover(first: int, last: int, end: int, size: int, margin: int) -> list[Window]:
    """Windows for the frames first .. last of a clip that is known, or ends, at `end`."""
    if last - first <= size - 2 * margin or end <= size:
        return [_centred(first, last, end, size)]
    windows: list[Window] = []
    start = max(first - margin, 0)
    while True:
        stop = min(start + size, end)
        if last + margin <= stop or stop == end:
            start = max(stop - size, 0)  # at the clip's end there may be room for more context
            return [*windows, Window(start=start, stop=stop, first=first, last=last)]
        # Cut where it stops to write: what follows is still to be written, by a window that
        # hears what comes after the region.
        written = min(stop, last - margin)
        windows.append(Window(start=start, stop=written, first=first, last=written))
        first, start = written, written - int(CONTEXT_SHARE * size)


def _centred(first: int, last: int, end: int, size: int) -> Window:
    start = max(min((first + last - size) // 2, end - size), 0)
    return Window(start=start, stop=min(start + size, end), first=first, last=last)
