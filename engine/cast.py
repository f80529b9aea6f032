"""Who takes part in a request: the model, and others that open for it or judge what it writes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from engine.decode import (
    SELF,
    DecodeStep,
    GenerationRequest,
    Mode,
    Window,
    frames_from_seconds,
    generate_windows,
    variation_generators,
)
from engine.decode.predictor import Predictor
from engine.decode.region_windows import plan_regions
from engine.decode.spans import goes_on
from engine.device import memory_explained
from engine.errors import PrecisionError, RequestError
from engine.model.config import ModelConfig, ModelKind

if TYPE_CHECKING:
    from engine.music import MusicModel

MODES = {
    ModelKind.MAGNET: (Mode.PARALLEL,),
    ModelKind.HYBRID: (Mode.PARALLEL, Mode.HYBRID, Mode.AUTOREGRESSIVE),
    ModelKind.AUTOREGRESSIVE: (Mode.AUTOREGRESSIVE,),
}
"""What each kind of model can do alone."""

LEFT_TO_RIGHT = (ModelKind.HYBRID, ModelKind.AUTOREGRESSIVE)
"""Kinds that can open for another model, and judge what it writes."""

_LOG = logging.getLogger(__name__)
_GEOMETRY = ("sample_rate_hz", "frame_rate_hz", "n_levels", "codebook_size", "device")


def modes_of(kind: ModelKind, *, has_opener: bool = False) -> tuple[Mode, ...]:
    """What a kind of model can do, alone or with another one that opens for it."""
    if kind is ModelKind.MAGNET and has_opener:
        return (*MODES[kind], Mode.HYBRID)
    return MODES[kind]


class Bound(NamedTuple):
    """Everyone with the request's text bound; None for those who take no part."""

    predictor: Predictor
    opener: Predictor | None
    rescorer: Predictor | None


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The models of one request.

    Args:
        model: what writes the clip.
        opener: writes the opening of hybrid mode; None: the model itself.
        rescorer: judges the tokens too, and may be the model itself; None: nobody.
    """

    model: MusicModel
    opener: MusicModel | None = None
    rescorer: MusicModel | None = None

    @property
    def is_float32(self) -> bool:
        """Whether all compute in 32 bits."""
        return all(each.dtype is torch.float32 for each in self._everyone())

    def in_float32(self) -> Cast:
        """The same in 32 bits."""
        wide = {id(each): each.in_float32() for each in self._everyone()}
        return Cast(
            model=wide[id(self.model)],
            opener=self.opener and wide[id(self.opener)],
            rescorer=self.rescorer and wide[id(self.rescorer)],
        )

    def bind(self, request: GenerationRequest) -> Bound:
        """Bind everyone's text."""
        texts = request.prompt, request.negative_prompt
        predictor = self.model.bind(*texts)
        opener = None if self.opener is None else self.opener.bind(*texts)
        if self.rescorer is None:
            return Bound(predictor, opener, None)
        judge = predictor if self.rescorer is self.model else self.rescorer.bind(*texts)
        return Bound(predictor, opener, judge.left_to_right())

    def steps(
        self,
        request: GenerationRequest,
        bound: Bound | None = None,
        given: tuple[Tensor, Tensor] | None = None,
    ) -> Iterator[DecodeStep]:
        """Write the clip, or what is free of a given one.

        Args:
            request: what to play.
            bound: what `bind` gave for the same request; None: bind now.
            given: see `engine.decode.generate_codes`.
        """
        model, bound = self.model, bound or self.bind(request)
        if given is None:
            windows = model.windows(request)
        else:
            config = model.parts.language_model.config
            windows = region_windows(config, given[1], request)
        return generate_windows(
            bound.predictor,
            windows,
            mode=request.mode,
            given=given,
            generators=variation_generators(request.seed, request.variations, device=model.device),
            options=request.options,
            opener=bound.opener,
            rescorer=bound.rescorer,
        )

    def run(
        self, request: GenerationRequest, given: tuple[Tensor, Tensor] | None = None
    ) -> Iterator[DecodeStep]:
        """The same steps, explained where they fail; planned at once, before the first.

        Where 16-bit numbers overflow, the clip is written again in 32 bits from its first step.
        """
        return self._retried(self.steps(request, given=given), request, given)

    def _retried(
        self,
        steps: Iterator[DecodeStep],
        request: GenerationRequest,
        given: tuple[Tensor, Tensor] | None,
    ) -> Iterator[DecodeStep]:
        model = self.model
        with memory_explained(model.device):
            try:
                yield from steps
                return
            except PrecisionError:
                if self.is_float32:
                    raise
            # After the handler: the error holds on to all tensors of the steps that failed.
            del steps
            _LOG.warning("%s left the range of %s; again in 32 bits", model.name, model.dtype)
            yield from self.in_float32().steps(request, given=given)

    def _everyone(self) -> tuple[MusicModel, ...]:
        return tuple(each for each in (self.model, self.opener, self.rescorer) if each)


def region_windows(
    config: ModelConfig, keep: Tensor, request: GenerationRequest
) -> tuple[Window, ...]:
    """The windows in which a model writes what is free of a clip.

    Args:
        config: of the model, loaded or not; gives the window.
        keep: bool [K, T], True where a token stays.
        request: gives the opening, and how much of what is kept is heard on either side.
    """
    opens = request.mode is Mode.HYBRID and not goes_on(_last_free(keep))
    opening_s = request.opening_s if opens else 0.0
    context_s = request.context_s
    return plan_regions(
        keep.all(0).tolist(),
        config.window_frames,
        frames_from_seconds(opening_s, config.frame_rate_hz),
        None if context_s is None else frames_from_seconds(context_s, config.frame_rate_hz),
    )


