from __future__ import annotations

from pathlib import Path

import pytest

from headway.settings import DeploymentRule, ProductionSettings, Settings
from tests.builders.rows import Raw, built, commit_id, hour, ruled
from tests.warehouse.given import made


@pytest.mark.slow
def test_watermark_is_the_earliest_of_the_sources() -> None:
    """A report speaks for what every source of a repository knows, and its manifests where they deploy it."""
    shop = Raw(known=80).commits("a@1 b@70").tag("v1", "a")
    events = Raw(known=60).change(7, opened=5, ready=5)
    events.source = "records"
    manifests = Raw("acme/deploy", known=40).commits("x@10").runs_version("v1", 10, step="x")
    other = Raw("acme/other", known=90).commits("y")
    with built(shop, events, manifests, other) as tables:
        assert tables.hours("report_times", "repo_id", "watermark_at", "as_of") == {
            "git:acme/shop": (40, 40),
            "git:acme/deploy": (40, 40),
            "git:acme/other": (90, 90),
        }
        assert [row["changes"] for row in tables("select changes from coverage where repo = 'acme/shop'")] == [2]
    with built(shop, events, other, as_of=85) as tables:
        assert tables.hours("report_times", "repo_id", "watermark_at", "as_of") == {
            "git:acme/shop": (60, 60),
            "git:acme/other": (90, 85),
        }


@pytest.mark.slow
def test_as_of_is_never_later_than_the_watermark() -> None:
    """Asking for a later time gives what is known, for what came after the watermark is unseen and not absent."""
    raw = Raw(known=20).commits("a@1 b@5").deploy("d", "a", 1)
    with built(raw, as_of=500) as late, built(raw) as now:
        assert late("select * from lead_times order by 1") == now("select * from lead_times order by 1")
        assert late.change("b")["age_hours"] == 15


@pytest.mark.slow
def test_manifests_repository_has_no_changes_of_its_own() -> None:
    """A repository that says what runs where deploys others; its commits are no work of theirs."""
    shop = Raw().commits("a@1 b@5").tag("v1", "a").tag("v2", "b")
    manifests = Raw("acme/deploy").commits("x@2 y@9").runs_version("v1", 2, step="x").runs_version("v2", 9, step="y")
    manifests.tag("v1", "x").deploy("d", "x", 3)
    with built(shop, manifests) as tables:
        assert tables("select distinct repo from lead_times") == [{"repo": "acme/shop"}]
        assert {row["repo"]: row["role"] for row in tables("select repo, role from coverage")} == {
            "acme/shop": "application",
            "acme/deploy": "manifests",
        }
        assert tables("select distinct repo from deployments") == [{"repo": "acme/shop"}]


@pytest.mark.slow
def test_manifests_deploy_the_application_of_their_name() -> None:
    """Each step that names a version of the application is a deployment, dated by the step, its commit by tag or id."""
    shop = Raw().commits("a@1 b@5 c@6").tag("v1", "a").tag("v2", "b")
    manifests = Raw("acme/deploy").commits("x@2 y@9 z@12 w@13")
    manifests.runs_version("v1", 2, step="x").runs_version("2", 9, step="y")
    manifests.runs_version(f"main-{commit_id('c')[:8]}", 12, step="z").runs_version(None, 13, step="w")
    manifests.runs_version("v9", 12, step="z", environment="staging")
    manifests.runs_version("v1", 2, step="x", application="other")
    with built(shop, manifests) as tables:
        rows = tables(
            "select environment, version, sha, problem, source, dated_by, kind from deployments"
            " order by succeeded_at, environment"
        )
        times = tables.hours("deployments where environment = 'production'", "version", "succeeded_at")
    assert [tuple(row.values())[:4] for row in rows] == [
        ("production", "v1", commit_id("a"), ""),
        ("production", "2", commit_id("b"), ""),
        ("production", f"main-{commit_id('c')[:8]}", commit_id("c"), ""),
        ("staging", "v9", None, "no tag or commit of this name"),
    ]
    assert {(row["source"], row["dated_by"]) for row in rows} == {("manifests", "manifest")}
    assert [row["kind"] for row in rows] == ["first", "release", "release", None]
    assert times == {"v1": (2,), "2": (9,), f"main-{commit_id('c')[:8]}": (12,)}


