from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headway.settings import DeploymentRule, InferenceSettings, ProductionSettings, Settings
from tests.builders.rows import Raw, built, hour


def deployed_to(*names: str, **facts: Any) -> Raw:
    """A repository with one deployment to each environment, an hour apart."""
    raw = Raw().commits("a@1 b@2")
    for number, name in enumerate(names):
        raw.deploy(f"d{number}", "a", 3 + number, environment=name, **facts)
    return raw


def production(raw: Raw, settings: Settings | None = None) -> set[str]:
    """The environments whose deployments are production."""
    with built(raw, settings=settings) as tables:
        return {row["environment"] for row in tables("select environment from deployment_times where production")}


def notices(raw: Raw, settings: Settings | None = None) -> dict[str, str]:
    """The notices of a repository by kind."""
    with built(raw, settings=settings) as tables:
        return {row["kind"]: row["detail"] for row in tables("select kind, detail from notices where source = ''")}


def test_words_can_be_turned_off() -> None:
    """Without inference the pattern of the settings decides alone, and without a pattern nothing is production."""
    off = Settings(base=Path(), inference=InferenceSettings(production=False))
    assert production(deployed_to("live", "production"), off) == set()
    pattern = Settings(
        base=Path(), inference=InferenceSettings(production=False), production=ProductionSettings("^live$")
    )
    assert production(deployed_to("live", "production"), pattern) == {"live"}


def test_rule_of_a_repository_goes_before_flags_and_names() -> None:
    """`environments` of [[deployments]] says which environments are production, whatever else does."""
    rule = DeploymentRule(repo="acme/shop", source="records", environments="^customers$")
    settings = Settings(base=Path(), deployments=(rule,))
    raw = deployed_to("customers", "live").deploy("flagged", "a", 9, environment="beta", production=True)
    assert production(raw, settings) == {"customers"}


@pytest.mark.slow
def test_preview_that_a_forge_flags_is_none_beside_production() -> None:
    """A name that contradicts the flag wins where another environment is production beyond doubt, and is told."""
    raw = deployed_to("shop (Production)").deploy("p", "b", 9, environment="shop (Preview)", production=True)
    for row in raw.rows["deployments"]:
        row["source"] = "github"
    assert production(raw) == {"shop (Production)"}
    assert "shop (Preview)" in notices(raw)["flagged_though_named"]
    alone = Raw().commits("a@1").deploy("p", "a", 9, environment="beta", production=True, source="github")
    assert production(alone) == {"beta"}
    assert notices(alone) == {}


@pytest.mark.slow
def test_record_that_denies_production_wins_and_is_told() -> None:
    """`production: false` of a record counts although the name says otherwise; the contradiction is a notice."""
    raw = deployed_to("live", production=False).deploy("x", "a", 8, environment="eu")
    assert production(raw) == set()
    assert "live" in notices(raw)["not_flagged_though_named"]


@pytest.mark.slow
def test_repository_without_production_names_its_environments() -> None:
    """Where nothing shows which environment is production, none is taken, and those that there are are named."""
    raw = deployed_to("k8s-main", "k8s-main", "green").deploy("other", "a", 9, environment="k8s-main")
    assert production(raw) == set()
    assert notices(raw)["no_production_environment"].endswith("there are: k8s-main (3), green (1)")
    with built(raw) as tables:
        assert tables("select distinct outcome from lead_times") == [{"outcome": "no_deployments"}]


@pytest.mark.slow
def test_pages_and_previews_are_no_staging() -> None:
    """Neither pages, an index of packages nor a preview of a later request stages a change; staging does."""
    staging, neither = (
        ("staging", "qa-preview"),
        ("github-pages", "pypi", "Preview", "shop (Preview)", "rail / pr-12", "review/a"),
    )
    repositories = {f"acme/{number}": name for number, name in enumerate((*staging, *neither))}
    parts = []
    for repo, environment in repositories.items():
        raw = Raw(repo).commits(f"{repo}a@1 {repo}b@2").deploy("d0", f"{repo}a", 3, environment="production")
        parts.append(raw.deploy("p", f"{repo}b", 10, environment=environment))
    with built(*parts) as tables:
        staged = {environment: tables.change(f"{repo}b")["staged_at"] for repo, environment in repositories.items()}
    assert staged == dict.fromkeys(neither) | dict.fromkeys(staging, hour(10))


@pytest.mark.slow
def test_tags_go_before_reports_that_are_no_production() -> None:
    """A library whose only environments are its pages and its index is released by its tags, and that is told."""
    raw = Raw().commits("a@1 b@5").tag("v0.1.0", "a", 2).tag("v0.2.0", "b", 6)
    raw.deploy("p", "a", 3, environment="github-pages", production=False).deploy("y", "b", 7, environment="pypi")
    with built(raw) as tables:
        assert tables.change("b")["outcome"] == "production"
        assert tables("select deployed_from from coverage") == [{"deployed_from": "tags"}]
    told = notices(raw)["reports_not_used"]
    assert "github-pages (1), pypi (1); deployments come from tags" in told
    unknown = Raw().commits("a@1 b@5").tag("v0.1.0", "a", 2).deploy("p", "a", 3, environment="k8s")
    with built(unknown) as tables:
        assert tables("select deployed_from from coverage") == [{"deployed_from": "records"}]


@pytest.mark.slow
def test_production_deployments_without_a_status_ship_nothing_and_hold_nothing() -> None:
    """Where no production deployment says how it ended, no change waits for one: there are no deployments, and why."""
    raw = Raw().commits("a@1 b@5 c@9").deploy("one", "a", None, created=2).deploy("two", "b", None, created=6)
    with built(raw) as tables:
        assert tables("select distinct outcome, outcome_reason from change_outcomes") == [
            {"outcome": "no_deployments", "outcome_reason": "deployments_without_status"}
        ]
        assert tables("select production_without_status as n from coverage") == [{"n": 2}]
    assert "2 production deployments have no status" in notices(raw)["deployments_without_status"]


@pytest.mark.slow
def test_deployment_without_a_status_among_others_makes_its_own_changes_unknown() -> None:
    """What only a deployment without any status could have shipped is unknown; what a later success shipped arrived."""
    raw = Raw().commits("a@1 b@5 c@9 d@20").deploy("one", "a", 2).deploy("silent", "b", None, created=6)
    raw.deploy("two", "c", 10).deploy("last", "d", None, created=21)
    with built(raw) as tables:
        assert [tables.change(name)["outcome"] for name in "bcd"] == ["production", "production", "unknown"]
