"""Small models for the part "spans": their clips as tokens, their training, their held-out scores.

Everything lies in the cache and goes on where it stopped.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.checkpoints.folder import ModelParts
from engine.errors import CheckpointError
from engine.evaluation.generations import save_arrays
from engine.evaluation.part import Setup
from engine.model.config import ModelConfig, ModelKind
from engine.model.language_model import LanguageModel
from engine.training.attention import use_plain_attention
from engine.training.composer.clips import iter_clips
from engine.training.data import Batch, ExampleStream, TokenSet
from engine.training.export import load_averages
from engine.training.language_model import Trainer, TrainingOptions, score_drawn
from engine.training.learning_rate import Budget
from engine.training.loop import Rhythm, run
from engine.training.mixture import Mixture
from engine.training.objectives import Draw, draw_spans
from engine.training.runs import RunFolder

_CHUNK = 50
_TRIAL_STEPS, _WARM_STEPS, _FEWEST_STEPS = 8, 2, 20
_NEVER = 10**9
_OPTIONS = TrainingOptions(
    budget=Budget(steps=1), mixture=Mixture(no_opening=1.0), warmup_steps=100, ema_decay=0.995
)
"""The published objective without openings: all of the short budget goes to parallel decoding."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of the small models and of what they learn from.

    Args:
        width, n_layers, n_heads: of the transformer.
        window_s: length of a training example, and of what is generated.
        clips: to learn from, 10 s each.
        batch: examples a step.
    """

    width: int = 128
    n_layers: int = 4
    n_heads: int = 4
    window_s: float = 5.0
    clips: int = 600
    batch: int = 8


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What the models differ in.

    Args:
        span_len: frames in the atomic span of masking.
        context_frames: seen on each side from the second level on; None: all.
    """

    span_len: int
    context_frames: int | None

    @property
    def name(self) -> str:
        """For tables and files."""
        seen = "all" if self.context_frames is None else self.context_frames
        return f"span {self.span_len}, context {seen}"


def own_parts(setup: Setup) -> ModelParts:
    """The networks of a model in our own format, whose codec and text encoder are lent.

    Raises:
        CheckpointError: it is in another format.
    """
    if not isinstance(setup.model.parts, ModelParts):
        raise CheckpointError(
            f"the model {setup.model.name} is in a published format",
            expected="one in this program's own format, whose text encoder can be trained with",
            advice="Measure this part with studio-mini",
        )
    return setup.model.parts


def config_of(parts: ModelParts, sizes: Sizes, variant: Variant) -> ModelConfig:
    """The small model's sizes; tokens are those of the model that is evaluated."""
    whole = parts.language_model.config
    return ModelConfig(
        kind=ModelKind.HYBRID,
        width=sizes.width,
        n_layers=sizes.n_layers,
        n_heads=sizes.n_heads,
        text_width=whole.text_width,
        n_levels=whole.n_levels,
        codebook_size=whole.codebook_size,
        context_frames=variant.context_frames,
        span_len=variant.span_len,
        window_s=sizes.window_s,
        frame_rate_hz=whole.frame_rate_hz,
    )


def tokens_of(setup: Setup, seed: int, count: int) -> TokenSet:
    """The first clips of a composer's seed as tokens, from the cache or made now.

    Raises:
        SoundFontMissingError: FluidSynth or the soundfont is not installed.
    """
    folder = setup.cache / "tokens" / setup.model.codec_hash[:16]
    codes: list[NDArray[np.uint16]] = []
    captions: list[tuple[str, ...]] = []
    for start in range(0, count, _CHUNK):
        path = folder / f"{seed}-{start}.npz"
        if not path.is_file():
            setup.tell(f"spans: clips {start + 1} to {start + _CHUNK} of {count} become tokens")
            _write_tokens(setup, seed, start, path)
        with np.load(path, allow_pickle=False) as kept:
            codes.append(kept["codes"])
            captions += [tuple(texts) for texts in json.loads(str(kept["captions"]))]
    return TokenSet(
        codes=np.concatenate(codes)[:count],
        facts=(None,) * count,
        captions=tuple(captions[:count]),
    )


@torch.no_grad()
def _write_tokens(setup: Setup, seed: int, start: int, path: Path) -> None:
    codec = setup.model.parts.codec
    device = next(codec.parameters()).device
    codes, captions = [], []
    for clip in itertools.islice(iter_clips(seed, start=start), _CHUNK):
        samples = torch.from_numpy(clip.samples).to(device)
        codes.append(codec.encode(samples[None, None])[0].cpu().numpy().astype(np.uint16))
        captions.append(clip.captions)
    save_arrays(path, {"codes": np.stack(codes), "captions": json.dumps(captions)})


