"""First lessons of the text encoder: to read a clip's facts from its captions.

Captions cost nothing, music does. Before the language model sees a single clip, the encoder
learns here from thousands of freshly drawn captions which words speak of instruments, tempo,
mood or drums, so that the language model finds the facts laid out plainly in its features.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from engine.text.mini import MiniTextEncoder, initialise_text
from engine.training.composer.captions import caption_vocabulary
from engine.training.composer.song import Facts
from engine.training.data import TokenSet, draw_caption, load_tokens, split
from engine.training.learning_rate import learning_rate_share
from engine.training.neighbours import Neighbours, unpacked
from engine.training.studio_mini import TEXT

WEIGHTS_FILE = "text_encoder.safetensors"

_MOODS = ("happy", "calm", "sad", "tense")  # of pitched music; drums alone have none of these

_QUESTIONS: dict[str, Callable[[Facts], str]] = {
    "style": lambda facts: facts.style,
    "tempo": lambda facts: facts.tempo_class,
    "bpm": lambda facts: str(round(facts.tempo_bpm / 10)),
    "mode": lambda facts: "none" if facts.mode == "none" else str(facts.is_minor),
    "metre": lambda facts: facts.metre,
    "instrument": lambda facts: facts.main_instrument,
    "drums": lambda facts: str(facts.has_drums),
    "mood": lambda facts: facts.moods[0] if facts.moods[0] in _MOODS else "none",
    "density": lambda facts: facts.density,
    "solo": lambda facts: str(facts.solo),
    "form": lambda facts: facts.form,
}


@dataclass(frozen=True)
class Answers:
    """Every question's possible answers, and who may play.

    Args:
        choices: question to its answers, sorted.
        players: names of all instruments, sorted.
    """

    choices: dict[str, tuple[str, ...]]
    players: tuple[str, ...]

    @classmethod
    def of(cls, facts: Sequence[Facts]) -> Answers:
        """Collect the answers that occur."""
        choices = {
            name: tuple(sorted({ask(each) for each in facts})) for name, ask in _QUESTIONS.items()
        }
        players = tuple(sorted({name for each in facts for name in each.instruments}))
        return cls(choices, players)

    def encode(self, facts: Sequence[Facts]) -> tuple[dict[str, Tensor], Tensor]:
        """Targets: question to [B] int64, and players [B, n] float32 of 0 and 1."""
        targets = {
            name: torch.tensor([self.choices[name].index(ask(each)) for each in facts])
            for name, ask in _QUESTIONS.items()
        }
        rows = [[float(name in each.instruments) for name in self.players] for each in facts]
        return targets, torch.tensor(rows)


class FactReader(nn.Module):
    """Linear answers from the mean of a text's features; all zero at first."""

    def __init__(self, width: int, answers: Answers) -> None:
        super().__init__()
        self.answers = answers
        self.choices = nn.ModuleDict(
            {name: nn.Linear(width, len(each)) for name, each in answers.choices.items()}
        )
        self.players = nn.Linear(width, len(answers.players))
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hidden: Tensor, mask: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Logits of every question, [B, answers], and of the players, from [B, P, width]."""
        mean = hidden.sum(1) / mask.sum(1, keepdim=True)
        return {name: head(mean) for name, head in self.choices.items()}, self.players(mean)

    def loss(self, hidden: Tensor, mask: Tensor, facts: Sequence[Facts]) -> Tensor:
        """Mean cross-entropy of all questions, the players counting as one."""
        logits, playing = self(hidden, mask)
        targets, players = self.answers.encode(facts)
        each = [F.cross_entropy(logits[name], targets[name]) for name in targets]
        each.append(F.binary_cross_entropy_with_logits(playing, players))
        return torch.stack(each).mean()


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """How the encoder is taught.

    Args:
        steps: updates.
        batch: captions an update.
        learning_rate: at its peak.
        noise: deviation added to the word vectors (of mean square 1).
        swapped: share of captions some of whose words are swapped for neighbours.
        swap_share: chance of each of their words that has neighbours.
        seed: of the encoder's weights, captions, swaps and noise.
    """

    steps: int
    batch: int = 64
    learning_rate: float = 1e-3
    noise: float = 0.3
    swapped: float = 0.5
    swap_share: float = 0.5
    seed: int = 0


def learn_facts(
    encoder: MiniTextEncoder,
    reader: FactReader,
    tokens: TokenSet,
    lessons: Lessons,
    *,
    neighbours: Neighbours | None = None,
    teacher: MiniTextEncoder | None = None,
) -> Iterator[tuple[int, float]]:
    """Train the encoder to state facts from captions, in their own words and in others.

    Args:
        encoder, reader: trained in place; the encoder begins with fresh weights, or as it is if
            it has a teacher.
        tokens: whose facts and captions to use; its codes are not.
        lessons: how.
        neighbours: which words may stand for which; None: captions stay as they are.
        teacher: what it says of a caption as written, the encoder is to say of all its wordings,
            so that a language model which listens to the one understands the other.

    Yields:
        After each step its number and its loss.
    """
    generator = torch.Generator().manual_seed(lessons.seed)
    if teacher is None:
        initialise_text(encoder, generator)
    known = [clip for clip, facts in enumerate(tokens.facts) if facts is not None]
    parameters = [*encoder.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(parameters, weight_decay=0.01, fused=True)
    for step in range(lessons.steps):
        share = learning_rate_share(step / lessons.steps, step, warmup_steps=50)
        optimizer.param_groups[0]["lr"] = lessons.learning_rate * share
        rng = np.random.default_rng([lessons.seed, step])
        clips = [known[i] for i in rng.integers(len(known), size=lessons.batch)]
        captions = [draw_caption(tokens, clip, rng, encoder.fits) for clip in clips]
        wordings = [_reworded(each, neighbours, lessons, rng, encoder.fits) for each in captions]
        hidden, mask = _encode(encoder, wordings, lessons.noise, generator)
        loss = reader.loss(hidden, mask, [_facts(tokens, clip) for clip in clips])
        if teacher is not None:
            loss = loss + _distance(teacher, captions, hidden, mask)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        yield step, float(loss.detach())


def _reworded(
    caption: str,
    neighbours: Neighbours | None,
    lessons: Lessons,
    rng: np.random.Generator,
    fits: Callable[[str], bool],
) -> str:
    if neighbours is None or rng.random() >= lessons.swapped:
        return caption
    wording = neighbours.swap(caption, rng, lessons.swap_share)
    return wording if fits(wording) else caption


def _encode(
    encoder: MiniTextEncoder, texts: Sequence[str], noise: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Features [B, P, width] and mask [B, P] of texts whose word vectors are noisy."""
    ids, mask = encoder.tokenise(texts)
    longest = int(mask.sum(1).max())  # padding would only cost time
    ids, mask = ids[:, :longest], mask[:, :longest]
    shape = (*ids.shape, encoder.projection.in_features)
    return encoder(ids, mask, noise * torch.randn(shape, generator=generator)), mask


