"""Do regions that are made anew fit what is around them?

    python -m engine.evaluation.inpainting --clips 16 -o fit.jsonl
    python -m engine.evaluation.inpainting --clips 16 --ways settings --kinds "2 s" -o fit.jsonl
    python -m engine.evaluation.inpainting --read fit.jsonl

Held-out clips of the composer, which nobody's training has seen, lose a region; it is written by
the model, in several ways, and filled by baselines that are joined to the clip in the same way.
Every result is a line of JSON, and a run goes on where the last one stopped. The figures and
what they mean are in docs/inpainting.md.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
import numpy as np
from torch import Tensor

from engine.audio.source import Source
from engine.decode import GenerationRequest, Mode, finish
from engine.edit import EditSettings, edit_steps, finish_edit
from engine.evaluation.clip_sets import HELD_OUT_SEED
from engine.evaluation.fit import measure_fit, median_interval
from engine.evaluation.inpainting_cases import (
    KINDS,
    Case,
    Held,
    baselines,
    held_clip,
    with_settings,
)
from engine.knobs import DEFAULT_PRESET, build_request
from engine.music import MusicModel, load

Record = dict[str, Any]

MEASURES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "edge_db": ("edge, dB", 1),
        "timbre_db": ("timbre, dB", 1),
        "level_db": ("level, dB", 1),
        "chroma": ("chroma", 2),
        "pulse": ("pulse", 2),
    }
)
"""Of `Fit`, with their headings and decimals."""
HIGHER_IS_BETTER = frozenset({"chroma", "pulse"})
RIVAL = "other clip"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the model writes a region.

    Args:
        name: in the tables.
        knobs: what differs from the preset's values, by knob name.
        preset: see `engine.knobs`.
        has_caption: True for the clip's own caption as the prompt, False for none.
        settings: what is kept inside of the region.
    """

    name: str
    knobs: Mapping[str, object] = field(default_factory=dict)
    preset: str = DEFAULT_PRESET
    has_caption: bool = True
    settings: EditSettings = field(default_factory=EditSettings)

    def request(self, model: MusicModel, held: Held) -> GenerationRequest:
        """For one clip; its seed is the clip's number."""
        prompt = held.caption if self.has_caption else ""
        length = {"duration_s": held.clip.duration_s}
        values = {"seed": held.number, "prompt": prompt, **length, **self.knobs}
        return build_request(values, preset=self.preset, family=model.family)


_PARALLEL, _HYBRID = {"mode": "parallel"}, {"mode": "hybrid"}


def _keeping(what: str, **settings: Any) -> Way:
    return Way(name=f"hybrid, keeps {what}", knobs=_HYBRID, settings=EditSettings(**settings))


MODES = (Way(name="parallel", knobs=_PARALLEL), Way(name="hybrid", knobs=_HYBRID))
WAYS: Mapping[str, tuple[Way, ...]] = MappingProxyType(
    {
        "modes": MODES,
        "settings": (
            Way(name="hybrid, no prompt", knobs=_HYBRID, has_caption=False),
            Way(name="hybrid, draft", knobs=_HYBRID, preset="draft"),
            Way(name="hybrid, best", knobs=_HYBRID, preset="best"),
            Way(name="hybrid, context 0.5 s", knobs={**_HYBRID, "context_s": 0.5}),
            Way(name="hybrid, context 2 s", knobs={**_HYBRID, "context_s": 2.0}),
        ),
        "sampling": (
            Way(name="hybrid, guidance 1", knobs={**_HYBRID, "cfg_start": 1.0, "cfg_end": 1.0}),
            Way(name="hybrid, guidance 3", knobs={**_HYBRID, "cfg_start": 3.0, "cfg_end": 1.0}),
            Way(name="hybrid, temperature 0.8", knobs={**_HYBRID, "temperature": 0.8}),
            Way(name="hybrid, temperature 0.6", knobs={**_HYBRID, "temperature": 0.6}),
        ),
        "recipes": (
            _keeping("onsets, 60 ms each", keep_onsets_s=0.06),
            _keeping("onsets, 120 ms each", keep_onsets_s=0.12),
            _keeping("beats, 120 ms each", keep_beats_s=0.12),
            _keeping("every 5th frame", keep_every=5),
            _keeping("half", strength=0.5),
        ),
    }
)
"""Sets of ways; all but the first are to be compared with plain hybrid."""


