"""A tiny company for all tests of this folder, and a server on it for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collectors.simulate import Company, simulate
from tests.builders.github import FakeGitHub
from tests.builders.github.asking import Client

UNTIL = datetime(2026, 9, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """What happened in a tiny company."""
    return simulate(tmp_path_factory.mktemp("company") / "tiny", until=UNTIL, size="tiny")


@pytest.fixture
def github(company: Company) -> Iterator[FakeGitHub]:
    """A server on that company, executing on the excerpt."""
    with FakeGitHub(company, schema="excerpt") as server:
        yield server


@pytest.fixture(scope="session")
def reader(company: Company) -> Iterator[Client]:
    """A client of a server that no test changes or breaks."""
    with FakeGitHub(company, schema="excerpt") as server:
        yield Client(server)


@pytest.fixture
def client(github: FakeGitHub) -> Client:
    """A client that may read everything."""
    return Client(github)
