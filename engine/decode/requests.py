"""What can be asked for: one frozen request, the same for the page, the command line and Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from engine.decode.checks import (
    require,
    require_choice,
    require_flag,
    require_number,
    require_text,
    require_whole,
)
from engine.errors import RequestError

LOWEST_TEMPERATURE = 0.01
"""Logits are divided by at least this (the released code's floor for the last step's 0)."""
HIGHEST_TEMPERATURE = 100.0
"""At which a draw is all but uniform."""
HIGHEST_CFG = 100.0
"""Ten times the paper's; far beyond it the guided logits leave the range of 32 bits."""
MOST_STEPS = 1000
LONGEST_SPAN_FRAMES = 1000
MOST_VARIATIONS = 8
HIGHEST_SEED = 2**32 - 1


SELF = "self"
"""Names the model itself as its rescorer."""


class Mode(str, Enum):
    """How the tokens are written."""

    PARALLEL = "parallel"
    """MAGNeT: every level by masked refinement."""
    HYBRID = "hybrid"
    """An opening written left to right, the rest by masked refinement."""
    AUTOREGRESSIVE = "autoregressive"
    """Left to right, one frame after the other: the baseline."""


class MaskSchedule(str, Enum):
    """Which share of the spans stays masked at step i of s."""

    RELEASE = "release"
    """cos(pi/2 * i/(s-1)): the released code; the last step re-masks one span."""
    PAPER = "paper"
    """cos(pi/2 * i/s): equation 3 of the paper."""


class SpanArrangement(str, Enum):
    """Where spans may start."""

    NONOVERLAP = "nonoverlap"
    STRIDE1 = "stride1"


class SpanScore(str, Enum):
    """How the tokens of a span give its score (nonoverlap only)."""

    MAX = "max"
    PROD = "prod"


class PromptRows(str, Enum):
    """How a hybrid hands over from its opening to the parallel part (hybrid.md, section 4)."""

    RAGGED = "ragged"
    """The training situation: t steps, level k keeps t - k frames, opening rows causal."""
    SEMI = "semi"
    """All levels keep t frames (K - 1 more steps), opening rows causal."""
    BRANCH = "branch"
    """As `semi`, but opening rows see the stage mask: the authors' draft."""


