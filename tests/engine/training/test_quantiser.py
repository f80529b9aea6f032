"""Codebooks that learn."""

import torch

from engine.training.quantiser import LearnedCodebooks


def learned(steps: int, books: LearnedCodebooks, generator: torch.Generator) -> torch.Tensor:
    """Errors of each step on points around four centres."""
    centres = torch.tensor([[4.0, 0.0], [0.0, 4.0], [-4.0, 0.0], [0.0, -4.0]])
    errors = []
    for _ in range(steps):
        pick = torch.randint(4, (256,), generator=generator)
        points = centres[pick] + 0.3 * torch.randn(256, 2, generator=generator)
        quantised = books(points, len(books.books), generator)
        errors.append((quantised.vectors - points).pow(2).mean())
    return torch.stack(errors)


def test_codes_move_to_the_data() -> None:
    generator = torch.Generator().manual_seed(0)
    books = LearnedCodebooks(2, 8, 2)
    errors = learned(100, books, generator)
    assert errors[-10:].mean() < 0.5 * errors[0]


def test_dead_codes_come_back() -> None:
    generator = torch.Generator().manual_seed(0)
    books = LearnedCodebooks(1, 8, 2)
    learned(1, books, generator)
    books.sums[0, :6] = 1000.0 * books.counts[0, :6, None]
    books.books[0, :6] = 1000.0
    learned(400, books, generator)
    assert books.books.abs().max() < 10


def test_the_gradient_passes_straight_through() -> None:
    generator = torch.Generator().manual_seed(0)
    books = LearnedCodebooks(2, 8, 2)
    vectors = torch.randn(64, 2, generator=generator, requires_grad=True)
    books(vectors, 2, generator).vectors.sum().backward()
    assert vectors.grad is not None and torch.allclose(vectors.grad, torch.ones(64, 2))


def test_evaluation_moves_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    books = LearnedCodebooks(1, 8, 2)
    learned(1, books, generator)
    before = books.books.clone()
    books.eval()
    learned(3, books, generator)
    assert torch.equal(books.books, before)
