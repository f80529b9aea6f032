import pytest

from engine.decode import MaskSchedule, SamplingOptions
from engine.decode.schedules import (
    LOWEST_TEMPERATURE,
    count_masked,
    guidance_at,
    mask_share,
    plan_level,
    progress_of_steps,
    temperature_at,
)

TWENTY = [166, 165, 163, 160, 157, 152, 145, 138, 130, 122]
TWENTY += [112, 101, 90, 79, 66, 53, 40, 27, 13, 1]
TEN = [166, 163, 155, 143, 127, 106, 82, 56, 28, 1]


@pytest.mark.parametrize(("steps", "counts"), [(20, TWENTY), (10, TEN)])
def test_counts_are_those_of_the_release(steps: int, counts: list[int]) -> None:
    plan = plan_level(SamplingOptions(), steps, 166)
    assert [step.n_masked for step in plan] == counts


def test_the_mask_share_falls_from_all_to_nothing() -> None:
    shares = [mask_share(x) for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == pytest.approx([1, 0.9239, 0.7071, 0.3827, 0], abs=1e-4)


def test_the_release_reaches_the_end_and_the_paper_stops_one_step_before() -> None:
    assert progress_of_steps(MaskSchedule.RELEASE, 5) == [0, 0.25, 0.5, 0.75, 1]
    assert progress_of_steps(MaskSchedule.PAPER, 4) == [0, 0.25, 0.5, 0.75]
    assert progress_of_steps(MaskSchedule.RELEASE, 1) == [0]
    assert progress_of_steps(MaskSchedule.PAPER, 1) == [0]


def test_at_least_one_span_is_masked() -> None:
    assert count_masked(0.0, 100) == 1
    assert count_masked(1e-9, 100) == 1


def test_the_temperature_anneals_from_below_its_start_to_the_floor() -> None:
    annealed = [temperature_at(i, 4, start=2.0, anneal=True) for i in range(4)]
    assert annealed == pytest.approx([1.5, 1.0, 0.5, LOWEST_TEMPERATURE])
    assert [temperature_at(i, 4, start=2.0, anneal=False) for i in range(4)] == [2.0] * 4


def test_guidance_follows_the_mask_share() -> None:
    assert [guidance_at(s, start=10, end=1) for s in (1.0, 0.5, 0.0)] == [10, 5.5, 1]


def test_the_last_weight_of_the_release_counts_as_no_guidance() -> None:
    plan = plan_level(SamplingOptions(), 20, 166)
    assert plan[-1].cfg_coef == 1.0
    assert all(step.cfg_coef > 1 for step in plan[:-1])


def test_counts_never_rise() -> None:
    for schedule in MaskSchedule:
        for n_free in (1, 2, 7, 500):
            for steps in (1, 2, 13, 60):
                plan = plan_level(SamplingOptions(schedule=schedule), steps, n_free)
                counts = [step.n_masked for step in plan]
                assert counts == sorted(counts, reverse=True)
                assert counts[0] == n_free and counts[-1] >= 1
