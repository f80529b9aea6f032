"""The rows of the knob table that are sampling options: how tokens are drawn."""

from __future__ import annotations

from engine.knobs.knob import N_LEVELS, Knob, KnobGroup, KnobKind

SAMPLING = (
    Knob(
        name="steps",
        label="Steps per level",
        kind=KnobKind.STEPS,
        group=KnobGroup.SAMPLING,
        default=(20, 10, 10, 10),
        minimum=1,
        maximum=100,
        help="How often each of the four layers of sound is refined, the coarse outline first: "
        "more is slower and cleaner, and the first counts most (decoding steps per codebook).",
    ),
    Knob(
        name="temperature",
        label="Temperature",
        kind=KnobKind.FLOAT,
        group=KnobGroup.SAMPLING,
        default=3.0,
        minimum=0.1,
        maximum=6.0,
        step=0.1,
        help="How daring the choices are at the start of each level: low is safe, high is wild "
        "(sampling temperature).",
    ),
    Knob(
        name="anneal_temperature",
        label="Cool down",
        kind=KnobKind.BOOL,
        group=KnobGroup.SAMPLING,
        default=True,
        help="Lowers the temperature to 0 over the steps of each level, so that the last choices "
        "are the safest (temperature annealing).",
    ),
    Knob(
        name="top_p",
        label="Top-p",
        kind=KnobKind.FLOAT,
        group=KnobGroup.SAMPLING,
        default=0.9,
        minimum=0.01,
        maximum=1.0,
        step=0.01,
        optional=True,
        help="Draws only from the likeliest tokens that together have this share of the "
        "probability (nucleus sampling); wins over top-k. Off: no such limit.",
    ),
    Knob(
        name="top_k",
        label="Top-k",
        kind=KnobKind.INT,
        group=KnobGroup.SAMPLING,
        default=None,
        minimum=1,
        maximum=2048,
        optional=True,
        help="Draws only from this many of the likeliest tokens; counts when top-p is off. "
        "Off: from all.",
    ),
    Knob(
        name="greedy",
        label="Greedy",
        kind=KnobKind.BOOL,
        group=KnobGroup.SAMPLING,
        default=False,
        help="Always takes the likeliest token: no chance, so temperature, top-p and top-k do "
        "nothing and every variation is the same.",
    ),
    Knob(
        name="as_released",
        label="As the published code",
        kind=KnobKind.BOOL,
        group=KnobGroup.SAMPLING,
        default=False,
        help="Repeats the oddities of the published code, to compare with it: clips cut to whole "
        "spans (9.96 s of 10), spans across the edge of a prompt, scores after top-k, one stream "
        "of chance for all variations.",
    ),
)

GUIDANCE = (
    Knob(
        name="cfg_start",
        label="Guidance at first",
        kind=KnobKind.FLOAT,
        group=KnobGroup.GUIDANCE,
        default=10.0,
        minimum=1.0,
        maximum=20.0,
        step=0.5,
        help="How strictly the prompt is followed while everything is still open; 1 is no extra "
        "push (classifier-free guidance coefficient, its value at the start of annealing).",
    ),
    Knob(
        name="cfg_end",
        label="Guidance at last",
        kind=KnobKind.FLOAT,
        group=KnobGroup.GUIDANCE,
        default=1.0,
        minimum=1.0,
        maximum=20.0,
        step=0.5,
        help="The same when all is filled in: low lets the notes around a gap decide instead of "
        "the prompt (the value at the end of annealing).",
    ),
)

SPANS = (
    Knob(
        name="schedule",
        label="Schedule",
        kind=KnobKind.CHOICE,
        group=KnobGroup.SPANS,
        default="release",
        choices=("release", "paper"),
        help="How much stays open after each step (masking schedule): release is the cosine of "
        "the published code, paper that of equation 3, which leaves a little more for the end.",
    ),
    Knob(
        name="arrangement",
        label="Span arrangement",
        kind=KnobKind.CHOICE,
        group=KnobGroup.SPANS,
        default="nonoverlap",
        choices=("nonoverlap", "stride1"),
        help="Where the pieces that are kept or thrown away may begin: side by side, or at any "
        "frame (stride1), which its author finds to sound better.",
    ),
    Knob(
        name="span_score",
        label="Span score",
        kind=KnobKind.CHOICE,
        group=KnobGroup.SPANS,
        default="max",
        choices=("max", "prod"),
        help="A piece counts as good by its surest token (max) or by all of them together (prod). "
        "Only with nonoverlap spans.",
    ),
    Knob(
        name="span_len",
        label="Span length",
        kind=KnobKind.INT,
        group=KnobGroup.SPANS,
        default=None,
        minimum=1,
        maximum=25,
        unit="frames",
        optional=True,
        help="Length of those pieces; a frame is 20 ms at 50 Hz. Off: the model's own, 3 in the "
        "paper (span length).",
    ),
)

OPENING = (
    Knob(
        name="opening_temperature",
        label="Opening temperature",
        kind=KnobKind.FLOAT,
        group=KnobGroup.OPENING,
        default=1.0,
        minimum=0.1,
        maximum=3.0,
        step=0.1,
        help="How daring the left-to-right part is. Not in parallel mode.",
    ),
    Knob(
        name="opening_top_k",
        label="Opening top-k",
        kind=KnobKind.INT,
        group=KnobGroup.OPENING,
        default=250,
        minimum=1,
        maximum=2048,
        optional=True,
        help="The left-to-right part draws only from this many of the likeliest tokens. Off: from "
        "all. Not in parallel mode.",
    ),
    Knob(
        name="opening_cfg",
        label="Opening guidance",
        kind=KnobKind.FLOAT,
        group=KnobGroup.OPENING,
        default=3.0,
        minimum=1.0,
        maximum=20.0,
        step=0.5,
        help="How strictly the left-to-right part follows the prompt (classifier-free guidance). "
        "Not in parallel mode.",
    ),
    Knob(
        name="prompt_rows",
        label="Hand-over",
        kind=KnobKind.CHOICE,
        group=KnobGroup.OPENING,
        default="ragged",
        choices=("ragged", "semi", "branch"),
        help="How the opening is handed to the parallel part: as in training, with a ragged edge; "
        "with a straight edge (semi); or as in the authors' draft (branch). Only in hybrid mode.",
    ),
)

RESCORING = (
    Knob(
        name="rescorer_weight",
        label="Second opinion's weight",
        kind=KnobKind.FLOAT,
        group=KnobGroup.RESCORING,
        default=0.5,
        minimum=0.0,
        maximum=1.0,
        step=0.05,
        help="How much the second opinion counts: 0 not at all, 1 alone. The w of the paper's "
        "equation 5 is 1 less this; that of its figure 4 is this.",
    ),
    Knob(
        name="rescorer_levels",
        label="Second opinion on levels",
        kind=KnobKind.INT,
        group=KnobGroup.RESCORING,
        default=1,
        minimum=1,
        maximum=N_LEVELS,
        help="On how many of the four layers of sound, from the coarsest, it is asked. A hybrid "
        "judges itself better than it writes only on the first (docs/rescoring.md).",
    ),
    Knob(
        name="rescorer_every",
        label="Second opinion every n steps",
        kind=KnobKind.INT,
        group=KnobGroup.RESCORING,
        default=1,
        minimum=1,
        maximum=20,
        unit="steps",
        help="At which steps of a level it is asked: at every one, every second one, ...",
    ),
)