@pytest.mark.slow
def test_newest_reading_of_a_manifest_step_counts() -> None:
    """A step read again, with a better pattern, is one deployment."""
    shop = Raw().commits("a@1").tag("v1", "a")
    manifests = Raw("acme/deploy", read=50).commits("x@2").runs_version("latest", 2, step="x")
    again = Raw("acme/deploy", read=60).commits("x@2").runs_version("v1", 2, step="x")
    with built(shop, manifests, again) as tables:
        assert [row["version"] for row in tables("select version from deployments")] == ["v1"]


# What was found of a repository → where deployments are seen when no rule says so.
def _tagged(raw: Raw) -> Raw:
    return raw.tag("v1.2.3", "a")


@pytest.mark.slow
def test_deployments_are_looked_for_where_they_are() -> None:
    """Without a rule the surest record is taken: reports, then manifests, then tags like releases, then none."""
    reported = _tagged(Raw("acme/reported")).commits("a").deploy("d", "a", 5)
    both = _tagged(Raw("acme/shop")).commits("b")
    tagged = _tagged(Raw("acme/tagged")).commits("c")
    named = Raw("acme/named").commits("d").tag("nightly", "d").tag("v1.2.3-rc1", "d").tag("sprint-12", "d")
    manifests = Raw("acme/deploy").commits("x").runs_version("v1", 2, step="x")
    with built(reported, both, tagged, named, manifests) as tables:
        rows = tables("select repo, deployed_from, deployed_from_default from coverage")
    assert {row["repo"]: row["deployed_from"] for row in rows} == {
        "acme/reported": "records",
        "acme/shop": "manifests",
        "acme/tagged": "tags",
        "acme/named": "none",
        "acme/deploy": "none",
    }
    assert {row["deployed_from_default"] for row in rows} == {True}


@pytest.mark.slow
def test_first_rule_that_matches_counts() -> None:
    """A rule goes before what was found, the first one before the next, and it is said that somebody set it."""
    settings = Settings(
        base=Path(),
        deployments=(
            DeploymentRule(repo="acme/shop", source="none"),
            DeploymentRule(repo="acme/*", source="tags", tags="^release-", environment="prod-eu"),
        ),
    )
    shop = Raw().commits("a@1").tag("v1.2.3", "a").deploy("d", "a", 5)
    other = Raw("acme/other").commits("b@1").tag("release-1", "b", 7).tag("v1.2.3", "b")
    beyond = Raw("beyond/shop").commits("c@1").tag("v1.0", "c")
    with built(shop, other, beyond, settings=settings) as tables:
        assert tables("select repo, version, environment, production from deployments order by repo") == [
            {"repo": "acme/other", "version": "release-1", "environment": "prod-eu", "production": True},
            {"repo": "beyond/shop", "version": "v1.0", "environment": "production", "production": True},
        ]
        rows = tables("select repo, deployed_from_default as found from coverage order by repo")
    assert rows == [
        {"repo": "acme/other", "found": False},
        {"repo": "acme/shop", "found": False},
        {"repo": "beyond/shop", "found": True},
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "production"),
    [
        ("", {"production", "Prod-EU", "PRODUCTION", "prod", "live"}),
        ("(?i)^prod", {"production", "Prod-EU", "PRODUCTION", "prod"}),
        ("^live$", {"live"}),
        ("(?i)(^prod|^live)", {"production", "Prod-EU", "PRODUCTION", "prod", "live"}),
    ],
)
def test_production_is_what_the_pattern_matches(pattern: str, production: set[str]) -> None:
    """The setting says which environments are production; without it names with a word of production are."""
    raw = Raw().commits("a")
    for name in ("production", "Prod-EU", "PRODUCTION", "prod", "live", "staging", "preprod", "non-production", ""):
        raw.deploy(name or "unnamed", "a", 5, environment=name)
    settings = Settings(base=Path(), production=ProductionSettings(environments=pattern))
    with built(raw, settings=settings) as tables:
        rows = tables("select environment from deployments where production")
    assert {row["environment"] for row in rows} == production


