"""Training of the language model on the hybrid objective.

The text encoder stays as `engine.training.text_facts` taught it. Trained along with the language
model it forgot: music answers a caption faintly at first, noise and weight decay act at once, and
after an hour the features of any two texts had a cosine similarity of 0.999.

Every random choice of a step is a function of the run's seed and the step's number, so a run
that was stopped and resumed makes the same choices as one that was not.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextEncoder, initialise_text
from engine.training.data import Batch
from engine.training.ema import WeightAverage
from engine.training.initial import initialise_for_short_runs
from engine.training.learning_rate import Budget, learning_rate_share
from engine.training.mixture import Mixture, draw_mixed
from engine.training.muon import Muon, Together
from engine.training.objectives import Draw, Entropies, entropies, prepare
from engine.training.precision import fast_numbers


@dataclass(frozen=True, kw_only=True)
class Beginnings:
    """Steps on the first moments of crops alone, as many frames as other steps in shorter crops.

    Left to right, a text tells something new for a few frames; then the music so far says nearly
    all. In crops of ten seconds these are one position in a hundred, and a model learned to heed
    the text there so little that, summed over a second and all levels, its own caption was no
    likelier than nineteen others. Clips written left to right then ignored the prompt.

    Args:
        every: one step in so many is such a step, 2 or more.
        frames: T of its examples, 2 or more.
        mixture: its shares of the objective.

    Raises:
        ValueError: another number.
    """

    every: int = 2
    frames: int = 32
    mixture: Mixture = field(default_factory=Mixture)

    def __post_init__(self) -> None:
        if self.every < 2 or self.frames < 2:
            raise ValueError(
                f"every is {self.every} and frames {self.frames}; expected 2 or more of each"
            )


@dataclass(frozen=True, kw_only=True)
class Portion:
    """What one step is given: B examples of `crop_frames` frames, and its objective."""

    batch: int
    crop_frames: int
    mixture: Mixture


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train.

    Args:
        budget: when to stop; also what the learning rate follows.
        batch: examples a step.
        crop_frames: T of an example.
        learning_rate: at its peak.
        text_rate: times this for what brings the text in, which learns late: music is far
            easier to predict from its own past than from a caption.
        warmup_steps: steps of linear rise.
        weight_decay: on matrices, not on norms, biases and embeddings.
        clip_norm: longest gradient.
        text_dropout: share of examples that are trained without their text, for guidance.
        text_noise: deviation of the noise on word vectors (of mean square 1).
        ema_decay: of the average of the weights.
        mixture: shares of the objective.
        beginnings: steps of another kind between; None: none.
        seed: of weights, order, crops, captions and masks.
    """

    budget: Budget
    batch: int = 8
    crop_frames: int = 500
    learning_rate: float = 1e-3
    text_rate: float = 1.0
    warmup_steps: int = 200
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    text_dropout: float = 0.2
    text_noise: float = 0.2
    ema_decay: float = 0.999
    mixture: Mixture = field(default_factory=Mixture)
    beginnings: Beginnings | None = None
    seed: int = 0

    def portion(self, step: int) -> Portion:
        """What step number `step` is given."""
        short = self.beginnings
        if short is None or step % short.every:
            return Portion(batch=self.batch, crop_frames=self.crop_frames, mixture=self.mixture)
        batch = max(self.batch * self.crop_frames // short.frames, 1)
        return Portion(batch=batch, crop_frames=short.frames, mixture=short.mixture)


class Trainer:
    """Model, optimiser and counters of one run.

    Args:
        model, text_encoder: initialised here from the seed; only the model learns.
        options: how to train.
        codebooks: [K, V, code width] of the codec, for the first weights; None: chance instead.
        device: to train on; the first weights are drawn on the CPU, the same for every device.
    """

    def __init__(
        self,
        model: LanguageModel,
        text_encoder: MiniTextEncoder,
        options: TrainingOptions,
        codebooks: Tensor | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        generator = torch.Generator().manual_seed(options.seed)
        initialise_for_short_runs(model, generator, codebooks)
        initialise_text(text_encoder, generator)
        self.model = model.to(device)
        self.text_encoder = text_encoder.to(device).requires_grad_(False)
        self.options = options
        self.parameters = [*model.parameters(), *text_encoder.parameters()]
        self.average = WeightAverage(self.parameters, options.ema_decay)
        groups = parameter_groups(model, options.weight_decay, options.text_rate)
        rest = [group for group in groups if not group["hidden"]]
        rate = options.learning_rate
        self.optimizer = Together(
            (
                Muon([group for group in groups if group["hidden"]], rate),
                torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.95), fused=True),
            )
        )
        self.step = 0
        self.examples = 0
        self.elapsed_s = 0.0

    @property
    def portion(self) -> Portion:
        """What the next step is to be given."""
        return self.options.portion(self.step)

    @property
    def progress(self) -> float:
        """Share of the budget used, in [0, 1]."""
        return self.options.budget.progress(self.step, self.elapsed_s)

    def train_step(self, batch: Batch) -> tuple[Entropies, float]:
        """Learn from one batch, of the size that `portion` says.

        Returns:
            The entropies before the update, and the gradient's norm; if that is not finite, the
            weights stay as they were.
        """
        started = time.perf_counter()
        self._set_learning_rate()
        generator = step_generator(self.options.seed, self.step)
        scored = self._score(batch, generator)
        mixture = self.portion.mixture
        scored.mean(mixture.parallel_weight, mixture.levels).backward()
        norm = float(nn.utils.clip_grad_norm_(self.parameters, self.options.clip_norm))
        # One overflow would end a run of hours; the log shows the norm.
        if math.isfinite(norm):
            self.optimizer.step()
            self.average.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.examples += len(batch.captions)
        self.elapsed_s += time.perf_counter() - started
        return scored, norm

    def _score(self, batch: Batch, generator: torch.Generator) -> Entropies:
        options, size = self.options, len(batch.captions)
        tokens = self.text_encoder.tokenise(batch.captions)
        shape = (*tokens.ids.shape, self.text_encoder.projection.in_features)
        noise = options.text_noise * torch.randn(shape, generator=generator).to(tokens.ids.device)
        text = self.text_encoder(tokens.ids, tokens.mask, noise)
        told = torch.rand(size, generator=generator) >= options.text_dropout
        told, mixture = told.to(tokens.mask.device), self.portion.mixture
        return score(self.model, batch, text, tokens.mask & told[:, None], mixture, generator)

    def _set_learning_rate(self) -> None:
        share = learning_rate_share(self.progress, self.step, self.options.warmup_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * share * group["rate"]

    def state_dict(self) -> dict[str, object]:
        """All that a later `load_state_dict` needs to continue exactly."""
        return {
            "model": self.model.state_dict(),
            "text_encoder": self.text_encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict(),
            "step": self.step,
            "examples": self.examples,
            "elapsed_s": self.elapsed_s,
        }

    def load_state_dict(self, state: dict) -> None:
        """Continue from a saved state."""
        self.model.load_state_dict(state["model"])
        self.text_encoder.load_state_dict(state["text_encoder"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.load_state_dict(state["average"])
        self.step = state["step"]
        self.examples = state["examples"]
        self.elapsed_s = state["elapsed_s"]


def score(
    model: LanguageModel,
    batch: Batch,
    text: Tensor,
    text_mask: Tensor,
    mixture: Mixture,
    generator: torch.Generator,
) -> Entropies:
    """Draw a task for a batch and score it, in bfloat16 where it is fast."""
    size, _, n_frames = batch.codes.shape
    drawn = draw_mixed(size, n_frames, model.config, mixture, generator)
    return score_drawn(model, batch, text, text_mask, drawn)


def score_drawn(
    model: LanguageModel, batch: Batch, text: Tensor, text_mask: Tensor, drawn: Draw
) -> Entropies:
    """Score a batch on a given task, on the model's device, in bfloat16 where it is fast."""
    device = model.positions.device
    # Padding is a key of zeros that takes part in attention: 40 of them would drown ten words.
    # One is kept, for a text to be worth more than nothing by comparison.
    columns = int(text_mask.sum(1).max()) + 1
    text, text_mask = text[:, :columns], text_mask[:, :columns]
    task = prepare(batch.codes.to(device), drawn.to(device), model.config)
    with fast_numbers(device):
        return entropies(model, task, text, text_mask)


def parameter_groups(
    model: LanguageModel, weight_decay: float, text_rate: float = 1.0
) -> list[dict[str, Any]]:
    """Part the parameters: matrices decay; norms, biases and embeddings do not.

    The matrices between embeddings and heads are for Muon, all else is for AdamW.

    Args:
        model: the language model.
        weight_decay: of matrices.
        text_rate: share of the learning rate for what brings the text in.

    Returns:
        Groups for an optimiser, each with its "rate" and whether it is "hidden".
    """
    embedded = {id(parameter) for parameter in model.embeddings.parameters()}
    groups: dict[tuple[float, float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decays = parameter.dim() > 1 and id(parameter) not in embedded
        brings_text = name.startswith("text_projection") or ".cross_" in name
        rate = text_rate if brings_text else 1.0
        hidden = name.startswith("layers.") and parameter.dim() == 2
        key = (weight_decay if decays else 0.0, rate, hidden)
        groups.setdefault(key, []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "rate": rate, "hidden": hidden}
        for (decay, rate, hidden), parameters in groups.items()
    ]


def step_generator(seed: int, step: int) -> torch.Generator:
    """One generator for each step; the constant keeps neighbouring seeds apart."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
