"""A listener of our own: a small network that names the facts of a clip.

It learns from the composer's renders, whose facts are known, and judges what a model wrote. It is
no better than its own hits on clips that it never heard, which are reported beside whatever it
says; and it can only name what the composer plays.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from engine.evaluation.part import Setup
from engine.evaluation.probe_features import N_MELS, N_PULSE, Features, features
from engine.evaluation.prompts import MOODS
from engine.training.composer.facts import NO_KEY
from engine.training.composer.shards import INT16_SCALE, write_shards
from engine.training.composer.song import Facts
from engine.training.data import facts_from

PROBE_SEED = 977
"""Of the renders that it learns from: neither held out nor any model's training."""
N_RENDERS = 3000
_VERSION = 1
"""To be raised with any change of what it hears or learns: one that is kept is then not used."""
_HEARD_SHARE = 0.9
"""The rest is for its own accuracy."""
_EPOCHS, _BATCH, _RATE = 16, 64, 2e-3
_HIDDEN, _PULSE_WIDTH, _PROFILES = 192, 64, 24

QUESTIONS: Mapping[str, Callable[[Facts], str]] = MappingProxyType(
    {
        "instrument": lambda facts: facts.main_instrument,
        "drums": lambda facts: str(facts.has_drums),
        "tempo": lambda facts: facts.tempo_class,
        "mode": lambda facts: _mode(facts),
        "mood": lambda facts: facts.moods[0] if facts.moods[0] in MOODS else "none",
        "style": lambda facts: facts.style,
        "solo": lambda facts: str(facts.solo),
    }
)
"""What it is asked, and where the truth is found."""


def _mode(facts: Facts) -> str:
    if facts.mode == NO_KEY:
        return "none"
    return "minor" if facts.is_minor else "major"


