"""The codec's figures in words, tables and pictures."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.codec import BANDS
from engine.evaluation.part import Plot, Result, Section, markdown_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DB_PER_LOG = 20 / math.log(10)
COARSE_TARGET, FINE_TARGET, RATIO_TARGET = 0.33, 0.24, 1.3
CENTS_TARGET, MODULATION_TARGET_DB, SI_SDR_TARGET_DB = 10.0, 1.0, 4.0
PERPLEXITY_TARGET = 0.40
"""Of the codes of a level."""
LOST_DB = -15.0
"""A partial that is weaker by this is counted as lost: what is tracked may be its surroundings."""
_NONE = "–"

_Row = tuple[str, str, str, bool]
Figure = Sequence[float | None] | None
"""[value, low, high] with a 95 % interval over clips."""


def describe(result: Result) -> Section:
    """The chapter on the codec."""
    paragraphs = [
        _intro(result),
        _targets(result),
        *_set_tables(result),
        *(_codebook_table(each, result["codec"]) for each in result["codebooks"]),
        _notes_table(result),
        _LIMITS,
    ]
    plots = [_profile_plot(result), _notes_plot(result)]
    plots += [_codebook_plot(each, result["codec"]) for each in result["codebooks"]]
    return Section(title="Codec", body="\n\n".join(paragraphs), plots=tuple(plots))


def _intro(result: Result) -> str:
    codec = result["codec"]
    lines = [
        f"The codec ({codec['kind']}, {codec['sample_rate_hz']:,} Hz, {codec['n_levels']} levels "
        f"of {codec['codebook_size']:,} codes) alone, without the language model: clips of 10 s "
        "are coded, decoded and compared with their source. What the model writes can sound no "
        "better than this. Distances are the mean difference of log-mel spectra at equal loudness "
        "(0 is perfect, 0.1 is 0.9 dB); brackets hold 95 % intervals over clips.",
        *(f"Not measured: {line}" for line in result["missing"]),
    ]
    if codec["sample_rate_hz"] < 32_000:
        lines.append("Clips were resampled to the codec's rate and back; what is above half of "
                     "it is lost, and counts.")  # fmt: skip
    return "\n\n".join(lines)


def _targets(result: Result) -> str:
    """What is met; the rest of the chapter says why not."""
    rows = [*_set_targets(result), *_code_targets(result), *_note_targets(result)]
    return "### Against the targets\n\n" + markdown_table(
        ("measure", "found", "target", ""),
        [(*row[:3], "met" if row[3] else "**not met**") for row in rows],
    )


def _set_targets(result: Result) -> list[_Row]:
    rows: list[_Row] = []
    for each in (some for some in result["sets"] if some["role"] == "held-out"):
        for name, target in (("coarse", COARSE_TARGET), ("fine", FINE_TARGET)):
            about, met = f"{name} distance, {each['name']}", each[name][0] <= target
            rows.append((about, _figure(each[name], 3), f"at most {target}", met))
        if result["codec"]["codes_phase"]:
            ratio = each["si_sdr_db"]
            rows.append(("median SI-SDR, dB", _figure(ratio, 1), f"above {SI_SDR_TARGET_DB:g}",
                         ratio[0] > SI_SDR_TARGET_DB))  # fmt: skip
    ratio = result["other_ratio"]
    if ratio is not None:
        rows.append(("coarse distance by another soundfont / held-out", _figure(ratio, 2),
                     f"at most {RATIO_TARGET}", ratio[0] <= RATIO_TARGET))  # fmt: skip
    return rows


def _code_targets(result: Result) -> list[_Row]:
    rows: list[_Row] = []
    for books in result["codebooks"]:
        shares = [level["perplexity"] / result["codec"]["codebook_size"]
                  for level in books["levels"]]  # fmt: skip
        rows.append((f"perplexity of the least used level, {books['name']}",
                     f"{min(shares):.1%}", f"at least {PERPLEXITY_TARGET:.0%} of the codes",
                     min(shares) >= PERPLEXITY_TARGET))  # fmt: skip
    return rows


def _note_targets(result: Result) -> list[_Row]:
    sizes = result["notes_size"]
    if sizes is None:
        return []
    cents, db = sizes["added_cents"], sizes["added_db"]
    return [
        ("median change of a held note's deviation of pitch, cents", _figure(cents, 1),
         f"at most {CENTS_TARGET:g}", cents[0] <= CENTS_TARGET),
        ("median change of a held note's modulation of 4 to 40 Hz, dB", _figure(db, 2),
         f"at most {MODULATION_TARGET_DB:g}", db[0] <= MODULATION_TARGET_DB),
    ]  # fmt: skip


def _set_tables(result: Result) -> list[str]:
    sets = result["sets"]
    losses = markdown_table(
        ("clips", "n", "coarse", "fine", "level", "SI-SDR, median", "onsets",
         "kept within 20 ms", "added", "steepness"),
        [(each["name"], each["clips"], _figure(each["coarse"], 3), _figure(each["fine"], 3),
          _signed(each["louder_db"], "dB"), _signed(each["si_sdr_db"], "dB"),
          each["onsets"]["found"], _percent(each["onsets"]["kept"]),
          _percent(each["onsets"]["added"]), _figure(each["onsets"]["steepness"], 2))
         for each in sets],
    )  # fmt: skip
    bands = markdown_table(
        ("clips", *(f"{name}, {low:g} to {high:g} Hz" for name, (low, high) in BANDS.items())),
        [(each["name"], *(f"{_figure(each['errors'][band], 3)}; "
                          f"{_signed(each['offsets_db'][band], 'dB')}" for band in BANDS))
         for each in sets],
    )  # fmt: skip
    return [
        "### What clips lose",
        losses,
        _readings(result),
        "The coarse distance by frequency, and how much louder (+) or quieter a band is on "
        "average after equal loudness of the whole:",
        bands,
    ]


def _readings(result: Result) -> str:
    lines = [
        "*Level*: how much louder the decoded clip is. *Kept*: onsets of the source that have one "
        "within 20 ms in the decoded clip; *added*: those that the source has not, as a share of "
        "the source's. *Steepness*: how suddenly kept onsets rise within 8 ms, decoded over "
        "source; 1 is as sharp."
    ]
    codec = result["codec"]
    if not codec["codes_phase"]:
        lines.append(
            "This codec's tokens carry no phase, so SI-SDR says nothing about how it sounds and "
            "is given for completeness alone. *No codes*: the same clips made again from their "
            f"exact spectra ({codec['rounds']} rounds to find phases). What is lost there is the "
            "fault of the way back to samples; the rest is the codes'."
        )
    if any("MuseScore_General" in each["name"] for each in result["sets"]):
        lines.append("MuseScore General descends from FluidR3, by which the training was played, "
                     "and shares samples with it: another family of soundfonts is a harder "
                     "test.")  # fmt: skip
    return "\n\n".join(lines)


def _codebook_table(books: Result, codec: Result) -> str:
    size, even = codec["codebook_size"], books["even"]
    rows = [
        (str(number), f"{level['perplexity']:,.0f}", f"{level['perplexity'] / size:.0%}",
         f"{level['dead']:,} ({level['dead'] / size:.1%})")
        for number, level in enumerate(books["levels"], 1)
    ]  # fmt: skip
    rows.append(("evenly used", f"{even['perplexity']:,.0f}", f"{even['perplexity'] / size:.0%}",
                 f"{even['dead']:,} ({even['dead'] / size:.1%})"))  # fmt: skip
    return (
        f"### Use of the codes\n\nOver {books['codes']:,} codes of each level, {books['name']}. "
        "Perplexity is how many codes, used evenly, would tell as much; an unused code does not "
        "occur. So few codes read too low: the last row is what codes drawn evenly would "
        "show.\n\n" + markdown_table(("level", "perplexity", "of all codes", "unused"), rows)
    )


def _notes_table(result: Result) -> str:
    groups = _by_instrument(result["notes"])
    if not groups:
        return ""
    rows = []
    for name, notes in groups.items():
        cells = [_spread(notes, key, digits) for key, digits in (
            ("source_cents", 1), ("added_cents", 1), ("apart_cents", 1), ("shift_cents", 1),
            ("source_db", 2), ("added_db", 2), ("louder_db", 1))]  # fmt: skip
        rows.append((name, len(notes), *cells))
    return (
        "### Held notes\n\nNotes held for 4 s, without reverberation, by the training's "
        "soundfont; the last rows are computed tones, a control. Followed is the strongest "
        "partial of the source. Each cell: the median, then the least and the most.\n\n"
        + markdown_table(
            ("instrument", "notes", "deviation of the source, cents", "added, cents",
             "apart, cents", "shift, cents", "modulation of the source, dB", "added, dB",
             "partial louder, dB"), rows)
        + "\n\n" + _notes_reading(result)
    )  # fmt: skip


def _notes_reading(result: Result) -> str:
    notes = [note for note in result["notes"] if not note["control"]]
    lines = [
        "*Added* deviation is the decoded note's less the source's: below 0, a vibrato or beating "
        "has been flattened. *Apart* is how far the two courses of pitch differ, which shows that "
        "as well. *Modulation* is the lift of the level by fluctuations of 4 to 40 Hz (1 dB: "
        "amplitude 12 % up and down)."
    ]
    if notes:
        within = sum(
            abs(note["added_cents"]) <= CENTS_TARGET
            and abs(note["added_db"]) <= MODULATION_TARGET_DB
            for note in notes
        )
        lost = sum(note["louder_db"] < LOST_DB for note in notes)
        lines.append(
            "The targets are held against the median size of a change, signs left out, over the "
            f"{len(notes)} notes of instruments; {within} of them are within "
            f"{CENTS_TARGET:g} cents and {MODULATION_TARGET_DB:g} dB at once. The courses of pitch "
            f"are {_figure(result['notes_size']['apart_cents'], 1)} cents apart in the median. In "
            f"{lost} notes the partial is weaker by {-LOST_DB:g} dB or more: what is followed "
            "there may be the noise around it."
        )
    floors = [(note["floor_cents"], note["floor_db"]) for note in notes if "floor_cents" in note]
    if floors:
        cents, db = np.median(floors, axis=0)
        lines.append(f"Without codes, from exact magnitudes, the medians are {cents:+.1f} cents "
                     f"and {db:+.2f} dB.")  # fmt: skip
    return " ".join(lines)


_LIMITS = (
    "These measures compare spectra, onsets and single partials; none of them is a listening "
    "test. Quiet bands are bounded by a floor, so the treble reads lower than it sounds. The "
    "renders are by the composer that studio-mini's codec learned from: how well it does what "
    "it was made for; recordings lie further off. Held notes are dry and alone, which is rarer "
    "in its training than notes in a mix."
)


def _by_instrument(notes: list[Result]) -> dict[str, list[Result]]:
    """In the order of the test, the control last."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: bool(note["control"])):
        groups[note["instrument"]].append(note)
    return dict(groups)


