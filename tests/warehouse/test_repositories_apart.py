from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built
from warehouse.build import Sources, all_models

EARLIER = timedelta(hours=3)
# Manifests deploy repositories by name, and packages are imported by name, whoever owns them.
MANIFESTS = {"git:acme/ops", "git:acme/api"}
BY_NAME = {"foreign_imports", "initiative_uses"}
TABLES = sorted(
    header.table
    for model in all_models(SETTINGS, Sources({}, {}, {}), None)
    for header in model.headers
    if "repo_id" in header.columns and header.table not in BY_NAME
)


def other(value: Any) -> Any:
    """The same name in the other company, the same time three hours earlier."""
    if isinstance(value, datetime):
        return value - EARLIER
    return value.replace("acme/", "zeta/").replace("/old/", "/zeta/old/") if isinstance(value, str) else value


def copied(raw: Raw) -> Raw:
    """The same rows of a repository of the other company."""
    raw.repo_id, raw.source = other(raw.repo_id), other(raw.source)
    raw.collected_at, raw.watermark_at = other(raw.collected_at), other(raw.watermark_at)
    for table, rows in raw.rows.items():
        raw.rows[table] = [{name: other(value) for name, value in row.items()} for row in rows]
    return raw


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """Two companies whose changes, deployments and commits have the same names; the other one is three hours ahead."""
    ours, others = ([raw for raw in portfolio() if raw.repo_id not in MANIFESTS] for _ in range(2))
    settings = replace(
        SETTINGS,
        deployments=tuple(
            replace(rule, repo=name(rule.repo)) for rule in SETTINGS.deployments for name in (str, other)
        ),
        services=tuple(
            replace(service, repo=name(service.repo)) for service in SETTINGS.services for name in (str, other)
        ),
    )
    teams = TEAMS | {other(repo): team for repo, team in TEAMS.items()}
    with built(*ours, *map(copied, others), settings=settings, teams=teams) as made:
        yield made


@pytest.mark.parametrize("table", TABLES)
def test_repositories_do_not_touch_each_other(tables: Tables, table: str) -> None:
    """Beside another company with the same names each has the rows of its own: the same, three hours apart."""
    ours, others = (tables(f"select * from {table} where repo_id like '%{company}/%'") for company in ("acme", "zeta"))
    expected = [{name: other(value) for name, value in row.items()} for row in ours]
    assert sorted(map(repr, others)) == sorted(map(repr, expected))


@pytest.mark.slow
def test_deployment_and_its_retraction_in_one_reading_is_a_deployment() -> None:
    """Where one reading has both, in either order, the deployment counts; a later retraction takes it away."""
    live: dict[str, Any] = {"states": [("success", 5)], "source": "github"}
    for order in ((False, True), (True, False)):
        raw = Raw("acme/shop", read=50).commits("a@1")
        for deleted in order:
            raw.deploy("d", "a", deleted=deleted, **({"source": "github"} if deleted else live))
        with built(raw) as tables:
            assert tables("select deployment_id, state from deployments") == [
                {"deployment_id": "d", "state": "success"}
            ]
    gone = Raw("acme/shop", read=60).deploy("d", None, environment="", deleted=True, source="github")
    with built(raw, gone) as tables:
        assert tables("select deployment_id from deployments") == []