def new_trainer(setup: Setup, sizes: Sizes, variant: Variant, steps: int) -> Trainer:
    """A small model with its first weights; the text encoder is as it is taught already."""
    parts = own_parts(setup)
    encoder = deepcopy(parts.text_encoder)
    taught = deepcopy(encoder.state_dict())
    config = config_of(parts, sizes, variant)
    options = replace(_OPTIONS, budget=Budget(steps=steps), batch=sizes.batch,
                      crop_frames=config.window_frames)  # fmt: skip
    model = LanguageModel(config)
    books = parts.codec.codebooks.detach().float().cpu()
    trainer = Trainer(model, encoder, options, books, setup.model.device)
    if setup.model.device.type == "cpu":
        use_plain_attention(trainer.model)
    encoder.load_state_dict(taught)
    trainer.average.restart()
    return trainer


def steps_for(
    setup: Setup, sizes: Sizes, variant: Variant, tokens: TokenSet, minutes: float
) -> int:
    """How many steps some minutes are, by the pace of a few."""
    trainer = new_trainer(setup, sizes, variant, _TRIAL_STEPS)
    stream = _stream(trainer, tokens)
    started = 0.0
    for number in range(_WARM_STEPS + _TRIAL_STEPS):
        if number == _WARM_STEPS:
            started = time.perf_counter()
        options = trainer.options
        trainer.train_step(stream.batch(trainer.examples, options.batch, options.crop_frames))
    pace_s = (time.perf_counter() - started) / _TRIAL_STEPS
    return max(round(60 * minutes / pace_s), _FEWEST_STEPS)


def trained(
    setup: Setup, sizes: Sizes, variant: Variant, tokens: TokenSet, steps: int, folder: Path
) -> LanguageModel:
    """The small model after all its steps: from the folder, which goes on where it stopped."""
    trainer = new_trainer(setup, sizes, variant, steps)
    own = _QuietRun(folder / variant.name.replace(", ", "-").replace(" ", ""))
    state = own.load()
    if state is not None:
        trainer.load_state_dict(state)
    if trainer.progress < 1:
        setup.tell(f"spans: training {variant.name}, step {trainer.step} of {steps}")
        stream = _stream(trainer, tokens)
        run(trainer, stream, stream, own, rhythm=Rhythm(validation_steps=_NEVER, save_s=60.0))
    model = LanguageModel(trainer.model.config)
    load_averages(model, deepcopy(trainer.text_encoder).cpu(), own)
    return model.eval().to(setup.model.device)


class _QuietRun(RunFolder):
    """A run whose log nobody watches."""

    def log(self, entry: dict[str, object]) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _stream(trainer: Trainer, tokens: TokenSet) -> ExampleStream:
    return ExampleStream(tokens=tokens, seed=_OPTIONS.seed, fits=trainer.text_encoder.fits)


@torch.no_grad()
def held_out_scores(
    setup: Setup, model: LanguageModel, tokens: TokenSet, span_len: int
) -> NDArray[np.float64]:
    """Cross-entropy of masked tokens, with masks of spans of one length, whatever was learned.

    Crops, mask rates and spans depend on the clip alone, so models can be compared clip by clip.

    Args:
        setup: lends the text encoder.
        model: is scored.
        tokens: held out.
        span_len: of the masks.

    Returns:
        [n, K] nats a token, of each clip and level.
    """
    encoder, config = own_parts(setup).text_encoder, model.config
    stream = ExampleStream(tokens=tokens, seed=1, fits=encoder.fits)
    rows = []
    for number in range(len(tokens)):
        batch = stream.batch(number, 1, min(config.window_frames, tokens.codes.shape[-1]))
        hidden, mask = encoder.encode(batch.captions)
        drawn = _draw_all_levels(batch, number, span_len, config.n_levels)
        every = Batch(codes=batch.codes.expand(config.n_levels, -1, -1),
                      captions=batch.captions * config.n_levels)  # fmt: skip
        shape = config.n_levels, -1, -1
        scored = score_drawn(model, every, hidden.expand(*shape), mask.expand(*shape[:2]), drawn)
        total, count = scored.sums(config.n_levels)
        rows.append((total[1] / count[1]).numpy())
    return np.stack(rows)


def _draw_all_levels(batch: Batch, number: int, span_len: int, n_levels: int) -> Draw:
    """One task for each level of a clip, with the same masked frames."""
    generator = torch.Generator().manual_seed(number)
    n_frames = batch.codes.shape[-1]
    # rates of the published schedule, evenly spread over the clips
    place = (number * 0.6180339887 + 0.5) % 1.0
    rate = torch.tensor([math.cos(place * math.pi / 2)])
    zeros = torch.zeros(n_levels, dtype=torch.int64)
    masked = draw_spans(zeros[:1], rate, n_frames, span_len, generator)
    return Draw(stage=torch.arange(n_levels), boundary=zeros, masked=masked.expand(n_levels, -1))
