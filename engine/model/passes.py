"""The two ways a bound model runs: left to right into a cache, or a refinement stage at once.

Both do the work of `LanguageModel.hidden` without what decoding can spare. Rows of a batch are
ordered half by half: all variations under the first text, then all under the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.decode.predictor import GuidedLogits
from engine.model.language_model import LanguageModel
from engine.model.stage_attention import StageRows
from engine.model.transformer import Layer, merge_heads


@dataclass(frozen=True)
class TextKeys:
    """One condition's cross-attention keys and values, made once per request.

    Args:
        layers: (key, value) of each layer, [1 or B, H, P, D / H]; None: no text, so that
            cross-attention, which would add exactly zero, is left out.
    """

    layers: tuple[tuple[Tensor, Tensor], ...] | None

    @classmethod
    def of(cls, model: LanguageModel, condition: Tensor | None) -> TextKeys:
        """Project a condition [1 or B, P, D] in every layer; None for the null condition."""
        if condition is None:
            return cls(None)
        # text by text: a product over more rows may round differently
        own = [
            [layer.cross_attention.project_text(text) for layer in model.stack]
            for text in condition[:, None]
        ]
        if len(own) == 1:
            return cls(tuple(own[0]))
        by_layer = zip(*own, strict=True)
        return cls(
            tuple(
                (torch.cat([key for key, _ in texts]), torch.cat([value for _, value in texts]))
                for texts in by_layer
            )
        )

    def rows(self, part: slice) -> TextKeys:
        """The condition of some variations, whether each has its own or all share one."""
        if self.layers is None:
            return self
        if self.layers[0][0].shape[0] > 1:
            return TextKeys(tuple((key[part], value[part]) for key, value in self.layers))
        shape = (part.stop - part.start, -1, -1, -1)
        return TextKeys(
            tuple((key.expand(shape), value.expand(shape)) for key, value in self.layers)
        )


class CausalCache:
    """Keys, values and final states of rows written left to right.

    Args:
        n_rows: batch rows: halves x variations.
        n_columns: columns to make room for.
    """

    def __init__(self, model: LanguageModel, n_rows: int, n_columns: int) -> None:
        config, like = model.config, model.final_norm.weight
        size = (n_rows, config.n_heads, n_columns, config.width // config.n_heads)
        self.keys = [like.new_empty(size) for _ in range(config.n_layers)]
        self.values = [like.new_empty(size) for _ in range(config.n_layers)]
        self.final = like.new_empty(n_rows, n_columns, config.width)

    def shortened(self, n_columns: int) -> CausalCache:
        """The same cache up to a column, sharing memory."""
        view = object.__new__(CausalCache)
        view.keys = [key[:, :, :n_columns] for key in self.keys]
        view.values = [value[:, :, :n_columns] for value in self.values]
        view.final = self.final[:, :n_columns]
        return view

    def stored(self, wanted: Tensor) -> Tensor:
        """Final states [n, M, D] of rows [n, M]; those past the end get the last one's."""
        last = self.final.shape[1] - 1
        return _take(self.final[: len(wanted)], wanted.clamp(max=last))


def write_causal(
    model: LanguageModel,
    texts: Sequence[TextKeys],
    columns: Tensor,
    cache: CausalCache,
    *,
    start: int,
    rows: slice,
) -> Tensor:
    """Run columns left to right and store what later rows need.

    Args:
        texts: the halves to run.
        columns: [G, K, n] int64; either one column, or the first ones (start 0).
        start: position of the first; the cache holds all before it.
        rows: where these halves are in the cache.

    Returns:
        [halves * G, n, D] final normed states.
    """
    size = columns.shape[-1]
    assert size == 1 or start == 0
    stop = start + size
    x = model.embed(columns, start).repeat(len(texts), 1, 1)
    for number, layer in enumerate(model.stack):
        query, key, value = layer.self_attention.project(layer.self_norm(x))
        keys, values = cache.keys[number][rows], cache.values[number][rows]
        keys[:, :, start:stop] = key
        values[:, :, start:stop] = value
        mixed = F.scaled_dot_product_attention(
            query, keys[:, :, :stop], values[:, :, :stop], is_causal=size > 1
        )
        x = _finish(layer, number, x, merge_heads(mixed), texts)
    final = model.final_norm(x)
    cache.final[rows, start:stop] = final
    return final


def refine(
    model: LanguageModel,
    texts: Sequence[TextKeys],
    columns: Tensor,
    rows: StageRows,
    wanted: Tensor,
    prefix: CausalCache | None,
) -> Tensor:
    """Run the rows of one stage and return the final states of those wanted.

    Args:
        texts: the halves to run.
        columns: [G, K, S] int64.
        rows: which rows to compute; those before `rows.start` are in `prefix`.
        wanted: [G, M] int64 rows; any that are in `prefix` are taken from there.
        prefix: the causal rows before `rows.start`, or None.

    Returns:
        [halves * G, M, D] final normed states.
    """
    wanted = wanted.repeat(len(texts), 1)
    x = model.embed(columns[..., rows.start : rows.stop], rows.start)
    for number, layer in enumerate(model.stack):
        query, key, value = layer.self_attention.project(layer.self_norm(x))
        if prefix is not None:
            known = slice(rows.first_column, rows.start)
            key = torch.cat([prefix.keys[number][: x.shape[0], :, known], key], dim=2)
            value = torch.cat([prefix.values[number][: x.shape[0], :, known], value], dim=2)
        mixed = merge_heads(rows.attend(query, key, value))
        if number == 0:  # the halves are equal until text enters
            x, mixed = x.repeat(len(texts), 1, 1), mixed.repeat(len(texts), 1, 1)
        if layer is model.stack[-1]:
            here = (wanted - rows.start).clamp(min=0)
            x, mixed = _take(x, here), _take(mixed, here)
        x = _finish(layer, number, x, mixed, texts)
    final = model.final_norm(x)
    if prefix is None:
        return final
    return torch.where(wanted[..., None] < rows.start, prefix.stored(wanted), final)


def _take(states: Tensor, rows: Tensor) -> Tensor:
    """[n, S, D] at rows [n, M]: [n, M, D]. Copies whole rows, unlike a gather."""
    return states[torch.arange(len(rows), device=rows.device)[:, None], rows]


def _finish(
    layer: Layer, number: int, x: Tensor, mixed: Tensor, texts: Sequence[TextKeys]
) -> Tensor:
    """The rest of a layer, after self-attention has mixed its values into rows [n, R, D]."""
    x = x + layer.self_attention.out(mixed)
    size = x.shape[0] // len(texts)
    for half, text in enumerate(texts):
        if text.layers is not None:
            part = x[half * size : (half + 1) * size]
            part += layer.cross_attention.attend(layer.cross_norm(part), *text.layers[number])
    return x + layer.feed_forward(layer.ffn_norm(x))


def join(parts: list[list[Tensor]], guided: bool) -> GuidedLogits:
    """Put the halves of all parts together again."""
    conditional = torch.cat([part[0] for part in parts])
    return GuidedLogits(conditional, torch.cat([part[1] for part in parts]) if guided else None)
