"""What a request is expected to need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.checkpoints.folder import ModelParts, load_model
from engine.decode import GenerationRequest, Mode
from engine.estimate import SpeedReading, estimate
from tests.engine.tiny_model import write_tiny_model

SPEED = SpeedReading(step_s=(0.1, 0.05), column_s=0.01, codec_s=0.02)
REQUEST = GenerationRequest(mode=Mode.PARALLEL, duration_s=2.0, opening_s=0.5)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> ModelParts:
    return load_model(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


def bytes_of(parts: ModelParts, mode: Mode, variations: int = 1) -> int:
    request = replace(REQUEST, mode=mode, variations=variations)
    return estimate(request, parts, SPEED).memory_bytes


def test_left_to_right_writing_stores_keys_and_values_for_both_halves(parts: ModelParts) -> None:
    per_column = 2 * (2 * 2 + 1) * 16 * 4  # halves, 2 layers and the final state, width, bytes
    without = bytes_of(parts, Mode.PARALLEL)
    assert bytes_of(parts, Mode.AUTOREGRESSIVE) - without == per_column * (100 + 4)
    assert bytes_of(parts, Mode.HYBRID) - without == per_column * (25 + 4)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_variation_has_its_own_logits_and_store(parts: ModelParts, mode: Mode) -> None:
    one, two, three = (bytes_of(parts, mode, variations) for variations in (1, 2, 3))
    assert three - two == two - one > 0
