"""The endpoint for programs: `gradio_client` and plain HTTP."""

# Annotations are not postponed here: Gradio makes the endpoint's schema from the types themselves.
from typing import Any

import gradio as gr

from engine.knobs import defaults
from engine.provenance import provenance
from studio.errors import gradio_error, problem_from
from studio.handlers import Studio
from studio.panels.generate_events import DEVICE
from studio.session import Take, roll_dice


def add_api(studio: Studio) -> None:
    """Add the named endpoints to the app that is being built."""

    def generate(
        prompt: str,
        mode: str = "hybrid",
        duration_s: float = 10.0,
        variations: int = 1,
        seed: int | None = None,
        preset: str = "balanced",
        negative_prompt: str = "",
        opening_s: float | None = None,
        options: dict | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> tuple[list[dict], list[dict]]:
        """Make music from a text.

        Args:
            prompt: what to play.
            mode: parallel, hybrid or autoregressive.
            duration_s: length in seconds.
            variations: how many clips, 1 to 8; clip i has the seed plus i.
            seed: 0 to 2**32 - 1; none: by chance, returned with the result.
            preset: draft, balanced or best.
            negative_prompt: what to steer away from.
            opening_s: seconds written left to right, in hybrid mode; none: 3, or half of a clip
                that is shorter than 6.
            options: further settings by name, as in the table of knobs.

        Returns:
            The WAV files, and what made each: model, licence, request; the same is inside it.
        """
        values = {
            "prompt": prompt,
            "mode": mode,
            "duration_s": duration_s,
            "variations": variations,
            "seed": roll_dice() if seed is None else seed,
            "negative_prompt": negative_prompt,
        }
        if opening_s is not None:
            values["opening_s"] = opening_s
        takes = _generate(studio, values, preset, options, f"api-{request.session_hash}")
        facts = [provenance(take.request, studio.model, gain_db=take.gain_db) for take in takes]
        return [_file(take) for take in takes], facts

    gr.api(generate, api_name="generate", concurrency_id=DEVICE, concurrency_limit=1)


def _generate(
    studio: Studio, values: dict[str, Any], preset: str, options: dict | None, tab: str
) -> tuple[Take, ...]:
    try:
        # Without an opening, for the request to choose one that fits into the clip.
        start = {name: each for name, each in defaults(preset).items() if name != "opening_s"}
        request = studio.request({**start, **values, **(options or {})})
    except Exception as error:
        raise gradio_error(problem_from(error)) from error
    studio.jobs.enter(tab)
    takes: tuple[Take, ...] = ()
    for update in studio.run(request, tab):
        takes = update.takes
    return takes


def _file(take: Take) -> dict[str, Any]:
    return gr.FileData(path=take.path, mime_type="audio/wav").model_dump()
