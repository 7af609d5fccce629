"""Where deployments come from: several rules of one repository, manifests of several, a repository's own manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import UsageError
from headway.settings import DeploymentRule, ServiceSettings, Settings
from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built, commit_id, hour


def by(*rules: DeploymentRule) -> Settings:
    """Settings with these rules."""
    return Settings(base=Path(), deployments=rules)


def shown(tables: Tables, repo: str = "acme/shop") -> list[tuple[object, ...]]:
    """Environment, version and source of each deployment, in order of time."""
    rows = tables(
        f"select environment, version, source from deployments where repo = '{repo}' order by succeeded_at, environment"
    )
    return [tuple(row.values()) for row in rows]


@pytest.mark.slow
def test_rules_of_one_repository_add_up() -> None:
    """Staging from records and production from tags: each deployment once, and none that a rule does not take."""
    shop = Raw().commits("a@1 b@5").tag("v1.0", "a", 7).tag("rc1", "b", 8)
    shop.deploy("s1", "a", 3, environment="Staging ").deploy("s2", "b", 6, environment="staging")
    shop.deploy("p", "b", 9, environment="production")
    rules = (
        DeploymentRule(repo="acme/shop", source="records", environment="staging"),
        DeploymentRule(repo="acme/shop", source="tags"),
        DeploymentRule(repo="acme/shop", source="tags", tags="^rc", environment="staging"),
    )
    with built(shop, settings=by(*rules)) as tables:
        assert [(str(environment).strip().lower(), version) for environment, version, _ in shown(tables)] == [
            ("staging", None),
            ("staging", None),
            ("production", "v1.0"),
            ("staging", "rc1"),
        ]
        (row,) = tables("select deployed_from, deployed_from_default as found from coverage")
        assert row == {"deployed_from": "records, tags", "found": False}
        assert tables("select position, source, environment, tags from deployment_rules order by position")[1:] == [
            {"position": 1, "source": "tags", "environment": "production", "tags": rules[1].tags},
            {"position": 2, "source": "tags", "environment": "staging", "tags": "^rc"},
        ]


@pytest.mark.slow
def test_deployment_that_two_rules_show_is_one() -> None:
    """The same tag to the same environment counts once; to another environment it is another deployment."""
    shop = Raw().commits("a@1").tag("v1.0", "a", 3)
    rules = (
        DeploymentRule(tags="^v"),
        DeploymentRule(tags="^v1"),
        DeploymentRule(tags="^v", environment="eu"),
    )
    with built(shop, settings=by(*rules)) as tables:
        assert shown(tables) == [("eu", "v1.0", "tags"), ("production", "v1.0", "tags")]
        assert len(tables("select distinct deployment_id from deployments")) == 2


def test_rule_names_the_service_that_it_deploys() -> None:
    """A rule may take one application of the records, and says of which service it is."""
    shop = Raw().commits("a@1 b@5").deploy("1", "a", 3, application="pay").deploy("2", "b", 6, application="search")
    rules = (
        DeploymentRule(source="records", application="pay", service="payments"),
        DeploymentRule(source="records", application="search"),
    )
    payments = ServiceSettings(name="payments", paths=("pay/",))
    with built(shop, settings=Settings(base=Path(), deployments=rules, services=(payments,))) as tables:
        rows = tables("select application, service from deployments_seen order by deployment_id")
    assert [tuple(row.values()) for row in rows] == [("pay", "payments"), ("search", None)]


@pytest.mark.slow
def test_each_workflow_rule_takes_its_own_runs() -> None:
    """Two workflows deploy to two environments, and neither is CI."""
    shop = Forge().commits("a@1")
    shop.run("a", 2, 3, name="Ship staging", run_id="1").run("a", 5, 6, name="Ship live", run_id="2")
    shop.run("a", 2, 3, name="test", run_id="3")
    rules = (
        DeploymentRule(source="workflow", workflow="ship staging", environment="staging"),
        DeploymentRule(source="workflow", workflow="ship l*"),
    )
    with built(shop, settings=by(*rules)) as tables:
        rows = tables("select environment, deployment_id from deployments order by succeeded_at")
        assert [row["environment"] for row in rows] == ["staging", "production"]
        assert tables("select name from workflow_kinds where integrates") == [{"name": "test"}]


@pytest.mark.slow
def test_workflows_that_name_a_service_deploy_it_alone() -> None:
    """`Deploy pay` deploys the folder of that name; a workflow that names no part of the repository deploys all."""
    shop = Forge().commits("start@0 a@3 b@5").files("start", "pay/x", "web/x").files("a", "pay/y").files("b", "web/y")
    for run, (name, commit, at) in enumerate(_RUNS):
        shop.run(commit, at, at + 1, name=name, run_id=str(run))
    with built(shop, settings=by(DeploymentRule(source="workflow"))) as tables:
        rows = tables("select title, services, outcome, production_at from lead_times order by title")
        assert [tuple(row.values()) for row in rows][:2] == [
            ("a", "pay", "production", hour(13)),
            ("b", "web", "production", hour(21)),
        ]
        assert tables("select distinct told_by from services") == [{"told_by": "workflows"}]


_RUNS = (
    ("Deploy pay", "start", 1),
    ("Deploy web to production", "start", 1),
    ("Deploy web", "a", 8),
    ("Deploy pay", "b", 12),
    ("Deploy everything", "b", 20),
)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((DeploymentRule(repo="acme/*"), DeploymentRule(repo="acme/shop")), r"2 \(acme/shop\) can never apply.* 1 \("),
        ((DeploymentRule(repo="acme/shop"), DeploymentRule(repo="github:acme/shop")), "can never apply"),
        ((DeploymentRule(), DeploymentRule(repo="acme/*", source="records")), "can never apply"),
        ((DeploymentRule(branch="a"), DeploymentRule(branch="b")), "2 says the same as"),
        ((DeploymentRule(source="none"), DeploymentRule(source="records")), "contradict each other"),
        ((DeploymentRule(service="pay"),), r"1: no \[\[services\]\] of \* has the name 'pay'"),
    ],
)
def test_rule_that_would_be_ignored_is_refused(rules: tuple[DeploymentRule, ...], said: str) -> None:
    """A rule behind a wider one, a rule said twice, and none beside some are told with their numbers."""
    with pytest.raises(UsageError, match=said):
        by(*rules)


def test_special_rule_goes_before_a_wide_one() -> None:
    """The order that the documents advise is no contradiction."""
    settings = by(DeploymentRule(repo="acme/shop", source="records"), DeploymentRule(repo="acme/*"), DeploymentRule())
    assert [rule.repo for rule in settings.deployment_rules("git:acme/shop")] == ["acme/shop"]
    assert [rule.repo for rule in settings.deployment_rules("github:other/x")] == ["*"]


@pytest.mark.slow
def test_manifests_of_two_repositories_add_up() -> None:
    """Without a setting every manifests repository that names the application deploys it; its watermark counts."""
    shop = Raw(known=80).commits("a@1 b@5").tag("v1", "a").tag("v2", "b")
    live = Raw("acme/live", known=70).commits("x@2").runs_version("v1", 2, step="x")
    lab = Raw("acme/lab", known=60).commits("y@6").runs_version("v2", 6, step="y", environment="staging")
    with built(shop, live, lab) as tables:
        assert shown(tables) == [("production", "v1", "manifests"), ("staging", "v2", "manifests")]
        assert tables.hours("report_times", "repo_id", "watermark_at")["git:acme/shop"] == (60,)
    rule = DeploymentRule(source="manifests", manifests="acme/live")
    with built(shop, live, lab, settings=by(rule)) as tables:
        assert shown(tables) == [("production", "v1", "manifests")]


@pytest.mark.slow
def test_environment_of_a_rule_narrows_its_manifests() -> None:
    """Staging from manifests alone, production from records alone."""
    shop = Raw().commits("a@1 b@5").tag("v1", "a").tag("v2", "b").deploy("p", "a", 9)
    fleet = Raw("acme/fleet").commits("x@2 y@6").runs_version("v1", 2, step="x")
    fleet.runs_version("v2", 6, step="y", environment="staging")
    rules = (
        DeploymentRule(repo="acme/shop", source="manifests", environment="staging"),
        DeploymentRule(repo="acme/shop", source="records", environment="production"),
    )
    with built(shop, fleet, settings=by(*rules)) as tables:
        assert [row[::2] for row in shown(tables)] == [("staging", "manifests"), ("production", "records")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "other", "base"),
    [
        ("apps/shop/values.yaml", "apps/shop/values-test.yaml", True),
        ("apps/shop/values.yaml", "apps/till/values-test.yaml", False),
        ("apps/shop/values.yaml", "apps/shop-two/values-test.yaml", False),
        ("apps/shop/base/x.yaml", "apps/shop/overlays/test/x.yaml", True),
        ("apps/base/shop/x.yaml", "apps/test/shop.yaml", True),
        ("values.yaml", "test/values.yaml", True),
        ("base/x.yaml", "test/x.yaml", True),
    ],
)
def test_file_without_environment_is_production_or_a_base(path: str, other: str, base: bool) -> None:
    """Beside files of environments in its component it is their base, and deploys nothing; else it is production."""
    shop = Raw().commits("a@1 b@5").tag("v1", "a").tag("v2", "b")
    fleet = Raw("acme/fleet").commits("x@2 y@6").runs_version("v1", 2, step="x", environment="", path=path)
    with built(shop, fleet) as tables:
        assert shown(tables) == [("production", "v1", "manifests")]
    with built(shop, fleet.runs_version("v2", 6, step="y", environment="test", path=other)) as tables:
        assert ("production", "v1", "manifests") not in shown(tables) if base else len(shown(tables)) == 2


@pytest.mark.slow
def test_variable_of_a_name_is_the_application() -> None:
    """`MY_SHOP`, as env files write it, is the application of the repository `my-shop`."""
    shop = Raw("acme/my-shop").commits("a@1").tag("v1", "a")
    fleet = Raw("acme/fleet").commits("x@2").runs_version("v1", 2, step="x", application="MY_SHOP")
    with built(shop, fleet) as tables:
        assert shown(tables, "acme/my-shop") == [("production", "v1", "manifests")]


@pytest.mark.slow
def test_rows_of_earlier_patterns_count_no_more() -> None:
    """What was read before the manifests were read anew, by other patterns, is as if it had never been."""
    shop = Raw().commits("a@1").tag("v1", "a")
    before = Raw("acme/fleet", read=50).commits("x@2").runs_version("v1", 2, step="x", environment="wrong")
    after = Raw("acme/fleet", read=60, manifests_read_at=60).commits("x@2").runs_version("v1", 2, step="x")
    with built(shop, before, after) as tables:
        assert shown(tables) == [("production", "v1", "manifests")]
    gone = Raw("acme/fleet", read=60, manifests_read_at=60).commits("x@2")
    with built(shop, before, gone) as tables:
        assert shown(tables) == []
        assert tables("select role from coverage where repo = 'acme/fleet'") == [{"role": "application"}]


@pytest.mark.slow
def test_repository_with_its_own_manifests_has_changes_and_bumps() -> None:
    """Commits that move its version alone are deployments and no changes; all others are changes."""
    shop = Raw().commits("a@1 x@2 b@5 y@7 c@8", says={"b": "B (#1)", "c": "C (#2)"})
    shop.runs_version(commit_id("a")[:12], 2, step="x").runs_version(commit_id("b")[:12], 7, step="y")
    shop.runs_version(commit_id("b")[:12], 8, step="c", environment="staging", alone=False)
    with built(shop) as tables:
        rows = tables("select sha, outcome, lead_time_hours from lead_times order by merged_at")
        assert [tuple(row.values()) for row in rows] == [
            (commit_id("a"), "unknown", None),  # it was complete before the first deployment
            (commit_id("b"), "production", 2),
            (commit_id("c"), "waiting", None),
        ]
        assert tables("select role, deployed_from from coverage") == [
            {"role": "application", "deployed_from": "manifests"}
        ]


@pytest.mark.slow
def test_services_of_one_repository_are_deployed_by_their_applications() -> None:
    """One file of manifests for two services: each by the applications that the settings give it, else by its name."""
    mono = Raw("acme/mono").commits("a@1 b@5").tag("v1", "a").tag("v2", "b")
    fleet = Raw("acme/fleet").commits("x@2 y@6 z@7").runs_version("v1", 2, step="x", application="pay")
    fleet.runs_version("v2", 6, step="y", application="finder").runs_version("v2", 7, step="z", application="other")
    services = (
        ServiceSettings(repo="acme/mono", name="pay", paths=("pay/",)),
        ServiceSettings(repo="acme/mono", name="search", paths=("search/",), applications=("finder",)),
    )
    with built(mono, fleet, settings=Settings(base=Path(), services=services)) as tables:
        rows = tables("select service, version from deployments_seen where repo_id = 'git:acme/mono' order by version")
        assert [tuple(row.values()) for row in rows] == [("pay", "v1"), ("search", "v2")]
    own = Raw("acme/mono").commits("a@1 x@2").tag("v1", "a").runs_version("v1", 2, step="x", application="pay")
    with built(own, settings=Settings(base=Path(), services=services)) as tables:
        assert [row["sha"] for row in tables("select sha from lead_times")] == [commit_id("a")]


@pytest.mark.slow
def test_own_manifests_do_not_hide_changes_from_another_rule() -> None:
    """A repository whose manifests name it is an application, also where its deployments are seen elsewhere."""
    shop = Raw().commits("a@1 x@2").runs_version("v1", 2, step="x").tag("v1.0", "a", 3)
    with built(shop, settings=by(DeploymentRule(source="tags"))) as tables:
        assert [row["sha"] for row in tables("select sha from lead_times")] == [commit_id("a")]


@pytest.mark.slow
def test_digest_alone_ships_something_unknown() -> None:
    """What only an image digest could have shipped is unknown, with the reason; a digest behind a tag is none."""
    shop = Raw().commits("a@1 b@5 c@11").tag("v1", "a")
    fleet = Raw("acme/fleet").commits("x@2 y@9").runs_version(f"v1@sha256:{'ab' * 32}", 2, step="x")
    fleet.runs_version(f"sha256:{'cd' * 32}", 9, step="y")
    with built(shop, fleet) as tables:
        rows = tables("select sha, outcome from lead_times order by merged_at")
        assert [tuple(row.values()) for row in rows] == [
            (commit_id("a"), "unknown"),  # it was complete before the first deployment
            (commit_id("b"), "unknown"),
            (commit_id("c"), "waiting"),
        ]
        problems = tables("select problem from deployments order by succeeded_at")
        assert [row["problem"] for row in problems] == ["", "an image digest alone, which names no commit"]