def modes_for(model: MusicModel) -> tuple[Way, ...]:
    """Those of `MODES` that a model can do, none for one that writes left to right alone."""
    return tuple(way for way in MODES if Mode(way.knobs["mode"]) in model.modes)


def run_clip(
    model: MusicModel,
    held: Held,
    other: Tensor,
    kinds: Iterable[str],
    ways: Sequence[Way],
    done: frozenset[tuple[int, str, str]],
) -> Iterator[Record]:
    """All results of one clip that are not done yet.

    Args:
        model: what writes.
        held: the clip.
        other: [K, T] tokens of another one.
        kinds: names in `KINDS`.
        ways: how the model writes.
        done: (clip, kind, who) of results that are there.
    """
    alone: Tensor | None = None
    for kind in kinds:
        case = KINDS[kind](held)
        if (held.number, kind, "silence") not in done:
            if alone is None:
                most = modes_for(model)[-1]
                alone = finish(model.generate(most.request(model, held))).codes[0].cpu()
            rng = np.random.default_rng([held.number, list(KINDS).index(kind)])
            for who, source in baselines(model, case, other, alone, rng):
                yield _record(case, kind, who, source)
        for way in ways:
            if way.settings.needs_beats and not held.beats.beats_s:
                continue
            if (held.number, kind, way.name) not in done:
                yield _written(model, with_settings(case, way.settings), kind, way)


def _written(model: MusicModel, case: Case, kind: str, way: Way) -> Record:
    started = time.perf_counter()
    codes = finish(edit_steps(model, case.plan, way.request(model, case.held))).codes[0]
    source = finish_edit(model, case.plan, codes).clip.source
    seconds = round(time.perf_counter() - started, 2)
    return _record(case, kind, way.name, source) | {"seconds": seconds}


def _record(case: Case, kind: str, who: str, source: Source) -> Record:
    fit = measure_fit(*case.heard(source), case.held.period_s)
    where = {"clip": case.held.number, "kind": kind, "who": who}
    return {**where, **asdict(fit), "level_db": fit.level_db}


def summary(records: Iterable[Record]) -> list[Record]:
    """One row for each kind and filling: medians with intervals, and how often it wins.

    `nearer` is the share of clips in which it fits better than the random place of another clip
    does, by measure; None for that one itself.
    """
    table = {(each["kind"], each["who"], each["clip"]): each for each in records}
    rows = []
    for kind, who in dict.fromkeys((kind, who) for kind, who, _ in table):
        own = {clip: each for (k, w, clip), each in table.items() if (k, w) == (kind, who)}
        row: Record = {"kind": kind, "who": who, "clips": len(own)}
        for measure in MEASURES:
            values = [each[measure] for each in own.values() if each[measure] is not None]
            row[measure] = median_interval(values) if values else None
        rivals = {clip: table[kind, RIVAL, clip] for clip in own if (kind, RIVAL, clip) in table}
        row["nearer"] = None if who == RIVAL else nearer_shares(own, rivals)
        rows.append(row)
    return rows


def nearer_shares(
    own: Mapping[int, Record], rivals: Mapping[int, Record]
) -> dict[str, float | None]:
    """By measure, how often the first fits better; draws count half, None without a pair."""
    shares: dict[str, float | None] = {}
    for measure in MEASURES:
        sign = 1 if measure in HIGHER_IS_BETTER else -1
        pairs = [(each[measure], rivals[clip][measure]) for clip, each in own.items()
                 if clip in rivals and each[measure] is not None]  # fmt: skip
        wins = [0.5 if a == b else float(sign * a > sign * b) for a, b in pairs]
        shares[measure] = float(np.mean(wins)) if wins else None
    return shares


