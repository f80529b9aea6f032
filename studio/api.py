"""The endpoints for programs: `gradio_client` and plain HTTP."""

# Annotations are not postponed here: Gradio makes the endpoints' schema from the types themselves.
from typing import Any

import gradio as gr

from engine.audio import read_provenance
from studio.api_inpaint import inpaint_endpoint, named_values
from studio.choices import filled_values
from studio.errors import gradio_error, problem_from
from studio.handlers import Order, Studio
from studio.model_words import as_dict
from studio.panels.run_parts import DEVICE
from studio.session import Take, roll_dice


def add_api(studio: Studio) -> None:
    """Add the named endpoints to the app that is being built."""

    def generate(
        prompt: str,
        mode: str | None = None,
        duration_s: float | None = None,
        variations: int = 1,
        seed: int | None = None,
        preset: str = "balanced",
        negative_prompt: str = "",
        opening_s: float | None = None,
        options: dict | None = None,
        model: str | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> tuple[list[dict], list[dict]]:
        """Make music from a text.

        Args:
            prompt: what to play.
            mode: parallel, hybrid or autoregressive; none: hybrid, where the model can.
            duration_s: length in seconds; none: 10, or the model's window if that is shorter.
            variations: how many clips, 1 to 8; clip i has the seed plus i.
            seed: 0 to 2**32 - 1; none: by chance, returned with the result.
            preset: draft, balanced or best.
            negative_prompt: what to steer away from.
            opening_s: seconds written left to right, in hybrid mode; none: 3, or half of a clip
                that is shorter than 6.
            options: further settings by name, as in the table of knobs; `opener` and `rescorer`
                name models.
            model: a name that `models` gives; none: the one that the studio starts with. It is
                loaded first where it is not yet.

        Returns:
            The WAV files, and what made each: model, licence, request; the same is inside it.
        """
        given = {"mode": mode, "duration_s": duration_s, "opening_s": opening_s}
        values = {
            "prompt": prompt,
            "variations": variations,
            "seed": roll_dice() if seed is None else seed,
            "negative_prompt": negative_prompt,
            **{name: value for name, value in given.items() if value is not None},
        }
        chosen = studio.default if model is None else model
        try:
            values |= named_values("options", options)
            filled = filled_values(studio.library.offer(chosen), preset, values)
            order = studio.order(chosen, filled, preset)
        except Exception as error:
            raise gradio_error(problem_from(error)) from error
        takes = _generate(studio, order, f"api-{request.session_hash}")
        return [_file(take) for take in takes], [read_provenance(take.path) or {} for take in takes]

    def models() -> list[dict]:
        """List the models that `generate` can be asked for.

        Returns:
            Of each its name, kind, source, licence, window, rate, sizes and whether it is loaded.
        """
        library = studio.library
        return [as_dict(offer, library.state(offer)) for offer in library.offers]

    gr.api(generate, api_name="generate", concurrency_id=DEVICE, concurrency_limit=1)
    gr.api(inpaint_endpoint(studio), api_name="inpaint", concurrency_id=DEVICE, concurrency_limit=1)
    gr.api(models, api_name="models", queue=False)


def _generate(studio: Studio, order: Order, tab: str) -> tuple[Take, ...]:
    studio.jobs.enter(tab)
    takes: tuple[Take, ...] = ()
    for update in studio.run(order, tab):
        takes = update.takes
    return takes


def _file(take: Take) -> dict[str, Any]:
    return gr.FileData(path=take.path, mime_type="audio/wav").model_dump()
