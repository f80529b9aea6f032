"""What can be asked for: one frozen request, the same for the page, the command line and Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from engine.errors import RequestError


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


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How tokens are drawn. Defaults are the paper's for 10 s of music.

    Args:
        steps: refinement steps of each codebook level, coarsest first; each >= 1.
        temperature: at the start of a level; anneals to 0 if `anneal_temperature`.
        anneal_temperature: False keeps `temperature` throughout.
        top_p: nucleus share in (0, 1]; None: no nucleus filter. Wins over `top_k`.
        top_k: candidates kept; None: all.
        cfg_start, cfg_end: guidance while all is masked, and when nothing is; 1 is no guidance.
        schedule: share of spans masked at each step.
        arrangement: where spans may start.
        span_score: how a span is scored.
        span_len: frames of a span; None: the model's own.
        greedy: True takes the most likely token and ignores temperature and filters.
        opening_temperature, opening_top_k, opening_cfg: the same for left-to-right steps.
        prompt_rows: hand-over of the hybrid.

    Raises:
        RequestError: a value out of its range.
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

    def __post_init__(self) -> None:
        _require("steps", self.steps, bool(self.steps) and min(self.steps) >= 1, "1 or more each")
        for name in ("temperature", "opening_temperature"):
            value = getattr(self, name)
            _require(name, value, 0 < value < math.inf, "more than 0 (or `greedy`)")
        for name in ("cfg_start", "cfg_end", "opening_cfg"):
            value = getattr(self, name)
            _require(name, value, 0 <= value < math.inf, "0 or more; 1 is no guidance")
        top_p = self.top_p
        _require("top_p", top_p, top_p is None or 0 < top_p <= 1, "more than 0, up to 1, or None")
        for name in ("top_k", "opening_top_k", "span_len"):
            value = getattr(self, name)
            _require(name, value, value is None or value >= 1, "1 or more, or None")


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """One wish: what to play, for how long, how many times.

    Args:
        prompt: the text; empty is unconditional.
        negative_prompt: text of the other guidance branch; empty: the null condition.
        mode: how the tokens are written.
        duration_s: seconds of audio.
        opening_s: seconds written left to right (hybrid mode only).
        variations: how many clips; variation i has seed `seed + i`.
        seed: 0 to 2**32 - 1.
        options: how tokens are drawn.

    Raises:
        RequestError: a value out of its range.
    """

    prompt: str = ""
    negative_prompt: str = ""
    mode: Mode = Mode.HYBRID
    duration_s: float = 10.0
    opening_s: float = 1.0
    variations: int = 1
    seed: int = 0
    options: SamplingOptions = field(default_factory=SamplingOptions)

    def __post_init__(self) -> None:
        _require("variations", self.variations, 1 <= self.variations <= 8, "1 to 8")
        _require("seed", self.seed, 0 <= self.seed < 2**32, "0 to 2**32 - 1")
        _require("duration_s", self.duration_s, 0 < self.duration_s < math.inf, "more than 0 s")
        _require("opening_s", self.opening_s, 0 <= self.opening_s < math.inf, "0 s or more")
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
    fields = dict(saved)
    options = dict(fields.pop("options", {}))
    if "steps" in options:
        options["steps"] = tuple(options["steps"])
    try:
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


_OPTION_ENUMS: dict[str, type[Enum]] = {
    "schedule": MaskSchedule,
    "arrangement": SpanArrangement,
    "span_score": SpanScore,
    "prompt_rows": PromptRows,
}


def _with_enums(fields: Mapping[str, Any], enums: Mapping[str, type[Enum]]) -> dict[str, Any]:
    return {n: enums[n](value) if n in enums else value for n, value in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _require(name: str, value: object, is_right: bool, expected: str) -> None:
    if not is_right:
        raise RequestError(f"{name} is {value}", expected=expected, advice=f"Change {name}")
