"""The table in words: for messages, `--help` and the docs."""

from __future__ import annotations

from numbers import Real

from engine.knobs.knob import N_LEVELS, Knob, KnobKind
from engine.knobs.table import KNOBS


def range_text(knob: Knob) -> str:
    """What is allowed, in words: "0.5 to 30 s", "max or prod", "1 to 25 frames, or off"."""
    if knob.kind is KnobKind.BOOL:
        return "true or false"
    if knob.kind is KnobKind.CHOICE:
        return ", ".join(knob.choices[:-1]) + f" or {knob.choices[-1]}"
    if knob.kind is KnobKind.MODEL:
        return ", ".join(["the name of a model", *knob.choices, "or off"])
    span = f"{knob.minimum:.10g} to {knob.maximum:.10g}"
    if knob.kind is KnobKind.STEPS:
        return f"{N_LEVELS} whole numbers, each {span}"
    if knob.kind is KnobKind.INT:
        span = f"a whole number, {span}"
    return f"{span} {knob.unit}".rstrip() + (", or off" if knob.optional else "")


def default_text(knob: Knob) -> str:
    """The default in words: "0.9", "off", "20,10,10,10", "empty"."""
    if knob.default is None:
        return "off"
    if isinstance(knob.default, tuple):
        return ",".join(map(str, knob.default))
    if isinstance(knob.default, bool):
        return "true" if knob.default else "false"
    return str(knob.default) or "empty"


def describe_table() -> str:
    """The table as Markdown, a section for each group."""
    lines = []
    for group in dict.fromkeys(knob.group for knob in KNOBS.values()):
        lines += [f"### {group.value.capitalize()}", ""]
        lines += ["| knob | default | allowed | what it does |", "|---|---|---|---|"]
        lines += [
            f"| `{knob.name}` | {default_text(knob)} | {range_text(knob)} | {knob.help} |"
            for knob in KNOBS.values()
            if knob.group is group
        ]
        lines.append("")
    return "\n".join(lines)


def shown(value: object) -> str:
    """A short form of anything that may come, however large, for a message."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:60] + "…")
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a whole number of {value.bit_length()} bits"
    if value is None or isinstance(value, Real):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"a {type(value).__name__}"
