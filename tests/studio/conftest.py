"""The fake model and what is built on it."""

from __future__ import annotations

import pytest

from studio.handlers import Studio
from tests.studio.fake_model import FakeModel
from tests.studio.fake_shelf import fake_library, fake_studio


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def studio(model: FakeModel) -> Studio:
    return fake_studio(fake_library(model=model))