def _distance(
    teacher: MiniTextEncoder, captions: Sequence[str], hidden: Tensor, mask: Tensor
) -> Tensor:
    """How far the features are from a teacher's: word by word where texts are of equal length.

    Another length means that words were cut into other pieces; then only the means can be alike.
    """
    with torch.no_grad():
        wanted, wanted_mask = teacher.encode(captions)
    counts, wanted_counts = mask.sum(1), wanted_mask.sum(1)
    means = hidden.sum(1) / counts[:, None] - wanted.sum(1) / wanted_counts[:, None]
    same = mask & (counts == wanted_counts)[:, None]
    words = (hidden - wanted[:, : hidden.shape[1]])[same]
    return means.square().mean() + (words.square().mean() if len(words) else 0.0)


def teach_folder(
    token_folder: Path,
    text_folder: Path,
    lessons: Lessons,
    *,
    leave_out: Collection[str] = (),
    teacher: MiniTextEncoder | None = None,
) -> Iterator[dict[str, object]]:
    """Train the encoder of studio-mini on the facts of a set of clips and write its weights.

    Args:
        token_folder: its facts are used.
        text_folder: has the table and the tokeniser, gets the weights.
        lessons: how.
        leave_out: words that must not be learned, such as those of a test.
        teacher: see `learn_facts`; its weights are also those that the encoder begins with.

    Yields:
        A log entry every hundred steps; at the end how well held-out captions are read.
    """
    training, held_out = split(load_tokens(token_folder))
    encoder = MiniTextEncoder.from_folder(text_folder, TEXT)
    if teacher is not None:
        encoder.load_state_dict(teacher.state_dict())
    reader = FactReader(encoder.width, Answers.of([f for f in training.facts if f is not None]))
    neighbours = Neighbours.among(
        encoder.tokenizer.get_vocab(),
        unpacked(encoder.table_values, encoder.table_scales),
        caption_vocabulary(),
        leave_out=leave_out,
    )
    learning = learn_facts(
        encoder, reader, training, lessons, neighbours=neighbours, teacher=teacher
    )
    for step, loss in learning:
        if (step + 1) % 100 == 0 or step + 1 == lessons.steps:
            yield {"step": step + 1, "loss": round(loss, 4)}
    save_text_weights(encoder, text_folder)
    rng = np.random.default_rng(lessons.seed)
    clips = [clip for clip, facts in enumerate(held_out.facts) if facts is not None]
    captions = [draw_caption(held_out, clip, rng, encoder.fits) for clip in clips]
    facts = [_facts(held_out, clip) for clip in clips]
    yield {"held_out": accuracies(encoder, reader, captions, facts)}


@torch.no_grad()
def accuracies(
    encoder: MiniTextEncoder, reader: FactReader, texts: Sequence[str], facts: Sequence[Facts]
) -> dict[str, float]:
    """Share of texts from which each question is answered rightly."""
    logits, _ = reader(*encoder.encode(texts))
    targets, _ = reader.answers.encode(facts)
    return {
        name: round(float((logits[name].argmax(1) == targets[name]).float().mean()), 3)
        for name in targets
    }


def save_text_weights(encoder: MiniTextEncoder, folder: Path) -> None:
    """Write the trained part of the encoder beside its table."""
    path = folder / WEIGHTS_FILE
    save_file(encoder.state_dict(), str(path))
    path.chmod(0o644)


def load_text_weights(encoder: MiniTextEncoder, folder: Path) -> bool:
    """Read weights written by `save_text_weights`; False if there are none."""
    path = folder / WEIGHTS_FILE
    if path.is_file():
        encoder.load_state_dict({k: v.float() for k, v in load_file(str(path)).items()})
    return path.is_file()


def _facts(tokens: TokenSet, clip: int) -> Facts:
    facts = tokens.facts[clip]
    assert facts is not None
    return facts
