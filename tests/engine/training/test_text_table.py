"""Distillation of the word vectors: projection and storage."""

import torch

from engine.training.text_table import Components, quantise


def test_all_components_keep_every_distance() -> None:
    vectors = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    projected = Components.of(vectors, 6).project(vectors)
    ratio = torch.cdist(projected, projected) / torch.cdist(vectors, vectors)
    off_diagonal = ratio[~torch.eye(50, dtype=torch.bool)]
    torch.testing.assert_close(off_diagonal, off_diagonal.mean().expand_as(off_diagonal))


def test_the_strongest_direction_comes_first() -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(200, 4, generator=generator) * torch.tensor([0.1, 5.0, 1.0, 0.2])
    projected = Components.of(vectors, 2).project(vectors)
    deviations = projected.std(0)
    assert deviations[0] > 3 * deviations[1]
    assert abs(float(projected.square().mean()) - 1) < 1e-4


def test_eight_bits_lose_at_most_half_a_scale() -> None:
    vectors = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))
    table = quantise(vectors)
    error = (table.values.float() * table.scales[:, None] - vectors).abs()
    assert (error <= table.scales[:, None] * 0.5001).all()
