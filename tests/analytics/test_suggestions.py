from __future__ import annotations

import tomllib
from typing import Any

import pytest

from analytics.deployment_suggestions import manifest_notes, suggest_deployments
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
        "2 tags have the form rel-*",
        "there is a branch live",
    ]
    assert [rule(line) for line in lines] == [
        {"table": "deployments", "repo": "acme/shop", "from": "records", "environments": "^live\\-eu$"},
        {"table": "deployments", "repo": "acme/shop", "from": "workflow", "workflow": "Deploy to live"},
        {"table": "deployments", "repo": "acme/shop", "from": "releases"},
        {"table": "deployments", "repo": "acme/shop", "from": "tags", "tags": "^rel\\-\\d+([._]\\d+)+$"},
        {"table": "deployments", "repo": "acme/shop", "from": "branch", "branch": "live"},
    ]


@pytest.mark.slow
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


@pytest.mark.slow
def test_application_of_almost_the_name_is_suggested() -> None:
    """Manifests that name `shop-service` probably deploy `shop`; whoever takes the suggestion has deployments."""
    shop = Raw(provider="github").commits("a@1 b@5").tag("build-1", "a").tag("build-2", "b")
    fleet = Raw("acme/fleet", provider="github").commits("x@2 y@6")
    fleet.runs_version("build-1", 2, step="x", application="shop-service")
    fleet.runs_version("build-2", 6, step="y", application="till", environment="staging")
    with built(shop, fleet) as tables:
        first = suggest_deployments(tables.connection, shop.repo_id)[0]
        assert first.startswith("1 versions of shop-service are in github:acme/fleet: [[deployments]]")
        setting = '[[deployments]] repo = "acme/shop", from = "manifests", application = "shop-service"'
        assert manifest_notes(tables.connection, fleet.repo_id) == [
            f"the application shop-service is no collected repository; the nearest is github:acme/shop: {setting}",
            "2 of 2 applications are no collected repository: shop-service, till",
        ]
        rows = tables("select application, repo_id, near_repo_id, environments from manifest_applications")
    assert [tuple(row.values()) for row in rows] == [
        ("shop-service", "", "github:acme/shop", "production"),
        ("till", "", None, "staging"),
    ]
    found = rule(first.partition("are in github")[2])
    assert found.pop("table") == "deployments"
    source = found.pop("from")
    settings = Settings(base=ruled().base, deployments=(DeploymentRule(source=source, **found),))
    with built(shop, fleet, settings=settings) as tables:
        assert tables("select production_deployments as n from coverage where repo = 'acme/shop'") == [{"n": 1}]
        assert manifest_notes(tables.connection, fleet.repo_id) == [
            "1 of 2 applications are no collected repository: till"
        ]


@pytest.mark.parametrize(
    ("application", "near"),
    [
        ("checkout", True),
        ("checkuot", True),
        ("Checkout_Service", True),
        ("acme-checkout", True),
        ("checkout2", False),
        ("check", False),
        ("my-checkout-web", False),
        ("cart", False),
    ],
)
def test_names_are_almost_the_same_or_not(application: str, near: bool) -> None:
    """A slip, more words before or behind; another number or another word is another thing."""
    shop = Raw("acme/checkout").commits("a@1")
    fleet = Raw("acme/fleet").commits("x@2").runs_version("v1", 2, step="x", application=application)
    with built(shop, fleet) as tables:
        rows = tables("select repo_id, near_repo_id from manifest_applications")
    found = rows[0]["near_repo_id"] or rows[0]["repo_id"]
    assert (found == "git:acme/checkout") == near
