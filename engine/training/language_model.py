"""Training of the language model, its text encoder included, on the hybrid objective.

Every random choice of a step is a function of the run's seed and the step's number, so a run
that was stopped and resumed makes the same choices as one that was not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.model.language_model import LanguageModel
from engine.text.mini import MiniTextEncoder, initialise_text
from engine.training.data import Batch
from engine.training.ema import WeightAverage
from engine.training.initial import initialise_for_short_runs
from engine.training.learning_rate import Budget, learning_rate_share
from engine.training.mixture import Entropies, Mixture, draw_mixed, entropies
from engine.training.objectives import prepare


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train.

    Args:
        budget: when to stop; also what the learning rate follows.
        batch: examples a step.
        crop_frames: T of an example.
        learning_rate: at its peak.
        warmup_steps: steps of linear rise.
        weight_decay: on matrices, not on norms, biases and embeddings.
        clip_norm: longest gradient.
        text_dropout: share of examples that are trained without their text, for guidance.
        text_noise: deviation of the noise on word vectors (of mean square 1).
        ema_decay: of the average of the weights.
        mixture: shares of the objective.
        seed: of weights, order, crops, captions and masks.
    """

    budget: Budget
    batch: int = 8
    crop_frames: int = 500
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    text_dropout: float = 0.2
    text_noise: float = 0.2
    ema_decay: float = 0.999
    mixture: Mixture = field(default_factory=Mixture)
    seed: int = 0


class Trainer:
    """Model, optimiser and counters of one run.

    Args:
        model, text_encoder: initialised here from the seed.
        options: how to train.
        codebooks: [K, V, code width] of the codec, for the first weights; None: chance instead.
    """

    def __init__(
        self,
        model: LanguageModel,
        text_encoder: MiniTextEncoder,
        options: TrainingOptions,
        codebooks: Tensor | None = None,
    ) -> None:
        generator = torch.Generator().manual_seed(options.seed)
        initialise_for_short_runs(model, generator, codebooks)
        initialise_text(text_encoder, generator)
        self.model = model
        self.text_encoder = text_encoder
        self.options = options
        self.parameters = [*model.parameters(), *text_encoder.parameters()]
        self.average = WeightAverage(self.parameters, options.ema_decay)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(model, text_encoder, options.weight_decay),
            lr=options.learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        self.step = 0
        self.examples = 0
        self.elapsed_s = 0.0

    @property
    def progress(self) -> float:
        """Share of the budget used, in [0, 1]."""
        return self.options.budget.progress(self.step, self.elapsed_s)

    def train_step(self, batch: Batch) -> tuple[Entropies, float]:
        """Learn from one batch.

        Returns:
            The entropies before the update, and the gradient's norm.
        """
        started = time.perf_counter()
        self._set_learning_rate()
        generator = step_generator(self.options.seed, self.step)
        scored = self._score(batch, generator)
        scored.weighted_mean(self.options.mixture).backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.options.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update()
        self.step += 1
        self.examples += len(batch.captions)
        self.elapsed_s += time.perf_counter() - started
        return scored, float(norm)

    def _score(self, batch: Batch, generator: torch.Generator) -> Entropies:
        options, size = self.options, len(batch.captions)
        tokens = self.text_encoder.tokenise(batch.captions)
        shape = (*tokens.ids.shape, self.text_encoder.projection.in_features)
        noise = options.text_noise * torch.randn(shape, generator=generator)
        text = self.text_encoder(tokens.ids, tokens.mask, noise)
        told = torch.rand(size, generator=generator) >= options.text_dropout
        mixture = options.mixture
        return score(self.model, batch, text, tokens.mask & told[:, None], mixture, generator)

    def _set_learning_rate(self) -> None:
        share = learning_rate_share(self.progress, self.step, self.options.warmup_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * share

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
    """Draw a task for a batch and score it, in bfloat16 where that is safe."""
    size, _, n_frames = batch.codes.shape
    # Padding is a key of zeros that takes part in attention: 40 of them would drown ten words.
    # One is kept, for a text to be worth more than nothing by comparison.
    columns = int(text_mask.sum(1).max()) + 1
    text, text_mask = text[:, :columns], text_mask[:, :columns]
    drawn = draw_mixed(size, n_frames, model.config, mixture, generator)
    task = prepare(batch.codes, drawn, model.config)
    with torch.autocast("cpu", torch.bfloat16):
        return entropies(model, task, text, text_mask)


def parameter_groups(
    model: LanguageModel, text_encoder: nn.Module, weight_decay: float
) -> list[dict[str, object]]:
    """Part the parameters: matrices decay; norms, biases and embeddings do not."""
    embedded = {id(parameter) for parameter in model.embeddings.parameters()}
    every = [*model.parameters(), *text_encoder.parameters()]
    decayed = [p for p in every if p.dim() > 1 and id(p) not in embedded]
    chosen = {id(parameter) for parameter in decayed}
    rest = [p for p in every if id(p) not in chosen]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]


def step_generator(seed: int, step: int) -> torch.Generator:
    """One generator for each step; the constant keeps neighbouring seeds apart."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
