from __future__ import annotations

import pytest

from tests.builders.rows import Raw, Tables, built, commit_id, ruled
from warehouse.commit_finder import CommitFinder

A, B = "aaaaaaa" + "0" * 33, "aaaaaaa" + "1" * 33
C = "c0ffee1234" + "2" * 30


@pytest.fixture
def finder() -> CommitFinder:
    """Three commits, two of them with the same first ten digits but one, and tags of all sorts."""
    return CommitFinder([A, B, C], {"v1.2": A, "1.3": B, "vv2": C, "v9": "f" * 40, "c0ffee1": B})


@pytest.mark.parametrize(
    ("version", "sha"),
    [
        ("v1.2", A),
        ("1.2", A),
        ("1.3", B),
        ("v1.3", B),
        ("v2", C),
        (C, C),
        (C.upper(), C),
        ("c0ffee12", C),
        ("C0FFEE12", C),
        ("c0ffee1", B),  # a tag goes before the commit that it looks like
        ("main-c0ffee12", C),
        ("v1.9-14-gc0ffee12", C),  # git describe
        ("sha-c0ffee1234", C),
        ("2024.01.05_c0ffee1234.77", C),
        ("registry.example/shop:c0ffee12", C),
        (f"v1.2@sha256:{'c0' * 32}", A),
    ],
)
def test_version_leads_to_its_commit(finder: CommitFinder, version: str, sha: str) -> None:
    """A version is a tag, with or without its `v`, else a full or short commit id somewhere in it."""
    assert finder.find(version) == (sha, "")


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        (None, "no version"),
        ("", "no version"),
        ("latest", "no tag or commit of this name"),
        (f"sha256:{'c0' * 32}", "an image digest alone, which names no commit"),
        (f"latest@sha256:{'c0' * 32}", "no tag or commit of this name"),
        ("v9", "its commit is not in the clone"),
        ("f" * 40, "its commit is not in the clone"),
        ("aaaaaaa", "ambiguous short commit id"),
        ("main-aaaaaaa", "ambiguous short commit id"),
        ("c0ffee", "no tag or commit of this name"),  # shorter than Git's own short ids
        ("xc0ffee12", "no tag or commit of this name"),  # part of a word
        ("deadbeef", "no tag or commit of this name"),
        ("'; drop table commits; --", "no tag or commit of this name"),
        ("a" * 100_000, "no tag or commit of this name"),
    ],
)
def test_version_that_names_no_commit_says_why(finder: CommitFinder, version: str | None, problem: str) -> None:
    """Nothing is guessed: an unknown, ambiguous or missing commit is told as such."""
    assert finder.find(version) == (None, problem)


def test_ids_of_sha256_are_found() -> None:
    """Repositories with 64-digit ids are read alike."""
    sha = "ab12cd3" + "9" * 57
    assert CommitFinder([sha], {}).find("ab12cd3") == (sha, "")
    assert CommitFinder([sha], {}).find(sha) == (sha, "")


def seen(tables: Tables) -> list[tuple[object, ...]]:
    """What of each deployment a source shows."""
    rows = tables(
        "select version, sha, (epoch(succeeded_at) - epoch(timestamp '2025-01-06')) / 3600 as hour, undatable,"
        " dated_by, problem from deployments order by version, hour"
    )
    return [tuple(row.values()) for row in rows]


@pytest.mark.slow
def test_tags_are_deployments_at_their_tagging() -> None:
    """An annotated tag is dated by its tagger, never before its commit; a lightweight one by its commit."""
    raw = Raw().commits("a@1 b@5 c@9").tag("v1.0", "a", 3).tag("v1.1", "b").tag("v1.2", "c", 4).tag("nightly", "c", 10)
    raw.tag("v1.3", "gone", 12).tag("v1.4", "gone").tag("v1.5", None)
    with built(raw) as tables:
        assert seen(tables) == [
            ("v1.0", commit_id("a"), 3, False, "tagger", ""),
            ("v1.1", commit_id("b"), 5, False, "commit", ""),
            ("v1.2", commit_id("c"), 9, False, "tagger", ""),
            ("v1.3", None, 12, False, "tagger", "it names no commit of the clone"),
            ("v1.4", None, None, True, "", "it names no commit of the clone"),
            ("v1.5", None, None, True, "", "it names no commit of the clone"),
        ]
        (row,) = tables("select deployments_without_commit as lost, deployments_without_date as undated from coverage")
    assert row == {"lost": 3, "undated": 2}