_OPTION_ENUMS: dict[str, type[Enum]] = {
    "schedule": MaskSchedule,
    "arrangement": SpanArrangement,
    "span_score": SpanScore,
    "prompt_rows": PromptRows,
}


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How tokens are drawn. Defaults are the paper's for 10 s of music.

    Args:
        steps: refinement steps of each codebook level, coarsest first; each 1 to 1000.
        temperature: at the start of a level, 0.01 to 100; anneals to 0 if `anneal_temperature`.
        anneal_temperature: False keeps `temperature` throughout.
        top_p: nucleus share in (0, 1]; None: no nucleus filter. Wins over `top_k`.
        top_k: candidates kept, 1 or more; None: all.
        cfg_start, cfg_end: guidance while all is masked, and when nothing is, 0 to 100; 1 is no
            guidance.
        schedule: share of spans masked at each step.
        arrangement: where spans may start.
        span_score: how a span is scored.
        span_len: frames of a span, 1 to 1000; None: the model's own.
        greedy: True takes the most likely token and ignores temperature and filters.
        opening_temperature, opening_top_k, opening_cfg: the same for left-to-right steps.
        prompt_rows: hand-over of the hybrid.
        rescorer_weight: of a rescorer's probability beside the model's own, 0 to 1; it is 1 - w
            of the paper's equation 5. 0 does not ask it.
        rescorer_levels: it judges this many levels, from the coarsest; 1 or more.
        rescorer_every: it is asked at every n-th step of a level, from the first; 1 or more.
        as_released: True repeats the oddities of the published code (`generate_codes` lists
            them), to compare with it.

    Raises:
        RequestError: a value of another type, or out of its range.
    """

    steps: tuple[int, ...] = (20, 10, 10, 10)
    temperature: float = 3.0
    anneal_temperature: bool = True
    top_p: float | None = 0.9
    top_k: int | None = None
    cfg_start: float = 10.0
    cfg_end: float = 1.0
    schedule: MaskSchedule = MaskSchedule.RELEASE
    arrangement: SpanArrangement = SpanArrangement.NONOVERLAP
    span_score: SpanScore = SpanScore.MAX
    span_len: int | None = None
    greedy: bool = False
    opening_temperature: float = 1.0
    opening_top_k: int | None = 250
    opening_cfg: float = 3.0
    prompt_rows: PromptRows = PromptRows.RAGGED
    rescorer_weight: float = 0.5
    rescorer_levels: int = 1
    rescorer_every: int = 1
    as_released: bool = False

    def __post_init__(self) -> None:
        is_tuple = isinstance(self.steps, tuple) and bool(self.steps)
        require("steps", self.steps, is_tuple, "a tuple of numbers, one for each level")
        for level, n_steps in enumerate(self.steps):
            require_whole(f"steps of level {level}", n_steps, 1, MOST_STEPS)
        for name in ("temperature", "opening_temperature"):
            require_number(name, getattr(self, name), LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE)
        for name in ("cfg_start", "cfg_end", "opening_cfg"):
            require_number(name, getattr(self, name), 0, HIGHEST_CFG)
        if self.top_p is not None:
            require_number("top_p", self.top_p, 0, 1, above=True)
        for name in ("top_k", "opening_top_k", "span_len"):
            if getattr(self, name) is not None:
                most = LONGEST_SPAN_FRAMES if name == "span_len" else None
                require_whole(name, getattr(self, name), 1, most)
        require_number("rescorer_weight", self.rescorer_weight, 0, 1)
        require_whole("rescorer_levels", self.rescorer_levels, 1)
        require_whole("rescorer_every", self.rescorer_every, 1, MOST_STEPS)
        for name in ("anneal_temperature", "greedy", "as_released"):
            require_flag(name, getattr(self, name))
        for name, choices in _OPTION_ENUMS.items():
            require_choice(name, getattr(self, name), choices)


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """One wish: what to play, for how long, how many times.

    Args:
        prompt: the text; empty is unconditional.
        negative_prompt: text of the other guidance branch; empty: the null condition.
        mode: how the tokens are written.
        duration_s: seconds of audio.
        opening_s: seconds written left to right (hybrid mode only), 0 to `duration_s`. Less than
            half a codec frame is no opening: the clip is then written as in parallel mode.
        context_s: seconds of what is written that each further window hears, in a clip longer
            than the model's window; None: two fifths of the window.
        variations: how many clips, 1 to 8; variation i has seed `seed + i`.
        seed: 0 to 2**32 - 1, and so is the last variation's.
        opener: name of the model that writes the opening in hybrid mode; None: the model itself.
        rescorer: name of the model that also judges tokens (`engine.decode.rescoring`), or
            `SELF`; None: nobody.
        options: how tokens are drawn.

    Raises:
        RequestError: a value of another type, or out of its range.
    """

    prompt: str = ""
    negative_prompt: str = ""
    mode: Mode = Mode.HYBRID
    duration_s: float = 10.0
    opening_s: float = 1.0
    context_s: float | None = None
    variations: int = 1
    seed: int = 0
    opener: str | None = None
    rescorer: str | None = None
    options: SamplingOptions = field(default_factory=SamplingOptions)

    def __post_init__(self) -> None:
        require_text("prompt", self.prompt)
        require_text("negative_prompt", self.negative_prompt)
        require_choice("mode", self.mode, Mode)
        require_whole("variations", self.variations, 1, MOST_VARIATIONS)
        require_whole("seed", self.seed, 0, HIGHEST_SEED)
        require_number("duration_s", self.duration_s, 0, math.inf, above=True)
        require_number("opening_s", self.opening_s, 0, math.inf)
        if self.context_s is not None:
            require_number("context_s", self.context_s, 0, math.inf, above=True)
        for name in ("opener", "rescorer"):
            if getattr(self, name) is not None:
                require_text(name, getattr(self, name))
        is_options = isinstance(self.options, SamplingOptions)
        require("options", self.options, is_options, "SamplingOptions")
        if self.seed + self.variations - 1 > HIGHEST_SEED:
            raise RequestError(
                f"the seed is {self.seed} and there are {self.variations} variations",
                expected=f"a last seed of at most {HIGHEST_SEED}",
                advice="Take a smaller seed",
            )
        if self.mode is Mode.HYBRID and self.opening_s > self.duration_s:
            raise RequestError(
                f"the opening of {self.opening_s} s is longer than the clip",
                expected=f"0 s to {self.duration_s} s",
                advice="Ask for a shorter opening or a longer clip",
            )


def request_as_dict(request: GenerationRequest) -> dict[str, Any]:
    """A request as plain values that JSON can hold: enums as their text, tuples as lists."""
    options = {name: _plain(value) for name, value in asdict(request.options).items()}
    return {name: _plain(value) for name, value in asdict(request).items()} | {"options": options}


def request_from_dict(saved: Mapping[str, Any]) -> GenerationRequest:
    """The request that `request_as_dict` saved; fields that are missing take their defaults.

    Raises:
        RequestError: a field that does not exist, or a value that is out of range.
    """
    try:
        fields = dict(saved)
        options = dict(fields.pop("options", {}))
        if "steps" in options:
            options["steps"] = tuple(options["steps"])
        return GenerationRequest(
            **_with_enums(fields, {"mode": Mode}),
            options=SamplingOptions(**_with_enums(options, _OPTION_ENUMS)),
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, RequestError):
            raise
        raise RequestError(
            f"the saved settings cannot be read ({error})",
            expected="settings saved by this program",
            advice="Set them by hand",
        ) from error


def _with_enums(fields: Mapping[str, Any], enums: Mapping[str, type[Enum]]) -> dict[str, Any]:
    return {n: enums[n](value) if n in enums else value for n, value in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
