"""The fake model and what is built on it."""

from __future__ import annotations

import pytest

from studio.handlers import Studio
from studio.jobs import JobBook
from tests.studio.fake_model import FakeModel


@pytest.fixture
def studio() -> Studio:
    return Studio(model=FakeModel(), jobs=JobBook())
