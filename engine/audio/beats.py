"""Tempo, beats, bars and onsets, each with how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.audio.bars import harmony_changes, strongest_phase
from engine.audio.downmix import downmix
from engine.audio.resample import resample
from engine.audio.waveform import Waveform
from engine.errors import AudioError, RequestError

MAX_ANALYSIS_S = 600.0
"""Ten minutes take about 1.5 GB and, on two cores, some 10 seconds."""

_MIN_ANALYSIS_S = 1.0
_MIN_BEATS = 4

_RATE_HZ = 22_050
"""What librosa's defaults are tuned for."""

_HOP_SAMPLES = 256
"""12 ms, half of librosa's default: with 23 ms a beat is further off than one codec frame."""

_N_FFT = 2_048
_N_MELS = 128

_LOW_HZ = 150
"""Bass drums and bass notes, which often start a bar."""

_LATE_S = 0.023
"""By which strength peaks after the attack. Measured: 13 ms for clicks, 33 ms (the median) in 27
clips of sampled instruments; in the middle both are less than a codec frame off."""

_WORST_SPREAD = 0.25
"""Intervals that scatter by a quarter of a beat have no regularity left."""


@dataclass(frozen=True, kw_only=True)
class Beats:
    """What was found in a clip. The confidences are measures, not probabilities.

    Args:
        tempo_bpm: beats per minute, one for the whole clip; None if no beats were found. Twice
            or half of what a listener would tap is the usual error.
        beats_s: in order; some 10 ms early for clicks, as much late for slower attacks.
        confidence: in [0, 1]. Pulse times regularity: how well the onsets repeat after one beat
            (the autocorrelation of their strength there, 0 for noise), times 1 minus the spread of
            the intervals between beats over a quarter of a beat. Of 120 clips of our composer the
            tempo was right in 73 % of the 100 above 0.3 (98 % with simple factors let pass), and
            in none of the 11 below 0.1.
        downbeats_s: those of the beats that seem to start a bar.
        downbeat_confidence: in [0, 1]. The share of the differences between beats' strengths that
            the place in the bar explains, times how clearly the strongest place leads, times
            `confidence`. 0 where all beats are alike: the downbeats are a guess then.
        onsets_s: starts of notes and hits, in order, on the beat or not.
        beats_per_bar: as it was assumed.
        duration_s: of the clip.
    """

    tempo_bpm: float | None
    beats_s: tuple[float, ...]
    confidence: float
    downbeats_s: tuple[float, ...]
    downbeat_confidence: float
    onsets_s: tuple[float, ...]
    beats_per_bar: int
    duration_s: float


def find_beats(
    waveform: Waveform, *, beats_per_bar: int = 4, max_duration_s: float = MAX_ANALYSIS_S
) -> Beats:
    """Find the pulse of a clip, by librosa.

    Downbeats, which librosa does not find: of the first `beats_per_bar` beats the one is taken
    from which on the notes change and the bass (below 150 Hz) starts the most, both counted alike.
    In 75 clips of our composer whose tempo was found (chance: 26 %) this was right in 73 %, and in
    24 of the 26 in which the place alone had a confidence above 0.2.

    Args:
        waveform: any rate; several channels are mixed to one. Of less than a second nothing is
            told.
        beats_per_bar: 1 to 12; all bars are taken to have as many.
        max_duration_s: a longer clip is refused.

    Returns:
        No beats and a confidence of 0 for silence and for clips with fewer than four; for noise
        some beats with a confidence near 0.

    Raises:
        AudioError: too long.
        RequestError: impossible bars.
    """
    _check(waveform, beats_per_bar, max_duration_s)
    if waveform.duration_s < _MIN_ANALYSIS_S:
        return _nothing(waveform, (), beats_per_bar)
    samples = resample(downmix(waveform), _RATE_HZ).samples[0]
    strength = _strength(samples)
    onsets_s = tuple(_times_s(_onset_frames(strength.full)).tolist())
    frames = _beat_frames(strength.full)
    if len(frames) < _MIN_BEATS:
        return _nothing(waveform, onsets_s, beats_per_bar)
    times_s = _times_s(frames)
    interval_s = _interval(times_s)
    confidence = _pulse(strength.full, interval_s) * _regularity(times_s)
    changes = harmony_changes(samples, times_s.tolist(), _RATE_HZ)
    accents = _relative(_at_frames(strength.low, frames)) + _relative(changes)
    bar = strongest_phase(accents, beats_per_bar)
    return Beats(
        tempo_bpm=60 / interval_s,
        beats_s=tuple(times_s.tolist()),
        confidence=confidence,
        downbeats_s=tuple(times_s[bar.phase :: beats_per_bar].tolist()),
        downbeat_confidence=bar.confidence * confidence,
        onsets_s=onsets_s,
        beats_per_bar=beats_per_bar,
        duration_s=waveform.duration_s,
    )