def _spread(notes: list[Result], key: str, digits: int) -> str:
    values = [note[key] for note in notes]
    low, high = min(values), max(values)
    return f"{np.median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _figure(found: Figure, digits: int) -> str:
    if found is None or found[0] is None:
        return _NONE
    value, low, high = (_NONE if each is None else f"{each:.{digits}f}" for each in found)
    return f"{value} [{low}, {high}]"


def _signed(found: Figure, unit: str) -> str:
    return _NONE if found is None or found[0] is None else f"{found[0]:+.1f} {unit}"


def _percent(found: Figure) -> str:
    return _NONE if found is None or found[0] is None else f"{found[0]:.0%}"


def _profile_plot(result: Result) -> Plot:
    def draw(ax: Axes) -> None:
        for each in result["sets"]:
            style = "--" if each["role"] == "floor" else "-"
            ax.plot(result["hz"], each["profile"], style, label=each["name"])
        ax.set_xscale("log")
        for _, high in list(BANDS.values())[:-1]:
            ax.axvline(high, color="0.8", linewidth=1, zorder=0)
        ax.set(xlabel="frequency, Hz", ylabel="log-mel distance", ylim=(0, None))
        ax.legend(fontsize=8)

    caption = "Error by frequency: mean difference of each mel band; lines part bass, mid, treble."
    return Plot(name="codec-bands", caption=caption, draw=draw)


