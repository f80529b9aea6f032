from __future__ import annotations

import gradio as gr
import pytest

from engine.knobs import KNOBS, KnobGroup, defaults
from studio.widgets.knob_fields import KnobField, option_fields

VALUES = defaults("best")
HELPERS = {"opener": [("None", ""), ("other", "other")], "rescorer": [("None", "")]}


@pytest.fixture(scope="module")
def fields() -> dict[str, KnobField]:
    with gr.Blocks():
        return {field.knob.name: field for field in option_fields(VALUES, HELPERS)}


def test_every_knob_of_fine_tuning_has_a_field_and_no_other(fields: dict[str, KnobField]) -> None:
    wanted = {name for name, knob in KNOBS.items() if knob.group is not KnobGroup.BASIC}
    assert set(fields) == wanted | {"context_s"}


def test_what_is_spread_over_components_is_read_back(fields: dict[str, KnobField]) -> None:
    for name, field in fields.items():
        assert field.read(field.spread(VALUES[name])) == VALUES[name]


def test_fields_start_with_the_values_given(fields: dict[str, KnobField]) -> None:
    for name, field in fields.items():
        assert field.read([component.value for component in field.components]) == VALUES[name]


def test_off_survives_a_field_that_cannot_be_empty(fields: dict[str, KnobField]) -> None:
    assert fields["top_k"].spread(None) == (0,)
    assert fields["top_k"].read((0,)) is None
    assert fields["cfg_end"].read((0,)) == 0


def test_nobody_to_choose_among_is_a_list_that_cannot_be_opened(
    fields: dict[str, KnobField],
) -> None:
    assert fields["opener"].components[0].interactive is True
    assert fields["rescorer"].components[0].interactive is False
    assert fields["rescorer"].read(("",)) is None
    assert fields["opener"].read(("other",)) == "other"
