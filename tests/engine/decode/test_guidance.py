import pytest
import torch

from engine.decode.guidance import guide
from engine.decode.predictor import GuidedLogits

CONDITIONAL = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
NULL = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("weight", "expected"),
    [(0.0, NULL), (1.0, CONDITIONAL), (3.0, torch.tensor([-7.0, -2.0, 3.0, 8.0, 13.0]))],
)
def test_guidance_goes_from_the_null_condition_through_the_text(
    weight: float, expected: torch.Tensor
) -> None:
    assert torch.equal(guide(GuidedLogits(CONDITIONAL, NULL), weight), expected)


def test_no_null_half_is_needed_without_guidance() -> None:
    assert torch.equal(guide(GuidedLogits(CONDITIONAL, None), 1.0), CONDITIONAL)


def test_half_precision_does_not_overflow() -> None:
    large = torch.tensor([30000.0]).half()
    assert guide(GuidedLogits(large, -large), 10.0).item() == 570000.0