class _Strength(NamedTuple):
    """How strongly something starts in each frame, [n_frames]."""

    full: NDArray[np.floating]
    """The mean over frequencies. Not the median, which librosa's tracker takes if left alone: it
    is 0 where few frequencies start anew, as in piano music."""
    low: NDArray[np.floating]


def _strength(samples: NDArray[np.float32]) -> _Strength:
    # librosa takes a second to import, and its tracker some more to compile when first used.
    import librosa

    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=_RATE_HZ,
        n_fft=_N_FFT,
        hop_length=_HOP_SAMPLES,
        n_mels=_N_MELS,
        fmax=_RATE_HZ / 2,
    )
    mel_db = librosa.power_to_db(mel)
    is_low = librosa.mel_frequencies(n_mels=_N_MELS, fmax=_RATE_HZ / 2) < _LOW_HZ
    full, low = (
        librosa.onset.onset_strength(S=each, sr=_RATE_HZ, n_fft=_N_FFT, hop_length=_HOP_SAMPLES)
        for each in (mel_db, mel_db[is_low])
    )
    return _Strength(full, low)


def _onset_frames(strength: NDArray[np.floating]) -> NDArray[np.intp]:
    import librosa

    return np.asarray(
        librosa.onset.onset_detect(onset_envelope=strength, sr=_RATE_HZ, hop_length=_HOP_SAMPLES)
    )


def _times_s(frames: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.maximum(0.0, frames * (_HOP_SAMPLES / _RATE_HZ) - _LATE_S)


def _beat_frames(strength: NDArray[np.floating]) -> NDArray[np.intp]:
    import librosa

    if not strength.any():
        return np.zeros(0, np.intp)
    # On every second frame: a tempogram of all would take four times the memory, and the tracker
    # needs no finer tempo.
    pairs = np.maximum(strength[0 : len(strength) // 2 * 2 : 2], strength[1::2])
    tempo = librosa.feature.tempo(onset_envelope=pairs, sr=_RATE_HZ, hop_length=2 * _HOP_SAMPLES)
    _, frames = librosa.beat.beat_track(
        onset_envelope=strength, sr=_RATE_HZ, hop_length=_HOP_SAMPLES, bpm=float(tempo[0])
    )
    return np.asarray(frames)


def _interval(times_s: NDArray[np.float64]) -> float:
    """Seconds per beat: the median slope through all pairs, which a few stray beats cannot move.

    Much finer than librosa's own tempo, whose steps are of whole frames.
    """
    from scipy.stats import theilslopes

    return float(theilslopes(times_s)[0])


def _pulse(strength: NDArray[np.floating], interval_s: float) -> float:
    """The autocorrelation of onset strength at one beat, in [0, 1]."""
    import librosa

    lag = round(interval_s * _RATE_HZ / _HOP_SAMPLES)
    products = librosa.autocorrelate(strength - strength.mean(), max_size=lag + 2)
    lags = np.arange(max(1, lag - 1), min(lag + 2, len(products)))
    n_frames = len(strength)
    repeats = products[lags] / products[0] * n_frames / (n_frames - lags)
    return float(np.clip(repeats.max(), 0, 1))


def _regularity(times_s: NDArray[np.float64]) -> float:
    intervals = np.diff(times_s)
    middle = np.median(intervals)
    # 1.48: what makes it the standard deviation where deviations are normal.
    spread = 1.48 * np.median(np.abs(intervals - middle)) / middle
    return float(max(0.0, 1 - spread / _WORST_SPREAD))


def _at_frames(strength: NDArray[np.floating], frames: NDArray[np.intp]) -> NDArray[np.float64]:
    """The strength at beats, each the largest of the frames around it."""
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(strength) - 1)
    return strength[near].max(axis=1).astype(np.float64)


def _relative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / values.mean() if values.any() else values


def _nothing(waveform: Waveform, onsets_s: tuple[float, ...], beats_per_bar: int) -> Beats:
    return Beats(
        tempo_bpm=None,
        beats_s=(),
        confidence=0.0,
        downbeats_s=(),
        downbeat_confidence=0.0,
        onsets_s=onsets_s,
        beats_per_bar=beats_per_bar,
        duration_s=waveform.duration_s,
    )


def _check(waveform: Waveform, beats_per_bar: int, max_duration_s: float) -> None:
    if waveform.duration_s > max_duration_s:
        raise AudioError(
            f"the clip is {waveform.duration_s:,.0f} s long",
            expected=f"at most {max_duration_s:,.0f} s to find beats in",
            advice="Cut out the part that you need, or go without snapping to beats",
        )
    if not 1 <= beats_per_bar <= 12:
        raise RequestError(
            f"the bar has {beats_per_bar} beats", expected="1 to 12", advice="Use 3 or 4"
        )