@pytest.mark.slow
def test_merges_into_the_production_branch_are_deployments() -> None:
    """Each merge or commit of the branch deploys at its date; what it shares with main was moved there undated."""
    raw = (
        Raw().commits("a@1 b@2 c@5 p1@3:a,b p2@6:p1,c fix@8:p2", branch=None).branch("main", "c").branch("live", "fix")
    )
    with built(raw, settings=ruled("branch", branch="live")) as tables:
        assert seen(tables) == [
            ("live", commit_id("p1"), 3, False, "merge", ""),
            ("live", commit_id("p2"), 6, False, "merge", ""),
            ("live", commit_id("fix"), 8, False, "merge", ""),
            ("live", commit_id("a"), None, True, "", ""),
        ]
        assert tables("select distinct state from deployments") == [{"state": "success"}]


@pytest.mark.slow
def test_branch_that_is_main_deploys_every_step() -> None:
    """Where the default branch is what runs, each of its steps is a deployment and arrives at once."""
    with built(Raw().commits("a@1 b@5"), settings=ruled("branch", branch="main")) as tables:
        assert [row[2] for row in seen(tables)] == [1, 5]
        assert tables.change("b")["lead_time_hours"] == 0


@pytest.mark.slow
def test_branch_that_is_not_there_deploys_nothing() -> None:
    """A rule for a branch that does not exist, or leads out of the clone, is no deployment and no error."""
    with built(
        Raw().commits("a@1"),
        Raw("acme/lost").commits("b@1").branch("production", "gone"),
        settings=ruled("branch"),
    ) as tables:
        assert seen(tables) == []
        assert tables("select distinct outcome from lead_times") == [{"outcome": "no_deployments"}]


@pytest.mark.slow
def test_reported_deployment_finds_its_commit() -> None:
    """A report names a commit, which may be missing from the clone, or a version."""
    raw = Raw().commits("a@1 b@5").tag("v2", "b").deploy("1", "a", 1, version="whatever")
    raw.deploy("2", None, 6, version="v2").deploy("3", "gone", 7).deploy("4", None, 8, version="v7")
    raw.deploy("5", None, 9, version=commit_id("b")[:10])
    with built(raw) as tables:
        rows = tables("select deployment_id, sha, problem from deployments order by deployment_id")
    assert [(row["sha"], row["problem"]) for row in rows] == [
        (commit_id("a"), ""),
        (commit_id("b"), ""),
        (None, "its commit is not in the clone"),
        (None, "no tag or commit of this name"),
        (commit_id("b"), ""),
    ]


@pytest.mark.slow
def test_success_without_a_time_is_undatable() -> None:
    """A report that it succeeded and not when ships nothing that could be dated."""
    raw = Raw().commits("a@1 b@5").deploy("0", "a", 1).deploy("1", "b", None, created=6)
    raw.add("deployment_statuses", deployment_id="1", state="success", status_at=None)
    with built(raw) as tables:
        (row,) = tables("select undatable, succeeded_at, state, kind from deployments where deployment_id = '1'")
        assert row == {"undatable": True, "succeeded_at": None, "state": "success", "kind": None}
        assert tables.change("b")["outcome_reason"] == "undatable_deployment"


def test_deployment_that_has_not_begun_is_not_there() -> None:
    """What was created after the report is unseen, and what had neither begun nor a date says nothing."""
    raw = Raw().commits("a@1").deploy("0", "a", 1).deploy("later", "a", 30).deploy("never", "a", None)
    raw.deploy("running", "a", states=[("in_progress", 15), ("success", 30)])
    with built(raw, as_of=20) as tables:
        rows = tables("select deployment_id, state, succeeded_at is null as unfinished from deployments order by 1")
    assert [tuple(row.values()) for row in rows] == [("0", "success", False), ("running", "in_progress", True)]
