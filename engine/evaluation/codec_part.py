"""How good the codec is: what a clip loses in it, what becomes of held notes, how codes are used.

Whatever the language model writes is heard through the codec, so it sounds no better than this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.codec.mini import MiniCodec
from engine.codec.protocol import Codec
from engine.errors import ToolError
from engine.evaluation import clip_sets
from engine.evaluation.clip_sets import ClipSet
from engine.evaluation.codec import (
    BANDS,
    COARSE,
    ClipMeasures,
    count_codes,
    even_use,
    in_band,
    interval,
    inversion_alone,
    measure_clip,
    mel_centres_hz,
    perplexity,
    round_trip,
)
from engine.evaluation.codec_words import DB_PER_LOG, describe
from engine.evaluation.notes import HeldNote, compare_notes, played_notes, pure_tones
from engine.evaluation.part import Part, Result, Setup
from engine.training.composer.render import SoundFontPlayer

NO_OTHER_SOUNDFONT = (
    "The same songs by another soundfont: none was found. Debian's "
    "`timgm6mb-soundfont` installs one that is looked for; or give a file."
)


def measure(setup: Setup) -> Result:
    """Send clips and notes through the model's codec, one after the other.

    Raises:
        AudioError: the folder of the setup has no clip that is long enough.
    """
    codec = setup.model.parts.codec
    missing: list[str] = []
    measured = [_through(codec, each, setup.tell) for each in _sets(setup, missing)]
    notes = _notes(codec, setup.tell, missing)
    floors = [Heard.floor(each) for each in measured if each.inverted]
    return {
        "codec": _facts(codec),
        "sets": [_summary(each) for each in (*measured, *floors)],
        "other_ratio": _ratio(measured),
        "codebooks": [_codebooks(each, codec.codebook_size) for each in measured[:1]],
        "hz": [round(float(each), 1) for each in mel_centres_hz(COARSE[2])],
        "notes": notes,
        "notes_size": _sizes([note for note in notes if not note["control"]]),
        "missing": missing,
    }


def _facts(codec: Codec) -> dict[str, Any]:
    is_mini = isinstance(codec, MiniCodec)
    return {
        "kind": type(codec).__name__,
        "codes_phase": not is_mini,
        "rounds": codec.config.inversion_rounds if isinstance(codec, MiniCodec) else None,
        "sample_rate_hz": codec.sample_rate_hz,
        "n_levels": codec.n_levels,
        "codebook_size": codec.codebook_size,
    }


def _sets(setup: Setup, missing: list[str]) -> Iterator[tuple[str, ClipSet]]:
    """The sets with what each is for, one in memory at a time; what is not there is told."""
    # Opened first, though told of last: a wrong folder is better refused now than in an hour.
    own = None if setup.folder is None else clip_sets.from_folder(setup.folder, setup.clips)
    try:
        yield "held-out", clip_sets.held_out(setup.clips)
        other = clip_sets.find_other_soundfont(setup.soundfont)
        if other is None:
            missing.append(NO_OTHER_SOUNDFONT)
        else:
            yield "other", clip_sets.composed(
                f"the same songs by {other.stem}",
                clip_sets.HELD_OUT_SEED, setup.clips, soundfont=other,
            )  # fmt: skip
    except ToolError as error:
        missing.append(f"Renders: {error}")
    if own is not None:
        yield "folder", own


@dataclass(kw_only=True, eq=False)
class Heard:
    """What is kept of the clips of a set: figures alone.

    Args:
        role: "held-out", "other", "folder" or "floor".
        name: for tables.
        clips: through the codec.
        inverted: by `inversion_alone`; empty where the codec has no such step.
        counts: [K, V] of codes.
    """

    role: str
    name: str
    clips: list[ClipMeasures] = field(default_factory=list)
    inverted: list[ClipMeasures] = field(default_factory=list)
    counts: Tensor | None = None

    @classmethod
    def floor(cls, coded: Heard) -> Heard:
        """The same clips without codes."""
        return cls(role="floor", name=f"{coded.name}, no codes", clips=coded.inverted)


def _through(codec: Codec, given: tuple[str, ClipSet], tell: Callable[[str], None]) -> Heard:
    role, clip_set = given
    heard = Heard(role=role, name=clip_set.name)
    for number, samples in enumerate(clip_set.samples, 1):
        codes, decoded = round_trip(codec, samples)
        heard.clips.append(measure_clip(samples, decoded))
        counts = count_codes(codes[None], codec.codebook_size)
        heard.counts = counts if heard.counts is None else heard.counts + counts
        # One floor is enough: it is a property of the way back, hardly of the soundfont.
        if isinstance(codec, MiniCodec) and role != "other":
            heard.inverted.append(measure_clip(samples, inversion_alone(codec, samples)))
        if number % 8 == 0:
            tell(f"codec: {number} of {len(clip_set)} clips of {clip_set.name}")
    return heard


def _summary(heard: Heard) -> dict[str, Any]:
    """A set in figures: each with its 95 % interval over clips, [value, low, high]."""
    clips = heard.clips
    errors, offsets = (
        np.stack([getattr(clip, name) for clip in clips]) for name in ("errors", "offsets")
    )
    return {
        "role": heard.role,
        "name": heard.name,
        "clips": len(clips),
        "coarse": _mean([clip.coarse for clip in clips]),
        "fine": _mean([clip.fine for clip in clips]),
        "si_sdr_db": _median([clip.si_sdr_db for clip in clips], 1),
        "louder_db": _median([clip.louder_db for clip in clips], 2),
        "errors": {band: _mean(errors[:, in_band(band)].mean(1)) for band in BANDS},
        "offsets_db": {
            band: _mean(DB_PER_LOG * offsets[:, in_band(band)].mean(1), 2) for band in BANDS
        },
        "profile": [round(float(each), 4) for each in errors.mean(0)],
        "onsets": _onsets(clips),
        "each_coarse": [round(clip.coarse, 4) for clip in clips],
    }


def _mean(values: Sequence[float] | NDArray[np.float64], digits: int = 4) -> list[float | None]:
    return _rounded(interval(np.asarray(values, np.float64), np.mean), digits)


def _median(values: Sequence[float], digits: int) -> list[float | None]:
    return _rounded(interval(np.asarray(values, np.float64), np.median), digits)


def _rounded(values: Sequence[float], digits: int) -> list[float | None]:
    """For JSON, which has no word for a number that does not exist."""
    return [round(value, digits) if np.isfinite(value) else None for value in values]


def _onsets(clips: list[ClipMeasures]) -> dict[str, Any]:
    """All onsets of a set together; None where there is none."""
    found = sum(clip.onsets.found for clip in clips)
    result: dict[str, Any] = {"found": found, "kept": None, "added": None, "steepness": None}
    if found:
        rows = np.array([[each.onsets.kept, each.onsets.added, each.onsets.found]
                         for each in clips], np.float64)  # fmt: skip
        for column, name in enumerate(("kept", "added")):
            result[name] = _rounded(interval(rows[:, [column, 2]], _share), 4)
    if any(clip.onsets.steepness for clip in clips):
        ratios = [np.array(clip.onsets.steepness) for clip in clips]

        def middle(chosen: NDArray[Any]) -> float:
            drawn = np.concatenate([ratios[int(at)] for at in chosen])
            return float(np.median(drawn)) if len(drawn) else float("nan")

        result["steepness"] = _rounded(interval(np.arange(len(ratios)), middle), 3)
    return result


def _share(rows: NDArray[Any]) -> float:
    """The sum of the first column over that of the second."""
    part, whole = rows.sum(0)
    return float(part / whole) if whole else float("nan")


def _ratio(measured: list[Heard]) -> list[float | None] | None:
    """Coarse distance by another soundfont over that by the training's, the same songs."""
    by_role = {each.role: [clip.coarse for clip in each.clips] for each in measured}
    if not {"held-out", "other"} <= set(by_role):
        return None
    pairs = np.array([by_role["other"], by_role["held-out"]]).T
    return _rounded(interval(pairs, _share), 3)