class ProbeNetwork(nn.Module):
    """Convolutions over the spectrum, layers for pulse and pitch classes, one head a question.

    Args:
        choices: the answers of each question.
    """

    def __init__(self, choices: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        widths = (1, 16, 32, 64, 96)
        strides = ((2, 2), (2, 2), (2, 2), (2, 1))
        layers: list[nn.Module] = []
        for before, after, stride in zip(widths[:-1], widths[1:], strides, strict=True):
            layers += [
                nn.Conv2d(before, after, 5 if before == 1 else 3, stride, 2 if before == 1 else 1),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.spectrum = nn.Sequential(*layers)
        self.pulse = nn.Sequential(nn.Linear(N_PULSE, _PULSE_WIDTH), nn.ReLU())
        self.profiles = nn.Linear(24, _PROFILES)
        rows = N_MELS // 2 ** len(strides)
        self.hidden = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(2 * widths[-1] * rows + _PULSE_WIDTH + _PROFILES, _HIDDEN)
        )
        self.heads = nn.ModuleDict(
            {name: nn.Linear(_HIDDEN, len(choices[name])) for name in choices}
        )

    def embed(self, heard: Features) -> Tensor:
        """[n, _HIDDEN]: what all answers are read from."""
        maps = self.spectrum(heard.spectra[:, None])
        over_time = torch.cat([maps.mean(-1), maps.amax(-1)], 1).flatten(1)
        # A key is a pattern of pitch classes from anywhere: each profile where it fits best.
        turned = torch.stack([heard.chroma.roll(-shift, -1).flatten(1) for shift in range(12)], 1)
        keys = self.profiles(turned).amax(1)
        return self.hidden(torch.cat([over_time, self.pulse(heard.pulse), keys], 1))

    def forward(self, heard: Features) -> dict[str, Tensor]:
        """Logits of every question, [n, answers]."""
        hidden = F.relu(self.embed(heard))
        return {name: head(hidden) for name, head in self.heads.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """A trained listener.

    Args:
        network: in evaluation mode.
        choices: the answers of each question, in the order of its logits.
        accuracy: share of right answers on renders that it did not learn from, by question.
    """

    network: ProbeNetwork
    choices: Mapping[str, tuple[str, ...]]
    accuracy: Mapping[str, float]

    @torch.no_grad()
    def probabilities(self, samples: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Of all answers, [n, answers] by question, to clips [n, N] at 32 kHz."""
        parts = [self.network(each) for each in _in_turn(samples)]
        return {
            name: torch.cat([part[name].softmax(-1) for part in parts]).numpy() for name in parts[0]
        }

    def answer(self, samples: NDArray[np.float32]) -> dict[str, list[str]]:
        """The likeliest answer to each question for each of the clips [n, N]."""
        found = self.probabilities(samples)
        return {
            name: [self.choices[name][place] for place in found[name].argmax(-1)] for name in found
        }

    @torch.no_grad()
    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """[n, d] what the answers to clips [n, N] are read from."""
        return torch.cat([self.network.embed(each) for each in _in_turn(samples)]).double().numpy()


def _in_turn(samples: NDArray[np.float32], size: int = 16) -> Iterator[Features]:
    for start in range(0, len(samples), size):
        yield features(torch.from_numpy(np.ascontiguousarray(samples[start : start + size])))


def probe_for(setup: Setup, *, renders: int = N_RENDERS) -> Probe:
    """The listener kept in the cache, or a new one: rendering and training take some minutes.

    Args:
        setup: its cache.
        renders: clips that a new one learns from; 2 GB until it has.

    Raises:
        SoundFontMissingError: FluidSynth or its soundfont is missing.
    """
    folder = probe_folder(setup.cache)
    if (folder / _FACTS).is_file():
        return load_probe(folder)
    setup.tell(f"the probe hears {renders} renders, once")
    place = folder / "renders"
    write_shards(place, seed=PROBE_SEED, start=0, clips=renders, workers=1, length_s=10.0)
    heard, facts = _renders(place)
    probe = train_probe(heard, facts, tell=setup.tell)
    save_probe(probe, folder)
    shutil.rmtree(place)
    return probe


def probe_folder(cache: Path) -> Path:
    """Where the listener of this version is kept."""
    return cache / f"probe-{_VERSION}"


_WEIGHTS, _FACTS = "probe.safetensors", "probe.json"


def save_probe(probe: Probe, folder: Path) -> None:
    """Keep a probe; its description comes last, and with it the probe is there."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(probe.network.state_dict(), str(folder / _WEIGHTS))
    known = {"choices": dict(probe.choices), "accuracy": dict(probe.accuracy)}
    part = folder / f"{_FACTS}.part"
    part.write_text(json.dumps(known), encoding="utf-8")
    part.replace(folder / _FACTS)


def load_probe(folder: Path) -> Probe:
    """Read what `save_probe` wrote."""
    known = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    choices = {name: tuple(each) for name, each in known["choices"].items()}
    network = ProbeNetwork(choices)
    network.load_state_dict(load_file(str(folder / _WEIGHTS)))
    return Probe(network=network.eval(), choices=choices, accuracy=known["accuracy"])


def _renders(folder: Path) -> tuple[Features, list[Facts]]:
    """Features, spectra in half precision, and facts of all shards of a folder."""
    parts: list[Features] = []
    facts: list[Facts] = []
    for path in sorted(folder.glob("shard_*.npy")):
        samples = np.load(path).astype(np.float32) / INT16_SCALE
        parts += [each._replace(spectra=each.spectra.half()) for each in _in_turn(samples)]
        lines = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
        for line in lines:
            known = facts_from(json.loads(line)["facts"])
            assert known is not None, "these renders are of this version"
            facts.append(known)
    spectra, pulse, chroma = (torch.cat(each) for each in zip(*parts, strict=True))
    return Features(spectra, pulse, chroma), facts


def train_probe(
    heard: Features,
    facts: Sequence[Facts],
    *,
    epochs: int = _EPOCHS,
    seed: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> Probe:
    """Teach a listener.

    Args:
        heard: features of clips; the last tenth only tells how good it is.
        facts: the truth of each.
        epochs: passes over the clips.
        seed: of weights, order and variations.
        tell: is told the loss and the accuracy now and then.
    """
    choices = {
        name: tuple(sorted({ask(each) for each in facts})) for name, ask in QUESTIONS.items()
    }
    truth = {
        name: torch.tensor([choices[name].index(ask(each)) for each in facts])
        for name, ask in QUESTIONS.items()
    }
    torch.manual_seed(seed)
    network, generator = ProbeNetwork(choices), torch.Generator().manual_seed(seed)
    n_heard = round(_HEARD_SHARE * len(facts))
    steps = epochs * math.ceil(n_heard / _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for epoch in range(epochs):
        order = torch.randperm(n_heard, generator=generator)
        for chosen in order.split(_BATCH):
            batch = varied(Features(*(each[chosen].float() for each in heard)), generator)
            logits = network(batch)
            loss = torch.stack(
                [F.cross_entropy(logits[name], truth[name][chosen]) for name in logits]
            ).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
        if (epoch + 1) % 4 == 0:
            tell(f"probe: epoch {epoch + 1} of {epochs}, loss {float(loss.detach()):.3f}")
    network.eval()
    accuracy = _accuracy(network, heard, truth, range(n_heard, len(facts)))
    return Probe(network=network, choices=choices, accuracy=accuracy)


def varied(heard: Features, generator: torch.Generator) -> Features:
    """Features as other rooms, players and codecs would make them.

    Spectra are tilted, smoothed, made noisy and begin elsewhere, and a stretch of time and one of
    pitch is missing: else the probe would learn to recognise the renderer's exact sound.
    """
    spectra = heard.spectra
    size, n_mels, n_frames = spectra.shape

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    slope = (draw(size, 1, 1) - 0.5) * torch.linspace(-1, 1, n_mels)[:, None]
    noise = torch.randn(spectra.shape, generator=generator) * (0.3 * draw(size, 1, 1))
    smooth = F.avg_pool1d(spectra.transpose(1, 2), 3, 1, 1, count_include_pad=False).transpose(1, 2)
    blur = draw(size, 1, 1) * (draw(size, 1, 1) < 0.5)
    spectra = spectra + (smooth - spectra) * blur + slope + noise
    spectra = spectra.roll(int(draw(1) * n_frames), -1)
    first_mel, first_frame = (draw(size, 1) * 0.9 * n_mels, draw(size, 1) * 0.9 * n_frames)
    mels, frames = torch.arange(n_mels), torch.arange(n_frames)
    hidden_mels = (mels >= first_mel) & (mels < first_mel + 8 * draw(size, 1))
    hidden_frames = (frames >= first_frame) & (frames < first_frame + 80 * draw(size, 1))
    spectra = spectra.masked_fill(hidden_mels[:, :, None] | hidden_frames[:, None], 0.0)
    return heard._replace(spectra=spectra)


@torch.no_grad()
def _accuracy(
    network: ProbeNetwork, heard: Features, truth: Mapping[str, Tensor], clips: range
) -> dict[str, float]:
    place = slice(clips.start, clips.stop)
    logits = network(Features(*(each[place].float() for each in heard)))
    return {
        name: float((logits[name].argmax(-1) == truth[name][place]).float().mean())
        for name in logits
    }
