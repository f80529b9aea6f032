"""Decoding: from a bound model to tokens, as iterators of frozen records.

steps = generate_codes(predictor, mode=Mode.PARALLEL, n_frames=500, generators=generators)
for step in steps: ...          # watch, or stop with steps.close()
codes = finish(steps).codes     # or just drain it
"""

from engine.decode.generate import finish, generate_codes
from engine.decode.records import DecodeStep, Phase
from engine.decode.requests import (
    SELF,
    GenerationRequest,
    MaskSchedule,
    Mode,
    PromptRows,
    SamplingOptions,
    SpanArrangement,
    SpanScore,
    request_as_dict,
    request_from_dict,
)
from engine.decode.sampling import variation_generators
from engine.decode.timing import frames_from_seconds, seconds_from_frames
from engine.decode.trace import CellState, cell_states, encode_header, encode_step
from engine.decode.trace_reader import TraceHeader, read_header, read_trace
from engine.decode.windows import Window, generate_windows, plan_windows, request_windows

__all__ = [
    "SELF",
    "CellState",
    "DecodeStep",
    "GenerationRequest",
    "MaskSchedule",
    "Mode",
    "Phase",
    "PromptRows",
    "SamplingOptions",
    "SpanArrangement",
    "SpanScore",
    "TraceHeader",
    "Window",
    "cell_states",
    "encode_header",
    "encode_step",
    "finish",
    "frames_from_seconds",
    "generate_codes",
    "generate_windows",
    "plan_windows",
    "read_header",
    "read_trace",
    "request_as_dict",
    "request_from_dict",
    "request_windows",
    "seconds_from_frames",
    "variation_generators",
]
