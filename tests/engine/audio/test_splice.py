"""Splicing: not one bit changes outside, and what is inside fits."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import Waveform, resample
from engine.audio.looping import loop_jump
from engine.audio.patches import Patch, fit_patch
from engine.audio.proof import null_test, null_test_files
from engine.audio.regions import Region
from engine.audio.source import Depth, Source, quantised, read_source, write_source
from engine.audio.splice import Match, crossfaded, splice
from engine.errors import AudioError, RequestError
from tests.engine.audio.raw_files import KINDS, read_raw, write_raw

_MODEL_HZ = 32_000


def _region(start: int, stop: int) -> Region:
    return Region(start_sample=start, stop_sample=stop)


def _noise(n_samples: int, seed: int = 1, amplitude: float = 0.1) -> np.ndarray:
    return amplitude * np.random.default_rng(seed).standard_normal(n_samples)


def _source(*channels: np.ndarray, rate_hz: int = 44_100, depth: Depth = Depth.INT_16) -> Source:
    samples, _ = quantised(np.stack(channels), depth)
    return Source(samples=samples, sample_rate_hz=rate_hz, depth=depth)


def _patch(
    region: Region, samples: np.ndarray, start_s: float = 0.0, *, rate_hz: int = _MODEL_HZ
) -> Patch:
    waveform = Waveform(samples=samples.astype(np.float32)[None], sample_rate_hz=rate_hz)
    return Patch(region=region, waveform=waveform, start_s=start_s)


def _loud_patches(source: Source, regions: list[Region]) -> list[Patch]:
    """Patches over the whole clip, louder than full scale here and there."""
    n_samples = math.ceil(source.n_samples / source.sample_rate_hz * _MODEL_HZ)
    return [_patch(each, _noise(n_samples, i, 0.5)) for i, each in enumerate(regions)]


@pytest.mark.parametrize(("suffix", "subtype"), KINDS)
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_every_sample_outside_is_the_sources_bit_for_bit(
    tmp_path: Path, suffix: str, subtype: str, channels: int, rate_hz: int
) -> None:
    before, after = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_raw(before, subtype, channels=channels, rate_hz=rate_hz, n_samples=3_001)
    source, regions = read_source(before), [_region(700, 1_401), _region(1_402, 2_000)]
    done = splice(source, _loud_patches(source, regions))
    write_source(after, done.result, provenance=asdict(done.placements[0]))
    assert soundfile.info(after).subtype == subtype
    assert soundfile.info(after).samplerate == rate_hz
    first, second = read_raw(before), read_raw(after)
    kept = np.r_[:700, 1_401:1_402, 2_000:3_001]
    assert first[kept].tobytes() == second[kept].tobytes()
    assert np.mean(first[700:1_401] != second[700:1_401]) > 0.9
    proof = null_test_files(before, after, regions)
    assert proof.passed and proof.compared_samples == len(kept) * channels


@pytest.mark.parametrize("rate_hz", [11_025, 16_000, 22_050, 32_000, 48_000, 192_000])
def test_every_usual_rate_can_be_spliced(rate_hz: int) -> None:
    source = _source(_noise(2_000), rate_hz=rate_hz)
    done = splice(source, _loud_patches(source, [_region(500, 1_500)]))
    assert null_test(source, done.result, [_region(500, 1_500)]).passed
    assert (done.result.depth, done.result.sample_rate_hz) == (Depth.INT_16, rate_hz)


def test_the_source_itself_is_not_changed() -> None:
    source = _source(_noise(2_000))
    before = source.samples.tobytes()
    splice(source, _loud_patches(source, [_region(0, 2_000)]))
    assert source.samples.tobytes() == before


def test_fades_keep_the_energy_of_sounds_that_are_not_related() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.standard_normal((2, 4_000, 300))
    energy = np.mean(np.square(crossfaded(old, new, 100, 150)), axis=0)
    np.testing.assert_allclose(energy, 1.0, atol=0.15)
    assert np.mean(energy[:100]) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("fade_in", "fade_out"), [(0, 0), (3, 4), (5, 5), (10, 0)])
def test_fades_are_those_of_a_naive_twin(fade_in: int, fade_out: int) -> None:
    old, new = np.random.default_rng(0).standard_normal((2, 2, 10))
    expected = new.copy()
    for i in range(10):
        for place, length in ((i, fade_in), (9 - i, fade_out)):
            if place < length:
                angle = (place + 0.5) / length * math.pi / 2
                expected[:, i] = new[:, i] * math.sin(angle) + old[:, i] * math.cos(angle)
    np.testing.assert_allclose(crossfaded(old, new, fade_in, fade_out), expected)


@pytest.mark.parametrize(
    ("ends", "fades"),
    [
        ((4_410, 8_820), (882, 882)),
        ((0, 8_820), (0, 882)),
        ((4_410, 13_230), (882, 0)),
        ((0, 13_230), (0, 0)),
        ((4_410, 5_411), (500, 500)),  # 1,001 samples: half of them, rounded down
        ((4_410, 4_411), (0, 0)),
    ],
)
def test_fades_lie_inside_take_at_most_half_and_leave_the_clips_ends_alone(
    ends: tuple[int, int], fades: tuple[int, int]
) -> None:
    source = _source(np.zeros(13_230))
    patch = _patch(_region(*ends), np.full(9_600, 0.5))
    done = splice(source, [patch], fade_s=0.02, match=Match.OFF)
    placement = done.placements[0]
    assert (placement.fade_in_samples, placement.fade_out_samples) == fades
    assert null_test(source, done.result, [patch.region]).passed


def test_no_fade_where_none_is_wanted() -> None:
    source = _source(np.zeros(1_000), rate_hz=_MODEL_HZ)
    done = splice(source, [_patch(_region(400, 600), np.full(1_000, 0.5))], fade_s=0.0)
    assert np.all(done.result.samples[0, 400:600] == 0.5)


@pytest.mark.parametrize("rate_hz", [16_000, 32_000, 44_100, 96_000])
def test_a_patch_that_is_the_source_comes_to_lie_where_it_was(rate_hz: int) -> None:
    times = np.arange(rate_hz) / rate_hz
    tone = 0.3 * np.sin(2 * np.pi * 440 * times)
    source = _source(tone, rate_hz=rate_hz, depth=Depth.FLOAT_32)
    model = resample(source.waveform, _MODEL_HZ).samples[0]
    region = _region(round(0.4 * rate_hz), round(0.7 * rate_hz))
    patch = _patch(region, model[6_400:28_800], 0.2)
    done = splice(source, [patch], fade_s=0.0)
    np.testing.assert_allclose(done.result.samples, source.samples, atol=2e-3)
    assert abs(done.placements[0].level_db) < 0.02


@pytest.mark.parametrize("loudness", [0.02, 0.3])
def test_a_patch_is_as_loud_as_what_is_kept_around_it(loudness: float) -> None:
    source = _source(_noise(_MODEL_HZ * 3), rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    region = _region(40_000, 60_000)
    patch = _noise(_MODEL_HZ * 3, 7, loudness)
    done = splice(source, [_patch(region, patch)], fade_s=0.0, max_gain_db=40.0)
    inside = done.result.samples[0, region.as_slice]
    around = np.delete(source.samples[0], np.arange(40_000, 60_000))[8_000:72_000]
    assert np.std(inside) == pytest.approx(np.std(around), rel=0.02)


@pytest.mark.parametrize("silent", ["the surroundings", "the patch"])
def test_silence_is_no_level_to_match(silent: str) -> None:
    is_patch = silent == "the patch"
    sound = _noise(_MODEL_HZ) * is_patch
    source = _source(sound, rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    patch = _patch(_region(10_000, 20_000), _noise(_MODEL_HZ) * (not is_patch))
    assert splice(source, [patch]).placements[0].level_db == 0.0


def test_the_codecs_loss_is_given_back() -> None:
    sound = _noise(_MODEL_HZ * 2)
    source = _source(sound, rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    region = _region(30_000, 40_000)
    patch = sound / 1.5  # a codec that gives everything back too quiet
    patch[30_000:40_000] = _noise(10_000, 7, 0.02)
    done = splice(source, [_patch(region, patch)], fade_s=0.0, match=Match.CODEC)
    assert done.placements[0].level_db == pytest.approx(20 * math.log10(1.5), abs=0.01)
    inside = done.result.samples[0, 30_000:40_000]
    np.testing.assert_allclose(inside, 1.5 * patch[30_000:40_000], rtol=1e-4)
    left = splice(source, [_patch(region, patch)], fade_s=0.0, match=Match.OFF)
    assert left.placements[0].level_db == 0.0
    np.testing.assert_allclose(left.result.samples[0, 30_000:40_000], patch[30_000:40_000])


def test_what_lies_in_another_region_says_nothing_about_the_level() -> None:
    sound = _noise(_MODEL_HZ)
    source = _source(sound, rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    regions = [_region(8_000, 12_000), _region(12_100, 30_000)]
    loud = sound.copy()
    loud[12_100:30_000] *= 5
    done = splice(source, [_patch(each, loud) for each in regions], match=Match.CODEC)
    assert [abs(each.level_db) < 1e-3 for each in done.placements] == [True, True]


def test_the_level_is_limited_and_says_so() -> None:
    source = _source(_noise(_MODEL_HZ), rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    patch = _patch(_region(10_000, 20_000), _noise(_MODEL_HZ) / 20)
    placement = splice(source, [patch], max_gain_db=3.0).placements[0]
    assert (placement.level_db, placement.level_limited) == (3.0, True)


def test_a_patch_without_surroundings_keeps_its_level() -> None:
    source = _source(_noise(_MODEL_HZ), rate_hz=_MODEL_HZ)
    whole = _patch(_region(0, _MODEL_HZ), 0.1 * _noise(_MODEL_HZ))
    exact = _patch(_region(8_000, 16_000), 0.1 * _noise(8_000), 0.25)
    for patch in (whole, exact):
        assert splice(source, [patch], match=Match.CODEC).placements[0].level_db == 0.0
    assert splice(source, [whole]).placements[0].level_db == 0.0


@pytest.mark.parametrize("rate_hz", [32_000, 44_100])
def test_a_loops_seam_has_one_level_and_no_jump(rate_hz: int) -> None:
    """The clip's ends are at two levels; one sound from the model spans the seam."""
    times = np.arange(rate_hz) / rate_hz
    source = _source(
        np.linspace(0.1, 0.3, rate_hz) * np.sin(2 * np.pi * 441 * times), rate_hz=rate_hz
    )
    tone = 0.2 * np.sin(2 * np.pi * 333 * np.arange(-_MODEL_HZ // 2, _MODEL_HZ // 2) / _MODEL_HZ)
    start = _patch(_region(0, rate_hz // 5), tone, -0.5)
    end = _patch(_region(rate_hz - rate_hz // 5, rate_hz), tone, 0.5)
    done = splice(source, [start, end], is_loop=True)
    first, last = done.placements
    assert first.level_db == last.level_db
    assert loop_jump(done.result.waveform).ratio <= 1.0
    assert null_test(source, done.result, [start.region, end.region]).passed
    apart = splice(source, [start, end], match=Match.CODEC)
    assert apart.placements[0].level_db < 0 < apart.placements[1].level_db


def test_a_patch_has_the_sources_balance_and_one_polarity() -> None:
    sound = _noise(_MODEL_HZ)
    source = _source(sound, -0.25 * sound, rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    patch = _patch(_region(10_000, 20_000), _noise(_MODEL_HZ, 3, 0.05))
    done = splice(source, [patch], fade_s=0.0, match=Match.OFF)
    left, right = done.result.samples[:, 10_000:20_000]
    assert np.std(right) == pytest.approx(0.25 * np.std(left), rel=0.01)
    assert np.corrcoef(left, right)[0, 1] > 0.99


def test_balance_falls_back_to_the_region_and_then_to_equal_gains() -> None:
    empty = np.zeros(_MODEL_HZ)
    inside = empty.copy()
    inside[10_000:20_000] = _noise(10_000)
    patch = _patch(_region(10_000, 20_000), _noise(_MODEL_HZ))
    left_only = splice(_source(inside, empty, rate_hz=_MODEL_HZ), [patch]).placements[0]
    assert left_only.high_gains == pytest.approx((2.0, 0.0), abs=0.01)
    silent = splice(_source(empty, empty, rate_hz=_MODEL_HZ), [patch]).placements[0]
    assert silent.low_gains == silent.high_gains == (1.0, 1.0)


def test_a_mono_source_takes_the_patch_as_it_is() -> None:
    placement = splice(
        _source(_noise(_MODEL_HZ), rate_hz=_MODEL_HZ),
        [_patch(_region(10_000, 20_000), _noise(_MODEL_HZ))],
    ).placements[0]
    assert placement.low_gains == placement.high_gains == (1.0,)


def test_whole_numbers_are_clipped_at_full_scale_and_counted() -> None:
    source = _source(np.zeros(1_000), rate_hz=_MODEL_HZ)
    samples = np.zeros(1_000)
    samples[500:503] = [1.5, -1.5, 0.99]
    done = splice(source, [_patch(_region(400, 600), samples)], fade_s=0.0)
    assert done.placements[0].clipped_samples == 2
    assert done.result.samples[0, 500:502].tolist() == [32767 / 32768, -1.0]
    float_source = _source(np.zeros(1_000), rate_hz=_MODEL_HZ, depth=Depth.FLOAT_32)
    done = splice(float_source, [_patch(_region(400, 600), samples)], fade_s=0.0)
    assert done.placements[0].clipped_samples == 0
    assert done.result.samples[0, 500] == 1.5


@pytest.mark.parametrize(("start", "stop"), [(500, 1_501), (498, 1_500)])
def test_a_patch_may_lack_one_of_its_own_samples_at_an_end(start: int, stop: int) -> None:
    # 32 kHz to 48 kHz: one of its samples is up to two of the source's.
    source = _source(_noise(2_000), rate_hz=48_000)
    patch = _patch(_region(start, stop), _noise(667), 500 / 48_000)
    fitted = fit_patch(patch, source)
    assert fitted.at(patch.region.as_slice).shape == (stop - start,)


@pytest.mark.parametrize(("start", "stop"), [(490, 1_500), (500, 1_510)])
def test_a_patch_that_does_not_cover_its_region_is_refused(start: int, stop: int) -> None:
    source = _source(_noise(2_000), rate_hz=48_000)
    patch = _patch(_region(start, stop), _noise(667), 500 / 48_000)
    with pytest.raises(AudioError, match=f"all of its region, {start:,} to {stop:,}"):
        splice(source, [patch])


def test_impossible_patches_and_settings_are_refused() -> None:
    source, region = _source(_noise(1_000), rate_hz=_MODEL_HZ), _region(400, 600)
    patch = _patch(region, _noise(1_000))
    stereo = Waveform(samples=np.zeros((2, 9), np.float32), sample_rate_hz=8_000)
    with pytest.raises(AudioError, match="The patch has 2 channels"):
        Patch(region=region, waveform=stereo, start_s=0.0)
    with pytest.raises(RequestError, match="starts at nan"):
        _patch(region, _noise(1_000), float("nan"))
    with pytest.raises(RequestError, match="no region"):
        splice(source, [])
    with pytest.raises(RequestError, match="ends at sample 1,001"):
        splice(source, [_patch(_region(400, 1_001), _noise(1_001))])
    with pytest.raises(RequestError, match="Merge them"):
        splice(source, [patch, patch])
    with pytest.raises(RequestError, match="The fade is nan"):
        splice(source, [patch], fade_s=float("nan"))
    with pytest.raises(RequestError, match="The largest gain is -1"):
        splice(source, [patch], max_gain_db=-1)
