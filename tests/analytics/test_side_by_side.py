"""Tenants under one environment's name: no rollbacks are counted, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.reports.doubtful.side_by_side import side_by_side
from headway.settings import ProductionSettings, Settings
from tests.builders.rows import Raw, built


def tenants() -> Raw:
    """Each commit goes to one tenant on its day, and to the other two days later; both are called production."""
    raw = Raw().commits(" ".join(f"c{n}@{n * 24}" for n in range(10)))
    for n in range(10):
        raw.deploy(f"a{n}", f"c{n}", n * 24 + 1)
        if n > 1:
            raw.deploy(f"b{n}", f"c{n - 2}", n * 24 + 5)
    return raw


ROLLED_BACK = "select count(rolled_back_at) as changes from lead_times"
ROLLBACKS = "select rollbacks from coverage"


@pytest.mark.slow
def test_older_commits_of_tenants_are_no_rollbacks() -> None:
    """Nothing is withdrawn, no deployment failed, each commit is one roll-out; what cannot be told is said."""
    with built(tenants()) as tables:
        assert tables(ROLLBACKS) == [{"rollbacks": 0}]
        assert tables(ROLLED_BACK) == [{"changes": 0}]
        assert tables("select count(*) as n from failure_signs") == [{"n": 0}]
        assert tables("select count(*) as n from rollouts where opens_rollout") == [{"n": 10}]
        (line,) = side_by_side(tables.connection)
        assert line.startswith(
            "git:acme/shop: rollbacks IN DOUBT: 8 of 18 deployments to production put an older commit"
        )


def test_settings_say_that_they_are_rollbacks() -> None:
    """A repository in `complete` deploys to one place: going back is going back, however far."""
    settings = Settings(base=Path(), production=ProductionSettings(complete=("acme/shop",)))
    with built(tenants(), settings=settings) as tables:
        assert tables(ROLLBACKS) == [{"rollbacks": 8}]
        assert side_by_side(tables.connection) == []