def _codebooks(heard: Heard, codebook_size: int) -> dict[str, Any]:
    assert heard.counts is not None, "a set has clips"
    n_codes = int(heard.counts[0].sum())
    best, best_dead = even_use(n_codes, codebook_size)
    return {
        "name": heard.name,
        "codes": n_codes,
        "even": {"perplexity": round(best, 1), "dead": best_dead},
        "levels": [
            {"perplexity": round(perplexity(level), 1), "dead": int((level == 0).sum())}
            for level in heard.counts
        ],
    }


def _notes(
    codec: Codec, tell: Callable[[str], None], missing: list[str]
) -> list[dict[str, Any]]:  # fmt: skip
    """Every held note, those of the control marked; without FluidSynth the control alone."""
    found = [{"control": True, **_note(codec, note)} for note in pure_tones()]
    try:
        for note in played_notes(SoundFontPlayer()):
            found.append({"control": False, **_note(codec, note)})
        tell(f"codec: {len(found)} held notes")
    except ToolError as error:
        missing.append(f"Held notes of instruments: {error}")
    return found


def _sizes(notes: list[dict[str, Any]]) -> dict[str, list[float | None]] | None:
    """Medians over notes, signs left out: one that wavers more does not make up for one less."""
    if not notes:
        return None
    names = ("added_cents", "apart_cents", "shift_cents", "added_db", "louder_db")
    return {name: _median([abs(note[name]) for note in notes], 2) for name in names}


def _note(codec: Codec, note: HeldNote) -> dict[str, Any]:
    decoded = round_trip(codec, note.samples)[1]
    coded = compare_notes(note.samples, decoded, note.note_hz)
    result = {"instrument": note.instrument, "pitch": note.pitch, **_plain(asdict(coded))}
    result |= _plain({"added_cents": coded.added_cents, "added_db": coded.added_db})
    if isinstance(codec, MiniCodec):
        back = inversion_alone(codec, note.samples)
        floor = compare_notes(note.samples, back, note.note_hz)
        result |= _plain({"floor_cents": floor.added_cents, "floor_db": floor.added_db})
    return result


def _plain(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in figures.items()}


PART = Part(
    name="codec",
    about="what sound loses in the codec: spectra, onsets, held notes, use of the codes",
    measure=measure,
    describe=describe,
)
