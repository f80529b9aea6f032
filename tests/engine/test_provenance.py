"""What a file tells about how it was made."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from engine.decode import GenerationRequest, Mode, SamplingOptions
from engine.provenance import provenance

MODEL: Any = SimpleNamespace(name="plain", weights_hash="a", licence="CC0-1.0")
OTHER: Any = SimpleNamespace(name="other", weights_hash="b", licence="CC-BY-NC-4.0")
HELPERS = {"opens": OTHER, "judges": OTHER}
REQUEST = GenerationRequest(opener="opens", rescorer="judges")


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        (REQUEST, {"opens", "judges"}),
        (replace(REQUEST, mode=Mode.PARALLEL), {"judges"}),
        (replace(REQUEST, mode=Mode.AUTOREGRESSIVE), set()),
        (replace(REQUEST, options=SamplingOptions(rescorer_weight=0.0)), {"opens"}),
    ],
)
def test_only_those_who_took_part_are_named(request_: GenerationRequest, names: set[str]) -> None:
    helpers = provenance(request_, MODEL, HELPERS)["helpers"]
    assert set(helpers) == names
    assert all(each["licence"] == "CC-BY-NC-4.0" for each in helpers.values())
