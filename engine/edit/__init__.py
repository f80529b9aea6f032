"""Parts of a sound file made anew: from seconds to tokens, and back into the file's own samples.

    clip = open_clip(model, read_source("in.flac"))
    plan = plan_edit(clip, [Area(start_s=2.0, stop_s=4.0)])
    steps = edit_steps(model, plan, request)
    edited = finish_edit(model, plan, finish(steps).codes[0])
    write_source("out.flac", edited.clip.source)

A working clip keeps its tokens: the next edit starts from those of the last, and nothing that
was kept is ever encoded again. `plan_extension` adds room before or after a clip, `plan_loop`
closes it on itself; what follows is the same.
"""

from engine.edit.areas import Area
from engine.edit.clip import MAX_CLIP_S, WorkingClip, crop, open_clip
from engine.edit.perform import (
    Edited,
    edit_facts,
    edit_steps,
    edit_windows,
    estimate_edit,
    finish_edit,
    request_for_edit,
)
from engine.edit.plan import EditPlan, plan_edit
from engine.edit.reshape import plan_extension, plan_loop
from engine.edit.settings import EditSettings

__all__ = [
    "MAX_CLIP_S",
    "Area",
    "EditPlan",
    "EditSettings",
    "Edited",
    "WorkingClip",
    "crop",
    "edit_facts",
    "edit_steps",
    "edit_windows",
    "estimate_edit",
    "finish_edit",
    "open_clip",
    "plan_edit",
    "plan_extension",
    "plan_loop",
    "request_for_edit",
]