@pytest.mark.slow
def test_flag_of_the_system_goes_before_the_name() -> None:
    """Where the system says itself what is production, that counts: review apps called `prod-…` are none."""
    raw = Raw().commits("a").deploy("one", "a", 5, environment="customers", production=True)
    raw.deploy("two", "a", 6, environment="prod-preview-12", production=False).deploy("three", "a", 7)
    with built(raw) as tables:
        rows = tables("select deployment_id, production from deployments order by succeeded_at")
    assert [tuple(row.values()) for row in rows] == [("one", True), ("two", False), ("three", True)]


def test_refs_are_those_of_the_newest_reading() -> None:
    """A ref that moved is where it is now, and one that is gone is not there."""
    ref = {"repo_id": "r", "kind": "branch", "deleted": False}
    rows = made(
        "refs",
        raw_refs=[
            {**ref, "ref": "moved", "sha": "new", "collected_at": 9},
            {**ref, "ref": "moved", "sha": "old", "collected_at": 5},
            {**ref, "ref": "gone", "sha": "old", "collected_at": 5},
            {**ref, "ref": "gone", "sha": None, "collected_at": 9, "deleted": True},
        ],
    )
    assert [(row["ref"], row["sha"]) for row in rows] == [("moved", "new")]


def test_commit_read_twice_is_one() -> None:
    """A commit is what its first reading found, and so are its paths."""
    commit = {"repo_id": "r", "sha": "a", "parents": "", "message": "m"}
    rows = made(
        "commits",
        raw_commits=[
            {**commit, "committed_at": 70, "authored_at": 60, "collected_at": 80},
            {**commit, "committed_at": 70, "authored_at": 60, "collected_at": 50},
        ],
    )
    assert [(row["committed_at"], row["authored_at"], row["collected_at"]) for row in rows] == [(hour(50),) * 3]
    path = {"repo_id": "r", "sha": "a", "status": "M"}
    paths = made(
        "commit_files",
        raw_commit_files=[
            {**path, "path": "x", "collected_at": 50},
            {**path, "path": "x", "collected_at": 50},
            {**path, "path": "y", "collected_at": 80},
        ],
        commits=rows,
    )
    assert [row["path"] for row in paths] == ["x"]


# Runs of one commit (name, conclusion, begun, ended) → when it was green.
GREENS: list[tuple[list[tuple[str, str | None, float | None, float | None]], float | None]] = [
    ([("test", "success", 3, 5)], 5),
    ([("test", "failure", 3, 5)], None),
    ([("test", "failure", 3, 5), ("test", "success", 6, 8)], 8),
    ([("test", "success", 3, 5), ("lint", "success", 3, 9)], 9),
    ([("test", "success", 3, 5), ("lint", "failure", 3, 9)], None),
    ([("test", "success", 3, 5), ("docs", "skipped", 3, 4), ("bot", "neutral", 3, 4)], 5),
    ([("test", "success", 3, 5), ("lint", None, 4, None)], None),
    ([("test", "success", 3, 5), ("nightly", "failure", 50, 60)], 5),
    ([("test", "success", None, 5)], 5),
    ([("test", "success", 3, 150)], None),
    ([], None),
]


def test_commit_is_green_when_all_that_had_begun_succeeded() -> None:
    """Every kind of run counts, a retry repairs its own kind, and what begins after success moves nothing."""
    parts = []
    for number, (runs, _) in enumerate(GREENS):
        raw = Raw(f"acme/{number}", known=100).commits("a@1")
        for name, conclusion, created, finished in runs:
            raw.ran("a", finished, name=name, conclusion=conclusion, created_at=created)
        parts.append(raw)
    with built(*parts) as tables:
        found = tables.hours("ci_successes", "repo_id", "green_at")
    for number, (runs, green) in enumerate(GREENS):
        assert found.get(f"git:acme/{number}", (None,)) == (green,), runs


