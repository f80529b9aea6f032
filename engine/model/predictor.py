"""A language model with its text bound: the `Predictor` that decoding asks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.decode.predictor import GuidedLogits, Opening
from engine.model.column_writer import ColumnWriter
from engine.model.config import ModelKind
from engine.model.language_model import LanguageModel
from engine.model.layout import first_row, to_columns
from engine.model.passes import CausalCache, TextKeys, join, refine, write_causal
from engine.model.stage_attention import all_rows, near_rows


class BoundModel:
    """A model, a text and a negative text; implements `engine.decode.predictor.Predictor`.

    Variations run one after the other, because a matrix product over another number of rows may
    round differently, and variation i must not depend on its neighbours. On an accelerator
    nothing here waits for it.

    Args:
        model: in evaluation mode; its dtype is the one computed in. Logits are float32.
        conditional, null: the two halves of guidance.
        boundary: rows before it are causal; in a left-to-right model all rows are.
        opening: holds those rows; None: computed from the codes that come.
        together: True runs all variations in one batch: faster for many of them on an
            accelerator, but variation i may then round, and so differ, from itself made alone.
    """

    def __init__(
        self,
        model: LanguageModel,
        conditional: TextKeys,
        null: TextKeys,
        *,
        boundary: int = 0,
        opening: ColumnWriter | None = None,
        together: bool = False,
    ) -> None:
        self.model = model
        self.together = together
        self.conditional, self.null = conditional, null
        self.boundary, self.opening = boundary, opening
        if model.config.kind is ModelKind.AUTOREGRESSIVE:
            self.boundary, self.opening = len(model.positions), None
        self.n_levels = model.config.n_levels
        self.codebook_size = model.config.codebook_size
        self.span_len = model.config.span_len
        self.writes_left_to_right = model.config.kind is not ModelKind.MAGNET
        self._prefixes: dict[int, tuple[Tensor, int, CausalCache]] = {}

    @classmethod
    @torch.no_grad()
    def bind(
        cls,
        model: LanguageModel,
        text: Tensor | None = None,
        *,
        text_mask: Tensor | None = None,
        negative: Tensor | None = None,
        negative_mask: Tensor | None = None,
        together: bool = False,
    ) -> BoundModel:
        """Bind the text encoder's states.

        Args:
            text: [P, text_width], or [B, P, text_width] for one text per variation; None: no
                text.
            text_mask: [P] or [B, P] bool, True where there is text; None: everywhere.
            negative, negative_mask: the same for the other half; None: the null condition.
            together: run all variations in one batch; see the class.
        """
        return cls.bind_conditions(
            model,
            _project(model, text, text_mask),
            _project(model, negative, negative_mask),
            together=together,
        )

    @classmethod
    @torch.no_grad()
    def bind_conditions(
        cls,
        model: LanguageModel,
        condition: Tensor | None,
        negative: Tensor | None = None,
        *,
        together: bool = False,
    ) -> BoundModel:
        """Bind conditions [1 or B, P, D] that are projected already."""
        texts = TextKeys.of(model, condition), TextKeys.of(model, negative)
        return cls(model, *texts, together=together)

    @torch.no_grad()
    def predict(
        self,
        codes: Tensor,
        stage: int,
        *,
        positions: Tensor | None = None,
        guided: bool = True,
    ) -> GuidedLogits:
        """Score level `stage`, given the others.

        Args:
            codes: [B, K, T] int64, the mask id where unknown.
            stage: level to score.
            positions: [B, M] int64 frames whose logits are wanted; None: all T in order.
            guided: False skips the null half.

        Returns:
            [B, M, V] float32 for each half.
        """
        texts = [self.conditional, self.null] if guided else [self.conditional]
        if positions is None:
            positions = torch.arange(codes.shape[-1], device=codes.device)
            positions = positions.expand(codes.shape[0], -1)
        parts = [
            self._predict_part(part, texts, codes[part], stage, positions[part])
            for part in self.parts(codes.shape[0])
        ]
        return join(parts, guided)

    def open(self, n_variations: int, n_columns: int) -> ColumnWriter:
        """Start writing left to right; `n_columns` is the most that will be fed."""
        texts = self.conditional, self.null
        return ColumnWriter(self.model, texts, self.parts(n_variations), n_columns)

    def after(self, opening: Opening, boundary: int) -> BoundModel:
        """A predictor whose first `boundary` rows are the opening's: causal, from its cache.

        Args:
            opening: one that `open` of this model gave.
            boundary: 0 .. columns written.
        """
        assert isinstance(opening, ColumnWriter) and opening.model is self.model
        if not 0 <= boundary <= opening.length:
            raise ValueError(
                f"boundary {boundary} is outside of the {opening.length} columns of the opening"
            )
        return self._with(boundary, opening)

    def with_boundary(self, boundary: int) -> BoundModel:
        """A predictor whose first `boundary` rows are causal, computed from the given codes.

        The first `boundary` columns must not change between calls on one predictor: they are
        run once. (On the CPU a change is noticed and they run again; on an accelerator the
        comparison would make every step wait.) A boundary past the last row makes all rows
        causal: the left-to-right likelihoods of given codes, which score a candidate. These
        are computed anew for every candidate.
        """
        return self._with(boundary, None)

    def left_to_right(self) -> BoundModel:
        """A predictor all of whose rows are causal: it scores given codes."""
        return self.with_boundary(len(self.model.positions))

    def parts(self, n_variations: int) -> list[slice]:
        """Variations that run together."""
        if self.together:
            return [slice(0, n_variations)]
        return [slice(number, number + 1) for number in range(n_variations)]

    def _with(self, boundary: int, opening: ColumnWriter | None) -> BoundModel:
        return BoundModel(
            self.model,
            self.conditional,
            self.null,
            boundary=boundary,
            opening=opening,
            together=self.together,
        )

    def _predict_part(
        self,
        part: slice,
        texts: Sequence[TextKeys],
        codes: Tensor,
        stage: int,
        positions: Tensor,
    ) -> list[Tensor]:
        """Logits of each half, [G, M, V], for the variations of one part."""
        model, config = self.model, self.model.config
        columns = to_columns(codes, config)
        boundary = min(self.boundary, columns.shape[-1])
        prefix = self._prefix(part, columns, boundary, len(texts)) if boundary else None
        wanted = positions + first_row(stage, config)
        if prefix is not None and boundary == columns.shape[-1]:
            final = prefix.stored(wanted.repeat(len(texts), 1))
        else:
            rows = all_rows(stage, codes.shape[-1], boundary, config)
            if codes.device.type == "cpu":
                rows = near_rows(rows, int(wanted.min()), int(wanted.max()), config.n_layers)
            halves = [text.rows(part) for text in texts]
            final = refine(model, halves, columns, rows, wanted, prefix)
        return list(model.logits(final, stage).float().chunk(len(texts)))

    def _prefix(self, part: slice, columns: Tensor, boundary: int, n_halves: int) -> CausalCache:
        """The causal rows of one part: the opening's, or run now, or kept from the last call.

        The null half is run only where it is asked for or all steps share the rows.
        """
        if self.opening is not None:
            return self.opening.cache_of(part).shortened(boundary)
        given, is_whole = columns[..., :boundary], boundary == columns.shape[-1]
        if part.start in self._prefixes:
            seen, n_known, cache = self._prefixes[part.start]
            if n_known >= n_halves and _still_given(seen, given, is_whole=is_whole):
                return cache
        n_halves = n_halves if is_whole else 2
        texts = [self.conditional.rows(part), self.null.rows(part)][:n_halves]
        everything = slice(0, n_halves * columns.shape[0])
        cache = CausalCache(self.model, everything.stop, boundary)
        write_causal(self.model, texts, given, cache, start=0, rows=everything)
        self._prefixes[part.start] = given.clone(), n_halves, cache
        return cache


def _still_given(seen: Tensor, given: Tensor, *, is_whole: bool) -> bool:
    """Whether the columns are those of the last call; the host waits for no accelerator.

    There a prefix is taken to be the same (the contract of `with_boundary`), and a whole
    sequence to be another one (its codes are what is scored).
    """
    if given.device.type == "cpu":
        return torch.equal(seen, given)
    return seen.shape == given.shape and not is_whole


def _project(model: LanguageModel, text: Tensor | None, text_mask: Tensor | None) -> Tensor | None:
    """A condition [1 or B, P, D] of states with or without a batch dimension."""
    if text is None:
        return None
    weight = model.text_projection.weight
    states = text.to(weight) if text.dim() == 3 else text[None].to(weight)
    if text_mask is None:
        masks: list[Tensor | None] = [None] * len(states)
    else:
        masks = list(text_mask.expand(states.shape[:2])[:, None])
    # text by text, for the same reason as variations run one by one
    pairs = zip(states[:, None], masks, strict=True)
    return torch.cat([model.condition(state, mask) for state, mask in pairs])