def differences(records: Iterable[Record], base: str) -> list[Record]:
    """Each way against another on the same clips: medians of the differences, with intervals."""
    table = {(each["kind"], each["who"], each["clip"]): each for each in records}
    rows = []
    for kind, who in dict.fromkeys((kind, who) for kind, who, _ in table if who != base):
        pairs = [(each, table[kind, base, clip]) for (k, w, clip), each in table.items()
                 if (k, w) == (kind, who) and (kind, base, clip) in table]  # fmt: skip
        row: Record = {"kind": kind, "who": who, "clips": len(pairs), "nearer": None}
        for measure in MEASURES:
            gaps = [a[measure] - b[measure] for a, b in pairs if a[measure] is not None]
            row[measure] = median_interval(gaps) if gaps else None
        rows.append(row)
    return rows


_HEADING = "| | " + " | ".join(head for head, _ in MEASURES.values()) + " | nearer, % |"


def as_markdown(rows: Iterable[Record]) -> str:
    """The rows as tables, one for each kind."""
    lines = []
    for kind, group in itertools.groupby(sorted(rows, key=_place), key=lambda row: row["kind"]):
        lines += ["", f"**{kind}**", "", _HEADING, "|---" * (len(MEASURES) + 2) + "|"]
        for row in group:
            cells = [_cell(row[name], digits) for name, (_, digits) in MEASURES.items()]
            cells.append(_shares(row["nearer"]))
            lines.append(f"| {row['who']} ({row['clips']}) | " + " | ".join(cells) + " |")
    return "\n".join(lines[1:])


def _place(row: Record) -> int:
    return list(KINDS).index(row["kind"])


def _cell(found: tuple[float, float, float] | None, digits: int) -> str:
    if found is None:
        return ""
    middle, low, high = (f"{each:.{digits}f}" for each in found)
    return f"{middle} ({low} to {high})"


def _shares(nearer: Mapping[str, float | None] | None) -> str:
    if nearer is None:
        return ""
    return ", ".join("-" if each is None else f"{100 * each:.0f}" for each in nearer.values())


def held_out(model: MusicModel, first: int, count: int) -> Iterator[tuple[Held, Tensor]]:
    """Held-out clips, each with the tokens of the one before it; it needs FluidSynth."""
    # Here, not above: reading figures needs no synthesiser.
    from engine.training.composer.clips import iter_clips

    # One more in front, for the first to have another clip beside it.
    clips = itertools.islice(iter_clips(HELD_OUT_SEED, start=first), count + 1)
    opened = (held_clip(model, each.index, each.samples, each.captions[0]) for each in clips)
    for before, held in itertools.pairwise(opened):
        yield held, before.clip.codes


@click.command()
@click.option("--model", "name", default="studio-mini", show_default=True)
@click.option("--clips", "n_clips", default=16, show_default=True, type=click.IntRange(1))
@click.option("--first", default=0, show_default=True, help="Number of the first clip.")
@click.option("--kinds", multiple=True, type=click.Choice(list(KINDS)), help="[default: all]")
@click.option("--ways", default="modes", show_default=True, type=click.Choice(list(WAYS)))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Lines of JSON to add to.")
@click.option("--read", "files", multiple=True, type=click.Path(path_type=Path, exists=True),
              help="Only print the tables of these files.")  # fmt: skip
@click.option("--against", help="Print differences from this way, on the same clips.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def main(
    name: str,
    n_clips: int,
    first: int,
    kinds: Sequence[str],
    ways: str,
    output: Path | None,
    files: Sequence[Path],
    against: str | None,
    as_json: bool,
) -> None:
    """Measure, or read what was measured, and print the tables of docs/inpainting.md."""
    records = [record for path in files for record in _read(path)]
    if not files:
        records = _read(output) if output and output.exists() else []
        done = frozenset((each["clip"], each["kind"], each["who"]) for each in records)
        model = load(name, device="cpu")
        for held, other in held_out(model, first, n_clips):
            for record in run_clip(model, held, other, kinds or KINDS, WAYS[ways], done):
                records.append(record)
                if output:
                    with output.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(record) + "\n")
    rows = differences(records, against) if against else summary(records)
    click.echo(json.dumps(rows, indent=2) if as_json else as_markdown(rows))


def _read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
