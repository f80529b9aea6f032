"""What is known of published models is what their files hold."""

from __future__ import annotations

import pytest

from engine.checkpoints.published import PUBLISHED, TEXT_ENCODERS


def test_names_are_unique_and_the_licence_is_the_owner_s() -> None:
    assert len(PUBLISHED) == 12
    assert all(name == model.name for name, model in PUBLISHED.items())
    assert {model.licence for model in PUBLISHED.values()} == {"CC-BY-NC-4.0"}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("magnet-small-10secs", 420_371_456),
        ("magnet-medium-30secs", 1_838_737_920),
        ("audio-magnet-small", 420_633_600),
        ("audiogen-medium", 1_839_131_136),
    ],
)
def test_parameters_are_those_of_the_released_networks(name: str, parameters: int) -> None:
    assert PUBLISHED[name].parameters == parameters


@pytest.mark.parametrize(
    ("name", "size_bytes"),
    [
        ("magnet-small-10secs", 840_844_851 + 236_003_715),
        ("audiogen-medium", 3_678_455_287 + 235_740_815),
        ("musicgen-medium", 3_677_668_599 + 236_001_935),
        ("musicgen-large", 6_514_108_999 + 236_001_935),
    ],
)
def test_sizes_are_those_of_the_released_files(name: str, size_bytes: int) -> None:
    assert PUBLISHED[name].download_bytes == pytest.approx(size_bytes, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "encoder", "both_halves"),
    [("t5-base", 109_628_544, 222_903_552), ("t5-large", 334_939_648, 737_668_096)],
)
def test_text_encoders_are_as_large_as_their_architecture(
    name: str, encoder: int, both_halves: int
) -> None:
    assert TEXT_ENCODERS[name].parameters == encoder
    assert TEXT_ENCODERS[name].download_bytes == 4 * both_halves