@pytest.mark.slow
def test_ci_of_another_branch_integrates_nothing() -> None:
    """Only runs on the default branch tell that work is integrated."""
    raw = Raw().commits("a@1 b@5").ran("b", 8, branch="topic").ran("a", 2).deploy("d", "a", 1)
    with built(raw) as tables:
        assert [tables.change(name)["integrated_at"] for name in ("a", "b")] == [hour(2), None]


def test_gap_of_an_unknown_commit_ends_with_the_next_known_one() -> None:
    """What a deployment may hide is told by the one after it alone: an unknown one, or the first of all."""
    deployments = [("a", 1, True), ("b", 3, False), ("c", 5, True), ("d", 7, True), ("e", 9, False), ("f", 11, False)]
    key = {"repo_id": "r", "service": "", "environment": "production", "isolated": False}
    rows = made(
        "production_gaps",
        service_deployments=[
            {
                **key,
                "deployment_id": name,
                "production": True,
                "succeeded_at": at,
                "sha": name if known else None,
            }
            for name, at, known in deployments
        ]
        + [
            {**key, "deployment_id": "s", "production": False, "succeeded_at": 4, "sha": None},
            {**key, "deployment_id": "u", "production": True, "succeeded_at": None, "sha": None},
        ],
    )
    rows += made(
        "production_gaps",
        service_deployments=[
            {**key, "deployment_id": name, "production": True, "succeeded_at": at, "sha": sha}
            for name, at, sha in (("x", 1, None), ("y", 3, None), ("z", 5, "z"))
        ],
    )
    found = {row["deployment_id"]: (row["unseen_until_at"], row["last"]) for row in rows}
    assert found == {
        "x": (None, False),
        "y": (hour(1), False),
        "z": (hour(3), True),
        "a": (None, False),
        "b": (None, False),
        "c": (hour(3), False),
        "d": (None, False),
        "e": (None, False),
        "f": (hour(9), True),
    }


@pytest.mark.slow
def test_coverage_says_what_the_numbers_rest_on() -> None:
    """Each repository has a row, also one with nothing in it, and its counts are those of its tables."""
    raw = Raw(shallow=True).commits("a@1 b@2:a s@9:a t@10 p@11", says={"s": "S (#1)", "t": "T (#2)"}).pull(1, "b")
    raw.pull(3, "b").change(4, opened=3, ready=3, abandoned=5, first_review=4).deploy("d0", "a", 1).deploy(
        "d1", "s", 9.5
    )
    raw.deploy("lost", "gone", 3, environment="staging").deploy("d2", "a", 9.75)
    with built(raw, Raw("acme/empty"), settings=ruled(), teams={raw.source: "payments"}) as tables:
        rows = {row["repo"]: row for row in tables("select * from coverage")}
    shop, empty = rows["acme/shop"], rows["acme/empty"]
    expected = {
        "team": "payments",
        "commits": 5,
        "changes": 5,
        "code_complete": 5,
        "production": 2,
        "waiting": 2,
        "abandoned": 1,
        "unknown": 0,
        "no_deployments": 0,
        "pull_requests": 2,
        "pull_requests_joined": 1,
        "pull_requests_without_ref": 1,
        "pull_requests_not_believed": 0,
        "direct": 2,
        "pull_refs_not_landed": 1,
        "reviewed": 1,
        "deployments": 4,
        "production_deployments": 3,
        "rollbacks": 1,
        "deployments_without_commit": 1,
        "deployments_without_date": 0,
        "shallow": True,
    }
    assert {name: shop[name] for name in expected} == expected
    assert {name: empty[name] for name in expected if name not in ("team", "shallow")} == {
        name: 0 for name in expected if name not in ("team", "shallow")
    }
