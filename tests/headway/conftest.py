"""One tiny company for all tests of the program that only read."""

from __future__ import annotations

import pytest

from headway.session import Session
from tests.builders.demo import tiny_demo


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session on the tiny company. Tests that change anything make their own."""
    return tiny_demo(tmp_path_factory.mktemp("company") / "demo")
