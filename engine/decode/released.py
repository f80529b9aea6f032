"""What the published code does that we do not, for those who compare with it.

`SamplingOptions.as_released` turns all of it on:

- A clip in parallel mode with nonoverlap spans is cut to whole spans: 500 frames become 498, and
  a prompt must end before the cut. There is one window: longer clips are refused where a part
  of them is written in parallel mode.
- Spans lie on a grid from the first frame, so that one may hold kept and free frames; the
  probability of what the model would draw at the kept ones then counts too.
- With top-k (and no top-p) spans are ranked by the probabilities after the filter, because the
  published filter changes them in place.
- One stream of chance serves all variations, for masked and other frames alike; in parallel mode
  with top-p it belongs to ranks, not to tokens. Variation i of a batch is then not variation i
  made alone.

Its crash without a text and its wrong masks on PyTorch's own attention are not repeated.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.decode.requests import Mode, SamplingOptions, SpanArrangement


class ReleasedNoise:
    """The published code's draws, which are `torch.multinomial`'s on the CPU.

    Args:
        generator: seeded as the published code's global one, on the device of the codes.
        n_frames: T; noise is drawn for every frame, whether it is asked for or not.
        by_rank: True with top-p: the i-th number of a row goes to the i-th likeliest token.
    """

    def __init__(self, generator: torch.Generator, n_frames: int, *, by_rank: bool) -> None:
        self._generator, self._n_frames, self._by_rank = generator, n_frames, by_rank

    def __call__(self, probability: Tensor, positions: Tensor | None) -> Tensor:
        """See `engine.decode.sampling.Noise`."""
        n_variations, n_rows, size = probability.shape
        if positions is not None:
            n_rows = self._n_frames
        noise = probability.new_empty(n_variations * n_rows, size)
        noise = noise.exponential_(generator=self._generator).view(n_variations, n_rows, size)
        if positions is not None:
            noise = noise.take_along_dim(positions[..., None], dim=1)
        if self._by_rank:
            ids = probability.argsort(dim=-1, descending=True)
            noise = torch.empty_like(noise).scatter_(-1, ids, noise)
        return noise


def released_noise(
    mode: Mode, n_frames: int, generator: torch.Generator, options: SamplingOptions
) -> ReleasedNoise:
    """The noise of one clip: left-to-right writing has top-k alone, and so goes by id."""
    by_rank = mode is Mode.PARALLEL and options.top_p is not None
    return ReleasedNoise(generator, n_frames, by_rank=by_rank)


def released_frames(mode: Mode, n_frames: int, options: SamplingOptions, span_len: int) -> int:
    """T after the published code's cut to whole spans."""
    span_len = options.span_len or span_len
    cuts = mode is Mode.PARALLEL and options.arrangement is SpanArrangement.NONOVERLAP
    return n_frames - n_frames % span_len if cuts and n_frames >= span_len else n_frames
