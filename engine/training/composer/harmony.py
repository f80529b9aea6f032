"""A song's chart: which chord sounds from which beat to which, in what key and metre."""

from dataclasses import dataclass

from engine.training.composer.theory import SCALES, Chord, chord_scale, parse_chord


@dataclass(frozen=True, kw_only=True)
class ChordSpan:
    """A chord and the beats that it lasts."""

    start_beat: float
    length_beats: float
    chord: Chord


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Key, metre and chords of a song, bar by bar without gaps."""

    tonic_pc: int
    mode: str
    beats_per_bar: int
    bars: int
    spans: tuple[ChordSpan, ...]

    @property
    def total_beats(self) -> int:
        return self.bars * self.beats_per_bar

    def chord_at(self, beat: float) -> Chord:
        """Return the chord that sounds at a beat; past the end, the last one."""
        reached = [span for span in self.spans if span.start_beat <= beat + 1e-6]
        return reached[-1].chord if reached else self.spans[0].chord

    def next_chord(self, beat: float) -> Chord:
        """Return the chord that follows the one at a beat; at the end, the last one."""
        later = [span for span in self.spans if span.start_beat > beat + 1e-6]
        return later[0].chord if later else self.spans[-1].chord

    def spans_in_bar(self, bar: int) -> list[ChordSpan]:
        """List the chords of one bar."""
        start = bar * self.beats_per_bar
        end = start + self.beats_per_bar
        return [span for span in self.spans if start - 1e-6 <= span.start_beat < end - 1e-6]

    def scale_at(self, beat: float, scale: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Return the pitch classes that suit a beat: the mode's, or a scale's, bent to its chord.

        Args:
            beat: time in beats.
            scale: semitones above the tonic, or None for the chart's own mode.
        """
        steps = SCALES[self.mode] if scale is None else scale
        return chord_scale(steps, self.tonic_pc, self.chord_at(beat))


def write_chart(
    progression: str, *, tonic_pc: int, mode: str, beats_per_bar: int, bars: int, first_bar: int = 0
) -> Chart:
    """Lay a progression out over bars, again and again.

    Args:
        progression: a bar per word; a comma splits a bar, as in `ii7,V7 Imaj7`; `%` repeats.
        tonic_pc: pitch class of the tonic.
        mode: a name in `SCALES`.
        beats_per_bar: 3 or 4.
        bars: bars to fill.
        first_bar: bar of the progression to begin with.

    Returns:
        The chart.
    """
    words = progression.split()
    spans: list[ChordSpan] = []
    for bar in range(bars):
        position = (bar + first_bar) % len(words)
        while words[position] == "%":
            position -= 1
        numerals = words[position].split(",")
        # Three beats split in two give the first chord two of them, as dances do.
        lengths = [2, 1] if (beats_per_bar, len(numerals)) == (3, 2) else None
        start = float(bar * beats_per_bar)
        for index, numeral in enumerate(numerals):
            length = lengths[index] if lengths else beats_per_bar / len(numerals)
            chord = parse_chord(numeral, tonic_pc)
            spans.append(ChordSpan(start_beat=start, length_beats=length, chord=chord))
            start += length
    return Chart(
        tonic_pc=tonic_pc, mode=mode, beats_per_bar=beats_per_bar, bars=bars, spans=tuple(spans)
    )
