from __future__ import annotations

import tomllib
from typing import Any

import pytest

from analytics.deployment_suggestions import suggest_deployments
from headway.settings import DeploymentRule, Settings
from tests.builders.forge import Forge
from tests.builders.rows import Raw, built, ruled


def suggested(*parts: Raw) -> list[str]:
    """What is suggested for the repository of the first part."""
    with built(*parts) as tables:
        return suggest_deployments(tables.connection, parts[0].repo_id)


def rule(line: str) -> dict[str, Any]:
    """The setting in a suggestion, as TOML reads it."""
    head, _, pairs = line.partition(": [")[2].partition("]] " if "[[" in line else "] ")
    return {"table": head.strip("[]"), **tomllib.loads(pairs.replace(", ", "\n"))}


def test_nothing_seen_suggests_nothing() -> None:
    """A repository with commits alone gives no hint."""
    assert suggested(Raw().commits("a@1")) == []


def test_likeliest_comes_first() -> None:
    """Environments, workflows, releases, tags and branches, each as a setting that can be copied."""
    shop = (
        Forge()
        .commits("a@1 b@2", branch=None)
        .branch("main", "b")
        .branch("live", "a")
        .tag("rel-2024.1", "a")
        .tag("rel-2024.2", "b")
    )
    shop.deploy("1", "a", 3, environment="live-eu", production=False).deploy("2", "a", 3, environment="staging")
    shop.deploy("3", "a", states=[("failure", 3)], environment="live-us")
    for number in range(3):
        shop.run("a", 5, 6, name="Deploy to live", run_id=str(number)).run("a", 5, 6, name="ci")
    shop.run("a", 5, 6, "failure", name="release").release("v1", "a", 9).release("v2", "a", None)
    lines = suggested(shop)
    assert [line.partition(":")[0] for line in lines] == [
        "1 deployments to live-eu succeeded",
        "3 runs of the workflow Deploy to live succeeded",
        "1 releases were published",
        "2 tags have the same form",
        "there is a branch live",
    ]
    assert [rule(line) for line in lines] == [
        {"table": "deployments", "repo": "acme/shop", "from": "records", "environments": "^live\\-eu$"},
        {"table": "deployments", "repo": "acme/shop", "from": "workflow", "workflow": "Deploy to live"},
        {"table": "deployments", "repo": "acme/shop", "from": "releases"},
        {"table": "deployments", "repo": "acme/shop", "from": "tags", "tags": "^rel\\-\\d+\\.\\d+$"},
        {"table": "deployments", "repo": "acme/shop", "from": "branch", "branch": "live"},
    ]


@pytest.mark.parametrize("place", range(4))
def test_suggestion_taken_shows_deployments(place: int) -> None:
    """Whoever follows a suggestion has production deployments."""
    shop = (
        Forge()
        .commits("a@1 b@2")
        .tag("rel-1", "a")
        .tag("rel-2", "b")
        .run("a", 5, 6, name="ship [live]")
        .release("v1", "a", 9)
    )
    shop.deploy("1", "a", 3, environment="customers", production=None)
    found = rule(suggested(shop)[place])
    assert found.pop("table") == "deployments"
    source = found.pop("from")
    settings = Settings(base=ruled().base, deployments=(DeploymentRule(source=source, **found),))
    with built(shop, settings=settings) as tables:
        (row,) = tables("select production_deployments as n from coverage")
        assert row["n"] > 0
        assert suggest_deployments(tables.connection, "github:acme/other") == []


def test_names_from_outside_stay_on_their_line() -> None:
    """A name with control characters is no suggestion, and quotes are those of TOML."""
    shop = Forge().commits("a@1").run("a", 5, 6, name="deploy\x1b[2J").run("a", 5, 6, name='deploy "all" \\o/')
    (line,) = suggested(shop.branch("prod\n[x]", "a"))
    assert rule(line)["workflow"] == 'deploy "all" \\o/'