def _codebook_plot(books: Result, codec: Result) -> Plot:
    size = codec["codebook_size"]
    shares = [100 * level["perplexity"] / size for level in books["levels"]]

    def draw(ax: Axes) -> None:
        ax.bar([str(number) for number in range(1, len(shares) + 1)], shares, width=0.6)
        even = 100 * books["even"]["perplexity"] / size
        ax.axhline(100 * PERPLEXITY_TARGET, color="tab:green", linestyle="--", label="target")
        ax.axhline(even, color="0.5", linestyle=":", label="drawn evenly")
        ax.set(xlabel="level", ylabel="perplexity, % of the codes", ylim=(0, 105))
        ax.legend(fontsize=8)

    caption = f"How much of each codebook is used, over {books['codes']:,} codes a level."
    return Plot(name="codec-codebooks", caption=caption, draw=draw)


def _notes_plot(result: Result) -> Plot:
    groups = _by_instrument(result["notes"])

    def draw(ax: Axes) -> None:
        for place, notes in enumerate(groups.values()):
            values = [note["added_cents"] for note in notes]
            lost = [note["louder_db"] < LOST_DB for note in notes]
            faces = ["none" if each else "tab:blue" for each in lost]
            ax.scatter([place] * len(values), values, facecolors=faces, edgecolors="tab:blue")
        ax.axhspan(-CENTS_TARGET, CENTS_TARGET, color="tab:green", alpha=0.15, linewidth=0)
        ax.set_yscale("symlog", linthresh=CENTS_TARGET)
        ticks = (-100, -30, -10, 0, 10, 30, 100, 300)
        ax.set_yticks(ticks, [f"{tick}" for tick in ticks])
        ax.set_xticks(range(len(groups)), list(groups), rotation=45, ha="right")
        ax.set_ylabel("added deviation, cents")

    caption = ("Deviation of pitch that the codec adds to held notes, one dot each; green is the "
               f"target, hollow dots lost {-LOST_DB:g} dB or more of their partial.")  # fmt: skip
    return Plot(name="codec-notes", caption=caption, draw=draw, size=(6.4, 4.2))
