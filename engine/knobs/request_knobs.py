"""The rows of the knob table that are fields of a request: what to play, and by whom."""

from __future__ import annotations

from engine.knobs.knob import Knob, KnobGroup, KnobKind

BASIC = (
    Knob(
        name="prompt",
        label="Prompt",
        kind=KnobKind.TEXT,
        group=KnobGroup.BASIC,
        default="",
        maximum=500,
        unit="characters",
        help="What to play, in your own words. Empty plays anything (unconditional).",
    ),
    Knob(
        name="negative_prompt",
        label="Negative prompt",
        kind=KnobKind.TEXT,
        group=KnobGroup.BASIC,
        default="",
        maximum=500,
        unit="characters",
        help="What to steer away from; needs guidance above 1. It takes the place of the "
        "unconditional branch of classifier-free guidance.",
    ),
    Knob(
        name="mode",
        label="Mode",
        kind=KnobKind.CHOICE,
        group=KnobGroup.BASIC,
        default="hybrid",
        choices=("parallel", "hybrid", "autoregressive"),
        help="parallel fills the whole clip at once, in any order (MAGNeT); hybrid writes a short "
        "opening left to right and then fills the rest (Hybrid-MAGNeT); autoregressive writes all "
        "of it left to right (the slow baseline).",
    ),
    Knob(
        name="duration_s",
        label="Duration",
        kind=KnobKind.FLOAT,
        group=KnobGroup.BASIC,
        default=10.0,
        minimum=0.5,
        maximum=120.0,
        step=0.5,
        unit="s",
        help="Length of the clip. Beyond the model's window it is written in windows that overlap.",
    ),
    Knob(
        name="opening_s",
        label="Opening",
        kind=KnobKind.FLOAT,
        group=KnobGroup.BASIC,
        default=3.0,
        minimum=0.1,
        maximum=10.0,
        step=0.1,
        unit="s",
        help="How much is written left to right before the rest is filled in (the prompt of "
        "Hybrid-MAGNeT). Only in hybrid mode.",
    ),
    Knob(
        name="context_s",
        label="Context",
        kind=KnobKind.FLOAT,
        group=KnobGroup.BASIC,
        default=None,
        minimum=0.5,
        maximum=29.0,
        step=0.5,
        unit="s",
        optional=True,
        help="How much of what is there already the model hears: on either side of a region that "
        "is made anew (off: as much as fits), and before each further window of a clip longer than "
        "the model's window, less than which it must be (off: two fifths of it).",
    ),
    Knob(
        name="variations",
        label="Variations",
        kind=KnobKind.INT,
        group=KnobGroup.BASIC,
        default=1,
        minimum=1,
        maximum=8,
        help="How many clips to make; the i-th has the seed plus i, and is the same clip when "
        "made alone from that seed.",
    ),
    Knob(
        name="seed",
        label="Seed",
        kind=KnobKind.INT,
        group=KnobGroup.BASIC,
        default=0,
        minimum=0,
        maximum=2**32 - 1,
        help="The number that chance starts from: the same seed and settings give the same music "
        "again on one device.",
    ),
)

MODELS = (
    Knob(
        name="opener",
        label="Opening by",
        kind=KnobKind.MODEL,
        group=KnobGroup.MODELS,
        default=None,
        maximum=1000,
        optional=True,
        help="Another model that writes the opening in hybrid mode: MusicGen opens, MAGNeT fills "
        "the rest. It must have the same codec. Off: the model itself, if it is a hybrid.",
    ),
    Knob(
        name="rescorer",
        label="Second opinion by",
        kind=KnobKind.MODEL,
        group=KnobGroup.MODELS,
        default=None,
        maximum=1000,
        choices=("self",),
        optional=True,
        help="A left-to-right model that also judges each token when it is decided what to draw "
        "again (the paper's rescoring): MusicGen for music, AudioGen for sounds, or self, where "
        "the model is a hybrid. Costs one more pass a step. Off: none.",
    ),
)