def check_given(model: MusicModel, codes: Tensor, keep: Tensor, request: GenerationRequest) -> None:
    """Refuse tokens and a mask that do not belong to a request, or leave it nothing to do.

    Raises:
        RequestError: another shape, every token is kept, or a region that has something after it
            for a model that only writes left to right.
    """
    n_frames = frames_from_seconds(request.duration_s, model.frame_rate_hz)
    if keep.shape != (model.n_levels, n_frames) or codes.shape[1:] != keep.shape:
        raise RequestError(
            f"the tokens are {list(codes.shape)} and their mask is {list(keep.shape)}",
            expected=f"{model.n_levels} levels of {n_frames} frames, the request's duration",
            advice="Give the tokens and the duration of the same clip",
        )
    if bool(keep.all()):
        raise RequestError(
            "every token is kept",
            expected="something to write",
            advice="Select a region or level",
        )
    if goes_on(keep) and Mode.PARALLEL not in model.modes:
        raise RequestError(
            f"{model.name} is to write a part of a clip that goes on after it",
            expected="a model that hears both sides, since it writes from left to right alone",
            advice="Choose a MAGNeT or a hybrid, or write all up to the clip's end",
        )


def _last_free(keep: Tensor) -> Tensor:
    """[K, n] what follows the last frame that is kept throughout."""
    kept = torch.nonzero(keep.all(0))
    return keep[:, int(kept[-1]) + 1 :] if len(kept) else keep


def helper_names(request: GenerationRequest) -> tuple[str | None, str | None]:
    """Who opens and who judges; None where the mode or a weight of 0 leaves nothing to do."""
    opener = request.opener if request.mode is Mode.HYBRID else None
    judges = request.mode is not Mode.AUTOREGRESSIVE and request.options.rescorer_weight > 0
    return opener, request.rescorer if judges else None


def cast_for(
    model: MusicModel, request: GenerationRequest, helpers: Mapping[str, MusicModel]
) -> Cast:
    """Find those who take part, and make sure that they can.

    Args:
        model: what writes the clip.
        request: what is asked. Helpers that its mode has no use for are left out.
        helpers: the models that `request.opener` and `request.rescorer` name.

    Raises:
        RequestError: a helper that is missing or does not fit, or a request that does not.
    """
    opener, rescorer = helper_names(request)
    cast = Cast(
        model=model,
        opener=_find("opener", opener, helpers),
        rescorer=model if rescorer == SELF else _find("rescorer", rescorer, helpers),
    )
    _check_request(cast, request)
    heard_s = min(request.duration_s, model.window_s)
    _check_helper("opener", cast.opener, model, request.opening_s)
    _check_helper("rescorer", cast.rescorer, model, heard_s)
    return cast


def _find(role: str, name: str | None, helpers: Mapping[str, MusicModel]) -> MusicModel | None:
    if name is None:
        return None
    if name not in helpers:
        raise RequestError(
            f"the {role} {name!r} is not loaded",
            expected=" or ".join(map(repr, helpers)) or "no other model",
            advice=f"Pass it among the helpers, or choose no {role}",
        )
    return helpers[name]


def _check_request(cast: Cast, request: GenerationRequest) -> None:
    model, modes = cast.model, cast.model.modes_with(cast.opener)
    if request.mode not in modes:
        raise RequestError(
            f"the mode is {request.mode.value}",
            expected=f"{' or '.join(mode.value for mode in modes)} for {model.name}",
            advice="Choose another mode or model",
        )
    if len(request.options.steps) != model.n_levels:
        raise RequestError(
            f"steps are given for {len(request.options.steps)} levels",
            expected=f"{model.n_levels} numbers",
            advice="Give one number of steps for each level",
        )
    first_window_s = min(request.duration_s, model.window_s)
    if request.mode is Mode.HYBRID and request.opening_s > first_window_s:
        raise RequestError(
            f"the opening is {request.opening_s:g} s",
            expected=f"at most {first_window_s:g} s, the first window of {model.name}",
            advice="Ask for a shorter opening",
        )


def _check_helper(role: str, helper: MusicModel | None, model: MusicModel, needed_s: float) -> None:
    """A helper reads or writes the model's tokens, so both need the same codec."""
    if helper is None:
        return
    for name in _GEOMETRY:
        theirs, ours = getattr(helper, name), getattr(model, name)
        if theirs != ours:
            raise RequestError(
                f"the {name.removesuffix('_hz').replace('_', ' ')} of {helper.name} is {theirs}",
                expected=f"{ours}, as {model.name} has",
                advice=f"Choose another {role}, with the same codec and on the same device",
            )
    if helper.kind not in LEFT_TO_RIGHT:
        raise RequestError(
            f"the {role} {helper.name} cannot write from left to right",
            expected="a MusicGen, an AudioGen or a hybrid",
            advice=f"Choose another {role}",
        )
    if needed_s > helper.window_s:
        raise RequestError(
            f"the window of {helper.name} is {helper.window_s:g} s",
            expected=f"{needed_s:g} s or more for the {role}",
            advice="Ask for a shorter clip or opening, or choose another model",
        )
