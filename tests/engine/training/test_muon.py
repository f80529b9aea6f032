"""Steps as long in every direction."""

import pytest
import torch

from engine.training.muon import Muon, Together, evened


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 5, 12), (2, 12, 5)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = evened(matrices)
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.6 and values.max() < 1.25
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    inner = left.mT @ found @ right.mT
    assert (inner - torch.diag_embed(inner.diagonal(dim1=1, dim2=2))).abs().max() < 1e-4


def test_no_gradient_no_step() -> None:
    assert torch.equal(evened(torch.zeros(1, 3, 3)), torch.zeros(1, 3, 3))


def test_a_step_is_as_long_as_that_of_adamw() -> None:
    weight = torch.nn.Parameter(torch.zeros(64, 16))
    weight.grad = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
    Muon([{"params": [weight]}], lr=0.5).step()
    # all 16 singular values near 1: an RMS of sqrt(16 / (64 * 16)), times 0.2 * sqrt(64)
    assert float(weight.detach().square().mean().sqrt()) == pytest.approx(0.5 * 0.2, rel=0.2)


def test_weights_decay() -> None:
    weight = torch.nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros(4, 4)
    Muon([{"params": [weight], "weight_decay": 0.1}], lr=0.5).step()
    torch.testing.assert_close(weight.detach(), torch.full((4, 4), 0.95))


def test_a_vector_is_refused() -> None:
    with pytest.raises(ValueError, match="no matrix"):
        Muon([{"params": [torch.nn.Parameter(torch.zeros(3))]}], lr=0.1)


def _both(matrix: torch.nn.Parameter, vector: torch.nn.Parameter) -> Together:
    return Together(
        (Muon([{"params": [matrix]}], lr=0.1), torch.optim.AdamW([{"params": [vector]}], lr=0.1))
    )


def test_a_saved_pair_goes_on_as_it_would_have() -> None:
    ends = []
    for is_resumed in (False, True):
        matrix, vector = (torch.nn.Parameter(torch.ones(shape)) for shape in ((3, 3), (3,)))
        optimiser = _both(matrix, vector)
        for step in range(4):
            if is_resumed and step == 2:
                state = optimiser.state_dict()
                optimiser = _both(matrix, vector)
                optimiser.load_state_dict(state)
            generator = torch.Generator().manual_seed(step)
            matrix.grad = torch.randn(3, 3, generator=generator)
            vector.grad = torch.randn(3, generator=generator)
            optimiser.step()
            optimiser.zero_grad()
            assert matrix.grad is None and vector.grad is None
        ends.append((matrix.detach(), vector.detach()))
    assert all(torch.equal(one, other) for one, other in zip(*ends, strict=True))


def test_states_of_another_number_are_refused() -> None:
    pair = _both(torch.nn.Parameter(torch.ones(3, 3)), torch.nn.Parameter(torch.ones(3)))
    with pytest.raises(ValueError, match="1 states for 2"):
        pair.load_state_dict({"optimisers": pair.state_dict()["optimisers"][:1]})
