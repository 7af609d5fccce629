"""A tiny company and a small repository, each on a server of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collectors.simulate import Company, simulate
from tests.builders.github import FakeGitHub, bulk

UNTIL = datetime(2026, 9, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """What happened in a tiny company."""
    return simulate(tmp_path_factory.mktemp("company") / "tiny", until=UNTIL, size="tiny")


@pytest.fixture
def github(company: Company) -> Iterator[FakeGitHub]:
    """A server on that company, at its end."""
    with FakeGitHub(company, deployments="all", schema="excerpt") as server:
        yield server


@pytest.fixture
def small() -> Iterator[FakeGitHub]:
    """A server with `acme/bulk`: 20 pull requests (one with long lists, some open), deployments and runs."""
    forge = bulk(pulls=20, deployments=12, runs=10, open_share=0.2, long_every=19)
    with FakeGitHub(forge, schema="excerpt") as server:
        yield server
