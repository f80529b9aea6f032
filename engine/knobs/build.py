"""All values together: presets, the rules across knobs, and the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import RequestError
from engine.knobs.checks import check
from engine.knobs.presets import DEFAULT_PRESET, PRESET_NAMES, PRESETS, Family
from engine.knobs.table import KNOBS
from engine.knobs.words import shown

if TYPE_CHECKING:
    from engine.decode.requests import GenerationRequest


def defaults(preset: str = DEFAULT_PRESET, family: Family = Family.MINI) -> dict[str, object]:
    """Every knob's value under a preset, ready to be changed and passed to `build_request`.

    Raises:
        RequestError: no such preset.
    """
    if preset not in PRESET_NAMES:
        raise RequestError(
            f"the preset is {shown(preset)}",
            expected=" or ".join(PRESET_NAMES),
            advice="Choose one of these",
        )
    return _table_defaults() | dict(PRESETS[family][preset])


def check_value(name: str, value: object) -> object:
    """One value by its knob's name, as the request will hold it.

    Raises:
        RequestError: no such knob, or a value of another kind or out of range.
    """
    if name not in KNOBS:
        raise RequestError(
            f"there is a setting named {shown(name)}",
            expected=f"one of {', '.join(KNOBS)}",
            advice="Correct or leave out the name",
        )
    return check(KNOBS[name], value)


def build_request(
    values: Mapping[str, object], *, preset: str | None = None, family: Family = Family.MINI
) -> GenerationRequest:
    """The request that these values ask for.

    Args:
        values: by knob name. Values without effect in the chosen mode are allowed.
        preset: gives the knobs that are not named, and the table's defaults (the paper's) what
            it leaves open; None: the table alone. Such an opening is at most half of the clip.
        family: of the model, whose presets they are.

    Raises:
        RequestError: an unknown name, a value out of its range, or values that exclude each other.
    """
    # Here, not above: it imports torch, which the table's other readers need not wait for.
    from engine.decode import requests

    start = _table_defaults() if preset is None else defaults(preset, family)
    checked: dict[str, Any] = start | {
        name: check_value(name, each) for name, each in values.items()
    }
    if "opening_s" not in values:  # nobody who asks for a short clip should have to think of it
        checked["opening_s"] = min(checked["opening_s"], checked["duration_s"] / 2)
    _check_opening(checked)
    _check_seeds(checked)
    for name, enum in {
        "mode": requests.Mode,
        "schedule": requests.MaskSchedule,
        "arrangement": requests.SpanArrangement,
        "span_score": requests.SpanScore,
        "prompt_rows": requests.PromptRows,
    }.items():
        checked[name] = enum(checked[name])
    options = {name: value for name, value in checked.items() if KNOBS[name].in_options}
    own = {name: value for name, value in checked.items() if not KNOBS[name].in_options}
    return requests.GenerationRequest(**own, options=requests.SamplingOptions(**options))


def _table_defaults() -> dict[str, Any]:
    return {name: knob.default for name, knob in KNOBS.items()}


def _check_opening(checked: Mapping[str, Any]) -> None:
    duration_s, opening_s = checked["duration_s"], checked["opening_s"]
    if checked["mode"] == "hybrid" and opening_s >= duration_s:
        raise RequestError(
            f"the opening is {opening_s:g} s and the duration {duration_s:g} s",
            expected="an opening shorter than the clip",
            advice="Shorten the opening, or choose the autoregressive mode",
        )


def _check_seeds(checked: Mapping[str, Any]) -> None:
    """Each variation's own seed must be one that can be asked for alone."""
    seed, variations = checked["seed"], checked["variations"]
    if seed + variations - 1 > KNOBS["seed"].maximum:
        raise RequestError(
            f"the seed is {seed} and there are {variations} variations",
            expected=f"a last seed of at most {KNOBS['seed'].maximum:.0f}",
            advice="Take a smaller seed",
        )
