"""What `headway deployments` prints for what is ignored: pasted into the settings, it takes that and nothing worse."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from analytics.cohort.filters import Filters
from analytics.deployment_suggestions import suggest_deployments
from analytics.reports.deployment_sources import deployment_sources
from headway.settings import DeploymentRule, Settings
from headway.settings.pasted import to_paste
from tests.builders.rows import Raw, built, hour


def library() -> Raw:
    """Released by tags two hours after each commit; a system reports pages, an index of packages and staging."""
    raw = Raw().commits("a@1 b@5 c@9").tag("v0.1.0", "a", 3).tag("v0.2.0", "b", 7).tag("v0.3.0", "c", 11)
    for name, commit, at in (("a", "a", 3), ("b", "b", 7), ("c", "c", 11)):
        raw.deploy(f"pages {name}", commit, at + 0.1, environment="github-pages", production=False)
        raw.deploy(f"index {name}", commit, at + 0.2, environment="pypi", production=False)
        raw.deploy(f"stage {name}", commit, at - 1, environment="staging", production=False)
    return raw


def pasted(setting: str) -> Settings:
    """The settings with the printed lines in them."""
    rules = tomllib.loads(to_paste(setting, ""))["deployments"]
    return Settings(
        base=Path(), deployments=tuple(DeploymentRule(source=rule.pop("from"), **rule) for rule in map(dict, rules))
    )


def printed() -> dict[str, str]:
    """By environment the lines for what is reported and ignored."""
    with built(library()) as tables:
        rows = deployment_sources(tables.connection, Filters()).to_dicts()
    return {row["environment"]: row["setting"] for row in rows if not row["taken"] and row["source"] == "records"}


@pytest.mark.slow
def test_printed_lines_take_an_environment_that_is_no_production_by_name() -> None:
    """`from = "records"` alone would leave the repository without deployments: the lines name the environment."""
    assert set(printed()) == {"github-pages", "pypi", "staging"}
    for environment, at in (("github-pages", 7.1), ("pypi", 7.2)):
        with built(library(), settings=pasted(printed()[environment])) as tables:
            assert tables.change("b")["outcome"] == "production"
            assert tables.change("b")["production_at"] == hour(at)


def test_printed_lines_for_staging_keep_the_tags() -> None:
    """What is before production is taken beside the releases, not in their place."""
    with built(library(), settings=pasted(printed()["staging"])) as tables:
        assert (tables.change("b")["staged_at"], tables.change("b")["production_at"]) == (hour(6), hour(7))


def test_index_of_packages_is_suggested_after_tags() -> None:
    """A library whose records were chosen may have its tags, then its index, as its production; never its pages."""
    rule = DeploymentRule(source="records")
    with built(library(), settings=Settings(base=Path(), deployments=(rule,))) as tables:
        lines = suggest_deployments(tables.connection, "git:acme/shop")
        reasons = {
            row["environment"]: row["why"] for row in deployment_sources(tables.connection, Filters()).to_dicts()
        }
    assert [line.partition(":")[0] for line in lines] == ["3 tags have the form v*", "3 deployments to pypi succeeded"]
    assert "neither production nor before it" in reasons["pypi"]
    assert reasons["staging"].endswith("its environment is before production")
